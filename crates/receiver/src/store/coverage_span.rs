//! Table `coverage_span`: how each link was watched, interval by interval.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use syncward_engine::effect::Watching;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms};

/// Ends the running interval and begins the next at `from`.
pub fn begin(
    tx: &Transaction<'_>,
    link_id: Uuid,
    watching: &Watching,
    from: Timestamp,
) -> Result<()> {
    // An interval that would end before it began (we learn late that nobody watched) shrinks to nothing and goes.
    tx.execute(
        "delete from coverage_span where link_id = ? and until_at_ms is null and from_at_ms >= ?",
        params![Id(link_id), Ms(from)],
    )?;
    tx.execute(
        "update coverage_span set until_at_ms = ?1 where link_id = ?2 and (until_at_ms is null or until_at_ms > ?1)",
        params![Ms(from), Id(link_id)],
    )?;
    let (word, generation, cause) = match watching {
        Watching::Push { generation } => ("push", Some(*generation), None),
        Watching::Polling { cause } => ("polling", None, Some(cause)),
        Watching::Gap { cause } => ("gap", None, Some(cause)),
    };
    tx.execute(
        "insert into coverage_span (link_id, watching, generation, cause, from_at_ms) values (?, ?, ?, ?, ?)",
        params![Id(link_id), word, generation, cause, Ms(from)],
    )?;
    Ok(())
}

/// Whether the link was watched by push at `at`, and still is.
pub fn pushed_since(connection: &Connection, link_id: Uuid, at: Timestamp) -> Result<bool> {
    let sql = "select 1 from coverage_span where link_id = ? and watching = 'push' and from_at_ms <= ? \
               and (until_at_ms is null or until_at_ms > ?) limit 1";
    let found: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id), Ms(at), Ms(at)], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}
