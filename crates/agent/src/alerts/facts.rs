//! What the policy looks at, taken from what the receiver told last.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use syncward_engine::alert::{
    AttemptFacts, EndingFacts, Facts, LinkFacts, OutboundFacts, ReceiverFacts,
};
use syncward_engine::failure::Cause;
use syncward_engine::grant::Ailment;
use syncward_engine::view;
use syncward_wire::{At, Clinic, GrantAilment, GrantEnding, Link, LinkState, Overview};
use uuid::Uuid;

use crate::bridge::{Connection, ConnectionStatus};

/// The agent's state as far as alerts care.
#[derive(Debug)]
pub struct World<'a> {
    pub receivers: Vec<Reported<'a>>,
}

/// One receiver and what it told.
#[derive(Debug)]
pub struct Reported<'a> {
    /// What it is called where several are watched; empty for a single one.
    pub name: &'a str,
    pub connection: &'a Connection,
    /// When the receiver last told anything.
    pub told_at: Option<Timestamp>,
    /// Sync latency over the rule's time, in milliseconds.
    pub lag_p95_ms: Option<u64>,
    pub overview: &'a Overview,
    pub links: &'a BTreeMap<Uuid, Link>,
    pub clinics: &'a [Clinic],
}

impl World<'_> {
    /// The facts at `now`.
    pub(super) fn facts(&self, now: Timestamp) -> Facts {
        let mut facts = Facts::default();
        for receiver in &self.receivers {
            receiver.add_to(&mut facts, now);
        }
        facts
    }

    /// The link as last told.
    pub(super) fn link(&self, id: Uuid) -> Option<&Link> {
        let mut receivers = self.receivers.iter();
        receivers.find_map(|receiver| receiver.links.get(&id))
    }
}

impl Reported<'_> {
    fn add_to(&self, facts: &mut Facts, now: Timestamp) {
        let id = self.overview.receiver.id.to_string();
        // One that is being reached for the first time has told nothing yet that holds now.
        let silent_since = match self.connection.status {
            ConnectionStatus::Stale
            | ConnectionStatus::Offline
            | ConnectionStatus::Unpaired
            | ConnectionStatus::Connecting => Some(*self.connection.since),
            ConnectionStatus::Connected => None,
        };
        let open: BTreeMap<Uuid, Option<bool>> = self
            .clinics
            .iter()
            .map(|clinic| (clinic.id, open_now(clinic, now)))
            .collect();
        let ahead = steps_ahead(self.connection.clock_ahead_ms);
        facts.links.extend(self.links.values().map(|link| {
            let open_now = open.get(&link.clinic_id).copied().flatten();
            link_facts(link, &id, open_now, ahead)
        }));
        facts.receivers.push(ReceiverFacts {
            id,
            name: self.name.to_owned(),
            silent_since,
            shut_out: self.connection.status == ConnectionStatus::Unpaired,
            told_at: self.told_at,
            lag_p95_ms: self.lag_p95_ms,
        });
        let endings = self.overview.endings.iter();
        facts.endings.extend(endings.map(ending_facts));
    }
}

fn ending_facts(ending: &GrantEnding) -> EndingFacts {
    EndingFacts {
        grant_id: ending.grant_id,
        ailment: match ending.ailment {
            GrantAilment::None => Ailment::None,
            GrantAilment::TestingApp => Ailment::TestingApp,
            GrantAilment::LimitedConsent => Ailment::LimitedConsent,
            GrantAilment::MissingScope => Ailment::MissingScope,
            GrantAilment::Revoked => Ailment::Revoked,
            GrantAilment::AdminBlock => Ailment::AdminBlock,
            GrantAilment::WrongClient => Ailment::WrongClient,
            GrantAilment::Unused => Ailment::Unused,
            GrantAilment::ClockSkew => Ailment::ClockSkew,
        },
        ends_at: *ending.ends_at,
    }
}

/// How far this computer's clock is ahead of the receiver's, in whole steps: what is worth correcting, and does not move
/// with every measurement.
fn steps_ahead(ahead_ms: Option<i64>) -> SignedDuration {
    const STEP_MS: i64 = 30_000;
    SignedDuration::from_millis(ahead_ms.unwrap_or(0) / STEP_MS * STEP_MS)
}

/// `ahead` brings the receiver's times to this computer's clock; when a channel expires is Google's to say.
fn link_facts(
    link: &Link,
    receiver: &str,
    open_now: Option<bool>,
    ahead: SignedDuration,
) -> LinkFacts {
    let channel = link.channel.as_ref();
    let here = |at: At| at.checked_add(ahead).unwrap_or(*at);
    LinkFacts {
        link_id: link.id,
        grant_id: link.grant_id,
        receiver: receiver.to_owned(),
        clinic: link.clinic_name.clone(),
        calendar: link.calendar_name.clone(),
        state: state(link.state),
        code: link.reason.as_ref().map(|reason| reason.code.clone()),
        cause: link
            .reason
            .as_ref()
            .and_then(|reason| Cause::given_in(&reason.message)),
        since_at: link.reason.as_ref().map(|reason| here(reason.since_at)),
        attempts: link.attempts.as_ref().map(|attempts| AttemptFacts {
            failed: attempts.failed,
            next_at: attempts.next_at.map(here),
        }),
        registered_at: channel
            .and_then(|channel| channel.registered_at)
            .map(|at| *at),
        expires_at: channel.and_then(|channel| channel.expires_at).map(|at| *at),
        renews_at: channel.and_then(|channel| channel.renews_at).map(here),
        missed_24h: link.delivery.missed_changes,
        held: link.held_cancellations,
        outbound: link.outbound.as_ref().map(|wait| OutboundFacts {
            since_at: here(wait.since_at),
            edits: wait.edits,
            refused: wait.refused,
            next_start_at: wait.next_start_at.map(|at| *at),
        }),
        open_now,
    }
}

fn state(state: LinkState) -> view::LinkState {
    match state {
        LinkState::Live => view::LinkState::Live,
        LinkState::Due => view::LinkState::Due,
        LinkState::Renewing => view::LinkState::Renewing,
        LinkState::Unproved => view::LinkState::Unproved,
        LinkState::Polling => view::LinkState::Polling,
        LinkState::Expired => view::LinkState::Expired,
        LinkState::ReconnectNeeded => view::LinkState::ReconnectNeeded,
        LinkState::Paused => view::LinkState::Paused,
    }
}

/// Whether the clinic is open by its own clock; unknown without hours or with a zone this computer does not know.
fn open_now(clinic: &Clinic, now: Timestamp) -> Option<bool> {
    if clinic.opening_hours.is_empty() {
        return None;
    }
    let zone = TimeZone::get(&clinic.time_zone).ok()?;
    let local = now.to_zoned_datetime(zone);
    let weekday = local.weekday().to_monday_one_offset().unsigned_abs();
    let clock = local.strftime("%H:%M").to_string();
    Some(
        clinic
            .opening_hours
            .iter()
            .any(|hours| hours.weekday == weekday && hours.opens <= clock && clock < hours.closes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_nearly_right_corrects_nothing() {
        let steps = |ahead_ms| steps_ahead(Some(ahead_ms)).as_secs();
        assert_eq!((steps(29_000), steps(-29_000)), (0, 0));
        assert_eq!((steps(95_000), steps(-95_000)), (90, -90));
        assert_eq!(steps_ahead(None), SignedDuration::ZERO);
    }
}
