//! Table `notification`: the inbox; what lies here was acknowledged, and waits to mark its link dirty.

use jiff::Timestamp;
use syncward_engine::{ChannelId, Input, NotificationKind};
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms, at, id};
use super::sql::{self, Connection, OptionalExtension, Transaction, params};

/// What a run has seen is kept for the charts; ids grow with time, so the oldest come first.
pub const KEPT: Retention = Retention {
    name: "notification",
    days: 90,
    older: "select notification_id from (select * from notification order by notification_id limit ?2) as oldest \
            where received_at_ms < ?1 and processed_at_ms is not null",
    forget: "delete from notification where notification_id = ?",
};

/// Google's clock and ours may differ by this much when a notification is matched with a change.
const SKEW_MS: i64 = 2_000;

/// A notification that is not yet processed.
#[derive(Clone, Debug)]
pub struct Notification {
    pub notification_id: i64,
    pub channel_id: String,
    pub link_id: Uuid,
    pub kind: NotificationKind,
    pub received_at: Timestamp,
}

impl Notification {
    /// What it tells its link.
    pub fn input(&self) -> Input {
        Input::Notified {
            channel: ChannelId(self.channel_id.clone()),
            kind: self.kind,
            received_at: self.received_at,
        }
    }
}

/// A notification to store.
pub struct Arrived<'a> {
    pub channel_id: &'a str,
    pub link_id: Uuid,
    pub message_number: i64,
    pub kind: NotificationKind,
    pub resource_id: &'a str,
    pub received_at: Timestamp,
}

/// Stores a notification; false when this number came before on this channel.
pub fn insert(tx: &Transaction<'_>, arrived: &Arrived<'_>) -> Result<bool> {
    let kind = match arrived.kind {
        NotificationKind::Handshake => "handshake",
        NotificationKind::Change => "change",
    };
    let stored = tx
        .prepare_cached(
            "insert into notification (channel_id, link_id, message_number, kind, resource_id, received_at_ms) \
             values (?, ?, ?, ?, ?, ?) on conflict (channel_id, message_number) do nothing",
        )?
        .execute(params![
            arrived.channel_id,
            Id(arrived.link_id),
            arrived.message_number,
            kind,
            arrived.resource_id,
            Ms(arrived.received_at)
        ])?;
    Ok(stored > 0)
}

/// The oldest that wait.
pub fn unprocessed(connection: &Connection, most: u32) -> Result<Vec<Notification>> {
    let sql = "select notification_id, channel_id, link_id, kind, received_at_ms from notification \
               where processed_at_ms is null order by notification_id limit ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![most], |row| {
        let kind: String = row.get("kind")?;
        Ok(Notification {
            notification_id: row.get("notification_id")?,
            channel_id: row.get("channel_id")?,
            link_id: id(row, "link_id")?,
            kind: if kind == "handshake" {
                NotificationKind::Handshake
            } else {
                NotificationKind::Change
            },
            received_at: at(row, "received_at_ms")?,
        })
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Takes those out of the inbox that [`unprocessed`] gave, and counts them; ids grow with each commit, so the range holds no other.
pub fn mark_processed(tx: &Transaction<'_>, taken: &[Notification], now: Timestamp) -> Result<()> {
    let (Some(first), Some(last)) = (taken.first(), taken.last()) else {
        return Ok(());
    };
    let sql = "update notification set processed_at_ms = ? \
               where processed_at_ms is null and notification_id between ? and ?";
    tx.prepare_cached(sql)?.execute(params![
        Ms(now),
        first.notification_id,
        last.notification_id
    ])?;
    super::delivery_hour::count_notifications(tx, taken)
}

/// When the link was last told of a change, up to `until`.
pub fn last_change(
    connection: &Connection,
    link_id: Uuid,
    until: Timestamp,
) -> Result<Option<Timestamp>> {
    let sql = "select max(received_at_ms) from notification where link_id = ? and kind = 'change' and received_at_ms <= ?";
    let found: Option<Ms> = connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id), Ms(until)], |row| row.get(0))?;
    Ok(found.map(|at| at.0))
}

/// When the link was first told of a change made at `changed_at`.
pub fn first_change_after(
    connection: &Connection,
    link_id: Uuid,
    changed_at: Timestamp,
) -> Result<Option<Timestamp>> {
    let sql = "select min(received_at_ms) from notification where link_id = ? and kind = 'change' and received_at_ms >= ?";
    let from = changed_at.as_millisecond() - SKEW_MS;
    let found: Option<Ms> = connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id), from], |row| row.get(0))?;
    Ok(found.map(|at| at.0))
}

/// How many wait.
pub fn waiting(connection: &Connection) -> Result<u64> {
    let sql = "select count(*) from notification where processed_at_ms is null";
    let count: Option<i64> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(count.map_or(0, i64::cast_unsigned))
}

/// Change notifications of a link (or of all) per bucket of `bucket_ms` since `from`: bucket, count.
pub fn per_bucket(
    connection: &Connection,
    link_id: Option<Uuid>,
    from: Timestamp,
    to: Timestamp,
    bucket_ms: i64,
) -> Result<Vec<(i64, u64)>> {
    let sql = "select (received_at_ms - ?2) / ?4 as bucket, count(*) from notification \
               where (?1 is null or link_id = ?1) and kind = 'change' and received_at_ms >= ?2 and received_at_ms < ?3 group by bucket";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(
        params![link_id.map(Id), Ms(from), Ms(to), bucket_ms],
        |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())),
    )?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
