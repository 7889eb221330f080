//! Table `coverage_span`: how each link was watched, interval by interval.

use std::collections::HashSet;

use jiff::Timestamp;
use syncward_engine::effect::Watching;
use syncward_wire::{CoverageSpan, Watching as Watched};
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms, at, at_or_none, id};
use super::sql::{self, Column, Connection, OptionalExtension, Row, Transaction, params};

/// Intervals that have ended.
pub const KEPT: Retention = Retention {
    name: "coverage_span",
    days: 400,
    older: "select coverage_span_id from coverage_span where until_at_ms < ?1 limit ?2",
    forget: "delete from coverage_span where coverage_span_id = ?",
};

/// Ends the running interval and begins the next at `from`.
pub fn begin(
    tx: &Transaction<'_>,
    link_id: Uuid,
    watching: &Watching,
    from: Timestamp,
) -> Result<()> {
    // An interval that would end before it began (we learn late that nobody watched) shrinks to nothing and goes.
    tx.prepare_cached(
        "delete from coverage_span where link_id = ? and until_at_ms is null and from_at_ms >= ?",
    )?
    .execute(params![Id(link_id), Ms(from)])?;
    // Apart, so that each finds its rows by index among a year of them.
    for which in ["until_at_ms is null", "until_at_ms > ?1"] {
        let sql =
            format!("update coverage_span set until_at_ms = ?1 where link_id = ?2 and {which}");
        tx.prepare_cached(&sql)?
            .execute(params![Ms(from), Id(link_id)])?;
    }
    let (word, generation, cause) = match watching {
        Watching::Push { generation } => ("push", Some(*generation), None),
        Watching::Overlap { generation } => ("overlap", Some(*generation), None),
        Watching::Polling { cause } => ("polling", None, Some(cause)),
        Watching::Gap { cause } => ("gap", None, Some(cause)),
    };
    let sql = "insert into coverage_span (link_id, watching, generation, cause, from_at_ms) values (?, ?, ?, ?, ?)";
    let row = params![Id(link_id), word, generation, cause, Ms(from)];
    tx.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Whether the link was watched by push at `at`, and still is.
pub fn pushed_since(connection: &Connection, link_id: Uuid, at: Timestamp) -> Result<bool> {
    let sql = "select 1 from (select watching, until_at_ms from coverage_span where link_id = ? and from_at_ms <= ? \
               order by from_at_ms desc limit 1) as newest \
               where watching in ('push', 'overlap') and (until_at_ms is null or until_at_ms > ?)";
    let found: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id), Ms(at), Ms(at)], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// The times of a range in which nobody watched the link, in order.
pub fn gaps(
    connection: &Connection,
    link_id: Uuid,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Timestamp, Timestamp)>> {
    // In two parts and unordered, so that each finds its rows by index among a year of them.
    let of_gaps = "select from_at_ms, until_at_ms from coverage_span where link_id = ?1 and watching = 'gap' and";
    let sql = format!("{of_gaps} until_at_ms > ?2 union all {of_gaps} until_at_ms is null");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![Id(link_id), Ms(from)], |row| {
        let until = at_or_none(row, "until_at_ms")?.unwrap_or(to);
        Ok((at(row, "from_at_ms")?, until))
    })?;
    let mut gaps: Vec<_> = rows.collect::<sql::Result<_>>()?;
    gaps.retain(|(began, _)| *began < to);
    gaps.sort_unstable();
    Ok(gaps)
}

const COLUMNS: &str = "link_id, watching, generation, from_at_ms, until_at_ms, cause";

/// Intervals of a link (or of each) that touch a range, oldest first; those of deleted links are left out.
pub fn range(
    connection: &Connection,
    link_id: Option<Uuid>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<CoverageSpan>> {
    let Some(link_id) = link_id else {
        return of_all(connection, from, to);
    };
    let sql = format!(
        "select {COLUMNS} from coverage_span where link_id = ?1 and from_at_ms < ?3 and (until_at_ms is null or until_at_ms > ?2) \
         and exists (select 1 from link where link_id = ?1 and deleted_at_ms is null) order by from_at_ms"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![Id(link_id), Ms(from), Ms(to)], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Rows are looked up by when they ended, and whose link still stands is asked once for all of them.
fn of_all(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<CoverageSpan>> {
    let standing: HashSet<Uuid> = super::link::ids(connection)?.into_iter().collect();
    let sql = format!(
        "select {COLUMNS} from coverage_span where until_at_ms > ?1 and from_at_ms < ?2 \
         union all select {COLUMNS} from coverage_span where until_at_ms is null and from_at_ms < ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut spans = statement
        .query_map(params![Ms(from), Ms(to)], read)?
        .collect::<sql::Result<Vec<_>>>()?;
    spans.retain(|span| standing.contains(&span.link_id));
    spans.sort_by_key(|span| *span.from_at);
    Ok(spans)
}

/// Whether nobody wanted the link watched: a person paused it, or it is about to go.
pub fn is_unwanted(cause: Option<&str>) -> bool {
    matches!(cause, Some("paused" | "ended"))
}

/// How long the links were watched in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub watching: Watched,
    /// As [`is_unwanted`] says of its intervals.
    pub unwanted: bool,
    pub lasted_ms: i64,
    pub spans: u32,
}

/// The intervals of [`range`], cut to it and added up by the database: a fleet's month is too much to read.
pub fn sums(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Sum>> {
    let sql = "with cut as (select watching, coalesce(cause, '') in ('paused', 'ended') as unwanted, \
               (case when until_at_ms < ?2 then until_at_ms else ?2 end) - (case when from_at_ms > ?1 then from_at_ms else ?1 end) as ms \
               from coverage_span where (until_at_ms > ?1 or until_at_ms is null) and from_at_ms < ?2 \
               and link_id in (select link_id from link where deleted_at_ms is null)) \
               select watching, unwanted, cast(sum(ms) as bigint) as ms, count(*) as spans from cut where ms > 0 group by watching, unwanted";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Ms(from), Ms(to)], |row| {
        Ok(Sum {
            watching: watched(row, "watching")?,
            unwanted: row.get("unwanted")?,
            lasted_ms: row.get("ms")?,
            spans: row.get("spans")?,
        })
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

fn watched(row: &Row<'_>, column: impl Column) -> sql::Result<Watched> {
    let word: String = row.get(column)?;
    Ok(match word.as_str() {
        "push" => Watched::Push,
        "overlap" => Watched::Overlap,
        "polling" => Watched::Polling,
        _ => Watched::Gap,
    })
}

/// By place, in the order of [`COLUMNS`]: a fleet's month has many rows.
fn read(row: &Row<'_>) -> sql::Result<CoverageSpan> {
    Ok(CoverageSpan {
        link_id: id(row, 0)?,
        watching: watched(row, 1)?,
        generation: row.get(2)?,
        from_at: at(row, 3)?.into(),
        until_at: at_or_none(row, 4)?.map(Into::into),
        cause: row.get(5)?,
    })
}
