//! What the policy looks at, taken from what the receiver told last.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_engine::alert::{EndingFacts, Facts, LinkFacts, ReceiverFacts};
use syncward_engine::grant::Ailment;
use syncward_engine::view;
use syncward_wire::{Clinic, GrantAilment, GrantEnding, Link, LinkState, Overview};
use uuid::Uuid;

use crate::bridge::{Connection, ConnectionStatus};

/// The agent's state as far as alerts care.
#[derive(Debug)]
pub struct World<'a> {
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
        let receiver = self.overview.receiver.id.to_string();
        let silent_since = match self.connection.status {
            ConnectionStatus::Stale | ConnectionStatus::Offline => Some(*self.connection.since),
            ConnectionStatus::Connecting
            | ConnectionStatus::Connected
            | ConnectionStatus::Unpaired => None,
        };
        let open: BTreeMap<Uuid, Option<bool>> = self
            .clinics
            .iter()
            .map(|clinic| (clinic.id, open_now(clinic, now)))
            .collect();
        Facts {
            links: self
                .links
                .values()
                .map(|link| {
                    link_facts(
                        link,
                        &receiver,
                        open.get(&link.clinic_id).copied().flatten(),
                    )
                })
                .collect(),
            receivers: vec![ReceiverFacts {
                id: receiver.clone(),
                name: "The receiver".into(),
                silent_since,
                told_at: self.told_at,
                lag_p95_ms: self.lag_p95_ms,
            }],
            endings: self.overview.endings.iter().map(ending_facts).collect(),
        }
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

fn link_facts(link: &Link, receiver: &str, open_now: Option<bool>) -> LinkFacts {
    let channel = link.channel.as_ref();
    LinkFacts {
        link_id: link.id,
        grant_id: link.grant_id,
        receiver: receiver.to_owned(),
        clinic: link.clinic_name.clone(),
        calendar: link.calendar_name.clone(),
        state: state(link.state),
        code: link.reason.as_ref().map(|reason| reason.code.clone()),
        since_at: link.reason.as_ref().map(|reason| *reason.since_at),
        registered_at: channel
            .and_then(|channel| channel.registered_at)
            .map(|at| *at),
        expires_at: channel.and_then(|channel| channel.expires_at).map(|at| *at),
        renews_at: channel.and_then(|channel| channel.renews_at).map(|at| *at),
        missed_24h: link.delivery.missed_changes,
        held: link.held_cancellations,
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
