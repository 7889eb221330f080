//! Table `receipt`: what was deleted for good, when and by whom; counts only.

use syncward_wire::Receipt;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, json};
use super::sql::{self, Connection, OptionalExtension, Transaction, params};

/// What a clinic owns, by kind: what people call it, the table, and which rows (`?1` is the clinic). In the order in which
/// they are deleted.
pub const OF_A_CLINIC: [(&str, &str, &str); 25] = [
    ("kept answers", "idempotency_key", "clinic_id = ?1"),
    (
        "webhook messages",
        "webhook_message",
        "appointment_id in (select appointment_id from appointment where clinic_id = ?1)",
    ),
    ("webhook endpoints", "webhook_endpoint", "clinic_id = ?1"),
    (
        "entries of the change feed",
        "change_feed",
        "clinic_id = ?1",
    ),
    ("edits that waited for Google", "outbox", OF_ITS_LINKS),
    (
        "versions of appointments",
        "revision",
        "appointment_id in (select appointment_id from appointment where clinic_id = ?1)",
    ),
    ("appointments", "appointment", "clinic_id = ?1"),
    (
        "lines of activity",
        "activity",
        "clinic_id = ?1 or link_id in (select link_id from link where clinic_id = ?1)",
    ),
    ("operations", "operation", OF_ITS_LINKS),
    ("notifications", "notification", OF_ITS_LINKS),
    ("channels", "channel", OF_ITS_LINKS),
    ("steps that waited", "effect", OF_ITS_LINKS),
    ("sync runs", "sync_run", OF_ITS_LINKS),
    ("steps of cursors", "cursor_step", OF_ITS_LINKS),
    ("fire drills", "fire_drill", OF_ITS_LINKS),
    ("missed changes", "missed_change", OF_ITS_LINKS),
    ("rhythms", "rhythm", OF_ITS_LINKS),
    ("spans of coverage", "coverage_span", OF_ITS_LINKS),
    ("spans of latency", "lag_span", OF_ITS_LINKS),
    ("hours of delivery", "delivery_hour", OF_ITS_LINKS),
    ("calendars", "link", "clinic_id = ?1"),
    (
        "consents that were begun",
        "oauth_attempt",
        "clinic_id = ?1",
    ),
    (
        "lives of consents",
        "grant_life",
        "google_grant_id in (select google_grant_id from google_grant where clinic_id = ?1)",
    ),
    ("consents", "google_grant", "clinic_id = ?1"),
    ("clinics", "clinic", "clinic_id = ?1"),
];

const OF_ITS_LINKS: &str = "link_id in (select link_id from link where clinic_id = ?1)";

/// Tables of which a clinic owns nothing, or whose rows name it by its number only.
pub const OF_NO_CLINIC: [&str; 12] = [
    "audit",
    "delivery_fleet_hour",
    "device",
    "old_key",
    "pairing_code",
    "pairing_guess",
    "quota_pause",
    "quota_use",
    "receipt",
    "receiver",
    "replica",
    "sqlite_sequence",
];

/// Deletes every row of a clinic; how many of each kind there were.
pub fn delete_clinic(tx: &Transaction<'_>, clinic_id: Uuid) -> Result<Vec<(&'static str, u64)>> {
    let mut deleted = Vec::with_capacity(OF_A_CLINIC.len());
    for (kind, table, rows) in OF_A_CLINIC {
        let sql = format!("delete from {table} where {rows}");
        let gone = tx.execute(&sql, params![Id(clinic_id)])?;
        deleted.push((kind, u64::try_from(gone).unwrap_or(u64::MAX)));
    }
    Ok(deleted)
}

/// Keeps a receipt.
pub fn insert(tx: &Transaction<'_>, receipt: &Receipt) -> Result<()> {
    tx.execute(
        "insert into receipt (receipt_id, clinic_id, who, receipt, at_ms) values (?, ?, ?, ?, ?)",
        params![
            Id(receipt.id),
            Id(receipt.clinic_id),
            receipt.who,
            serde_json::to_string(receipt)?,
            Ms(*receipt.at)
        ],
    )?;
    Ok(())
}

/// Every receipt, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Receipt>> {
    let mut statement =
        connection.prepare_cached("select receipt from receipt order by at_ms, receipt_id")?;
    let rows = statement.query_map([], |row| json(row, "receipt"))?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// One receipt.
pub fn find(connection: &Connection, receipt_id: Uuid) -> Result<Option<Receipt>> {
    let mut statement =
        connection.prepare_cached("select receipt from receipt where receipt_id = ?")?;
    Ok(statement
        .query_row(params![Id(receipt_id)], |row| json(row, "receipt"))
        .optional()?)
}
