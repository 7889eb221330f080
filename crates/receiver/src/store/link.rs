//! Table `link`: the engine's state of each calendar link, its cursor and its counts.

use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::delivery::DeliveryCount;
use syncward_engine::link::{Link as Machine, Proof, ProofKind};
use syncward_engine::{RunReport, Settings};
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none, id, json};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// A link as stored.
#[derive(Clone, Debug)]
pub struct Link {
    pub link_id: Uuid,
    pub clinic_id: Uuid,
    pub google_grant_id: Uuid,
    pub google_calendar_id: String,
    pub calendar_name: String,
    pub engine: Machine,
    pub cursor: Option<String>,
    pub held_cancellations: u32,
    pub synced_at: Option<Timestamp>,
    pub made_at: Timestamp,
    pub notifications: u64,
    pub duplicates: u64,
    pub changes: u64,
    pub missed_changes: u64,
    pub runs: u64,
    pub echoes: u64,
    pub echoes_announced: u64,
}

/// A link's calendar at Google: whose it is, how it is reached, and up to where it was read. What a call needs to know,
/// without the engine's state.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub link_id: Uuid,
    pub clinic_id: Uuid,
    pub google_grant_id: Uuid,
    pub google_calendar_id: String,
    pub cursor: Option<String>,
    pub is_deleted: bool,
}

const COLUMNS: &str = "link_id, clinic_id, google_grant_id, google_calendar_id, calendar_name, engine, cursor, held_cancellations, \
    synced_at_ms, made_at_ms, notifications, duplicates, changes, missed_changes, runs, \
    echoes, echoes_announced";

/// Reads [`COLUMNS`] by their places: a link is read for each of its inputs, and names are looked up one by one.
fn read(row: &Row<'_>) -> sql::Result<Link> {
    let count = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(Link {
        link_id: id(row, 0)?,
        clinic_id: id(row, 1)?,
        google_grant_id: id(row, 2)?,
        google_calendar_id: row.get(3)?,
        calendar_name: row.get(4)?,
        engine: json(row, 5)?,
        cursor: row.get(6)?,
        held_cancellations: row.get(7)?,
        synced_at: at_or_none(row, 8)?,
        made_at: at(row, 9)?,
        notifications: count(10)?,
        duplicates: count(11)?,
        changes: count(12)?,
        missed_changes: count(13)?,
        runs: count(14)?,
        echoes: count(15)?,
        echoes_announced: count(16)?,
    })
}

/// One link that is not deleted.
pub fn find(connection: &Connection, link_id: Uuid) -> Result<Option<Link>> {
    let sql = format!("select {COLUMNS} from link where link_id = ? and deleted_at_ms is null");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row(params![Id(link_id)], read)
        .optional()?)
}

/// One link, also while its end is under way.
pub fn find_any(connection: &Connection, link_id: Uuid) -> Result<Option<Link>> {
    let sql = format!("select {COLUMNS} from link where link_id = ?");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row(params![Id(link_id)], read)
        .optional()?)
}

/// A link's calendar, also while its end is under way.
pub fn calendar(connection: &Connection, link_id: Uuid) -> Result<Option<Calendar>> {
    let sql = "select clinic_id, google_grant_id, google_calendar_id, cursor, deleted_at_ms is not null as is_deleted \
               from link where link_id = ?";
    let read = |row: &Row<'_>| {
        Ok(Calendar {
            link_id,
            clinic_id: id(row, "clinic_id")?,
            google_grant_id: id(row, "google_grant_id")?,
            google_calendar_id: row.get("google_calendar_id")?,
            cursor: row.get("cursor")?,
            is_deleted: row.get("is_deleted")?,
        })
    };
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id)], read)
        .optional()?)
}

/// Whether a person paused it; false of one that is not there.
pub fn is_paused(connection: &Connection, link_id: Uuid) -> Result<bool> {
    let engine: Option<Machine> = connection
        .prepare_cached("select engine from link where link_id = ?")?
        .query_row(params![Id(link_id)], |row| json(row, 0))
        .optional()?;
    Ok(engine.is_some_and(|engine| engine.is_paused()))
}

/// Every link that is not deleted, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Link>> {
    let sql = format!(
        "select {COLUMNS} from link where deleted_at_ms is null order by made_at_ms, link_id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let links = statement.query_map([], read)?.collect::<sql::Result<_>>()?;
    Ok(links)
}

