//! Table `sync_run`: attempts to bring a link up to date that found something, failed, listed everything or took several
//! parts. Most runs find nothing (of ten thousand links a million a day): the chain of cursors tells of these. One that a
//! crash cut off in its first part is repeated, not noted.

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

/// One attempt; repeated after a crash it keeps its id.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub sync_run_id: Uuid,
    pub link_id: Uuid,
    pub kind: RunKind,
    pub trigger: Trigger,
    pub started_at: Timestamp,
}

impl Attempt {
    fn kind(&self) -> &'static str {
        match self.kind {
            RunKind::Incremental => "incremental",
            RunKind::Full => "full",
        }
    }
}

/// Notes how many events a long listing has read so far; what is read in one go is noted as it ends.
pub fn listed(tx: &Transaction<'_>, attempt: &Attempt, events: u32) -> Result<()> {
    tx.prepare_cached(
        "insert into sync_run (sync_run_id, link_id, trigger, kind, started_at_ms, listed) values (?, ?, ?, ?, ?, ?) \
         on conflict (sync_run_id) do update set started_at_ms = excluded.started_at_ms, listed = excluded.listed",
    )?
    .execute(params![
        Id(attempt.sync_run_id),
        Id(attempt.link_id),
        word(attempt.trigger),
        attempt.kind(),
        Ms(attempt.started_at),
        events
    ])?;
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
    attempt: &Attempt,
    outcome: &str,
    report: &RunReport,
    now: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "insert into sync_run (sync_run_id, link_id, trigger, kind, started_at_ms, finished_at_ms, outcome, listed, created, changed, \
         cancelled, missed) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         on conflict (sync_run_id) do update set started_at_ms = excluded.started_at_ms, finished_at_ms = excluded.finished_at_ms, \
         outcome = excluded.outcome, listed = excluded.listed, created = excluded.created, changed = excluded.changed, \
         cancelled = excluded.cancelled, missed = excluded.missed",
    )?
    .execute(params![
        Id(attempt.sync_run_id),
        Id(attempt.link_id),
        word(attempt.trigger),
        attempt.kind(),
        Ms(attempt.started_at),
        Ms(now),
        outcome,
        report.listed,
        report.created,
        report.changed,
        report.cancelled,
        report.missed
    ])?;
    Ok(())
}
