//! Table `appointment`: the clinic's bookings, their words sealed, their times plain.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none, id, json};
use super::sql::{self, Connection, OptionalExtension, Row, ToSql, Transaction, params};

/// Where the sealed words lie.
pub const PLACE: &str = "appointment.content";

/// An appointment as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub appointment_id: Uuid,
    pub clinic_id: Uuid,
    pub link_id: Uuid,
    pub google_event_id: String,
    /// Sealed.
    pub content: Vec<u8>,
    /// RFC 3339, or a date for whole days.
    pub starts: String,
    pub ends: String,
    pub from_at: Timestamp,
    /// None for a series, whose end only its rule knows.
    pub until_at: Option<Timestamp>,
    pub time_zone: Option<String>,
    pub all_day: bool,
    /// `confirmed`, `tentative` or `cancelled`.
    pub status: String,
    pub recurrence: Vec<String>,
    pub series_event_id: Option<String>,
    pub original_start: Option<String>,
    pub etag: Option<String>,
    pub google_updated_at: Option<Timestamp>,
    /// Cancelled in Google, but held by the mass-change guard.
    pub held: bool,
    pub revision: u32,
    pub updated_at: Timestamp,
}

fn read(row: &Row<'_>) -> sql::Result<Appointment> {
    Ok(Appointment {
        appointment_id: id(row, "appointment_id")?,
        clinic_id: id(row, "clinic_id")?,
        link_id: id(row, "link_id")?,
        google_event_id: row.get("google_event_id")?,
        content: row.get("content")?,
        starts: row.get("starts")?,
        ends: row.get("ends")?,
        from_at: at(row, "from_at_ms")?,
        until_at: at_or_none(row, "until_at_ms")?,
        time_zone: row.get("time_zone")?,
        all_day: row.get("all_day")?,
        status: row.get("status")?,
        recurrence: json(row, "recurrence")?,
        series_event_id: row.get("series_event_id")?,
        original_start: row.get("original_start")?,
        etag: row.get("etag")?,
        google_updated_at: at_or_none(row, "google_updated_at_ms")?,
        held: row.get("held")?,
        revision: row.get("revision")?,
        updated_at: at(row, "updated_at_ms")?,
    })
}

/// One appointment.
pub fn find(connection: &Connection, appointment_id: Uuid) -> Result<Option<Appointment>> {
    let mut statement =
        connection.prepare_cached("select * from appointment where appointment_id = ?")?;
    Ok(statement
        .query_row(params![Id(appointment_id)], read)
        .optional()?)
}

/// The appointment of a Google event.
pub fn of_event(
    connection: &Connection,
    link_id: Uuid,
    google_event_id: &str,
) -> Result<Option<Appointment>> {
    let mut statement = connection
        .prepare_cached("select * from appointment where link_id = ? and google_event_id = ?")?;
    Ok(statement
        .query_row(params![Id(link_id), google_event_id], read)
        .optional()?)
}

/// Inserts or replaces the whole row.
pub fn save(tx: &Transaction<'_>, one: &Appointment) -> Result<()> {
    tx.prepare_cached(
        "insert into appointment (appointment_id, clinic_id, link_id, google_event_id, content, starts, ends, from_at_ms, until_at_ms, \
         time_zone, all_day, status, recurrence, series_event_id, original_start, etag, google_updated_at_ms, held, revision, updated_at_ms) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) \
         on conflict (appointment_id) do update set google_event_id = ?4, content = ?5, starts = ?6, ends = ?7, from_at_ms = ?8, until_at_ms = ?9, \
         time_zone = ?10, all_day = ?11, status = ?12, recurrence = ?13, series_event_id = ?14, original_start = ?15, etag = ?16, \
         google_updated_at_ms = ?17, held = ?18, revision = ?19, updated_at_ms = ?20, echo_waits = 0",
    )?
    .execute(params![
        Id(one.appointment_id),
        Id(one.clinic_id),
        Id(one.link_id),
        one.google_event_id,
        one.content,
        one.starts,
        one.ends,
        Ms(one.from_at),
        one.until_at.map(Ms),
        one.time_zone,
        one.all_day,
        one.status,
        serde_json::to_string(&one.recurrence)?,
        one.series_event_id,
        one.original_start,
        one.etag,
        one.google_updated_at.map(Ms),
        one.held,
        one.revision,
        Ms(one.updated_at)
    ])?;
    Ok(())
}

/// Notes what Google now calls the event's version.
pub fn set_etag(
    tx: &Transaction<'_>,
    appointment_id: Uuid,
    etag: Option<&str>,
    updated: Option<Timestamp>,
) -> Result<()> {
    tx.prepare_cached("update appointment set etag = ?, google_updated_at_ms = coalesce(?, google_updated_at_ms) where appointment_id = ?")?
        .execute(params![etag, updated.map(Ms), Id(appointment_id)])?;
    Ok(())
}

