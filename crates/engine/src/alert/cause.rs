//! The rules: which facts are causes worth a person's attention, and which links one cause touches.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::text::{self, between};
use super::{Action, EndingFacts, Facts, LinkFacts, ReceiverFacts, Rules, Severity};
use crate::view::LinkState;

const URGENT_WITHIN: Duration = Duration::from_secs(2 * 60 * 60);
/// A grant that ends this soon needs a person today.
const ENDING_WARNS_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
const SILENCE_URGENT_AFTER: Duration = Duration::from_secs(30 * 60);
const SYNC_FAILING_AFTER: Duration = Duration::from_secs(15 * 60);
/// A channel that lives shorter than this is never the subject of a reminder while its renewal is planned.
const LONG_LIFE: Duration = Duration::from_secs(48 * 60 * 60);

/// A cause that holds now.
pub(super) struct Cause {
    /// Kind and scope; stable as long as it lasts.
    pub id: String,
    pub severity: Severity,
    pub since: Timestamp,
    /// When it gets worse by itself.
    pub harm_at: Option<Timestamp>,
    pub title: String,
    pub body: String,
    pub actions: Vec<Action>,
    pub links: Vec<Uuid>,
}

/// What kind of cause; the first word of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Receiver,
    Grant,
    Expired,
    Renewal,
    Unproved,
    Refused,
    Polling,
    Sync,
    Reminder,
    /// The foretold end of a grant that still works.
    Ending,
}

impl Kind {
    const ALL: [(Kind, &str); 10] = [
        (Kind::Receiver, "receiver"),
        (Kind::Grant, "grant"),
        (Kind::Expired, "expired"),
        (Kind::Renewal, "renewal"),
        (Kind::Unproved, "unproved"),
        (Kind::Refused, "refused"),
        (Kind::Polling, "polling"),
        (Kind::Sync, "sync"),
        (Kind::Reminder, "reminder"),
        (Kind::Ending, "ending"),
    ];

    fn word(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }

    /// The kind of the incident with this id.
    pub fn of(incident: &str) -> Option<Self> {
        let word = incident.split(':').next()?;
        let mut all = Self::ALL.iter();
        all.find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }
}

impl Cause {
    /// Every cause that holds at `now`: one per silent receiver, per lost or ending grant, and per kind of trouble of a
    /// receiver.
    pub fn all(now: Timestamp, facts: &Facts, rules: &Rules) -> Vec<Self> {
        let mut causes = Vec::new();
        let mut silent = Vec::new();
        for receiver in &facts.receivers {
            let Some(since) = receiver.silent_since else {
                continue;
            };
            silent.push(receiver.id.as_str());
            if between(since, now) >= rules.silent_after {
                causes.push(silence(now, since, receiver, facts));
            }
        }
        let mut groups: BTreeMap<(Kind, String), Vec<&LinkFacts>> = BTreeMap::new();
        for link in &facts.links {
            if silent.contains(&link.receiver.as_str()) {
                continue;
            }
            if let Some(kind) = kind_of(link, now, rules) {
                groups
                    .entry((kind, scope(kind, link)))
                    .or_default()
                    .push(link);
            }
        }
        causes.extend(
            groups
                .into_iter()
                .map(|((kind, scope), links)| trouble(now, kind, &scope, links)),
        );
        let heard = |link: &&LinkFacts| !silent.contains(&link.receiver.as_str());
        for end in &facts.endings {
            let links = facts.links.iter().filter(heard);
            let links: Vec<&LinkFacts> =
                links.filter(|link| link.grant_id == end.grant_id).collect();
            causes.extend(ending(now, end, &links, rules));
        }
        causes
    }
}

/// What a cause of this kind spans: a grant, a link, or a receiver's links together.
fn scope(kind: Kind, link: &LinkFacts) -> String {
    match kind {
        Kind::Grant | Kind::Ending => link.grant_id.to_string(),
        Kind::Refused | Kind::Reminder => link.link_id.to_string(),
        Kind::Receiver
        | Kind::Expired
        | Kind::Renewal
        | Kind::Unproved
        | Kind::Polling
        | Kind::Sync => link.receiver.clone(),
    }
}

fn kind_of(link: &LinkFacts, now: Timestamp, rules: &Rules) -> Option<Kind> {
    let lasted = |least: Duration| {
        let since = link.since_at.unwrap_or(now);
        between(since, now) >= least
    };
    match link.state {
        LinkState::ReconnectNeeded => Some(Kind::Grant),
        LinkState::Expired => Some(Kind::Expired),
        LinkState::Unproved => lasted(rules.unproved_after).then_some(Kind::Unproved),
        LinkState::Polling => match link.code.as_deref() {
            None | Some("no_public_address" | "push_not_supported" | "opening") => None,
            Some("channel_expired") => Some(Kind::Expired),
            Some("watch_failing" | "no_handshake") => {
                lasted(rules.polling_after).then_some(Kind::Polling)
            }
            Some(_) => Some(Kind::Refused),
        },
        LinkState::Live | LinkState::Due | LinkState::Renewing | LinkState::Paused => {
            match link.code.as_deref() {
                Some("renewal_failing") if lasted(failing_after(link, now, rules)) => {
                    Some(Kind::Renewal)
                }
                Some("sync_failing") if lasted(SYNC_FAILING_AFTER) => Some(Kind::Sync),
                Some(_) | None => needs_reminder(link, now, rules).then_some(Kind::Reminder),
            }
        }
    }
}

fn failing_after(link: &LinkFacts, now: Timestamp, rules: &Rules) -> Duration {
    let left = link.expires_at.map_or(Duration::MAX, |at| between(now, at));
    rules.failing_after.min(left / 20)
}

