//! Which edits of a calendar Google has not taken, since when, why, and how soon that matters.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use syncward_wire::OutboundWait;
use uuid::Uuid;

use super::appointments::recurrence;
use crate::store::sql::Connection;
use crate::store::{self, Result, outbox};

/// What waits for less and was not tried in vain is simply under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(30);
/// Series looked at per calendar, and how far ahead their instances are looked for.
const SERIES_MOST: u32 = 20;
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Of every calendar, or of one.
pub fn stuck(
    connection: &Connection,
    one: Option<Uuid>,
    now: Timestamp,
) -> Result<HashMap<Uuid, OutboundWait>> {
    // While the receiver is paused nothing is under way.
    let long_ago = match store::receiver::paused(connection)? {
        true => now,
        false => now.checked_sub(UNDER_WAY).unwrap_or(now),
    };
    let found = outbox::stuck(connection, one, long_ago, now)?.into_iter();
    found
        .map(|stuck| {
            let of_series = next_of_series(connection, stuck.link_id, now)?;
            let next_start_at = stuck.next_start_at.into_iter().chain(of_series).min();
            let wait = OutboundWait {
                since_at: stuck.since_at.into(),
                edits: stuck.edits,
                failure: outbox::why_stuck(connection, stuck.link_id)?,
                refused: stuck.refused,
                next_start_at: next_start_at.map(Into::into),
            };
            Ok((stuck.link_id, wait))
        })
        .collect()
}

/// When the next instance of a series starts whose edit waits.
fn next_of_series(
    connection: &Connection,
    link_id: Uuid,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let until = now.checked_add(AHEAD).unwrap_or(now);
    let mut next: Option<Timestamp> = None;
    for appointment_id in outbox::series_waiting(connection, link_id, SERIES_MOST)? {
        let row = store::appointment::find(connection, appointment_id)?;
        let starts = row
            .iter()
            .flat_map(|row| recurrence::starts(row, now, until));
        next = next.into_iter().chain(starts.filter(|at| *at >= now)).min();
    }
    Ok(next)
}
