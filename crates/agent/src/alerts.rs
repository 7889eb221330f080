//! The alert policy of the engine at work on this desktop: facts go in, bubbles and the list of alerts come out.
//!
//! Responsible for translating between the wire, the policy and the desktop. What is worth an alert, its words and when
//! it is told again are decided in `syncward_engine::alert`.

mod facts;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::alert::{Action, Incident, IncidentState, Notice, Policy, Rules, Severity};
use syncward_wire::Link;
use uuid::Uuid;

use crate::bridge::{self, Alert, AlertAction, AlertActionKind, AlertState};
use crate::notifier::Bubble;
use crate::store::Store;
pub use facts::World;

const MEMORY: &str = "alerts";
/// More new bubbles than this at once become one.
const BURST: usize = 3;
/// The key of that one.
pub const DIGEST: &str = "digest";
/// What a bubble's button is called between us and the notification service.
pub const RENEW: &str = "renew";
pub const SNOOZE: &str = "snooze";
/// Snoozed until it changes.
const OPEN_END: Timestamp = Timestamp::MAX;

/// What to do with the desktop's bubbles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    Show(Bubble),
    Close(String),
}

/// What a look at the world changed.
#[derive(Debug, Default)]
pub struct Judgement {
    pub say: Vec<Say>,
    /// The list of alerts looks different.
    pub changed: bool,
}

/// All incidents, open and lately resolved.
#[derive(Debug)]
pub struct Alerts {
    policy: Policy,
}

impl Alerts {
    /// The incidents of the last time, so that a restart does not tell them again.
    pub fn recall(store: &Store, rules: Rules) -> Self {
        let mut policy: Policy = store
            .recall(MEMORY)
            .map(|known| known.0)
            .unwrap_or_default();
        policy.rules = rules;
        Self { policy }
    }

    /// Keeps them for the next start.
    pub fn remember(&self, store: &mut Store, now: Timestamp) {
        store.remember(MEMORY, &self.policy, now);
    }

    /// Compares the world with the open incidents; answers with what is due on the desktop.
    pub fn judge(&mut self, world: &World<'_>, now: Timestamp) -> Judgement {
        let before: Vec<Incident> = self.policy.incidents().into_iter().cloned().collect();
        let notices = self.policy.observe(now, &world.facts(now));
        let changed = !self.policy.incidents().into_iter().eq(before.iter());
        Judgement {
            say: gather(notices),
            changed,
        }
    }

    /// Open incidents, worst first, then the lately resolved.
    pub fn list<'a>(&self, link: impl Fn(Uuid) -> Option<&'a Link>) -> Vec<Alert> {
        self.policy
            .incidents()
            .into_iter()
            .map(|incident| alert(incident, &link))
            .collect()
    }

    /// Quiet until it recovers; false when there is no such incident.
    pub fn acknowledge(&mut self, id: &str) -> bool {
        self.policy.acknowledge(id)
    }

    /// Quiet until a time, or until it changes; false when there is no such incident.
    pub fn snooze(&mut self, id: &str, until: Option<Timestamp>) -> bool {
        self.policy.snooze(id, until.unwrap_or(OPEN_END))
    }

    /// The links an incident touches.
    pub fn links_of(&self, id: &str) -> Vec<Uuid> {
        let incidents = self.policy.incidents();
        let found = incidents.into_iter().find(|incident| incident.id == id);
        found
            .map(|incident| incident.links.clone())
            .unwrap_or_default()
    }
}

/// How long an hour's snooze is.
pub fn snooze_end(now: Timestamp) -> Timestamp {
    now + SignedDuration::from_hours(1)
}

