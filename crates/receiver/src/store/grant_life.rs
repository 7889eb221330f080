//! Table `grant_life`: each consent from its giving to its end.

use jiff::Timestamp;
use syncward_engine::grant::{Life, OUTLIVES_TESTING};
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none, id};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// A consent as stored.
#[derive(Clone, Debug)]
pub struct GrantLife {
    pub life: Life,
    pub named_end_at: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> sql::Result<GrantLife> {
    let (ended_at, reason): (_, Option<String>) =
        (at_or_none(row, "ended_at_ms")?, row.get("reason")?);
    Ok(GrantLife {
        life: Life {
            began_at: at(row, "began_at_ms")?,
            lost: ended_at.zip(reason),
        },
        named_end_at: at_or_none(row, "named_end_at_ms")?,
    })
}

/// A consent was given; the one before it, if it still stood, ends without a reason.
pub fn begin(
    tx: &Transaction<'_>,
    google_grant_id: Uuid,
    client_id: &str,
    named_end_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    end(tx, google_grant_id, None, now)?;
    tx.execute(
        "insert into grant_life (google_grant_id, client_id, began_at_ms, named_end_at_ms) values (?, ?, ?, ?)",
        params![Id(google_grant_id), client_id, Ms(now), named_end_at.map(Ms)],
    )?;
    Ok(())
}

/// The present consent ended.
pub fn end(
    tx: &Transaction<'_>,
    google_grant_id: Uuid,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "update grant_life set ended_at_ms = ?, reason = ? where google_grant_id = ? and ended_at_ms is null",
        params![Ms(now), reason, Id(google_grant_id)],
    )?;
    Ok(())
}

/// The newest consent of a grant.
pub fn newest(connection: &Connection, google_grant_id: Uuid) -> Result<Option<GrantLife>> {
    let sql =
        "select * from grant_life where google_grant_id = ? order by grant_life_id desc limit 1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_row(params![Id(google_grant_id)], read)
        .optional()?)
}

/// The present consent of every grant that works, with the grant and its clinic.
pub fn standing(connection: &Connection) -> Result<Vec<(Uuid, Uuid, GrantLife)>> {
    let sql = "select grant_life.*, clinic_id from grant_life join google_grant using (google_grant_id) \
               where grant_life.ended_at_ms is null and google_grant.ended_at_ms is null and lost_at_ms is null";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok((
            id(row, "google_grant_id")?,
            id(row, "clinic_id")?,
            read(row)?,
        ))
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// The last consents given to an OAuth client that have ended, and were given after the last that outlived the *Testing*
/// state: what came before says nothing of the app as it is.
pub fn ended(
    connection: &Connection,
    client_id: &str,
    now: Timestamp,
    most: u32,
) -> Result<Vec<Life>> {
    let sql = "select * from grant_life where client_id = ?1 and reason is not null and began_at_ms > coalesce((select max(began_at_ms) \
               from grant_life where client_id = ?1 and coalesce(ended_at_ms, ?2) - began_at_ms > ?3), 0) \
               order by grant_life_id desc limit ?4";
    let outlives_ms = i64::try_from(OUTLIVES_TESTING.as_millis()).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let place = params![client_id, Ms(now), outlives_ms, most];
    let rows = statement.query_map(place, |row| Ok(read(row)?.life))?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
