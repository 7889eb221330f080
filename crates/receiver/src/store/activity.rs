//! Table `activity`: the biography of links and of the receiver.

use jiff::Timestamp;
use syncward_wire::{Activity, Tone};
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms, at, id, id_or_none};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};
use crate::entropy;

/// The biography goes back a year and a month.
pub const KEPT: Retention = Retention {
    name: "activity",
    days: 400,
    older: "select activity_id from (select activity_id, at_ms from activity order by activity_id limit ?2) as oldest where at_ms < ?1",
    forget: "delete from activity where activity_id = ?",
};

/// Most other versions told of one time.
const UPDATES_MOST: u32 = 50;

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
    let sql = "insert into activity (public_id, link_id, clinic_id, operation_id, kind, tone, text, detail, at_ms) \
               values (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        Id(entropy::uuid()),
        about.link_id.map(Id),
        about.clinic_id.map(Id),
        about.operation_id.map(Id),
        line.kind,
        line.tone,
        line.text,
        line.detail,
        Ms(now)
    ];
    Ok(tx.insert_numbered(sql, "activity_id", values)?)
}

fn read(row: &Row<'_>) -> sql::Result<Activity> {
    let tone: String = row.get("tone")?;
    Ok(Activity {
        id: id(row, "public_id")?,
        seq: row.get("activity_id")?,
        link_id: id_or_none(row, "link_id")?,
        clinic_id: id_or_none(row, "clinic_id")?,
        at: at(row, "at_ms")?.into(),
        kind: row.get("kind")?,
        tone: match tone.as_str() {
            "good" => Tone::Good,
            "warn" => Tone::Warn,
            "bad" => Tone::Bad,
            _ => Tone::Quiet,
        },
        text: row.get("text")?,
        detail: row.get("detail")?,
        operation_id: id_or_none(row, "operation_id")?,
    })
}

/// Lines of a link (or of all) older than `before`, newest first.
pub fn page(
    connection: &Connection,
    link_id: Option<Uuid>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Activity>> {
    let sql = "select * from activity where (?1 is null or link_id = ?1) and (?2 is null or activity_id < ?2) \
               order by activity_id desc limit ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![link_id.map(Id), before, limit], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Lines newer than `after`, oldest first.
pub fn since(connection: &Connection, after: i64, limit: u32) -> Result<Vec<Activity>> {
    let mut statement = connection.prepare_cached(
        "select * from activity where activity_id > ? order by activity_id limit ?",
    )?;
    let rows = statement.query_map(params![after, limit], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// The number of the newest line.
pub fn newest(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row(
        "select coalesce(max(activity_id), 0) from activity",
        [],
        |row| row.get(0),
    )?)
}

/// When a line was written.
pub fn at_of(connection: &Connection, line: i64) -> Result<Option<Timestamp>> {
    let sql = "select at_ms from activity where activity_id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_row(params![line], |row| at(row, "at_ms"))
        .optional()?)
}

/// How often a link's channel (or any) was renewed in each of so many equal parts of a range; parts without one are left out.
pub fn renewals(
    connection: &Connection,
    link_id: Option<Uuid>,
    from: Timestamp,
    to: Timestamp,
    parts: usize,
) -> Result<Vec<(usize, u64)>> {
    let sql = "select (at_ms - ?2) * ?4 / (?3 - ?2) as part, count(*) from activity where kind = 'renewed' \
               and (?1 is null or link_id = ?1) and at_ms >= ?2 and at_ms < ?3 group by part";
    let parts = i64::try_from(parts).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![link_id.map(Id), Ms(from), Ms(to), parts], |row| {
        let (part, times) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
        Ok((
            usize::try_from(part).unwrap_or_default(),
            times.cast_unsigned(),
        ))
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// The lines of a range that tell of another version of the receiver, newest first.
pub fn updates(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Activity>> {
    let sql = "select * from activity where kind = 'receiver_updated' and at_ms >= ? and at_ms < ? \
               order by at_ms desc limit ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Ms(from), Ms(to), UPDATES_MOST], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// How many lines of a link there are in a range, by kind and tone.
pub fn counts(
    connection: &Connection,
    link_id: Uuid,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(String, String, u64)>> {
    let sql = "select kind, tone, count(*) as times from activity where link_id = ? and at_ms >= ? and at_ms < ? \
               group by kind, tone order by kind, tone";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(link_id), Ms(from), Ms(to)], |row| {
        let times = row.get::<_, i64>("times")?.cast_unsigned();
        Ok((row.get("kind")?, row.get("tone")?, times))
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
