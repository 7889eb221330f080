//! Table `cursor_step`: the chain of cursors, which says from where to where each run of a link read.
//!
//! Written in the transaction that moves the cursor. Holds hashes, never a cursor. Runs in a row that found nothing are one
//! row per day of the clinic, so that a year of a quiet calendar is a few hundred rows and the chain stays whole.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use syncward_engine::chain::Step;
use syncward_engine::{RunKind, RunReport, Trigger};
use syncward_wire::CursorStep;
use uuid::Uuid;

use super::retention::Retention;
use super::row::{Id, Ms, at, id};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};
use super::{Result, sync_run};

/// As long as the coverage beside it.
pub const KEPT: Retention = Retention {
    name: "cursor_step",
    days: 400,
    older: "select cursor_step_id from cursor_step where finished_at_ms < ?1 limit ?2",
    forget: "delete from cursor_step where cursor_step_id = ?",
};

/// Bytes of the hash that are kept: enough that no two cursors of a link look alike.
const HASH_BYTES: usize = 16;

/// A run that is being finished.
pub struct Ran<'a> {
    pub trigger: Trigger,
    /// None for a listing of everything.
    pub cursor_in: Option<&'a str>,
    pub cursor_out: &'a str,
    pub report: RunReport,
    pub started_at: Timestamp,
}

impl Ran<'_> {
    fn kind(&self) -> RunKind {
        match self.cursor_in {
            Some(_) => RunKind::Incremental,
            None => RunKind::Full,
        }
    }

    /// It found nothing, and held nothing back.
    pub fn is_quiet(&self) -> bool {
        let report = &self.report;
        let found = [
            report.created,
            report.changed,
            report.cancelled,
            report.echoes,
            report.missed,
            report.held,
        ];
        self.kind() == RunKind::Incremental && found.iter().all(|count| *count == 0)
    }
}

/// How a cursor is named: the first 128 bits of its SHA-256.
pub fn hash(cursor: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(cursor)[..HASH_BYTES])
}

/// Adds a run to its link's chain, or to the row of quiet runs that it goes on.
pub fn add(tx: &Transaction<'_>, link_id: Uuid, ran: &Ran<'_>, now: Timestamp) -> Result<()> {
    let (cursor_in, cursor_out) = (ran.cursor_in.map(hash), hash(ran.cursor_out));
    if ran.is_quiet()
        && let Some(row) = goes_on(tx, link_id, ran.trigger, cursor_in.as_deref(), now)?
    {
        let sql = "update cursor_step set runs = runs + 1, cursor_out = ?, listed = listed + ?, finished_at_ms = ? where cursor_step_id = ?";
        let changed = params![cursor_out, ran.report.listed, Ms(now), row];
        tx.prepare_cached(sql)?.execute(changed)?;
        return Ok(());
    }
    let kind = match ran.kind() {
        RunKind::Incremental => "incremental",
        RunKind::Full => "full",
    };
    let report = &ran.report;
    tx.prepare_cached(
        "insert into cursor_step (link_id, kind, trigger, cursor_in, cursor_out, listed, created, changed, cancelled, echoes, missed, held, \
         started_at_ms, finished_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        Id(link_id),
        kind,
        sync_run::word(ran.trigger),
        cursor_in,
        cursor_out,
        report.listed,
        report.created,
        report.changed,
        report.cancelled,
        report.echoes,
        report.missed,
        report.held,
        Ms(ran.started_at),
        Ms(now)
    ])?;
    Ok(())
}

/// The newest row, when it is of quiet runs of the same kind and day that ended where this one begins.
fn goes_on(
    tx: &Transaction<'_>,
    link_id: Uuid,
    trigger: Trigger,
    cursor_in: Option<&str>,
    now: Timestamp,
) -> Result<Option<i64>> {
    let sql = "select cursor_step_id, finished_at_ms, time_zone, \
               case when s.kind = 'incremental' and s.trigger = ?2 and s.cursor_out = ?3 \
               and created + changed + cancelled + s.echoes + missed + held = 0 then 1 else 0 end \
               from cursor_step s join link using (link_id) join clinic using (clinic_id) \
               where s.link_id = ?1 order by cursor_step_id desc limit 1";
    let newest = tx
        .prepare_cached(sql)?
        .query_row(
            params![Id(link_id), sync_run::word(trigger), cursor_in],
            |row| {
                let finished_at = row.get::<_, Ms>(1)?.0;
                let zone: String = row.get(2)?;
                let fits: i64 = row.get(3)?;
                Ok((fits == 1).then_some((row.get(0)?, finished_at, zone)))
            },
        )
        .optional()?
        .flatten();
    let same_day = |finished_at: Timestamp, zone: &str| {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let day = |at: Timestamp| zone.to_datetime(at).date();
        day(finished_at) == day(now)
    };
    Ok(newest
        .filter(|(_, finished_at, zone)| same_day(*finished_at, zone))
        .map(|(row, ..)| row))
}

/// Steps of a link with a number under `before`, newest first.
pub fn page(
    connection: &Connection,
    link_id: Uuid,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<CursorStep>> {
    let sql = "select * from cursor_step where link_id = ?1 and (?2 is null or cursor_step_id < ?2) \
               order by cursor_step_id desc limit ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(link_id), before, limit], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Steps of a link whose last run ended in a range, oldest first.
pub fn range(
    connection: &Connection,
    link_id: Uuid,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<CursorStep>> {
    let sql = "select * from cursor_step where link_id = ? and finished_at_ms >= ? and finished_at_ms < ? order by cursor_step_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(link_id), Ms(from), Ms(to)], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// What the chain had ended with before the step with this number.
pub fn out_before(connection: &Connection, link_id: Uuid, seq: i64) -> Result<Option<String>> {
    let sql = "select cursor_out from cursor_step where link_id = ? and cursor_step_id < ? order by cursor_step_id desc limit 1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_row(params![Id(link_id), seq], |row| row.get(0))
        .optional()?)
}

/// A row as the engine follows it.
pub fn step(one: &CursorStep) -> Step {
    Step {
        kind: match one.full {
            true => RunKind::Full,
            false => RunKind::Incremental,
        },
        cursor_in: one.cursor_in.clone(),
        cursor_out: one.cursor_out.clone(),
        runs: one.runs,
        started_at: *one.started_at,
        finished_at: *one.finished_at,
    }
}

fn read(row: &Row<'_>) -> sql::Result<CursorStep> {
    Ok(CursorStep {
        seq: row.get("cursor_step_id")?,
        link_id: id(row, "link_id")?,
        full: row.get::<_, String>("kind")? == "full",
        trigger: row.get("trigger")?,
        runs: row.get::<_, i64>("runs")?.cast_unsigned(),
        cursor_in: row.get("cursor_in")?,
        cursor_out: row.get("cursor_out")?,
        listed: row.get::<_, i64>("listed")?.cast_unsigned(),
        created: row.get("created")?,
        changed: row.get("changed")?,
        cancelled: row.get("cancelled")?,
        echoes: row.get("echoes")?,
        missed: row.get("missed")?,
        held: row.get("held")?,
        started_at: at(row, "started_at_ms")?.into(),
        finished_at: at(row, "finished_at_ms")?.into(),
    })
}
