//! Table `delivery_hour`: changes found, and those that nothing announced, per link and hour.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::Result;
use super::row::{Id, id};

const HOUR_MS: i64 = 3_600_000;

/// Counts of one hour of one link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub changes: u64,
    /// Found while push was the mode: the denominator of the delivery rate.
    pub push_changes: u64,
    pub missed_changes: u64,
}

/// Adds what a run found to the hour of `at`.
pub fn add(tx: &Transaction<'_>, link_id: Uuid, at: Timestamp, counts: Counts) -> Result<()> {
    if counts == Counts::default() {
        return Ok(());
    }
    tx.prepare_cached(
        "insert into delivery_hour (link_id, hour, changes, push_changes, missed_changes) values (?1, ?2, ?3, ?4, ?5) \
         on conflict (link_id, hour) do update set changes = changes + ?3, push_changes = push_changes + ?4, \
         missed_changes = missed_changes + ?5",
    )?
    .execute(params![
        Id(link_id),
        at.as_millisecond().div_euclid(HOUR_MS),
        counts.changes.cast_signed(),
        counts.push_changes.cast_signed(),
        counts.missed_changes.cast_signed()
    ])?;
    Ok(())
}

/// The hours of a link (or of all) in a range: link, start of the hour in ms since 1970, counts.
pub fn range(
    connection: &Connection,
    link_id: Option<Uuid>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Uuid, i64, Counts)>> {
    let sql = "select link_id, hour, changes, push_changes, missed_changes from delivery_hour \
               where (?1 is null or link_id = ?1) and hour >= ?2 and hour <= ?3 order by hour";
    let hour = |at: Timestamp| at.as_millisecond().div_euclid(HOUR_MS);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![link_id.map(Id), hour(from), hour(to)], |row| {
            let count = |column: &str| row.get::<_, i64>(column).map(i64::cast_unsigned);
            let counts = Counts {
                changes: count("changes")?,
                push_changes: count("push_changes")?,
                missed_changes: count("missed_changes")?,
            };
            Ok((
                id(row, "link_id")?,
                row.get::<_, i64>("hour")? * HOUR_MS,
                counts,
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}
