//! Table `sync_run`: every attempt to bring a link up to date.

use jiff::Timestamp;
use syncward_engine::{RunKind, RunReport, Trigger};
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms, at};
use super::sql::{Connection, OptionalExtension, Transaction, params};

/// Attempts, also those that a crash cut off.
pub const KEPT: Retention = Retention {
    name: "sync_run",
    days: 90,
    older: "select rowid from sync_run where started_at_ms < ?1 limit ?2",
    forget: "delete from sync_run where rowid = ?",
};

/// Most runs find nothing: of ten thousand links a million a day.
pub const QUIET_KEPT: Retention = Retention {
    name: "sync_run_quiet",
    days: 7,
    older: "select rowid from sync_run where started_at_ms < ?1 and outcome = 'done' and kind = 'incremental' \
            and created + changed + cancelled + missed = 0 limit ?2",
    forget: "delete from sync_run where rowid = ?",
};

/// What made a run start, as it stands in the columns.
pub fn word(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::First => "first",
        Trigger::Notification => "notification",
        Trigger::Check => "check",
        Trigger::Poll => "poll",
        Trigger::Asked => "asked",
        Trigger::CursorGone => "cursor_gone",
        Trigger::Retry => "retry",
    }
}

/// Notes that a run started; repeated after a crash it starts anew.
pub fn started(
    tx: &Transaction<'_>,
    sync_run_id: Uuid,
    link_id: Uuid,
    kind: RunKind,
    trigger: Trigger,
    now: Timestamp,
) -> Result<()> {
    let kind = match kind {
        RunKind::Incremental => "incremental",
        RunKind::Full => "full",
    };
    let trigger = word(trigger);
    tx.prepare_cached(
        "insert into sync_run (sync_run_id, link_id, trigger, kind, started_at_ms) values (?1, ?2, ?3, ?4, ?5) \
         on conflict (sync_run_id) do update set started_at_ms = ?5, listed = 0",
    )?
    .execute(params![Id(sync_run_id), Id(link_id), trigger, kind, Ms(now)])?;
    Ok(())
}

/// Notes how many events it has read so far.
pub fn listed(tx: &Transaction<'_>, sync_run_id: Uuid, events: u32) -> Result<()> {
    tx.prepare_cached("update sync_run set listed = ? where sync_run_id = ?")?
        .execute(params![events, Id(sync_run_id)])?;
    Ok(())
}

/// When a run began and how many events it has read so far.
pub fn progress(connection: &Connection, sync_run_id: Uuid) -> Result<Option<(Timestamp, u32)>> {
    let sql = "select started_at_ms, listed from sync_run where sync_run_id = ?";
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![Id(sync_run_id)], |row| {
            Ok((at(row, "started_at_ms")?, row.get("listed")?))
        })
        .optional()?;
    Ok(found)
}

/// Notes how it ended: `done`, or Google's reason.
pub fn finished(
    tx: &Transaction<'_>,
    sync_run_id: Uuid,
    outcome: &str,
    report: &RunReport,
    now: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "update sync_run set finished_at_ms = ?, outcome = ?, listed = ?, created = ?, changed = ?, cancelled = ?, missed = ? where sync_run_id = ?",
    )?
    .execute(params![
        Ms(now),
        outcome,
        report.listed,
        report.created,
        report.changed,
        report.cancelled,
        report.missed,
        Id(sync_run_id)
    ])?;
    Ok(())
}