/// A page of [`all`]: what comes after the link that was made at `after` and has that id.
pub fn page(connection: &Connection, after: Option<(i64, String)>, most: u32) -> Result<Vec<Link>> {
    let (made_at_ms, link_id) = after.unwrap_or((i64::MIN, String::new()));
    let sql = format!(
        "select {COLUMNS} from link where deleted_at_ms is null and made_at_ms >= ?1 and (made_at_ms > ?1 or link_id > ?2) \
         order by made_at_ms, link_id limit ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![made_at_ms, link_id, most], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// The ids of every link that is not deleted, oldest first.
pub fn ids(connection: &Connection) -> Result<Vec<Uuid>> {
    let sql = "select link_id from link where deleted_at_ms is null order by made_at_ms, link_id";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement
        .query_map([], |row| id(row, "link_id"))?
        .collect::<sql::Result<_>>()?;
    Ok(ids)
}

/// The ids of a grant's links that are not deleted.
pub fn of_grant(connection: &Connection, google_grant_id: Uuid) -> Result<Vec<Uuid>> {
    let sql = "select link_id from link where google_grant_id = ? and deleted_at_ms is null order by made_at_ms";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement
        .query_map(params![Id(google_grant_id)], |row| id(row, "link_id"))?
        .collect::<sql::Result<_>>()?;
    Ok(ids)
}

/// The ids of a clinic's links that are not deleted.
pub fn of_clinic(connection: &Connection, clinic_id: Uuid) -> Result<Vec<Uuid>> {
    let sql = "select link_id from link where clinic_id = ? and deleted_at_ms is null order by made_at_ms";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement
        .query_map(params![Id(clinic_id)], |row| id(row, "link_id"))?
        .collect::<sql::Result<_>>()?;
    Ok(ids)
}

/// The link of a clinic's calendar.
pub fn of_calendar(
    connection: &Connection,
    clinic_id: Uuid,
    google_calendar_id: &str,
) -> Result<Option<Uuid>> {
    let sql = "select link_id from link where clinic_id = ? and google_calendar_id = ? and deleted_at_ms is null";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_row(params![Id(clinic_id), google_calendar_id], |row| {
            id(row, "link_id")
        })
        .optional()?)
}

/// Makes a link that has not started.
pub fn insert(tx: &Transaction<'_>, link: &NewLink<'_>, now: Timestamp) -> Result<()> {
    let engine = serde_json::to_string(&Machine::new(
        syncward_engine::LinkId(link.link_id),
        link.clinic_id,
    ))?;
    tx.execute(
        "insert into link (link_id, clinic_id, google_grant_id, google_calendar_id, calendar_name, engine, made_at_ms) \
         values (?, ?, ?, ?, ?, ?, ?)",
        params![
            Id(link.link_id),
            Id(link.clinic_id),
            Id(link.google_grant_id),
            link.google_calendar_id,
            link.calendar_name,
            engine,
            Ms(now)
        ],
    )?;
    Ok(())
}

/// A link to make.
pub struct NewLink<'a> {
    pub link_id: Uuid,
    pub clinic_id: Uuid,
    pub google_grant_id: Uuid,
    pub google_calendar_id: &'a str,
    pub calendar_name: &'a str,
}

/// Stores the engine's state, when it wants to wake, and whether notifications are worth a run.
pub fn save_engine(tx: &Transaction<'_>, machine: &Machine, settings: &Settings) -> Result<()> {
    // Never before it: a link that is woken a fraction of a millisecond early does nothing and is due again at once.
    let deadline = machine
        .next_deadline(settings)
        .map(|(at, _)| Ms(at.checked_add(Duration::from_nanos(999_999)).unwrap_or(at)));
    let sql = "update link set engine = ?, deadline_at_ms = ?, watched = ? where link_id = ?";
    tx.prepare_cached(sql)?.execute(params![
        serde_json::to_string(machine)?,
        deadline,
        machine.heeds_notifications(),
        Id(machine.id.0)
    ])?;
    Ok(())
}

const DUE: &str =
    "select link_id from link where deadline_at_ms <= ? order by deadline_at_ms limit ?";
const SOONEST: &str = "select min(deadline_at_ms) from link";

