//! What counts as an incident: one per cause, raised on overdue and on harm near, never on a number that is merely low.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use syncward_wire::{Grant, GrantState, Link, LinkState, Overview};
use uuid::Uuid;

use crate::bridge::{AlertAction, AlertActionKind, Connection, ConnectionStatus, Severity};
use crate::naming::{link_name, span, title};

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
/// A receiver silent for this long is told.
const SILENT_HELD_S: i64 = 3 * MINUTE_S;
/// Polling that push should heal is told after this time.
const POLLING_HELD_S: i64 = 15 * MINUTE_S;
const UNPROVED_HELD_S: i64 = 10 * MINUTE_S;
const LAG_HELD_S: i64 = 15 * MINUTE_S;
/// Less time than this before expiry is urgent when renewal fails.
const URGENT_LEFT_S: i64 = 6 * HOUR_S;
/// The plain reminder.
const REMINDER_LEFT_S: i64 = 24 * HOUR_S;
/// A latency is believed from this many samples on.
const LAG_SAMPLES: u64 = 20;

/// What the rules look at.
#[derive(Debug)]
pub struct World<'a> {
    pub connection: &'a Connection,
    pub overview: Option<&'a Overview>,
    pub links: &'a BTreeMap<Uuid, Link>,
    pub grants: &'a [Grant],
}

/// One cause, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable as long as the cause is the same.
    pub key: String,
    pub title: String,
    pub body: String,
    pub severity: Severity,
    /// Since when, as far as the receiver knows.
    pub since: Option<Timestamp>,
    /// It must last this long before it is told.
    pub held_s: i64,
    /// When harm comes, for reminders.
    pub harm_at: Option<Timestamp>,
    pub link_ids: Vec<Uuid>,
    pub actions: Vec<AlertAction>,
}

/// All causes now.
pub fn findings(world: &World<'_>, now: Timestamp) -> Vec<Finding> {
    let mut found: Vec<Finding> = receiver_silent(world, now).into_iter().collect();
    found.extend(grants_lost(world));
    found.extend(
        world
            .links
            .values()
            .filter_map(|link| link_trouble(link, world, now)),
    );
    found.extend(world.links.values().filter_map(cancellations_held));
    found.extend(latency_over_target(world));
    found
}

fn receiver_silent(world: &World<'_>, now: Timestamp) -> Option<Finding> {
    match world.connection.status {
        ConnectionStatus::Stale | ConnectionStatus::Offline => {}
        ConnectionStatus::Connecting | ConnectionStatus::Connected | ConnectionStatus::Unpaired => {
            return None;
        }
    }
    let first = world
        .links
        .values()
        .filter_map(|link| Some((expires_at(link)?, link)))
        .filter(|(at, _)| *at > now)
        .min_by_key(|(at, _)| *at);
    let (meanwhile, left_s) = match first {
        Some((at, link)) => (
            format!(
                "If it stays silent, {} expires first, in {}.",
                link_name(link),
                span(now, at)
            ),
            at.duration_since(now).as_secs(),
        ),
        None => ("No channel expires meanwhile.".into(), i64::MAX),
    };
    Some(Finding {
        key: "receiver_silent".into(),
        title: "The receiver is silent".into(),
        body: format!("{meanwhile} This computer tries again by itself."),
        severity: if left_s < REMINDER_LEFT_S {
            Severity::Urgent
        } else {
            Severity::Warning
        },
        since: Some(*world.connection.since),
        held_s: SILENT_HELD_S,
        harm_at: first.map(|(at, _)| at),
        link_ids: world.links.keys().copied().collect(),
        actions: Vec::new(),
    })
}

/// One per grant: twelve calendars of one lost account are one incident.
fn grants_lost(world: &World<'_>) -> Vec<Finding> {
    let mut lost: BTreeMap<Uuid, Vec<&Link>> = BTreeMap::new();
    for link in world.links.values() {
        if link.state == LinkState::ReconnectNeeded {
            lost.entry(link.grant_id).or_default().push(link);
        }
    }
    lost.into_iter()
        .filter_map(|(grant_id, links)| {
            let first = links.first()?;
            let grant = world
                .grants
                .iter()
                .find(|grant| grant.id == grant_id && grant.state == GrantState::Lost);
            let calendars = match links.len() {
                1 => "1 calendar is".to_owned(),
                count => format!("{count} calendars are"),
            };
            let since = grant.and_then(|grant| grant.lost_at);
            Some(Finding {
                key: format!("grant_lost:{grant_id}"),
                title: title(&first.clinic_name, "must reconnect Google"),
                body: format!(
                    "Google no longer honours the access; {calendars} not kept up to date until somebody connects again."
                ),
                severity: Severity::Urgent,
                since: since.or(first.reason.as_ref().map(|reason| reason.since_at)).map(|at| *at),
                held_s: 0,
                harm_at: None,
                link_ids: links.iter().map(|link| link.id).collect(),
                actions: vec![AlertAction {
                    kind: AlertActionKind::Reconnect,
                    label: "Reconnect".into(),
                    link_id: None,
                    clinic_id: Some(first.clinic_id),
                }],
            })
        })
        .collect()
}

fn link_trouble(link: &Link, world: &World<'_>, now: Timestamp) -> Option<Finding> {
    match link.state {
        LinkState::Expired => Some(expired(link)),
        LinkState::Due | LinkState::Renewing => expiring(link, now),
        LinkState::Live => None,
        LinkState::Unproved => Some(unproved(link)),
        LinkState::Polling => polling(link, world),
        LinkState::Paused => paused(link, now),
        // One finding per grant tells it.
        LinkState::ReconnectNeeded => None,
    }
}

