//! The rules at work: which facts are causes worth a person's attention, and which links one cause touches.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::incident::Lapse;
use super::text::{self, between};
use super::{
    Action, EndingFacts, Facts, LinkFacts, OutboundFacts, Reader, ReceiverFacts, Rules, Severity,
};
use crate::view::LinkState;

const HOUR: Duration = Duration::from_secs(60 * 60);
const URGENT_WITHIN: Duration = HOUR.saturating_mul(2);
const WARNING_WITHIN: Duration = HOUR.saturating_mul(24);
const SILENCE_URGENT_AFTER: Duration = Duration::from_secs(30 * 60);
/// A channel that lives shorter than this is never the subject of a reminder while its renewal is planned.
const LONG_LIFE: Duration = HOUR.saturating_mul(48);
/// What flaps counts as gone only after this.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);

/// A cause that holds now.
pub(super) struct Cause {
    /// Kind and scope; stable as long as it lasts.
    pub id: String,
    pub kind: Kind,
    pub severity: Severity,
    /// Unknown: since it was first looked at.
    pub since: Option<Timestamp>,
    /// How long it may last before a person is told.
    pub patience: Duration,
    /// When it gets worse by itself.
    pub harm_at: Option<Timestamp>,
    pub title: String,
    pub body: String,
    pub actions: Vec<Action>,
    pub links: Vec<Uuid>,
    pub lapses: Vec<Lapse>,
}

/// What kind of cause; the first word of an incident's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Receiver,
    Grant,
    /// The foretold end of a grant that still works.
    Ending,
    Expired,
    Renewal,
    Unproved,
    Refused,
    Polling,
    Sync,
    /// Edits that wait for Google, and nothing else that explains it.
    Outbound,
    Held,
    Lag,
    Missed,
    Reminder,
}

impl Kind {
    /// Every kind, in the order in which people read the rules.
    pub const ALL: [Kind; 14] = [
        Kind::Receiver,
        Kind::Grant,
        Kind::Ending,
        Kind::Expired,
        Kind::Renewal,
        Kind::Unproved,
        Kind::Refused,
        Kind::Polling,
        Kind::Sync,
        Kind::Outbound,
        Kind::Held,
        Kind::Lag,
        Kind::Missed,
        Kind::Reminder,
    ];

    /// The kind of the incident with this id.
    pub fn of(incident: &str) -> Option<Self> {
        let word = incident.split(':').next()?;
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// A stable word.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Receiver => "receiver",
            Kind::Grant => "grant",
            Kind::Ending => "ending",
            Kind::Expired => "expired",
            Kind::Renewal => "renewal",
            Kind::Unproved => "unproved",
            Kind::Refused => "refused",
            Kind::Polling => "polling",
            Kind::Sync => "sync",
            Kind::Outbound => "outbound",
            Kind::Held => "held",
            Kind::Lag => "lag",
            Kind::Missed => "missed",
            Kind::Reminder => "reminder",
        }
    }

    /// How long its cause must be gone before it counts as over; what can't come back within a moment is over at once.
    pub(super) fn settles_within(self, patience: Duration) -> Duration {
        match self {
            Kind::Receiver | Kind::Sync | Kind::Outbound | Kind::Lag => {
                SETTLES_WITHIN.min(patience)
            }
            Kind::Grant
            | Kind::Ending
            | Kind::Expired
            | Kind::Renewal
            | Kind::Unproved
            | Kind::Refused
            | Kind::Polling
            | Kind::Held
            | Kind::Missed
            | Kind::Reminder => Duration::ZERO,
        }
    }

    /// What a cause of this kind spans: a grant, a link, or a receiver's links together.
    fn scope(self, link: &LinkFacts) -> String {
        match self {
            Kind::Grant | Kind::Ending => link.grant_id.to_string(),
            Kind::Refused | Kind::Held | Kind::Missed | Kind::Reminder => link.link_id.to_string(),
            Kind::Receiver
            | Kind::Expired
            | Kind::Renewal
            | Kind::Unproved
            | Kind::Polling
            | Kind::Sync
            | Kind::Outbound
            | Kind::Lag => link.receiver.clone(),
        }
    }

    /// Since when a link is in this kind of trouble.
    pub(super) fn since(self, link: &LinkFacts) -> Option<Timestamp> {
        match self {
            Kind::Outbound => link.outbound.map(|wait| wait.since_at),
            Kind::Receiver
            | Kind::Grant
            | Kind::Ending
            | Kind::Expired
            | Kind::Renewal
            | Kind::Unproved
            | Kind::Refused
            | Kind::Polling
            | Kind::Sync
            | Kind::Held
            | Kind::Lag
            | Kind::Missed
            | Kind::Reminder => link.since_at,
        }
    }

    /// Whether this kind of trouble explains that edits wait: without a grant none arrives, and while Google does not
    /// answer, those wait that it did not refuse.
    pub(super) fn explains(self, wait: OutboundFacts) -> bool {
        match self {
            Kind::Grant => true,
            Kind::Expired | Kind::Renewal | Kind::Polling | Kind::Sync => !wait.refused,
            Kind::Receiver
            | Kind::Ending
            | Kind::Unproved
            | Kind::Refused
            | Kind::Outbound
            | Kind::Held
            | Kind::Lag
            | Kind::Missed
            | Kind::Reminder => false,
        }
    }
}

