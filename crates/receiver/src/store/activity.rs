//! Table `activity`: the biography of links and of the receiver.

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms};

/// One line to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// A stable word.
    pub kind: &'static str,
    /// `quiet`, `good`, `warn` or `bad`.
    pub tone: &'static str,
    pub text: String,
    pub detail: Option<String>,
}

/// Whom a line is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About {
    pub link_id: Option<Uuid>,
    pub clinic_id: Option<Uuid>,
    pub operation_id: Option<Uuid>,
}

/// Writes a line; answers with its number.
pub fn insert(tx: &Transaction<'_>, about: About, line: &Line, now: Timestamp) -> Result<i64> {
    tx.prepare_cached(
        "insert into activity (public_id, link_id, clinic_id, operation_id, kind, tone, text, detail, at_ms) \
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        Id(Uuid::new_v4()),
        about.link_id.map(Id),
        about.clinic_id.map(Id),
        about.operation_id.map(Id),
        line.kind,
        line.tone,
        line.text,
        line.detail,
        Ms(now)
    ])?;
    Ok(tx.last_insert_rowid())
}
