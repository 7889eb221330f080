//! Table `webhook_message`: each change to be told to an endpoint, until it arrived or was given up.

use jiff::Timestamp;
use uuid::Uuid;

use super::row::{Id, Ms, at, at_or_none, id};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};
use super::{Result, webhook_endpoint};
use crate::entropy;

/// Delivered messages are kept this long, dead ones longer.
const DELIVERED_KEPT_MS: i64 = 7 * 86_400_000;
const DEAD_KEPT_MS: i64 = 90 * 86_400_000;

/// A message as stored.
#[derive(Clone, Debug)]
pub struct Message {
    /// The `webhook-id`.
    pub webhook_message_id: String,
    pub webhook_endpoint_id: Uuid,
    pub change_feed_id: i64,
    pub appointment_id: Uuid,
    /// `waiting`, `delivered` or `dead`.
    pub state: String,
    pub attempts: u32,
    pub not_before: Timestamp,
    pub failure: Option<String>,
    pub made_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Under whose lease it is told.
    pub fence: i64,
}

fn read(row: &Row<'_>) -> sql::Result<Message> {
    Ok(Message {
        webhook_message_id: row.get("webhook_message_id")?,
        webhook_endpoint_id: id(row, "webhook_endpoint_id")?,
        change_feed_id: row.get("change_feed_id")?,
        appointment_id: id(row, "appointment_id")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        not_before: at(row, "not_before_ms")?,
        failure: row.get("failure")?,
        made_at: at(row, "made_at_ms")?,
        ended_at: at_or_none(row, "ended_at_ms")?,
        fence: row.get("fence")?,
    })
}

/// Makes a message of a change for every endpoint that wants it.
pub fn announce(
    tx: &Transaction<'_>,
    clinic_id: Uuid,
    appointment_id: Uuid,
    change_feed_id: i64,
    now: Timestamp,
) -> Result<()> {
    let sql = "insert into webhook_message (webhook_message_id, webhook_endpoint_id, change_feed_id, appointment_id, not_before_ms, made_at_ms, fence) \
               values (?1, ?2, ?3, ?4, ?5, ?5, coalesce((select max(fence) from webhook_message \
               where state = 'waiting' and appointment_id = ?4 and webhook_endpoint_id = ?2), ?6))";
    for endpoint_id in webhook_endpoint::told_of(tx, clinic_id)? {
        let message_id = format!("msg_{}", entropy::uuid().simple());
        tx.prepare_cached(sql)?.execute(params![
            message_id,
            Id(endpoint_id),
            change_feed_id,
            Id(appointment_id),
            Ms(now),
            tx.fence()
        ])?;
    }
    Ok(())
}

/// The endpoints with messages that may be sent now, and when the next one may.
pub fn due(connection: &Connection, now: Timestamp) -> Result<(Vec<Uuid>, Option<Timestamp>)> {
    let waiting = "webhook_message m join webhook_endpoint e using (webhook_endpoint_id) where m.state = 'waiting' and m.fence = ?2 and e.enabled = 1";
    let mut statement = connection.prepare_cached(&format!(
        "select distinct webhook_endpoint_id from {waiting} and m.not_before_ms <= ?1"
    ))?;
    let endpoints = statement
        .query_map(params![Ms(now), connection.fence()], |row| {
            id(row, "webhook_endpoint_id")
        })?
        .collect::<sql::Result<_>>()?;
    let next: Option<Ms> = connection
        .prepare_cached(&format!(
            "select min(m.not_before_ms) from {waiting} and m.not_before_ms > ?1"
        ))?
        .query_row(params![Ms(now), connection.fence()], |row| row.get(0))?;
    Ok((endpoints, next.map(|at| at.0)))
}