fn expired(link: &Link) -> Finding {
    let why = words(link, "Its channel ran out before a successor was proved.");
    Finding {
        severity: Severity::Urgent,
        ..about(link, "expired", "has expired", why, 0)
    }
}

/// Overdue when a renewal failed; else the plain reminder a day before.
fn expiring(link: &Link, now: Timestamp) -> Option<Finding> {
    let at = expires_at(link)?;
    let left_s = at.duration_since(now).as_secs();
    let fact = format!("expires in {}", span(now, at));
    let failing = link.reason.is_some();
    let finding = match failing {
        true => Finding {
            severity: if left_s < URGENT_LEFT_S {
                Severity::Urgent
            } else {
                Severity::Warning
            },
            ..about(
                link,
                "renewal_failing",
                &fact,
                words(link, "Its renewal failed."),
                0,
            )
        },
        false if left_s < REMINDER_LEFT_S && link.state == LinkState::Due => Finding {
            since: None,
            severity: Severity::Notice,
            ..about(
                link,
                "expiring",
                &fact,
                "It is renewed by itself before that; nothing to do.".into(),
                0,
            )
        },
        false => return None,
    };
    Some(Finding {
        harm_at: Some(at),
        ..finding
    })
}

fn unproved(link: &Link) -> Finding {
    let why = words(
        link,
        "Its channel was opened, but Google's handshake never came.",
    );
    about(link, "unproved", "is unproved", why, UNPROVED_HELD_S)
}

/// Polling is normal where Google can't reach the receiver; elsewhere it is a loss.
fn polling(link: &Link, world: &World<'_>) -> Option<Finding> {
    world.overview?.receiver.public_url.as_ref()?;
    let refused = link.reason.as_ref().is_some_and(|reason| {
        let code = reason.code.as_str();
        ["refused", "not_supported", "forbidden", "unauthorized"]
            .iter()
            .any(|word| code.contains(word))
    });
    let held_s = if refused { 0 } else { POLLING_HELD_S };
    let why = words(
        link,
        "Google's notifications do not come; changes arrive late.",
    );
    Some(about(link, "polling", "is on polling", why, held_s))
}

fn paused(link: &Link, now: Timestamp) -> Option<Finding> {
    let at = expires_at(link).filter(|at| *at > now)?;
    if at.duration_since(now).as_secs() >= REMINDER_LEFT_S {
        return None;
    }
    let why = "A person paused it, so it is not renewed; resume it to keep it watched.".to_owned();
    let fact = format!("is paused, ends in {}", span(now, at));
    let mut finding = about(link, "paused_expiring", &fact, why, 0);
    finding.harm_at = Some(at);
    finding.actions = vec![on_link(AlertActionKind::Resume, "Resume", link)];
    Some(finding)
}

fn cancellations_held(link: &Link) -> Option<Finding> {
    let count = link.held_cancellations;
    (count > 0).then(|| {
        let why = format!(
            "{count} appointments vanished from Google at once; they are kept here until somebody approves or rejects it."
        );
        Finding {
            actions: vec![on_link(AlertActionKind::Open, "Open", link)],
            ..about(link, "mass_change", "holds cancellations", why, 0)
        }
    })
}

fn latency_over_target(world: &World<'_>) -> Option<Finding> {
    let lag = &world.overview?.lag_24h;
    let p95_ms = lag.p95_ms.filter(|p95| *p95 > lag.target_ms)?;
    (lag.samples >= LAG_SAMPLES && lag.target_ms > 0.0).then(|| Finding {
        key: "latency".into(),
        title: "Changes arrive late".into(),
        body: format!(
            "The slowest twentieth took {:.1} s or more today; the target is {:.1} s. Nothing is lost.",
            p95_ms / 1000.0,
            lag.target_ms / 1000.0
        ),
        severity: Severity::Notice,
        since: None,
        held_s: LAG_HELD_S,
        harm_at: None,
        link_ids: Vec::new(),
        actions: Vec::new(),
    })
}

fn about(link: &Link, cause: &str, fact: &str, body: String, held_s: i64) -> Finding {
    Finding {
        key: format!("{cause}:{}", link.id),
        title: title(&link_name(link), fact),
        body,
        severity: Severity::Warning,
        since: link.reason.as_ref().map(|reason| *reason.since_at),
        held_s,
        harm_at: None,
        link_ids: vec![link.id],
        actions: vec![
            on_link(AlertActionKind::Renew, "Renew now", link),
            on_link(AlertActionKind::Open, "Open", link),
        ],
    }
}

/// The receiver's own reason and what heals it, else `otherwise`.
fn words(link: &Link, otherwise: &str) -> String {
    match &link.reason {
        Some(reason) => format!("{} {}", reason.message, reason.action)
            .trim()
            .to_owned(),
        None => otherwise.to_owned(),
    }
}

fn on_link(kind: AlertActionKind, label: &str, link: &Link) -> AlertAction {
    AlertAction {
        kind,
        label: label.into(),
        link_id: Some(link.id),
        clinic_id: None,
    }
}

fn expires_at(link: &Link) -> Option<Timestamp> {
    link.channel.as_ref()?.expires_at.map(|at| *at)
}