/// What every rule is asked with.
pub(super) struct Look<'a> {
    pub now: Timestamp,
    pub rules: &'a Rules,
    pub reader: Reader<'a>,
    /// Since when this computer has been looking without a break; silence before that proves nothing.
    pub awake_since: Option<Timestamp>,
}

impl Look<'_> {
    /// Every cause that holds: one per silent receiver, per lost or ending grant, and per kind of trouble of a
    /// receiver.
    pub fn causes(&self, facts: &Facts) -> Vec<Cause> {
        let mut causes = Vec::new();
        let mut silent = Vec::new();
        for receiver in &facts.receivers {
            match receiver.silent_since {
                Some(since) => {
                    silent.push(receiver.id.as_str());
                    causes.push(self.silence(since, receiver, facts));
                }
                None => causes.extend(self.lateness(receiver, facts)),
            }
        }
        let mut groups: BTreeMap<(Kind, String), Vec<&LinkFacts>> = BTreeMap::new();
        for link in &facts.links {
            if silent.contains(&link.receiver.as_str()) {
                continue;
            }
            for kind in self.kinds_of(link).into_iter().flatten() {
                let group = groups.entry((kind, kind.scope(link)));
                group.or_default().push(link);
            }
        }
        causes.extend(
            groups
                .into_iter()
                .map(|((kind, scope), links)| self.trouble(kind, &scope, links)),
        );
        let heard = |link: &&LinkFacts| !silent.contains(&link.receiver.as_str());
        for end in &facts.endings {
            let links = facts.links.iter().filter(heard);
            let links: Vec<&LinkFacts> =
                links.filter(|link| link.grant_id == end.grant_id).collect();
            causes.extend(self.ending(end, &links));
        }
        causes.retain(|cause| self.rules.has(cause.kind));
        causes
    }

    fn kinds_of(&self, link: &LinkFacts) -> [Option<Kind>; 4] {
        let of_state = self.kind_of_state(link);
        let told = of_state.filter(|kind| self.rules.has(*kind));
        let unexplained = |wait: &OutboundFacts| !told.is_some_and(|kind| kind.explains(*wait));
        [
            of_state,
            link.outbound.filter(unexplained).map(|_| Kind::Outbound),
            (link.held > 0).then_some(Kind::Held),
            (link.missed_24h >= self.rules.missed_from).then_some(Kind::Missed),
        ]
    }

    fn kind_of_state(&self, link: &LinkFacts) -> Option<Kind> {
        match link.state {
            LinkState::ReconnectNeeded => Some(Kind::Grant),
            LinkState::Expired => Some(Kind::Expired),
            LinkState::Unproved => Some(Kind::Unproved),
            LinkState::Polling => match link.code.as_deref() {
                None
                | Some("no_public_address" | "push_not_supported" | "opening" | "fire_drill") => {
                    None
                }
                Some("channel_expired") => Some(Kind::Expired),
                Some("watch_failing" | "no_handshake") => Some(Kind::Polling),
                Some(_) => Some(Kind::Refused),
            },
            LinkState::Live | LinkState::Due | LinkState::Renewing | LinkState::Paused => {
                match link.code.as_deref() {
                    Some("renewal_failing") => Some(Kind::Renewal),
                    Some("sync_failing") => Some(Kind::Sync),
                    // Its end is foreseen: polling takes over, and no renewal could be asked for.
                    Some("no_public_address") => None,
                    Some(_) | None => self.needs_reminder(link).then_some(Kind::Reminder),
                }
            }
        }
    }

    /// How long this kind of trouble of this link may last before a person is told.
    fn patience(&self, kind: Kind, link: &LinkFacts) -> Duration {
        let rules = self.rules;
        match kind {
            Kind::Unproved => rules.unproved_after,
            Kind::Polling => rules.polling_after,
            Kind::Sync => rules.sync_failing_after,
            Kind::Outbound => {
                let left = link.outbound.and_then(|wait| {
                    let start = wait.next_start_at?;
                    Some(between(wait.since_at, start))
                });
                rules.outbound_after.min(left.unwrap_or(Duration::MAX) / 4)
            }
            Kind::Renewal => {
                let since = link.since_at.unwrap_or(self.now);
                let left = link
                    .expires_at
                    .map_or(Duration::MAX, |at| between(since, at));
                rules.failing_after.min(left / 20)
            }
            Kind::Receiver
            | Kind::Grant
            | Kind::Ending
            | Kind::Expired
            | Kind::Refused
            | Kind::Held
            | Kind::Lag
            | Kind::Missed
            | Kind::Reminder => Duration::ZERO,
        }
    }

    /// The plain reminder: little time is left, and no renewal is under way or about to start by itself.
    fn needs_reminder(&self, link: &LinkFacts) -> bool {
        let Some(expires_at) = link.expires_at else {
            return false;
        };
        let left = between(self.now, expires_at);
        if left > self.rules.reminder || left.is_zero() {
            return false;
        }
        let life = link.registered_at.map(|at| between(at, expires_at));
        match link.state {
            LinkState::Paused => true,
            LinkState::Live => life.is_some_and(|life| life >= LONG_LIFE),
            LinkState::Due => link.renews_at.is_none_or(|at| {
                let patience = Duration::from_secs(5 * 60).min(left / 10);
                at + patience <= self.now
            }),
            LinkState::Renewing
            | LinkState::Unproved
            | LinkState::Polling
            | LinkState::Expired
            | LinkState::ReconnectNeeded => false,
        }
    }

    /// A receiver that does not answer: what it watches is unknown, not bad; what it would let lapse is known.
    fn silence(&self, since: Timestamp, receiver: &ReceiverFacts, facts: &Facts) -> Cause {
        let now = self.now;
        let links = links_of(receiver, facts);
        let mut lapses: Vec<(Timestamp, &LinkFacts)> = links
            .iter()
            .filter_map(|link| Some((link.expires_at.filter(|at| *at > since)?, *link)))
            .collect();
        lapses.sort_by_key(|(at, link)| (*at, link.link_id));
        let next = lapses.iter().map(|(at, _)| *at).find(|at| *at > now);
        let soon = next.is_some_and(|at| between(now, at) <= URGENT_WITHIN);
        let heard_nothing = self.awake_since.map_or(since, |awake| awake.max(since));
        let long = between(heard_nothing, now) >= SILENCE_URGENT_AFTER;
        let (title, body) = text::silence(now, since, receiver, &lapses, self.reader);
        Cause {
            id: format!("{}:{}", Kind::Receiver.word(), receiver.id),
            kind: Kind::Receiver,
            severity: match soon || (long && is_open(&links)) {
                true => Severity::Urgent,
                false => Severity::Warning,
            },
            since: Some(since),
            patience: match receiver.shut_out {
                true => Duration::ZERO,
                false => self.rules.silent_after + between(since, heard_nothing),
            },
            harm_at: next,
            title,
            body,
            actions: vec![Action::Snooze],
            links: links.iter().map(|link| link.link_id).collect(),
            lapses: lapses
                .iter()
                .map(|(at, link)| Lapse {
                    link_id: link.link_id,
                    at: *at,
                })
                .collect(),
        }
    }

    /// Changes that arrive, but late.
    fn lateness(&self, receiver: &ReceiverFacts, facts: &Facts) -> Option<Cause> {
        let p95 = Duration::from_millis(receiver.lag_p95_ms?);
        if p95 <= self.rules.lag_over {
            return None;
        }
        let (title, body) = text::lateness(p95, self.rules, self.reader.language);
        Some(Cause {
            id: format!("{}:{}", Kind::Lag.word(), receiver.id),
            kind: Kind::Lag,
            severity: Severity::Notice,
            since: None,
            patience: Duration::ZERO,
            harm_at: None,
            title,
            body,
            actions: vec![Action::Snooze],
            links: links_of(receiver, facts)
                .iter()
                .map(|link| link.link_id)
                .collect(),
            lapses: Vec::new(),
        })
    }

    /// A grant whose end is near, while nothing has told that it is over already.
    fn ending(&self, end: &EndingFacts, links: &[&LinkFacts]) -> Option<Cause> {
        let now = self.now;
        let left = between(now, end.ends_at);
        let over = |link: &&LinkFacts| link.state == LinkState::ReconnectNeeded;
        let first = links.first().filter(|_| !links.iter().any(over))?;
        if left > self.rules.ending_before {
            return None;
        }
        let (title, body) =
            text::ending(now, end, &first.clinic, links.len(), self.reader.language);
        let foretold_at = end.ends_at.checked_sub(self.rules.ending_before);
        Some(Cause {
            id: format!("{}:{}", Kind::Ending.word(), end.grant_id),
            kind: Kind::Ending,
            severity: match left {
                left if left <= URGENT_WITHIN => Severity::Urgent,
                left if left <= WARNING_WITHIN => Severity::Warning,
                _ => Severity::Notice,
            },
            since: Some(foretold_at.unwrap_or(now).min(now)),
            patience: Duration::ZERO,
            harm_at: Some(end.ends_at),
            title,
            body,
            actions: vec![Action::Snooze],
            links: links.iter().map(|link| link.link_id).collect(),
            lapses: Vec::new(),
        })
    }

    /// How soon harm comes of edits that this kind of trouble keeps waiting, too, once they have waited long.
    fn waiting_along(&self, kind: Kind, links: &[&LinkFacts]) -> Severity {
        let waits = |link: &&&LinkFacts| {
            link.outbound.is_some_and(|wait| {
                let lasts = between(wait.since_at, self.now);
                kind.explains(wait) && lasts >= self.patience(Kind::Outbound, link)
            })
        };
        let links: Vec<&LinkFacts> = links.iter().filter(waits).copied().collect();
        match self.rules.has(Kind::Outbound) {
            true => urgency(self.now, &links),
            false => Severity::Notice,
        }
    }

    /// One cause of some links of a receiver; the one that harm comes to first speaks for them.
    fn trouble(&self, kind: Kind, scope: &str, links: Vec<&LinkFacts>) -> Cause {
        let now = self.now;
        let lasting = |link: &LinkFacts| {
            let since = kind.since(link).unwrap_or(now);
            between(since, now) >= self.patience(kind, link)
        };
        // Those that only just got it join later.
        let mut grown_up: Vec<&LinkFacts> =
            links.iter().copied().filter(|it| lasting(it)).collect();
        if grown_up.is_empty() {
            grown_up = links;
        }
        let mut links = grown_up;
        links.sort_by_key(|link| (harm_at(kind, link).unwrap_or(Timestamp::MAX), link.link_id));
        let first = links[0];
        let harm_at = match kind {
            Kind::Renewal | Kind::Reminder | Kind::Outbound => harm_at(kind, first),
            Kind::Receiver
            | Kind::Grant
            | Kind::Ending
            | Kind::Expired
            | Kind::Unproved
            | Kind::Refused
            | Kind::Polling
            | Kind::Sync
            | Kind::Held
            | Kind::Lag
            | Kind::Missed => None,
        };
        let (title, body) = text::trouble(now, kind, &links, self.reader);
        let since = links.iter().filter_map(|link| kind.since(link)).min();
        // Of the link that is ripe first.
        let ripe_at = links.iter().map(|link| {
            let since = kind.since(link).unwrap_or(now);
            let patience = SignedDuration::try_from(self.patience(kind, link));
            let ripe_at = patience
                .ok()
                .and_then(|patience| since.checked_add(patience).ok());
            ripe_at.unwrap_or(Timestamp::MAX)
        });
        let patience = ripe_at.min().map(|at| between(since.unwrap_or(now), at));
        Cause {
            id: format!("{}:{scope}", kind.word()),
            kind,
            severity: severity(now, kind, &links).max(self.waiting_along(kind, &links)),
            since,
            patience: patience.unwrap_or_default(),
            harm_at,
            title,
            body,
            actions: actions(kind, first),
            links: links.iter().map(|link| link.link_id).collect(),
            lapses: Vec::new(),
        }
    }
}