/// The plain reminder: less than a day is left, and no renewal is under way or about to start by itself.
fn needs_reminder(link: &LinkFacts, now: Timestamp, rules: &Rules) -> bool {
    let (Some(before), Some(expires_at)) = (rules.reminder, link.expires_at) else {
        return false;
    };
    let left = between(now, expires_at);
    if left > before || left.is_zero() {
        return false;
    }
    let life = link.registered_at.map(|at| between(at, expires_at));
    match link.state {
        LinkState::Paused => true,
        LinkState::Live => life.is_some_and(|life| life >= LONG_LIFE),
        LinkState::Due => link.renews_at.is_none_or(|at| {
            let patience = Duration::from_secs(5 * 60).min(left / 10);
            at + patience <= now
        }),
        LinkState::Renewing
        | LinkState::Unproved
        | LinkState::Polling
        | LinkState::Expired
        | LinkState::ReconnectNeeded => false,
    }
}

fn silence(now: Timestamp, since: Timestamp, receiver: &ReceiverFacts, facts: &Facts) -> Cause {
    let mut links: Vec<&LinkFacts> = facts.links.iter().collect();
    links.retain(|link| link.receiver == receiver.id);
    let mut expiries: Vec<Timestamp> = links.iter().filter_map(|link| link.expires_at).collect();
    expiries.sort_unstable();
    let next = expiries.iter().copied().find(|at| *at > now);
    let soon = next.is_some_and(|at| between(now, at) <= URGENT_WITHIN);
    let long = between(since, now) >= SILENCE_URGENT_AFTER;
    let (title, body) = text::silence(now, since, &receiver.name, &expiries);
    Cause {
        id: format!("{}:{}", Kind::Receiver.word(), receiver.id),
        severity: match soon || long {
            true => Severity::Urgent,
            false => Severity::Warning,
        },
        since,
        harm_at: next,
        title,
        body,
        actions: vec![Action::Snooze],
        links: links.iter().map(|link| link.link_id).collect(),
    }
}

/// A grant whose end is near, while nothing has told that it is over already.
fn ending(now: Timestamp, end: &EndingFacts, links: &[&LinkFacts], rules: &Rules) -> Option<Cause> {
    let left = between(now, end.ends_at);
    let over = |link: &&LinkFacts| link.state == LinkState::ReconnectNeeded;
    let first = links.first().filter(|_| !links.iter().any(over))?;
    if left > rules.ending_before {
        return None;
    }
    let (title, body) = text::ending(now, end, &first.clinic, links.len());
    Some(Cause {
        id: format!("{}:{}", Kind::Ending.word(), end.grant_id),
        severity: match left {
            left if left <= URGENT_WITHIN => Severity::Urgent,
            left if left <= ENDING_WARNS_WITHIN => Severity::Warning,
            _ => Severity::Notice,
        },
        since: end
            .ends_at
            .checked_sub(rules.ending_before)
            .unwrap_or(now)
            .min(now),
        harm_at: Some(end.ends_at),
        title,
        body,
        actions: vec![Action::Snooze],
        links: links.iter().map(|link| link.link_id).collect(),
    })
}

/// One cause of some links of a receiver; the one that expires first speaks for them.
fn trouble(now: Timestamp, kind: Kind, scope: &str, mut links: Vec<&LinkFacts>) -> Cause {
    links.sort_by_key(|link| (link.expires_at.unwrap_or(Timestamp::MAX), link.link_id));
    let first = links[0];
    let harm_at = match kind {
        Kind::Renewal | Kind::Reminder => first.expires_at,
        Kind::Receiver
        | Kind::Grant
        | Kind::Expired
        | Kind::Unproved
        | Kind::Refused
        | Kind::Polling
        | Kind::Sync
        | Kind::Ending => None,
    };
    let (title, body) = text::trouble(now, kind, &links);
    let mut actions = Vec::new();
    match kind {
        Kind::Expired | Kind::Renewal | Kind::Unproved | Kind::Refused | Kind::Polling => {
            let link_id = first.link_id;
            actions.push(Action::RenewNow { link_id });
        }
        Kind::Reminder if first.state != LinkState::Paused => {
            let link_id = first.link_id;
            actions.push(Action::RenewNow { link_id });
        }
        Kind::Receiver | Kind::Grant | Kind::Sync | Kind::Reminder | Kind::Ending => {}
    }
    actions.push(Action::Snooze);
    Cause {
        id: format!("{}:{scope}", kind.word()),
        severity: severity(now, kind, &links),
        since: links
            .iter()
            .filter_map(|it| it.since_at)
            .min()
            .unwrap_or(now),
        harm_at,
        title,
        body,
        actions,
        links: links.iter().map(|link| link.link_id).collect(),
    }
}

fn severity(now: Timestamp, kind: Kind, links: &[&LinkFacts]) -> Severity {
    let open = links.iter().any(|link| link.open_now != Some(false));
    match kind {
        Kind::Grant if open => Severity::Urgent,
        Kind::Renewal => {
            let mut expiries = links.iter().filter_map(|link| link.expires_at);
            match expiries.any(|at| between(now, at) <= URGENT_WITHIN) {
                true => Severity::Urgent,
                false => Severity::Warning,
            }
        }
        Kind::Grant | Kind::Receiver | Kind::Expired | Kind::Unproved | Kind::Sync => {
            Severity::Warning
        }
        Kind::Refused | Kind::Polling | Kind::Reminder | Kind::Ending => Severity::Notice,
    }
}
