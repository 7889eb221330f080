//! Table `receiver`: one row, this receiver.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms};
use super::sql::{Connection, OptionalExtension, Transaction, params};

/// The receiver's id, made once.
pub fn identity(tx: &Transaction<'_>, now: Timestamp) -> Result<Uuid> {
    let found: Option<Id> = tx
        .query_row("select receiver_id from receiver", [], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id.0);
    }
    let id = Uuid::new_v4();
    tx.execute(
        "insert into receiver (receiver_id, made_at_ms) values (?, ?)",
        params![Id(id), Ms(now)],
    )?;
    Ok(id)
}

/// Whether a person paused it.
pub fn paused(connection: &Connection) -> Result<bool> {
    Ok(connection
        .query_row("select paused from receiver", [], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

/// Pauses or resumes it.
pub fn set_paused(tx: &Transaction<'_>, paused: bool) -> Result<()> {
    tx.execute("update receiver set paused = ?", params![paused])?;
    Ok(())
}

/// Notes under what configuration we run; true when it differs from the last time.
pub fn configured(tx: &Transaction<'_>, configuration: &str) -> Result<bool> {
    let before: String =
        tx.query_row("select configuration from receiver", [], |row| row.get(0))?;
    tx.execute(
        "update receiver set configuration = ?",
        params![configuration],
    )?;
    Ok(!before.is_empty() && before != configuration)
}

/// The key under which the running receiver seals, or the last one sealed.
pub fn seal_key(connection: &Connection) -> Result<Option<String>> {
    let key: Option<Option<String>> = connection
        .query_row("select seal_key_id from receiver", [], |row| row.get(0))
        .optional()?;
    Ok(key.flatten())
}

/// Notes the key under which it seals from now on.
pub fn set_seal_key(tx: &Transaction<'_>, key_id: &str) -> Result<()> {
    tx.execute("update receiver set seal_key_id = ?", params![key_id])?;
    Ok(())
}

/// Where desktops reach a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub address: String,
    /// What people compare of its certificate there, in hex; none where a public authority has signed that.
    pub fingerprint: Option<String>,
}

/// Where desktops reach the running receiver, or the last one.
pub fn reach(connection: &Connection) -> Result<Option<Reach>> {
    let sql =
        "select reach_address, reach_fingerprint from receiver where reach_address is not null";
    let found = connection.query_row(sql, [], |row| {
        Ok(Reach {
            address: row.get(0)?,
            fingerprint: row.get(1)?,
        })
    });
    Ok(found.optional()?)
}

/// Notes where they reach it from now on.
pub fn set_reach(tx: &Transaction<'_>, reach: &Reach) -> Result<()> {
    tx.execute(
        "update receiver set reach_address = ?, reach_fingerprint = ?",
        params![reach.address, reach.fingerprint],
    )?;
    Ok(())
}