/// The links whose deadline has come, soonest first.
pub fn due(connection: &Connection, now: Timestamp, most: u32) -> Result<Vec<Uuid>> {
    // Ended links keep their deadlines until their channels are stopped.
    let mut statement = connection.prepare_cached(DUE)?;
    let ids = statement
        .query_map(params![Ms(now), most], |row| id(row, "link_id"))?
        .collect::<sql::Result<_>>()?;
    Ok(ids)
}

/// Whether a link's deadline has come.
pub fn is_due(connection: &Connection, link_id: Uuid, now: Timestamp) -> Result<bool> {
    let sql = "select 1 from link where link_id = ? and deadline_at_ms <= ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.exists(params![Id(link_id), Ms(now)])?)
}

/// The soonest deadline of all.
pub fn next_deadline(connection: &Connection) -> Result<Option<Timestamp>> {
    let soonest: Option<Ms> = connection
        .prepare_cached(SOONEST)?
        .query_row([], |row| row.get(0))?;
    Ok(soonest.map(|at| at.0))
}

/// Moves a link to another grant of the same account, after a reconnect.
pub fn move_to_grant(tx: &Transaction<'_>, link_id: Uuid, google_grant_id: Uuid) -> Result<()> {
    tx.execute(
        "update link set google_grant_id = ? where link_id = ?",
        params![Id(google_grant_id), Id(link_id)],
    )?;
    Ok(())
}

/// Stores the cursor that covers what this transaction applied, and counts the run.
pub fn finish_run(
    tx: &Transaction<'_>,
    link_id: Uuid,
    cursor: &str,
    report: &RunReport,
    echoes: DeliveryCount,
    now: Timestamp,
) -> Result<()> {
    let changes = report.created + report.changed + report.cancelled;
    tx.prepare_cached(
        "update link set cursor = ?, synced_at_ms = ?, runs = runs + 1, changes = changes + ?, missed_changes = missed_changes + ?, \
         echoes = echoes + ?, echoes_announced = echoes_announced + ? where link_id = ?",
    )?
    .execute(params![
        cursor,
        Ms(now),
        changes,
        report.missed,
        echoes.changes.cast_signed(),
        echoes.announced.cast_signed(),
        Id(link_id)
    ])?;
    Ok(())
}

/// A proof, as it is shown.
pub fn shown(proof: Proof) -> syncward_wire::Proof {
    syncward_wire::Proof {
        at: proof.at.into(),
        by: match proof.by {
            ProofKind::Handshake => syncward_wire::ProofKind::Handshake,
            ProofKind::Change => syncward_wire::ProofKind::Change,
            ProofKind::Canary => syncward_wire::ProofKind::Canary,
        },
    }
}

/// How many cancellations the mass-change guard holds.
pub fn set_held(tx: &Transaction<'_>, link_id: Uuid, held: u32) -> Result<()> {
    tx.execute(
        "update link set held_cancellations = ? where link_id = ?",
        params![held, Id(link_id)],
    )?;
    Ok(())
}

/// One cancellation less is held: it was applied, or its event stands again.
pub fn hold_one_less(tx: &Transaction<'_>, link_id: Uuid) -> Result<()> {
    let sql = "update link set held_cancellations = held_cancellations - 1 where link_id = ? and held_cancellations > 0";
    tx.prepare_cached(sql)?.execute(params![Id(link_id)])?;
    Ok(())
}

/// Hides a link; its row stays until its channels are stopped.
pub fn delete(tx: &Transaction<'_>, link_id: Uuid, now: Timestamp) -> Result<()> {
    tx.execute(
        "update link set deleted_at_ms = ? where link_id = ?",
        params![Ms(now), Id(link_id)],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn what_is_due_is_found_by_index_however_many_links_there_are() {
        let store = Store::over(rusqlite::Connection::open_in_memory().unwrap()).unwrap();
        for sql in [DUE, SOONEST] {
            let plan = store.read(move |connection| {
                let mut statement =
                    connection.prepare_cached(&format!("explain query plan {sql}"))?;
                let values = params![1, 1];
                let bound = sql.matches('?').count();
                let rows = statement.query_map(&values[..bound], |row| row.get(3))?;
                Ok(rows.collect::<sql::Result<Vec<String>>>()?)
            });
            let plan = plan.await.unwrap().join("; ");
            assert!(plan.contains("INDEX link_deadline"), "{sql}: {plan}");
        }
    }
}