/// The first message of an endpoint that may be sent now; those of one appointment stay in order.
pub fn next(
    connection: &Connection,
    webhook_endpoint_id: Uuid,
    now: Timestamp,
) -> Result<Option<Message>> {
    let sql = "select * from webhook_message m where webhook_endpoint_id = ?1 and state = 'waiting' and not_before_ms <= ?2 and fence = ?3 \
               and not exists (select 1 from webhook_message e where e.webhook_endpoint_id = ?1 and e.state = 'waiting' \
               and e.appointment_id = m.appointment_id and e.change_feed_id < m.change_feed_id) \
               order by change_feed_id limit 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(
            params![Id(webhook_endpoint_id), Ms(now), connection.fence()],
            read,
        )
        .optional()?)
}

/// It arrived; what was told long ago is forgotten.
pub fn delivered(tx: &Transaction<'_>, webhook_message_id: &str, now: Timestamp) -> Result<()> {
    end(tx, webhook_message_id, "delivered", None, now)?;
    tx.prepare_cached("delete from webhook_message where (state = 'delivered' and ended_at_ms < ?) or (state = 'dead' and ended_at_ms < ?)")?
        .execute(params![
            now.as_millisecond() - DELIVERED_KEPT_MS,
            now.as_millisecond() - DEAD_KEPT_MS
        ])?;
    Ok(())
}

/// It is given up, until a person asks for it again.
pub fn dead(
    tx: &Transaction<'_>,
    webhook_message_id: &str,
    failure: &str,
    now: Timestamp,
) -> Result<()> {
    end(tx, webhook_message_id, "dead", Some(failure), now)
}

fn end(
    tx: &Transaction<'_>,
    webhook_message_id: &str,
    state: &str,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "update webhook_message set state = ?, attempts = attempts + 1, failure = ?, ended_at_ms = ? where webhook_message_id = ?",
    )?
    .execute(params![state, failure, Ms(now), webhook_message_id])?;
    Ok(())
}

/// Tries again later; the endpoint's other messages leave it alone until `breath`.
pub fn postpone(
    tx: &Transaction<'_>,
    message: &Message,
    failure: &str,
    not_before: Timestamp,
    breath: Timestamp,
) -> Result<()> {
    tx.prepare_cached(
        "update webhook_message set not_before_ms = case when not_before_ms < ?1 then ?1 else not_before_ms end \
         where webhook_endpoint_id = ?2 and state = 'waiting'",
    )?
    .execute(params![Ms(breath), Id(message.webhook_endpoint_id)])?;
    tx.prepare_cached(
        "update webhook_message set attempts = attempts + 1, failure = ?, not_before_ms = ? where webhook_message_id = ?",
    )?
    .execute(params![failure, Ms(not_before), message.webhook_message_id])?;
    Ok(())
}

/// Sends again: the named messages, or every dead one; answers with how many.
pub fn replay(
    tx: &Transaction<'_>,
    webhook_endpoint_id: Uuid,
    ids: Option<&[String]>,
    now: Timestamp,
) -> Result<u64> {
    let again = "update webhook_message set state = 'waiting', attempts = 0, not_before_ms = ?2, ended_at_ms = null, fence = ?3 where webhook_endpoint_id = ?1";
    let owner = Id(webhook_endpoint_id);
    let Some(ids) = ids else {
        let all = tx.execute(
            &format!("{again} and state = 'dead'"),
            params![owner, Ms(now), tx.fence()],
        )?;
        return Ok(all as u64);
    };
    let mut count = 0;
    for one in ids {
        let sql = format!("{again} and state <> 'waiting' and webhook_message_id = ?4");
        count += tx
            .prepare_cached(&sql)?
            .execute(params![owner, Ms(now), tx.fence(), one])? as u64;
    }
    Ok(count)
}

/// An endpoint's messages older than `before` in the change feed, newest first.
pub fn page(
    connection: &Connection,
    webhook_endpoint_id: Uuid,
    state: Option<&str>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Message>> {
    let sql = "select * from webhook_message where webhook_endpoint_id = ? and (?2 is null or state = ?2) \
               and (?3 is null or change_feed_id < ?3) order by change_feed_id desc limit ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(webhook_endpoint_id), state, before, limit], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
