//! The policy's state: its incidents, what is held back, and how far it has looked.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cause::{Cause, Look};
use super::incident::{Attention, Incident, IncidentState, Snooze, Told};
use super::text::{self, between};
use super::{Facts, Hush, Kind, Language, Notice, QuietHours, Reader, Rules, Severity};

const REPEAT: Duration = Duration::from_secs(12 * 60 * 60);
/// Repeats never come closer than this, however little time is left.
const REPEAT_AT_LEAST: Duration = Duration::from_secs(10 * 60);
/// An incident that grows is told again no sooner than this.
const GROWTH_IS_TOLD_AFTER: Duration = Duration::from_secs(5 * 60);
/// One that came back is told again no sooner than this after it was told.
const FLAPPING_IS_TOLD_AFTER: Duration = Duration::from_secs(5 * 60);
const RESOLVED_ARE_KEPT: Duration = Duration::from_secs(60 * 60);
/// Not having looked for longer means that the computer slept, or its clock was set forward.
const ASLEEP_AFTER: Duration = Duration::from_secs(3 * 60);
/// A clock set back by less is not worth a thought.
const SET_BACK_BY: Duration = Duration::from_secs(60);
/// Names kept of those that came and went while nothing was told.
const PASSED_ARE_KEPT: usize = 50;

/// Decides what a person is told, and when again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    #[serde(skip)]
    pub rules: Rules,
    #[serde(skip)]
    pub quiet: QuietHours,
    incidents: BTreeMap<String, Incident>,
    #[serde(default)]
    paused_until: Option<Timestamp>,
    /// How much was told at the last look.
    #[serde(default)]
    hush: Hush,
    /// Titles of those that came and went untold.
    #[serde(default)]
    passed: Vec<String>,
    #[serde(default)]
    looked_at: Option<Timestamp>,
    /// After a sleep: since when it has been looked again, and until when what is known counts as old.
    #[serde(default)]
    awake_since: Option<Timestamp>,
    #[serde(default)]
    settles_at: Option<Timestamp>,
}

/// What holds at one look.
struct Moment<'a> {
    now: Timestamp,
    facts: &'a Facts,
    hush: Hush,
    reader: Reader<'a>,
    /// What is known is older than the sleep that just ended: nothing new is told of it.
    settling: bool,
}

impl Policy {
    /// A policy without incidents.
    pub fn new(rules: Rules, quiet: QuietHours) -> Self {
        Self {
            rules,
            quiet,
            ..Self::default()
        }
    }

    /// Compares the facts with the incidents: what to show, in the reader's words, and which incidents ended.
    pub fn observe(&mut self, now: Timestamp, facts: &Facts, reader: Reader<'_>) -> Vec<Notice> {
        self.follow_clock(now, facts);
        let moment = Moment {
            now,
            facts,
            hush: self.hush_at(now, reader.zone),
            reader,
            settling: self.settles_at.is_some(),
        };
        let look = Look {
            now,
            rules: &self.rules,
            reader,
            awake_since: self.awake_since,
        };
        let causes = look.causes(facts);
        let mut notices = self.end_what_is_gone(&causes, &moment);
        let mut shows = Vec::new();
        for cause in causes {
            shows.extend(self.take(cause, &moment));
        }
        let ended = self.hush != moment.hush && moment.hush == Hush::None;
        self.hush = moment.hush;
        match ended {
            true => notices.extend(self.digest(shows, reader.language)),
            false => notices.extend(shows),
        }
        self.incidents.retain(|_, incident| match incident.state {
            IncidentState::Resolved { at } => between(at, now) < RESOLVED_ARE_KEPT,
            IncidentState::Pending { .. }
            | IncidentState::Open(_)
            | IncidentState::Recovering { .. } => true,
        });
        notices
    }

    /// The next moment at which something is due by itself; facts that change are looked at when they do.
    pub fn next_deadline(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let incidents = self.incidents.values().filter_map(Incident::deadline);
        incidents
            .chain(self.paused_until)
            .chain(self.settles_at)
            .chain(self.quiet.end(now, zone))
            .filter(|at| *at > now)
            .min()
    }

    /// A person knows; the incident stays silent until it gets worse or ends. False when there is none.
    pub fn acknowledge(&mut self, incident: &str) -> bool {
        self.attend(incident, Attention::Acknowledged)
    }

