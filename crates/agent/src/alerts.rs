//! Incidents over time: held back until they last, raised once, repeated rarely, quiet when a person says so.
//!
//! Responsible for the life of an incident and for which bubble is due. What counts as one is in [`rules`].

pub mod rules;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bridge::{Alert, AlertAction, AlertActionKind, AlertState, Severity};
use crate::notifier::Bubble;
use crate::store::Store;
use rules::{Finding, World};

const MEMORY: &str = "alerts";
/// Resolved incidents stay in the list this long.
const RESOLVED_SHOWN: SignedDuration = SignedDuration::from_hours(1);
/// An urgent incident is told again after this time, or after the time left when that is shorter.
const REMIND: SignedDuration = SignedDuration::from_hours(12);
/// Never sooner than this.
const REMIND_SOONEST: SignedDuration = SignedDuration::from_mins(30);
/// More new bubbles than this at once become one.
const BURST: usize = 3;
/// The key of that one.
pub const DIGEST: &str = "digest";

/// What to do with the desktop's bubbles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    Show(Bubble),
    Close(String),
}

/// All incidents, open and lately resolved.
#[derive(Debug, Default)]
pub struct Alerts {
    incidents: BTreeMap<String, Incident>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Incident {
    finding: Finding,
    since: Timestamp,
    quiet: Quiet,
    /// When it was last told; none while it is still held back.
    told_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
}

/// What a person said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Quiet {
    No,
    Acknowledged,
    /// Until a time, or without one until its severity changes.
    Snoozed(Option<Timestamp>),
}

impl Alerts {
    /// The incidents of the last time, so that a restart does not tell them again.
    pub fn recall(store: &Store) -> Self {
        let incidents = store
            .recall(MEMORY)
            .map(|known| known.0)
            .unwrap_or_default();
        Self { incidents }
    }

    /// Keeps them for the next start.
    pub fn remember(&self, store: &mut Store, now: Timestamp) {
        store.remember(MEMORY, &self.incidents, now);
    }

    /// Compares the world with the open incidents; answers with what is due on the desktop, or nothing when all is as it was.
    pub fn judge(&mut self, world: &World<'_>, now: Timestamp) -> Judgement {
        let found = rules::findings(world, now);
        let mut judgement = Judgement::default();
        self.resolve_missing(&found, now, &mut judgement);
        let mut due = Vec::new();
        for finding in found {
            let known = self.incidents.entry(finding.key.clone());
            let incident = known.or_insert_with(|| Incident::new(finding.clone(), now));
            judgement.changed |= incident.update(finding, now);
            if incident.is_firing(now) && incident.wants_bubble(now) {
                incident.told_at = Some(now);
                judgement.changed = true;
                due.push(incident.bubble());
            }
        }
        let before = self.incidents.len();
        self.incidents.retain(|_, incident| {
            incident
                .resolved_at
                .is_none_or(|at| now.duration_since(at) < RESOLVED_SHOWN)
        });
        judgement.changed |= before != self.incidents.len();
        judgement.say.extend(gather(due));
        judgement
    }

    fn resolve_missing(&mut self, found: &[Finding], now: Timestamp, judgement: &mut Judgement) {
        for (key, incident) in &mut self.incidents {
            let lasts = found.iter().any(|finding| finding.key == *key);
            if lasts || incident.resolved_at.is_some() {
                continue;
            }
            judgement.changed = true;
            incident.resolved_at = Some(now);
            if incident.told_at.is_some() {
                judgement.say.push(Say::Close(key.clone()));
            }
        }
        // Held back and gone again: nobody was told, nothing to show.
        self.incidents
            .retain(|_, incident| incident.resolved_at.is_none() || incident.told_at.is_some());
    }

    /// Open incidents, worst first, then the lately resolved.
    pub fn list(&self, now: Timestamp) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self
            .incidents
            .values()
            .filter(|incident| incident.is_firing(now))
            .map(|incident| incident.alert(now))
            .collect();
        alerts.sort_by(|a, b| {
            let open = |alert: &Alert| alert.resolved_at.is_some();
            open(a)
                .cmp(&open(b))
                .then(b.severity.cmp(&a.severity))
                .then(a.since.cmp(&b.since))
        });
        alerts
    }

    /// Quiet until it recovers; false when there is no such incident.
    pub fn acknowledge(&mut self, id: &str) -> bool {
        self.set_quiet(id, Quiet::Acknowledged)
    }

    /// Quiet until a time, or until it changes.
    pub fn snooze(&mut self, id: &str, until: Option<Timestamp>) -> bool {
        self.set_quiet(id, Quiet::Snoozed(until))
    }

    fn set_quiet(&mut self, id: &str, quiet: Quiet) -> bool {
        match self.incidents.get_mut(id) {
            Some(incident) if incident.resolved_at.is_none() => {
                incident.quiet = quiet;
                true
            }
            Some(_) | None => false,
        }
    }

    /// The links an open incident touches.
    pub fn links_of(&self, id: &str) -> Vec<Uuid> {
        self.incidents
            .get(id)
            .map(|incident| incident.finding.link_ids.clone())
            .unwrap_or_default()
    }
}

