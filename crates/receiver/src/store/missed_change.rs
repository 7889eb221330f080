//! Table `missed_change`: changes that no notification announced within the grace time, and how they were found.

use jiff::Timestamp;
use syncward_engine::Trigger;
use syncward_wire::MissedChange;
use uuid::Uuid;

use super::retention::Retention;
use super::row::{Id, Ms, at, id};
use super::sql::{self, Connection, Row, Transaction, params};
use super::{Result, sync_run};

/// As long as the coverage that they belong to.
pub const KEPT: Retention = Retention {
    name: "missed_change",
    days: 400,
    older: "select missed_change_id from missed_change where found_at_ms < ?1 limit ?2",
    forget: "delete from missed_change where missed_change_id = ?",
};

/// Notes changes that a run found by itself.
pub fn add(
    tx: &Transaction<'_>,
    link_id: Uuid,
    changed_at: &[Timestamp],
    found_at: Timestamp,
    found_by: Trigger,
) -> Result<()> {
    let sql = "insert into missed_change (link_id, changed_at_ms, found_at_ms, found_by) values (?, ?, ?, ?)";
    let mut statement = tx.prepare_cached(sql)?;
    for changed_at in changed_at {
        statement.execute(params![
            Id(link_id),
            Ms(*changed_at),
            Ms(found_at),
            sync_run::word(found_by)
        ])?;
    }
    Ok(())
}

/// Those of a link that were found in a range, oldest first.
pub fn range(
    connection: &Connection,
    link_id: Uuid,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<MissedChange>> {
    let sql = "select * from missed_change where link_id = ? and found_at_ms >= ? and found_at_ms < ? order by missed_change_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(link_id), Ms(from), Ms(to)], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Those of a link (or of all) with a number under `before`, newest first.
pub fn page(
    connection: &Connection,
    link_id: Option<Uuid>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<MissedChange>> {
    let sql = "select * from missed_change where (?1 is null or link_id = ?1) and (?2 is null or missed_change_id < ?2) \
               order by missed_change_id desc limit ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![link_id.map(Id), before, limit], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

fn read(row: &Row<'_>) -> sql::Result<MissedChange> {
    let (changed_at, found_at) = (at(row, "changed_at_ms")?, at(row, "found_at_ms")?);
    let late = found_at.duration_since(changed_at).as_millis();
    Ok(MissedChange {
        seq: row.get("missed_change_id")?,
        link_id: id(row, "link_id")?,
        changed_at: changed_at.into(),
        found_at: found_at.into(),
        found_by: row.get("found_by")?,
        late_ms: u64::try_from(late).unwrap_or_default(),
    })
}