    /// Silent as long as asked, or until it gets worse or ends. False when there is none.
    pub fn snooze(&mut self, incident: &str, snooze: Snooze) -> bool {
        self.attend(incident, Attention::Snoozed(snooze))
    }

    /// A receiver that is watched no longer takes all incidents of its own along: nobody knows how they go on. Answers with
    /// their closings. `receiver` is as in [`super::ReceiverFacts::id`], `links` are all that it had.
    pub fn leave_out(&mut self, receiver: &str, links: &[Uuid]) -> Vec<Notice> {
        let is_its = |incident: &Incident| {
            let touched = &incident.links;
            incident.id == format!("{}:{receiver}", incident.kind.word())
                || (!touched.is_empty() && touched.iter().all(|id| links.contains(id)))
        };
        let before = std::mem::take(&mut self.incidents).into_iter();
        let (gone, left) = before.partition(|(_, incident)| is_its(incident));
        self.incidents = left;
        let gone: BTreeMap<String, Incident> = gone;
        gone.into_keys()
            .map(|incident| Notice::Close { incident })
            .collect()
    }

    /// Nothing at all is told until then; after it one digest tells what was held back.
    pub fn pause_until(&mut self, until: Timestamp) {
        self.paused_until = Some(until);
    }

    /// Ends a pause early.
    pub fn resume(&mut self) {
        self.paused_until = None;
    }

