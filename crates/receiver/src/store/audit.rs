//! Table `audit`: every control action, append-only, each entry's hash chained to the one before.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use syncward_wire::receiver::AuditEntry;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, id, id_or_none};

/// Appends an entry.
pub fn append(
    tx: &Transaction<'_>,
    who: &str,
    what: &str,
    subject_id: Option<Uuid>,
    result: &str,
    now: Timestamp,
) -> Result<()> {
    let before: Option<String> = tx
        .query_row(
            "select hash from audit order by audit_id desc limit 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let subject = subject_id.map(|id| id.to_string()).unwrap_or_default();
    let text = [
        before.unwrap_or_default(),
        who.to_owned(),
        what.to_owned(),
        subject,
        result.to_owned(),
        now.to_string(),
    ]
    .join("\0");
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(text));
    tx.execute(
        "insert into audit (public_id, who, what, subject_id, result, hash, at_ms) values (?, ?, ?, ?, ?, ?, ?)",
        params![Id(Uuid::new_v4()), who, what, subject_id.map(Id), result, hash, Ms(now)],
    )?;
    Ok(())
}

/// Entries before `before` (all when none), newest first.
pub fn page(connection: &Connection, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
    let sql =
        "select * from audit where (?1 is null or audit_id < ?1) order by audit_id desc limit ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![before, limit], |row| {
        Ok(AuditEntry {
            id: id(row, "public_id")?,
            seq: row.get("audit_id")?,
            at: at(row, "at_ms")?.into(),
            who: row.get("who")?,
            what: row.get("what")?,
            subject_id: id_or_none(row, "subject_id")?,
            result: row.get("result")?,
            hash: row.get("hash")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
