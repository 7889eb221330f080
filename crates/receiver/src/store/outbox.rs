//! Table `outbox`: edits that wait to reach Google, in order.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none, id};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// An outbound edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    pub outbox_id: i64,
    pub appointment_id: Uuid,
    pub link_id: Uuid,
    pub kind: Kind,
    /// The first revision that Google does not have.
    pub revision: u32,
    pub attempts: u32,
    pub made_at: Timestamp,
    /// Under whose lease it is pushed.
    pub fence: i64,
}

/// What to do to the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Insert,
    Patch,
    Delete,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

fn read(row: &Row<'_>) -> sql::Result<Outbound> {
    let word: String = row.get("kind")?;
    let kind = match word.as_str() {
        "insert" => Kind::Insert,
        "patch" => Kind::Patch,
        _ => Kind::Delete,
    };
    Ok(Outbound {
        outbox_id: row.get("outbox_id")?,
        appointment_id: id(row, "appointment_id")?,
        link_id: id(row, "link_id")?,
        kind,
        revision: row.get("revision")?,
        attempts: row.get("attempts")?,
        made_at: at(row, "made_at_ms")?,
        fence: row.get("fence")?,
    })
}

/// Queues an edit; a patch of an event whose insert still waits is part of that insert.
pub fn insert(
    tx: &Transaction<'_>,
    appointment_id: Uuid,
    link_id: Uuid,
    kind: Kind,
    revision: u32,
    now: Timestamp,
) -> Result<()> {
    let waiting: Option<i64> = tx
        .query_row(
            "select outbox_id from outbox where appointment_id = ? and (kind = ?2 or kind = 'insert') and ?2 <> 'delete' limit 1",
            params![Id(appointment_id), kind.word()],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(outbox_id) = waiting {
        tx.execute(
            "update outbox set made_at_ms = ?, not_before_ms = 0 where outbox_id = ?",
            params![Ms(now), outbox_id],
        )?;
        return Ok(());
    }
    tx.execute(
        // Whoever pushes the edit before it pushes this one after it.
        "insert into outbox (appointment_id, link_id, kind, revision, made_at_ms, queued_at_ms, fence) values (?1, ?2, ?3, ?4, \
         ?5, ?5, coalesce((select max(fence) from outbox where appointment_id = ?1), ?6))",
        params![Id(appointment_id), Id(link_id), kind.word(), revision, Ms(now), tx.fence()],
    )?;
    Ok(())
}

/// The first edit of a link that may be tried now; an appointment's edits stay in order.
pub fn next(connection: &Connection, link_id: Uuid, now: Timestamp) -> Result<Option<Outbound>> {
    let sql = "select * from outbox o where link_id = ? and not_before_ms <= ? and fence = ? \
               and not exists (select 1 from outbox e where e.appointment_id = o.appointment_id and e.outbox_id < o.outbox_id) \
               order by outbox_id limit 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id), Ms(now), connection.fence()], read)
        .optional()?)
}

/// The newest edit that waits for an appointment.
pub fn of_appointment(connection: &Connection, appointment_id: Uuid) -> Result<Option<Outbound>> {
    let sql = "select * from outbox where appointment_id = ? order by outbox_id desc limit 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![Id(appointment_id)], read)
        .optional()?)
}

/// The links with edits that may be tried now, and when the next one may.
pub fn waiting(connection: &Connection, now: Timestamp) -> Result<(Vec<Uuid>, Option<Timestamp>)> {
    let mut statement = connection.prepare_cached(
        "select distinct link_id from outbox where not_before_ms <= ? and fence = ?",
    )?;
    let links = statement
        .query_map(params![Ms(now), connection.fence()], |row| {
            id(row, "link_id")
        })?
        .collect::<sql::Result<_>>()?;
    let next: Option<Ms> = connection
        .prepare_cached(
            "select min(not_before_ms) from outbox where not_before_ms > ? and fence = ?",
        )?
        .query_row(params![Ms(now), connection.fence()], |row| row.get(0))?;
    Ok((links, next.map(|at| at.0)))
}