    /// Until when all alerts are paused.
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.paused_until
    }

    /// Incidents by need, worst and oldest first within each: firing, acknowledged or snoozed, recovering, pending, and
    /// resolved within the last hour.
    pub fn incidents(&self) -> Vec<&Incident> {
        let rank = |incident: &Incident| match incident.state {
            IncidentState::Open(Attention::Firing { .. }) => 0,
            IncidentState::Open(Attention::Acknowledged | Attention::Snoozed(_)) => 1,
            IncidentState::Recovering { .. } => 2,
            IncidentState::Pending { .. } => 3,
            IncidentState::Resolved { .. } => 4,
        };
        let mut incidents: Vec<&Incident> = self.incidents.values().collect();
        incidents.sort_by_key(|incident| {
            (
                rank(incident),
                std::cmp::Reverse(incident.severity),
                incident.since,
            )
        });
        incidents
    }

    fn attend(&mut self, incident: &str, attention: Attention) -> bool {
        let Some(incident) = self.incidents.get_mut(incident) else {
            return false;
        };
        match incident.state {
            IncidentState::Open(_) => incident.state = IncidentState::Open(attention),
            IncidentState::Recovering { resolves_at, .. } => {
                incident.state = IncidentState::Recovering {
                    resolves_at,
                    before: attention,
                }
            }
            IncidentState::Pending { .. } | IncidentState::Resolved { .. } => return false,
        }
        // Who speaks of it has been told of it.
        incident.told.get_or_insert_with(|| Told {
            at: incident.since,
            severity: incident.severity,
            links: incident.links.clone(),
        });
        true
    }

    /// A clock set back takes the policy's own appointments with it; after a sleep what is known counts as old until
    /// a receiver has told again, or until it had the time to.
    fn follow_clock(&mut self, now: Timestamp, facts: &Facts) {
        let before = self.looked_at.replace(now);
        let Some(before) = before else { return };
        let back = between(now, before);
        if back >= SET_BACK_BY {
            self.set_back(now, before.duration_since(now));
        }
        if between(before, now) >= ASLEEP_AFTER {
            self.awake_since = Some(now);
            self.settles_at = Some(now + self.rules.silent_after);
        }
        let woke = self.awake_since.unwrap_or(now);
        let told = |at: Option<Timestamp>| at.is_some_and(|at| at >= woke);
        let all_told = facts
            .receivers
            .iter()
            .all(|receiver| told(receiver.told_at));
        if self.settles_at.is_some_and(|at| at <= now || all_told) {
            self.settles_at = None;
        }
    }

    fn set_back(&mut self, now: Timestamp, back: jiff::SignedDuration) {
        let moved = |at: Timestamp| at.checked_sub(back).unwrap_or(at);
        self.paused_until = self.paused_until.map(moved);
        self.settles_at = self.settles_at.map(moved);
        self.awake_since = self.awake_since.map(|at| at.min(now));
        for incident in self.incidents.values_mut() {
            incident.shift(now, back);
        }
    }

    fn hush_at(&mut self, now: Timestamp, zone: &TimeZone) -> Hush {
        self.paused_until = self.paused_until.filter(|until| *until > now);
        match (self.paused_until, self.quiet.end(now, zone)) {
            (Some(_), _) => Hush::Paused,
            (None, Some(_)) => Hush::Quiet,
            (None, None) => Hush::None,
        }
    }

    fn end_what_is_gone(&mut self, causes: &[Cause], moment: &Moment<'_>) -> Vec<Notice> {
        let now = moment.now;
        let mut notices = Vec::new();
        let mut passed = Vec::new();
        for incident in self.incidents.values_mut() {
            incident.unknown_since = unknown_since(incident, moment.facts);
            let lasts = causes.iter().any(|cause| cause.id == incident.id);
            if lasts || incident.unknown_since.is_some() {
                continue;
            }
            match incident.state {
                IncidentState::Open(before) => {
                    let patience = self.rules.silent_after;
                    let settles = incident.kind.settles_within(patience);
                    if settles.is_zero() {
                        notices.push(resolve(incident, moment, &mut passed));
                    } else {
                        let resolves_at = now + settles;
                        incident.state = IncidentState::Recovering {
                            resolves_at,
                            before,
                        };
                        notices.push(Notice::Close {
                            incident: incident.id.clone(),
                        });
                    }
                }
                IncidentState::Recovering { resolves_at, .. } if resolves_at <= now => {
                    notices.push(resolve(incident, moment, &mut passed));
                }
                IncidentState::Pending { .. }
                | IncidentState::Recovering { .. }
                | IncidentState::Resolved { .. } => {}
            }
        }
        self.incidents.retain(|_, incident| {
            let pending = matches!(incident.state, IncidentState::Pending { .. });
            let lasts = causes.iter().any(|cause| cause.id == incident.id);
            !pending || lasts || incident.unknown_since.is_some()
        });
        let room = PASSED_ARE_KEPT.saturating_sub(self.passed.len());
        self.passed.extend(passed.into_iter().take(room));
        notices
    }

    /// Takes a cause that holds into its incident; answers with what is to be told of it now.
    fn take(&mut self, cause: Cause, moment: &Moment<'_>) -> Option<Notice> {
        let now = moment.now;
        let known = self.incidents.remove(&cause.id);
        let known = known.filter(|it| !matches!(it.state, IncidentState::Resolved { .. }));
        let since = known
            .as_ref()
            .map(|it| it.since)
            .into_iter()
            .chain(cause.since)
            .min()
            .unwrap_or(now);
        // The time it has held this time; an incident that recovers began earlier.
        let fires_at = cause.since.unwrap_or(since) + cause.patience;
        let ripe = fires_at <= now && !moment.settling;
        let told = known.as_ref().and_then(|it| it.told.clone());
        let unknown_since = known.as_ref().and_then(|it| it.unknown_since);
        let state = match known.map(|it| it.state) {
            None | Some(IncidentState::Pending { .. } | IncidentState::Resolved { .. }) => {
                match ripe {
                    true => IncidentState::Open(Attention::Firing { repeat_at: now }),
                    false => IncidentState::Pending { fires_at },
                }
            }
            Some(IncidentState::Recovering {
                resolves_at,
                before,
            }) => match ripe {
                true => IncidentState::Open(come_back(before, told.as_ref(), now)),
                // It is neither gone for good nor back.
                false => IncidentState::Recovering {
                    resolves_at: resolves_at.max(now + cause.kind.settles_within(cause.patience)),
                    before,
                },
            },
            Some(IncidentState::Open(attention)) => IncidentState::Open(attention),
        };
        let mut incident = Incident {
            id: cause.id,
            kind: cause.kind,
            severity: cause.severity,
            since,
            state,
            unknown_since,
            told,
            title: cause.title,
            body: cause.body,
            actions: cause.actions,
            links: cause.links,
            lapses: cause.lapses,
        };
        let notice = match incident.state {
            IncidentState::Open(attention) => {
                let speaks = !moment.settling
                    && is_due(&incident, attention, now)
                    && moment.hush.lets_through(incident.severity);
                speaks.then(|| tell(&mut incident, cause.harm_at, now))
            }
            IncidentState::Pending { .. }
            | IncidentState::Recovering { .. }
            | IncidentState::Resolved { .. } => None,
        };
        self.incidents.insert(incident.id.clone(), incident);
        notice
    }

    /// At the end of quiet hours or a pause: one bubble for all that was held back.
    fn digest(&mut self, shows: Vec<Notice>, language: Language) -> Vec<Notice> {
        let passed = std::mem::take(&mut self.passed);
        if shows.len() <= 1 && passed.is_empty() {
            return shows;
        }
        let mut told: Vec<(Severity, String)> = shows
            .into_iter()
            .filter_map(|notice| match notice {
                Notice::Show {
                    severity, title, ..
                } => Some((severity, title)),
                Notice::Digest { .. } | Notice::Close { .. } | Notice::Resolve { .. } => None,
            })
            .collect();
        told.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        let severity = told.first().map_or(Severity::Notice, |(worst, _)| *worst);
        let titles: Vec<String> = told.into_iter().map(|(_, title)| title).collect();
        let (title, body) = text::digest(&titles, &passed, language);
        vec![Notice::Digest {
            severity,
            title,
            body,
        }]
    }
}