/// Bubbles and closings in order; a burst becomes its worst bubbles and one that counts the rest.
fn gather(notices: Vec<Notice>) -> Vec<Say> {
    let mut say = Vec::new();
    let mut bubbles = Vec::new();
    for notice in notices {
        match notice {
            Notice::Resolve { incident, .. } => say.push(Say::Close(incident)),
            Notice::Show {
                incident,
                severity,
                title,
                body,
                actions,
                ..
            } => bubbles.push(Bubble {
                key: incident,
                title,
                body,
                severity: severity_of(severity),
                actions: actions.into_iter().map(button).collect(),
                brief: false,
            }),
        }
    }
    bubbles.sort_by_key(|bubble| std::cmp::Reverse(bubble.severity));
    if bubbles.len() > BURST {
        let rest = bubbles.split_off(BURST - 1);
        bubbles.push(digest(&rest));
    }
    say.extend(bubbles.into_iter().map(Say::Show));
    say
}

fn digest(rest: &[Bubble]) -> Bubble {
    let titles: Vec<&str> = rest
        .iter()
        .take(3)
        .map(|bubble| bubble.title.as_str())
        .collect();
    let severity = rest.iter().map(|bubble| bubble.severity).max();
    Bubble {
        key: DIGEST.into(),
        title: format!("{} more alerts", rest.len()),
        body: format!("{}. Open Syncward to see them all.", titles.join("; ")),
        severity: severity.unwrap_or(bridge::Severity::Notice),
        actions: Vec::new(),
        brief: false,
    }
}

fn button(action: Action) -> (String, String) {
    match action {
        Action::RenewNow { .. } => (RENEW.into(), "Renew now".into()),
        Action::Snooze => (SNOOZE.into(), "Snooze 1 h".into()),
    }
}

fn alert<'a>(incident: &Incident, link: &impl Fn(Uuid) -> Option<&'a Link>) -> Alert {
    let (state, snoozed_until, resolved_at) = match incident.state {
        IncidentState::Firing { .. } => (AlertState::Firing, None, None),
        IncidentState::Acknowledged => (AlertState::Acknowledged, None, None),
        IncidentState::Snoozed { until } => (
            AlertState::Snoozed,
            Some(until).filter(|until| *until != OPEN_END),
            None,
        ),
        IncidentState::Resolved { at } => (AlertState::Resolved, None, Some(at)),
    };
    let first = incident.links.first().and_then(|id| link(*id));
    Alert {
        id: incident.id.clone(),
        title: incident.title.clone(),
        body: incident.body.clone(),
        severity: severity_of(incident.severity),
        since: incident.since.into(),
        state,
        snoozed_until: snoozed_until.map(Into::into),
        resolved_at: resolved_at.map(Into::into),
        link_ids: incident.links.clone(),
        actions: match resolved_at {
            Some(_) => Vec::new(),
            None => actions(incident, first),
        },
    }
}

fn actions(incident: &Incident, first: Option<&Link>) -> Vec<AlertAction> {
    let act = |kind, label: &str, link_id, clinic_id| AlertAction {
        kind,
        label: label.into(),
        link_id,
        clinic_id,
    };
    let mut actions = Vec::new();
    let of_a_grant = ["grant:", "ending:"].map(|kind| incident.id.starts_with(kind));
    if let Some(link) = first.filter(|_| of_a_grant.contains(&true)) {
        let clinic = Some(link.clinic_id);
        actions.push(act(AlertActionKind::Reconnect, "Reconnect", None, clinic));
    }
    for action in &incident.actions {
        match action {
            Action::RenewNow { link_id } => {
                actions.push(act(
                    AlertActionKind::Renew,
                    "Renew now",
                    Some(*link_id),
                    None,
                ));
            }
            Action::Snooze => actions.push(act(AlertActionKind::Snooze, "Snooze 1 h", None, None)),
        }
    }
    if let [link_id] = incident.links.as_slice() {
        actions.push(act(AlertActionKind::Open, "Open", Some(*link_id), None));
    }
    actions.push(act(AlertActionKind::Acknowledge, "Acknowledge", None, None));
    actions
}

fn severity_of(severity: Severity) -> bridge::Severity {
    match severity {
        Severity::Notice => bridge::Severity::Notice,
        Severity::Warning => bridge::Severity::Warning,
        Severity::Urgent => bridge::Severity::Urgent,
    }
}
