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

/// Notes the version that runs; answers with the one before when that was another. None is known at the first start.
pub fn runs_version(tx: &Transaction<'_>, version: &str) -> Result<Option<String>> {
    let before: Option<String> =
        tx.query_row("select version from receiver", [], |row| row.get(0))?;
    tx.execute("update receiver set version = ?", params![version])?;
    Ok(before.filter(|before| before != version))
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

/// Where somebody reaches a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub address: String,
    /// The key of its certificate there, in hex; none where a public authority has signed that, or without TLS.
    pub fingerprint: Option<String>,
}

/// Where desktops reach the running receiver, or the last one.
pub fn reach(connection: &Connection) -> Result<Option<Reach>> {
    let sql =
        "select reach_address, reach_fingerprint from receiver where reach_address is not null";
    noted(connection, sql)
}

/// Where it answers on its own computer, whatever its public address.
pub fn door(connection: &Connection) -> Result<Option<Reach>> {
    let sql = "select door_address, door_fingerprint from receiver where door_address is not null";
    noted(connection, sql)
}

fn noted(connection: &Connection, sql: &str) -> Result<Option<Reach>> {
    let found = connection.query_row(sql, [], |row| {
        Ok(Reach {
            address: row.get(0)?,
            fingerprint: row.get(1)?,
        })
    });
    Ok(found.optional()?)
}

/// Notes where it is reached from now on: by desktops, and at its own door.
pub fn set_reach(tx: &Transaction<'_>, reach: &Reach, door: &Reach) -> Result<()> {
    tx.execute(
        "update receiver set reach_address = ?, reach_fingerprint = ?, door_address = ?, door_fingerprint = ?",
        params![reach.address, reach.fingerprint, door.address, door.fingerprint],
    )?;
    Ok(())
}

/// Notes the key of the certificate that took the other's place.
pub fn set_fingerprint(tx: &Transaction<'_>, fingerprint: &str) -> Result<()> {
    let sql = "update receiver set door_fingerprint = ? where door_fingerprint is not null";
    tx.execute(sql, params![fingerprint])?;
    let sql = "update receiver set reach_fingerprint = ? where reach_fingerprint is not null";
    tx.execute(sql, params![fingerprint])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_renewed_key_is_noted_where_one_was_to_be_compared() {
        let nothing = rusqlite::Connection::open_in_memory().unwrap();
        let store = Store::over(nothing).unwrap();
        let noted = |address: &str, fingerprint: Option<&str>| Reach {
            address: address.to_owned(),
            fingerprint: fingerprint.map(str::to_owned),
        };
        let public = noted("https://clinic.example", None);
        let door = noted("https://127.0.0.1:8480", Some("old"));
        store
            .write(move |tx| {
                identity(tx, Timestamp::UNIX_EPOCH)?;
                set_reach(tx, &public, &door)?;
                set_fingerprint(tx, "new")
            })
            .await
            .unwrap();
        let (known, own) = store
            .read(|connection| Ok((reach(connection)?, super::door(connection)?)))
            .await
            .unwrap();
        assert_eq!(known, Some(noted("https://clinic.example", None)));
        assert_eq!(own, Some(noted("https://127.0.0.1:8480", Some("new"))));
    }
}