/// Our own edit is at Google under this version: its echo is awaited, unless it came before the answer.
pub fn await_echo(tx: &Transaction<'_>, appointment_id: Uuid, etag: Option<&str>) -> Result<()> {
    let sql = "update appointment set echo_waits = 1 where appointment_id = ?1 and (etag is null or ?2 is null or etag <> ?2)";
    tx.prepare_cached(sql)?
        .execute(params![Id(appointment_id), etag])?;
    Ok(())
}

/// The echo is here; false when none was awaited.
pub fn take_echo(tx: &Transaction<'_>, appointment_id: Uuid) -> Result<bool> {
    let sql = "update appointment set echo_waits = 0 where appointment_id = ? and echo_waits = 1";
    Ok(tx
        .prepare_cached(sql)?
        .execute(params![Id(appointment_id)])?
        > 0)
}

/// Event ids and ends of a link's appointments that stand and that Google knows; a series never ends here.
pub fn standing(connection: &Connection, link_id: Uuid) -> Result<Vec<(String, Timestamp)>> {
    let sql = "select google_event_id, until_at_ms from appointment \
               where link_id = ? and status <> 'cancelled' and etag is not null and held = 0";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![Id(link_id)], |row| {
            Ok((
                row.get("google_event_id")?,
                at_or_none(row, "until_at_ms")?.unwrap_or(Timestamp::MAX),
            ))
        })?
        .collect::<sql::Result<_>>()?;
    Ok(rows)
}

/// How many of a link's appointments stand and end after `now`.
pub fn future(connection: &Connection, link_id: Uuid, now: Timestamp) -> Result<usize> {
    let sql = "select count(*) from appointment where link_id = ? and status <> 'cancelled' and (until_at_ms is null or until_at_ms > ?)";
    let count: i64 = connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id), Ms(now)], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// A link's appointments whose cancellation is held.
pub fn held(connection: &Connection, link_id: Uuid) -> Result<Vec<Appointment>> {
    let mut statement =
        connection.prepare_cached("select * from appointment where link_id = ? and held = 1")?;
    let rows = statement
        .query_map(params![Id(link_id)], read)?
        .collect::<sql::Result<_>>()?;
    Ok(rows)
}

/// Which appointments to list; what is absent matches all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub clinic_id: Option<Uuid>,
    pub link_id: Option<Uuid>,
    pub status: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Start (in milliseconds) and id of the last one seen.
    pub after: Option<(i64, String)>,
    pub limit: Option<u32>,
}

/// Appointments by start; a series is in every range after its start.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<Appointment>> {
    let mut which: Vec<&str> = Vec::new();
    let mut values: Vec<&dyn ToSql> = Vec::new();
    let (clinic_id, link_id) = (filter.clinic_id.map(Id), filter.link_id.map(Id));
    let (from, to) = (filter.from.map(Ms), filter.to.map(Ms));
    // Only what is asked for stands in the statement: a condition that may be absent finds nothing by index.
    if let Some(clinic_id) = &clinic_id {
        which.push("clinic_id = ?");
        values.push(clinic_id);
    }
    if let Some(link_id) = &link_id {
        which.push("link_id = ?");
        values.push(link_id);
    }
    if let Some(from) = &from {
        which.push("(until_at_ms is null or until_at_ms > ?)");
        values.push(from);
    }
    if let Some(to) = &to {
        which.push("from_at_ms < ?");
        values.push(to);
    }
    if let Some(status) = &filter.status {
        which.push("status = ?");
        values.push(status);
    }
    if let Some((start_ms, appointment_id)) = &filter.after {
        which.push("(from_at_ms, appointment_id) > (?, ?)");
        values.extend([start_ms as &dyn ToSql, appointment_id]);
    }
    let limit = filter.limit.map_or(i64::MAX, i64::from);
    values.push(&limit);
    let which = match which.is_empty() {
        true => String::new(),
        false => format!("where {}", which.join(" and ")),
    };
    let sql =
        format!("select * from appointment {which} order by from_at_ms, appointment_id limit ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values.as_slice(), read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// When the exceptions of a series would have been by its rule, wherever they are now.
pub fn replaced(
    connection: &Connection,
    link_id: Uuid,
    series_event_id: &str,
) -> Result<Vec<String>> {
    let sql = "select original_start from appointment where link_id = ? and series_event_id = ? and original_start is not null";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(link_id), series_event_id], |row| row.get(0))?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Entries of the change feed after a number, oldest first: number, time, appointment.
pub fn changes(
    connection: &Connection,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, Timestamp, Uuid)>> {
    let sql = "select change_feed_id, at_ms, appointment_id from change_feed where change_feed_id > ? order by change_feed_id limit ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, limit], |row| {
        Ok((row.get(0)?, at(row, "at_ms")?, id(row, "appointment_id")?))
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// When an entry of the change feed was made, and the revision it tells of.
pub fn change(connection: &Connection, change_feed_id: i64) -> Result<Option<(Timestamp, u32)>> {
    let sql = "select at_ms, revision from change_feed where change_feed_id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_row(params![change_feed_id], |row| {
            Ok((at(row, "at_ms")?, row.get("revision")?))
        })
        .optional()?)
}
