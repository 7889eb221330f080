//! How a grant is, and what rests on it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::grant::{Ailment, GrantFacts, Life, diagnose, foretell};
use syncward_google::missing_scopes;
use syncward_wire::{BlastRadius, GrantAilment, GrantEnding, GrantHealth};
use uuid::Uuid;

use super::{App, UseError};
use crate::clock;
use crate::store::google_grant::Grant;
use crate::store::row::{Id, Ms};
use crate::store::sql::{Connection, OptionalExtension, params};
use crate::store::{self, Result, grant_life};

/// Ended consents of the same OAuth client that are looked at.
const OTHERS_MOST: u32 = 100;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Foretold ends are told from so long before: a day before anybody is alerted.
const TOLD_BEFORE: SignedDuration = SignedDuration::from_hours(72);
const ENDINGS_MOST: usize = 100;

impl App {
    /// The doctor's word on a grant.
    ///
    /// # Errors
    /// `not_found`, `store_failed`.
    pub async fn grant_health(
        self: &Arc<Self>,
        grant_id: Uuid,
    ) -> std::result::Result<GrantHealth, UseError> {
        let (client_id, clock_ahead_ms) =
            (self.google.oauth.id.clone(), self.google.clock_ahead_ms());
        let read = self.store.read(move |connection| {
            let now = clock::now();
            let grant = store::google_grant::find(connection, grant_id)?;
            let Some(grant) = grant.filter(|grant| grant.ended_at.is_none()) else {
                return Ok(None);
            };
            let facts = facts(connection, &grant, &client_id, now, clock_ahead_ms)?;
            let rests = rests_on(connection, &grant, now)?;
            Ok(Some((now, facts, rests)))
        });
        let (now, facts, rests_on_it) = read.await?.ok_or_else(|| UseError::not_found("grant"))?;
        let diagnosis = diagnose(now, &facts);
        Ok(GrantHealth {
            grant_id,
            ailment: ailment(diagnosis.ailment),
            urgent: diagnosis.is_urgent(now),
            evidence: diagnosis.evidence,
            remedy: diagnosis.remedy,
            ends_at: diagnosis.ends_at.map(Into::into),
            clock_ahead_ms,
            rests_on_it,
        })
    }
}

/// The grants that still work and whose end is near, the soonest first.
pub fn endings(
    connection: &Connection,
    client_id: &str,
    now: Timestamp,
) -> Result<Vec<GrantEnding>> {
    let others = grant_life::ended(connection, client_id, now, OTHERS_MOST)?;
    let mut endings: Vec<GrantEnding> = grant_life::standing(connection)?
        .into_iter()
        .filter_map(|(grant_id, clinic_id, standing)| {
            let told = foretell(now, &standing.life, standing.named_end_at, &others);
            let ends_at = told.ends_at.filter(|at| *at <= now + TOLD_BEFORE)?;
            Some(GrantEnding {
                grant_id,
                clinic_id,
                ailment: ailment(told.ailment),
                ends_at: ends_at.into(),
                remedy: told.remedy,
            })
        })
        .collect();
    endings.sort_by_key(|ending| (*ending.ends_at, ending.grant_id));
    endings.truncate(ENDINGS_MOST);
    Ok(endings)
}

fn facts(
    connection: &Connection,
    grant: &Grant,
    client_id: &str,
    now: Timestamp,
    clock_ahead_ms: Option<i64>,
) -> Result<GrantFacts> {
    let newest = grant_life::newest(connection, grant.google_grant_id)?;
    let (life, named_end_at) = match newest {
        Some(newest) => (newest.life, newest.named_end_at),
        None => (
            Life {
                began_at: grant.made_at,
                lost: grant.lost_at.zip(grant.lost_reason.clone()),
            },
            None,
        ),
    };
    let sql = "select max(synced_at_ms) from link where google_grant_id = ?";
    let used_at: Option<Ms> = connection
        .prepare_cached(sql)?
        .query_row(params![Id(grant.google_grant_id)], |row| row.get(0))?;
    // Runs that worked and found nothing are not noted one by one: whether one came after the failure, the links know.
    let sql = "select outcome from sync_run join link using (link_id) where google_grant_id = ?1 and outcome <> 'done' \
               and finished_at_ms > ?2 order by finished_at_ms desc limit 1";
    let after = used_at.as_ref().map_or(Ms(Timestamp::MIN), |at| Ms(at.0));
    let last_failure: Option<String> = connection
        .prepare_cached(sql)?
        .query_row(params![Id(grant.google_grant_id), after], |row| row.get(0))
        .optional()?;
    Ok(GrantFacts {
        life,
        named_end_at,
        missing_scopes: missing_scopes(&grant.scopes).len(),
        others: grant_life::ended(connection, client_id, now, OTHERS_MOST)?,
        used_at: used_at.map(|at| at.0),
        last_failure,
        clock_ahead_ms,
    })
}

/// Counts only: nothing of what an appointment is.
fn rests_on(connection: &Connection, grant: &Grant, now: Timestamp) -> Result<BlastRadius> {
    let sql = "with mine as (select link_id from link where google_grant_id = ?1 and deleted_at_ms is null), \
               open as (select * from channel join mine using (link_id) where state in ('unproved', 'live', 'superseded') and expires_at_ms > ?2), \
               ahead as (select * from appointment join mine using (link_id) where status <> 'cancelled' and from_at_ms >= ?2) \
               select (select count(*) from mine) as calendars, (select count(*) from open) as channels, \
               (select max(expires_at_ms) from open) as last_expiry, \
               (select count(*) from ahead where from_at_ms < ?3) as day, (select count(*) from ahead where from_at_ms < ?4) as week, \
               (select count(*) from outbox join mine using (link_id)) as queued";
    let after = |days: i32| now.checked_add(DAY * days).unwrap_or(Timestamp::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let place = params![
        Id(grant.google_grant_id),
        Ms(now),
        Ms(after(1)),
        Ms(after(7))
    ];
    Ok(statement.query_row(place, |row| {
        let channels: u32 = row.get("channels")?;
        Ok(BlastRadius {
            calendars: row.get("calendars")?,
            channels,
            // Only the grant that opened a channel can stop it.
            unstoppable_channels: if grant.lost_at.is_some() { channels } else { 0 },
            last_channel_expires_at: row
                .get::<_, Option<Ms>>("last_expiry")?
                .map(|at| at.0.into()),
            appointments_24h: row.get("day")?,
            appointments_7d: row.get("week")?,
            queued_edits: row.get("queued")?,
        })
    })?)
}

fn ailment(ailment: Ailment) -> GrantAilment {
    match ailment {
        Ailment::None => GrantAilment::None,
        Ailment::TestingApp => GrantAilment::TestingApp,
        Ailment::LimitedConsent => GrantAilment::LimitedConsent,
        Ailment::MissingScope => GrantAilment::MissingScope,
        Ailment::Revoked => GrantAilment::Revoked,
        Ailment::AdminBlock => GrantAilment::AdminBlock,
        Ailment::WrongClient => GrantAilment::WrongClient,
        Ailment::Unused => GrantAilment::Unused,
        Ailment::ClockSkew => GrantAilment::ClockSkew,
    }
}
