//! Table `grant_life`: each consent from its giving to its end.

use jiff::Timestamp;
use syncward_engine::grant::Life;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none};
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

/// The last consents given to an OAuth client that have ended.
pub fn ended(connection: &Connection, client_id: &str, most: u32) -> Result<Vec<Life>> {
    let sql = "select * from grant_life where client_id = ? and reason is not null order by grant_life_id desc limit ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![client_id, most], |row| Ok(read(row)?.life))?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