/// The edit reached Google as revision `sent`: forgotten, unless there was another edit meanwhile, which goes out as a
/// patch on top of it.
pub fn done(tx: &Transaction<'_>, outbound: &Outbound, sent: u32) -> Result<()> {
    tx.execute(
        "delete from outbox where outbox_id = ? and made_at_ms = ?",
        params![outbound.outbox_id, Ms(outbound.made_at)],
    )?;
    tx.execute(
        "update outbox set kind = case kind when 'insert' then 'patch' else kind end, revision = ?, queued_at_ms = made_at_ms, \
         attempts = 0, failure = null, refused = 0 where outbox_id = ?",
        params![sent + 1, outbound.outbox_id],
    )?;
    Ok(())
}

/// Forgets everything that waits for an appointment: Google's version won.
pub fn drop_all(tx: &Transaction<'_>, appointment_id: Uuid) -> Result<()> {
    tx.execute(
        "delete from outbox where appointment_id = ?",
        params![Id(appointment_id)],
    )?;
    Ok(())
}

/// Tries again later; `refused` when Google won't have the edit as it is.
pub fn postpone(
    tx: &Transaction<'_>,
    outbox_id: i64,
    not_before: Timestamp,
    failure: &str,
    refused: bool,
) -> Result<()> {
    tx.execute(
        "update outbox set attempts = attempts + 1, not_before_ms = ?, failure = ?, refused = ? where outbox_id = ?",
        params![Ms(not_before), failure, refused, outbox_id],
    )?;
    Ok(())
}

/// The edits of a link that Google did not take at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub link_id: Uuid,
    /// Since when the oldest waits.
    pub since_at: Timestamp,
    pub edits: u32,
    /// Google won't have one of them as it is.
    pub refused: bool,
    /// The first start of their appointments that lies ahead, instances of series apart.
    pub next_start_at: Option<Timestamp>,
}

/// The links with edits that were tried in vain, or that have waited since before `long_ago`; one of them, or every one.
pub fn stuck(
    connection: &Connection,
    one: Option<Uuid>,
    long_ago: Timestamp,
    now: Timestamp,
) -> Result<Vec<Stuck>> {
    let of_one = one.map_or("", |_| "where o.link_id = ?3");
    let sql = format!(
        "select o.link_id as link_id, min(o.queued_at_ms) as since, count(*) as edits, max(o.refused) as refused, \
         min(case when a.from_at_ms >= ?2 then a.from_at_ms end) as next_start \
         from outbox o join appointment a on a.appointment_id = o.appointment_id {of_one} \
         group by o.link_id having max(o.attempts) > 0 or min(o.queued_at_ms) <= ?1"
    );
    let read = |row: &Row<'_>| {
        Ok(Stuck {
            link_id: id(row, "link_id")?,
            since_at: at(row, "since")?,
            edits: row.get("edits")?,
            refused: row.get("refused")?,
            next_start_at: at_or_none(row, "next_start")?,
        })
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let (long_ago, now) = (Ms(long_ago), Ms(now));
    let rows = match one {
        Some(link_id) => statement.query_map(params![long_ago, now, Id(link_id)], read)?,
        None => statement.query_map(params![long_ago, now], read)?,
    };
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Why an edit of a link was not taken: what was refused first, then what waits longest.
pub fn why_stuck(connection: &Connection, link_id: Uuid) -> Result<Option<String>> {
    let sql = "select failure from outbox where link_id = ? and failure is not null \
               order by refused desc, queued_at_ms, outbox_id limit 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id)], |row| row.get(0))
        .optional()?)
}

/// The series among the appointments of a link whose edits wait, so many at most.
pub fn series_waiting(connection: &Connection, link_id: Uuid, most: u32) -> Result<Vec<Uuid>> {
    let sql = "select o.appointment_id as appointment_id from outbox o join appointment a on a.appointment_id = o.appointment_id \
               where o.link_id = ? and a.recurrence <> '[]' order by o.outbox_id limit ?";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement
        .query_map(params![Id(link_id), most], |row| id(row, "appointment_id"))?
        .collect::<sql::Result<_>>()?;
    Ok(ids)
}

/// How many edits wait.
pub fn count(connection: &Connection) -> Result<u64> {
    let count: i64 = connection.query_row("select count(*) from outbox", [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