/// What comes to pass with a link if nothing is done; of most kinds it is that the channel runs out.
fn harm_at(kind: Kind, link: &LinkFacts) -> Option<Timestamp> {
    match kind {
        Kind::Outbound => link.outbound.and_then(|wait| wait.next_start_at),
        Kind::Receiver
        | Kind::Grant
        | Kind::Ending
        | Kind::Expired
        | Kind::Renewal
        | Kind::Unproved
        | Kind::Refused
        | Kind::Polling
        | Kind::Sync
        | Kind::Held
        | Kind::Lag
        | Kind::Missed
        | Kind::Reminder => link.expires_at,
    }
}

fn links_of<'a>(receiver: &ReceiverFacts, facts: &'a Facts) -> Vec<&'a LinkFacts> {
    let mut links: Vec<&LinkFacts> = facts.links.iter().collect();
    links.retain(|link| link.receiver == receiver.id);
    links
}

/// Some clinic of these is open, or may be.
fn is_open(links: &[&LinkFacts]) -> bool {
    links.iter().any(|link| link.open_now != Some(false))
}

fn actions(kind: Kind, first: &LinkFacts) -> Vec<Action> {
    let link_id = first.link_id;
    let renewable = match kind {
        Kind::Expired | Kind::Renewal | Kind::Unproved | Kind::Refused | Kind::Polling => true,
        Kind::Reminder => first.state != LinkState::Paused,
        Kind::Receiver
        | Kind::Grant
        | Kind::Ending
        | Kind::Sync
        | Kind::Outbound
        | Kind::Held
        | Kind::Lag
        | Kind::Missed => false,
    };
    let renew = renewable.then_some(Action::RenewNow { link_id });
    renew.into_iter().chain([Action::Snooze]).collect()
}