/// What a person is told of when a cause comes back: who acknowledged it still knows, and what flaps is not told at
/// every turn.
fn come_back(before: Attention, told: Option<&Told>, now: Timestamp) -> Attention {
    let soonest = told.map_or(now, |told| told.at + FLAPPING_IS_TOLD_AFTER);
    match before {
        Attention::Acknowledged => Attention::Acknowledged,
        Attention::Snoozed(Snooze::Until(until)) if until > now => before,
        Attention::Snoozed(_) | Attention::Firing { .. } => Attention::Firing {
            repeat_at: soonest.max(now),
        },
    }
}

/// Whether a person is to be told now, if nothing holds it back.
fn is_due(incident: &Incident, attention: Attention, now: Timestamp) -> bool {
    let Some(told) = &incident.told else {
        return true;
    };
    let worse = incident.severity > told.severity;
    let grown = incident.links.iter().any(|link| !told.links.contains(link))
        && between(told.at, now) >= GROWTH_IS_TOLD_AFTER;
    match attention {
        _ if worse || grown => true,
        Attention::Firing { repeat_at } => repeat_at <= now,
        Attention::Snoozed(Snooze::Until(until)) => until <= now,
        Attention::Acknowledged | Attention::Snoozed(Snooze::Change) => false,
    }
}

fn tell(incident: &mut Incident, harm_at: Option<Timestamp>, now: Timestamp) -> Notice {
    let before = incident.told.take();
    let replaces = before.is_some();
    let worst = before.map_or(incident.severity, |told| {
        told.severity.max(incident.severity)
    });
    incident.told = Some(Told {
        at: now,
        severity: worst,
        links: incident.links.clone(),
    });
    incident.state = IncidentState::Open(Attention::Firing {
        repeat_at: now + repeat_after(harm_at, now),
    });
    Notice::Show {
        incident: incident.id.clone(),
        replaces,
        severity: incident.severity,
        title: incident.title.clone(),
        body: incident.body.clone(),
        actions: incident.actions.clone(),
    }
}

/// Every 12 h, or at the time of harm if that is sooner.
fn repeat_after(harm_at: Option<Timestamp>, now: Timestamp) -> Duration {
    match harm_at {
        Some(at) if at > now => REPEAT.min(between(now, at)).max(REPEAT_AT_LEAST),
        Some(_) | None => REPEAT,
    }
}

/// While a receiver is silent nothing is known of its links.
fn unknown_since(incident: &Incident, facts: &Facts) -> Option<Timestamp> {
    if incident.kind == Kind::Receiver {
        return None;
    }
    let mut links = facts.links.iter();
    let link = links.find(|link| incident.links.contains(&link.link_id))?;
    let mut receivers = facts.receivers.iter();
    let receiver = receivers.find(|receiver| receiver.id == link.receiver)?;
    receiver.silent_since
}

fn resolve(incident: &mut Incident, moment: &Moment<'_>, passed: &mut Vec<String>) -> Notice {
    incident.state = IncidentState::Resolved { at: moment.now };
    if incident.told.is_none() {
        passed.push(incident.title.clone());
    }
    let (title, body) = text::resolved(incident, moment.now, moment.facts, moment.reader);
    Notice::Resolve {
        incident: incident.id.clone(),
        title,
        body,
    }
}
