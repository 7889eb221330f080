//! Table `idempotency_key`: answers kept, so that the same call twice is one.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms};
use super::sql::{Connection, OptionalExtension, Transaction, params};

/// The same request is known again for a week.
pub const KEPT: Retention = Retention {
    name: "idempotency_key",
    days: 7,
    older: "select rowid from idempotency_key where at_ms < ?1 limit ?2",
    forget: "delete from idempotency_key where rowid = ?",
};

/// Where the sealed answer lies.
pub const PLACE: &str = "idempotency_key.answer";

/// An answer that was given.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Of method, path and body.
    pub request_hash: Vec<u8>,
    pub status: u16,
    pub answer: Vec<u8>,
}

/// The answer given for a key.
pub fn find(connection: &Connection, device_id: Uuid, key: &str) -> Result<Option<Kept>> {
    let sql =
        "select body_hash, status, answer from idempotency_key where device_id = ? and key = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row(params![Id(device_id), key], |row| {
        Ok(Kept {
            request_hash: row.get(0)?,
            status: row.get(1)?,
            answer: row.get(2)?,
        })
    });
    Ok(found.optional()?)
}

/// Keeps an answer.
pub fn insert(
    tx: &Transaction<'_>,
    device_id: Uuid,
    key: &str,
    clinic_id: Uuid,
    kept: &Kept,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "insert into idempotency_key (device_id, key, clinic_id, body_hash, status, answer, at_ms) values (?, ?, ?, ?, ?, ?, ?)",
        params![Id(device_id), key, Id(clinic_id), kept.request_hash, kept.status, kept.answer, Ms(now)],
    )?;
    Ok(())
}
