//! Table `quota_pause`: pauses that Google asked for, kept until they are over.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::quota_use::{who, whose};
use super::row::{Ms, at};
use super::sql::{self, Connection, Transaction, params};

/// A pause of a grant, or of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub grant: Option<Uuid>,
    pub until: Timestamp,
    /// Google's word.
    pub reason: String,
    pub status: Option<u16>,
    /// Quota answers in a row.
    pub refusals: u32,
}

/// Keeps a pause, and forgets those that are over.
pub fn save(tx: &Transaction<'_>, pauses: &[Pause], now: Timestamp) -> Result<()> {
    let sql = "insert into quota_pause (who, until_at_ms, reason, status, refusals) values (?1, ?2, ?3, ?4, ?5) \
               on conflict (who) do update set until_at_ms = ?2, reason = ?3, status = ?4, refusals = ?5";
    for one in pauses {
        tx.prepare_cached(sql)?.execute(params![
            who(one.grant),
            Ms(one.until),
            one.reason,
            one.status,
            one.refusals
        ])?;
    }
    tx.prepare_cached("delete from quota_pause where until_at_ms < ?")?
        .execute(params![Ms(now)])?;
    Ok(())
}

/// The pauses that last.
pub fn lasting(connection: &Connection, now: Timestamp) -> Result<Vec<Pause>> {
    let mut statement =
        connection.prepare_cached("select * from quota_pause where until_at_ms > ?")?;
    let rows = statement.query_map(params![Ms(now)], |row| {
        Ok(Pause {
            grant: whose(row)?,
            until: at(row, "until_at_ms")?,
            reason: row.get("reason")?,
            status: row.get("status")?,
            refusals: row.get("refusals")?,
        })
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
