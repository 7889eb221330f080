//! Table `revision`: every version of every appointment, those that lost a conflict included.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::appointment::Appointment;
use super::retention::Retention;
use super::row::{Id, Ms, at};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};
use super::{Result, StoreError, webhook_message};

/// Old versions; the newest of each appointment stays for good, and all while an edit of ours waits to be merged.
pub const KEPT: Retention = Retention {
    name: "revision",
    days: 400,
    older: "select rowid from revision r where at_ms < ?1 \
            and revision < (select max(revision) from revision n where n.appointment_id = r.appointment_id and n.lost = 0) \
            and not exists (select 1 from outbox o where o.appointment_id = r.appointment_id) limit ?2",
    forget: "delete from revision where rowid = ?",
};

/// Versions of one appointment read at the most.
const VERSIONS_MOST: u32 = 1000;

/// What a version is made of.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    /// Sealed, in base64.
    content: String,
    starts: String,
    ends: String,
    time_zone: Option<String>,
    all_day: bool,
    status: String,
    recurrence: Vec<String>,
}

/// What is sealed in a snapshot.
pub(super) fn sealed_of(snapshot: &[u8]) -> Result<Vec<u8>> {
    let kept: Snapshot = serde_json::from_slice(snapshot)?;
    let sealed = data_encoding::BASE64.decode(kept.content.as_bytes());
    sealed.map_err(|_| StoreError::Sealed("a revision"))
}

/// The same snapshot with something else sealed in it.
pub(super) fn with_sealed(snapshot: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let kept: Snapshot = serde_json::from_slice(snapshot)?;
    Ok(serde_json::to_vec(&Snapshot {
        content: data_encoding::BASE64.encode(sealed),
        ..kept
    })?)
}

/// A version to keep.
pub struct Revision<'a> {
    pub source: &'a str,
    /// It lost a conflict against the version of the same number.
    pub lost: bool,
}

/// Keeps this version of the appointment in its history, and announces it in the change feed unless it lost.
pub fn keep(
    tx: &Transaction<'_>,
    one: &Appointment,
    kept: &Revision<'_>,
    now: Timestamp,
) -> Result<()> {
    let snapshot = serde_json::to_vec(&Snapshot {
        content: data_encoding::BASE64.encode(&one.content),
        starts: one.starts.clone(),
        ends: one.ends.clone(),
        time_zone: one.time_zone.clone(),
        all_day: one.all_day,
        status: one.status.clone(),
        recurrence: one.recurrence.clone(),
    })?;
    tx.prepare_cached("insert into revision (appointment_id, revision, source, lost, snapshot, at_ms) values (?1, ?2, ?3, ?4, ?5, ?6) \
         on conflict (appointment_id, revision, lost) do update set source = ?3, snapshot = ?5, at_ms = ?6")?
        .execute(params![Id(one.appointment_id), one.revision, kept.source, kept.lost, snapshot, Ms(now)])?;
    if !kept.lost {
        let sql = "insert into change_feed (clinic_id, appointment_id, revision, at_ms) values (?, ?, ?, ?)";
        let values = params![
            Id(one.clinic_id),
            Id(one.appointment_id),
            one.revision,
            Ms(now)
        ];
        let change = tx.insert_numbered(sql, "change_feed_id", values)?;
        webhook_message::announce(tx, one.clinic_id, one.appointment_id, change, now)?;
    }
    Ok(())
}

/// A version that is kept.
#[derive(Clone, Debug)]
pub struct Version {
    /// `google` or `api`.
    pub source: String,
    pub lost: bool,
    pub at: Timestamp,
    /// As it was; its bounds in time are those of the present one.
    pub appointment: Appointment,
}

/// An earlier version that was not lost in a conflict.
pub fn as_of(
    connection: &Connection,
    one: &Appointment,
    revision: u32,
) -> Result<Option<Appointment>> {
    Ok(find(connection, one, revision, false)?.map(|version| version.appointment))
}

/// One version.
pub fn find(
    connection: &Connection,
    one: &Appointment,
    revision: u32,
    lost: bool,
) -> Result<Option<Version>> {
    let sql = "select * from revision where appointment_id = ? and revision = ? and lost = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement
        .query_row(params![Id(one.appointment_id), revision, lost], read)
        .optional()?;
    found.map(|packed| packed.open(one)).transpose()
}

/// The versions of an appointment, newest first.
pub fn all(connection: &Connection, one: &Appointment) -> Result<Vec<Version>> {
    let sql =
        "select * from revision where appointment_id = ? order by revision desc, lost limit ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(one.appointment_id), VERSIONS_MOST], read)?;
    let packed: Vec<Packed> = rows.collect::<sql::Result<_>>()?;
    packed.into_iter().map(|packed| packed.open(one)).collect()
}

struct Packed {
    revision: u32,
    source: String,
    lost: bool,
    at: Timestamp,
    snapshot: Vec<u8>,
}

fn read(row: &Row<'_>) -> sql::Result<Packed> {
    Ok(Packed {
        revision: row.get("revision")?,
        source: row.get("source")?,
        lost: row.get("lost")?,
        at: at(row, "at_ms")?,
        snapshot: row.get("snapshot")?,
    })
}

impl Packed {
    fn open(self, one: &Appointment) -> Result<Version> {
        let content = sealed_of(&self.snapshot)?;
        let kept: Snapshot = serde_json::from_slice(&self.snapshot)?;
        Ok(Version {
            source: self.source,
            lost: self.lost,
            at: self.at,
            appointment: Appointment {
                content,
                starts: kept.starts,
                ends: kept.ends,
                time_zone: kept.time_zone,
                all_day: kept.all_day,
                status: kept.status,
                recurrence: kept.recurrence,
                revision: self.revision,
                ..one.clone()
            },
        })
    }
}
