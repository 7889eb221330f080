//! Table `audit`: every control action, append-only, each entry's hash chained to the one before.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use syncward_wire::receiver::{AuditEntry, Chain};
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, id, id_or_none};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};
use crate::entropy;

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
        .prepare_cached("select hash from audit order by audit_id desc limit 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let hash = chained(
        &before.unwrap_or_default(),
        who,
        what,
        subject_id,
        result,
        now,
    );
    tx.prepare_cached(
        "insert into audit (audit_id, public_id, who, what, subject_id, result, hash, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![tx.next_number("audit")?, Id(entropy::uuid()), who, what, subject_id.map(Id), result, hash, Ms(now)])?;
    Ok(())
}

/// Entries before `before` (all when none), newest first.
pub fn page(connection: &Connection, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>> {
    let sql =
        "select * from audit where (?1 is null or audit_id < ?1) order by audit_id desc limit ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![before, limit], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Follows the chain from its first entry; names the first entry that was changed or is missing.
pub fn verify(connection: &Connection) -> Result<Chain> {
    let written = connection.numbered("audit")?;
    let mut statement = connection.prepare_cached("select * from audit order by audit_id")?;
    let mut rows = statement.query([])?;
    let (mut before, mut expected) = (String::new(), 1);
    let broken = |seq: i64| Chain {
        intact: false,
        entries: u64::try_from(written).unwrap_or_default(),
        broken_at: Some(seq),
    };
    while let Some(row) = rows.next()? {
        let one = read(&row)?;
        let hash = chained(
            &before,
            &one.who,
            &one.what,
            one.subject_id,
            &one.result,
            *one.at,
        );
        if one.seq != expected || hash != one.hash {
            return Ok(broken(expected.min(one.seq)));
        }
        (before, expected) = (hash, expected + 1);
    }
    if expected <= written {
        return Ok(broken(expected));
    }
    Ok(Chain {
        intact: true,
        entries: u64::try_from(written).unwrap_or_default(),
        broken_at: None,
    })
}

fn chained(
    before: &str,
    who: &str,
    what: &str,
    subject_id: Option<Uuid>,
    result: &str,
    at: Timestamp,
) -> String {
    let subject = subject_id.map(|id| id.to_string()).unwrap_or_default();
    // To the millisecond that is kept, or nobody could follow the chain.
    let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let text = [before, who, what, &subject, result, &at.to_string()].join("\0");
    data_encoding::HEXLOWER.encode(&Sha256::digest(text))
}

fn read(row: &Row<'_>) -> sql::Result<AuditEntry> {
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
}