fn severity(now: Timestamp, kind: Kind, links: &[&LinkFacts]) -> Severity {
    let open = is_open(links);
    match kind {
        Kind::Grant if open => Severity::Urgent,
        Kind::Outbound => urgency(now, links),
        Kind::Renewal => {
            let expiries = links.iter().filter_map(|link| link.expires_at);
            let left = expiries.map(|at| between(now, at)).min();
            match left.unwrap_or(Duration::MAX) {
                left if left <= URGENT_WITHIN && open => Severity::Urgent,
                left if left <= WARNING_WITHIN => Severity::Warning,
                _ => Severity::Notice,
            }
        }
        Kind::Grant | Kind::Receiver | Kind::Expired | Kind::Unproved | Kind::Sync | Kind::Held => {
            Severity::Warning
        }
        Kind::Ending
        | Kind::Refused
        | Kind::Polling
        | Kind::Lag
        | Kind::Missed
        | Kind::Reminder => Severity::Notice,
    }
}

/// Of edits that wait: how soon the first of their appointments begins, and whether anybody is there.
fn urgency(now: Timestamp, links: &[&LinkFacts]) -> Severity {
    let starts = links.iter().filter_map(|link| link.outbound?.next_start_at);
    let left = starts.map(|at| between(now, at)).min();
    match left.unwrap_or(Duration::MAX) {
        left if left <= URGENT_WITHIN && is_open(links) => Severity::Urgent,
        left if left <= WARNING_WITHIN => Severity::Warning,
        _ => Severity::Notice,
    }
}