/// What a look at the world changed.
#[derive(Debug, Default)]
pub struct Judgement {
    pub say: Vec<Say>,
    /// The list of alerts looks different.
    pub changed: bool,
}

impl Incident {
    fn new(finding: Finding, now: Timestamp) -> Self {
        Self {
            since: finding.since.unwrap_or(now),
            finding,
            quiet: Quiet::No,
            told_at: None,
            resolved_at: None,
        }
    }

    /// Takes the newest words; a resolved incident opens again, a worse one breaks "until it changes".
    fn update(&mut self, finding: Finding, now: Timestamp) -> bool {
        if self.resolved_at.is_some() {
            *self = Self::new(finding, now);
            return true;
        }
        let worse = finding.severity > self.finding.severity;
        if worse && self.quiet == Quiet::Snoozed(None) {
            self.quiet = Quiet::No;
        }
        if worse {
            self.told_at = None;
        }
        let changed = self.finding != finding;
        self.finding = finding;
        changed
    }

    fn is_firing(&self, now: Timestamp) -> bool {
        let held = SignedDuration::from_secs(self.finding.held_s);
        self.told_at.is_some() || now.duration_since(self.since) >= held
    }

    fn wants_bubble(&self, now: Timestamp) -> bool {
        let quiet = match self.quiet {
            Quiet::No => false,
            Quiet::Acknowledged | Quiet::Snoozed(None) => true,
            Quiet::Snoozed(Some(until)) => now < until,
        };
        match (quiet, self.told_at) {
            (true, _) => false,
            (false, None) => true,
            (false, Some(told_at)) => {
                let snooze_over =
                    matches!(self.quiet, Quiet::Snoozed(Some(until)) if told_at < until);
                snooze_over || self.reminder_due(told_at, now)
            }
        }
    }

    fn reminder_due(&self, told_at: Timestamp, now: Timestamp) -> bool {
        if self.finding.severity < Severity::Urgent {
            return false;
        }
        let left = self
            .finding
            .harm_at
            .map_or(REMIND, |at| at.duration_since(told_at));
        now.duration_since(told_at) >= left.clamp(REMIND_SOONEST, REMIND)
    }

    fn bubble(&self) -> Bubble {
        let renew = self
            .finding
            .actions
            .iter()
            .any(|action| action.kind == AlertActionKind::Renew);
        let mut actions = Vec::new();
        if renew {
            actions.push(("renew".to_owned(), "Renew now".to_owned()));
        }
        actions.push(("snooze".to_owned(), "Snooze 1 h".to_owned()));
        Bubble {
            key: self.finding.key.clone(),
            title: self.finding.title.clone(),
            body: self.finding.body.clone(),
            severity: self.finding.severity,
            actions,
            brief: false,
        }
    }

    fn alert(&self, now: Timestamp) -> Alert {
        let (state, snoozed_until) = match (self.resolved_at, self.quiet) {
            (Some(_), _) => (AlertState::Resolved, None),
            (None, Quiet::Acknowledged) => (AlertState::Acknowledged, None),
            (None, Quiet::Snoozed(None)) => (AlertState::Snoozed, None),
            (None, Quiet::Snoozed(Some(until))) if now < until => {
                (AlertState::Snoozed, Some(until.into()))
            }
            (None, Quiet::Snoozed(Some(_)) | Quiet::No) => (AlertState::Firing, None),
        };
        let mut actions = self.finding.actions.clone();
        actions.push(plain(AlertActionKind::Snooze, "Snooze 1 h"));
        actions.push(plain(AlertActionKind::Acknowledge, "Acknowledge"));
        Alert {
            id: self.finding.key.clone(),
            title: self.finding.title.clone(),
            body: self.finding.body.clone(),
            severity: self.finding.severity,
            since: self.since.into(),
            state,
            snoozed_until,
            resolved_at: self.resolved_at.map(Into::into),
            link_ids: self.finding.link_ids.clone(),
            actions: if self.resolved_at.is_some() {
                Vec::new()
            } else {
                actions
            },
        }
    }
}

fn plain(kind: AlertActionKind, label: &str) -> AlertAction {
    AlertAction {
        kind,
        label: label.into(),
        link_id: None,
        clinic_id: None,
    }
}

/// A burst becomes its worst bubbles and one that counts the rest.
fn gather(mut due: Vec<Bubble>) -> Vec<Say> {
    due.sort_by_key(|bubble| std::cmp::Reverse(bubble.severity));
    if due.len() > BURST {
        let rest = due.split_off(BURST - 1);
        let severity = rest.iter().map(|bubble| bubble.severity).max();
        let titles: Vec<&str> = rest
            .iter()
            .take(3)
            .map(|bubble| bubble.title.as_str())
            .collect();
        due.push(Bubble {
            key: DIGEST.into(),
            title: format!("{} more alerts", rest.len()),
            body: format!("{}. Open Syncward to see them all.", titles.join("; ")),
            severity: severity.unwrap_or(Severity::Notice),
            actions: Vec::new(),
            brief: false,
        });
    }
    due.into_iter().map(Say::Show).collect()
}
