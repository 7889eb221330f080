//! Table `channel`: every channel we opened, to know whose notification it is.

use std::collections::HashMap;

use jiff::Timestamp;
use syncward_engine::view::{ChannelState, ChannelView};
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms, at_or_none, id};
use super::sql::{self, Connection, OptionalExtension, Transaction, params};

/// Channels that are over.
pub const KEPT: Retention = Retention {
    name: "channel",
    days: 400,
    older: "select rowid from channel where made_at_ms < ?1 and state in ('stopped', 'expired', 'refused') limit ?2",
    forget: "delete from channel where rowid = ?",
};

/// As they stand in the column.
const STATES: [&str; 7] = [
    "opening",
    "unproved",
    "live",
    "superseded",
    "stopped",
    "expired",
    "refused",
];

/// A channel, with what ingest needs to know of its link.
#[derive(Clone, Debug)]
pub struct Channel {
    pub channel_id: String,
    pub link_id: Uuid,
    /// SHA-256 of its token.
    pub token_hash: Vec<u8>,
    pub resource_id: Option<String>,
    /// One of [`STATES`].
    pub state: String,
    pub expires_at: Option<Timestamp>,
    /// The link is neither paused, nor lost, nor ended.
    pub watched: bool,
}

/// One channel.
pub fn find(connection: &Connection, channel_id: &str) -> Result<Option<Channel>> {
    let sql = "select c.*, case when l.watched = 1 and l.deleted_at_ms is null then 1 else 0 end as is_watched \
               from channel c join link l using (link_id) where channel_id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row(params![channel_id], |row| {
        Ok(Channel {
            channel_id: row.get("channel_id")?,
            link_id: id(row, "link_id")?,
            token_hash: row.get("token_hash")?,
            resource_id: row.get("resource_id")?,
            state: row.get("state")?,
            expires_at: at_or_none(row, "expires_at_ms")?,
            watched: row.get("is_watched")?,
        })
    });
    Ok(found.optional()?)
}

/// Notes a channel before Google is asked to open it, since its handshake may come first.
pub fn insert(
    tx: &Transaction<'_>,
    channel_id: &str,
    link_id: Uuid,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<()> {
    tx.prepare_cached("insert into channel (channel_id, link_id, token_hash, made_at_ms) values (?, ?, ?, ?) on conflict do nothing")?.execute(params![
        channel_id,
        Id(link_id),
        token_hash,
        Ms(now)
    ])?;
    Ok(())
}

/// Notes another token of a channel that is being opened.
pub fn note_token(tx: &Transaction<'_>, channel_id: &str, token_hash: &[u8]) -> Result<()> {
    tx.execute(
        "update channel set token_hash = ? where channel_id = ?",
        params![token_hash, channel_id],
    )?;
    Ok(())
}

/// Follows what the engine says of it.
pub fn follow(tx: &Transaction<'_>, view: &ChannelView) -> Result<()> {
    let state = match view.state {
        ChannelState::Opening => "opening",
        ChannelState::Unproved => "unproved",
        ChannelState::Live => "live",
        ChannelState::Superseded => "superseded",
        ChannelState::Stopped => "stopped",
        ChannelState::Expired => "expired",
        ChannelState::Refused => "refused",
    };
    tx.prepare_cached(
        "update channel set state = ?1, expires_at_ms = coalesce(?2, expires_at_ms), resource_id = coalesce(resource_id, ?3) \
         where channel_id = ?4",
    )?
    .execute(params![state, view.expires_at.map(Ms), view.resource_id, view.id])?;
    Ok(())
}

/// Learns the resource id from a notification that came before the watch call had answered.
pub fn learn_resource(tx: &Transaction<'_>, channel_id: &str, resource_id: &str) -> Result<()> {
    tx.prepare_cached(
        "update channel set resource_id = ? where channel_id = ? and resource_id is null",
    )?
    .execute(params![resource_id, channel_id])?;
    Ok(())
}

/// Counts a notification on the channel and its link.
pub fn count(tx: &Transaction<'_>, channel: &Channel, duplicate: bool) -> Result<()> {
    if duplicate {
        tx.prepare_cached("update link set duplicates = duplicates + 1 where link_id = ?")?
            .execute(params![Id(channel.link_id)])?;
        return Ok(());
    }
    tx.prepare_cached("update channel set notifications = notifications + 1 where channel_id = ?")?
        .execute(params![channel.channel_id])?;
    tx.prepare_cached("update link set notifications = notifications + 1 where link_id = ?")?
        .execute(params![Id(channel.link_id)])?;
    Ok(())
}

/// How many notifications a channel brought.
pub fn notifications(connection: &Connection, channel_id: &str) -> Result<u64> {
    let sql = "select notifications from channel where channel_id = ?";
    let count: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row(params![channel_id], |row| row.get(0))
        .optional()?;
    Ok(count.map_or(0, i64::cast_unsigned))
}

/// How many channels there are in each state, in the order of their lives.
pub fn by_state(connection: &Connection) -> Result<Vec<(&'static str, u64)>> {
    let sql = "select state, count(*) from channel group by state";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let counted = rows.collect::<sql::Result<HashMap<String, u64>>>()?;
    let count = |state| (state, counted.get(state).copied().unwrap_or_default());
    Ok(STATES.map(count).to_vec())
}
