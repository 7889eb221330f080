//! Incidents and notices as the window's list and the desktop's bubbles.

use jiff::Timestamp;
use syncward_engine::alert::{
    Action, Attention, Incident, IncidentState, Kind, Notice, Severity, Snooze,
};
use syncward_wire::Link;
use uuid::Uuid;

use super::Say;
use crate::bridge::{self, Alert, AlertAction, AlertActionKind, AlertKind, AlertLapse, AlertState};
use crate::notifier::Bubble;
use crate::words::{Language, Word};

/// More new bubbles than this at once become one.
const BURST: usize = 3;
/// The key of that one.
pub const DIGEST: &str = "digest";
/// The key of the bubble that only shows that bubbles are shown.
const TEST: &str = "test";
/// The key of the note at the first close.
const STAYS: &str = "stays";
/// What a bubble's button is called between us and the notification service.
pub const RENEW: &str = "renew";
pub const SNOOZE: &str = "snooze";

/// Bubbles and closings in order; a burst becomes its worst bubbles and one that counts the rest.
pub(super) fn gather(notices: Vec<Notice>, language: Language) -> Vec<Say> {
    let mut say = Vec::new();
    let mut bubbles = Vec::new();
    for notice in notices {
        match notice {
            Notice::Close { incident } | Notice::Resolve { incident, .. } => {
                say.push(Say::Close(incident));
            }
            Notice::Digest {
                severity,
                title,
                body,
            } => bubbles.push(bubble(DIGEST.into(), severity, title, body)),
            Notice::Show {
                incident,
                severity,
                title,
                body,
                actions,
                ..
            } => bubbles.push(Bubble {
                actions: actions.into_iter().map(|it| button(it, language)).collect(),
                ..bubble(incident, severity, title, body)
            }),
        }
    }
    bubbles.sort_by_key(|bubble| std::cmp::Reverse(bubble.severity));
    if bubbles.len() > BURST {
        let rest = bubbles.split_off(BURST - 1);
        bubbles.push(rest_of_burst(&rest, language));
    }
    say.extend(bubbles.into_iter().map(Say::Show));
    say
}

/// A bubble that asks for nothing.
pub fn test_bubble(language: Language) -> Bubble {
    let title = language.say(Word::ReachesYou);
    let body = language.say(Word::ThisIsATest);
    Bubble {
        brief: true,
        ..bubble(TEST.into(), Severity::Notice, title, body)
    }
}

/// What goes on once the window is closed, and how to end that.
pub fn stays_bubble(calendars: usize, language: Language) -> Bubble {
    let title = language.say(Word::StaysInTray);
    let body = language.say(Word::WatchesFromTray { calendars });
    bubble(STAYS.into(), Severity::Notice, title, body)
}

fn bubble(key: String, severity: Severity, title: String, body: String) -> Bubble {
    Bubble {
        key,
        title,
        body,
        severity: severity_of(severity),
        actions: Vec::new(),
        brief: false,
    }
}

fn rest_of_burst(rest: &[Bubble], language: Language) -> Bubble {
    let titles: Vec<&str> = rest
        .iter()
        .take(3)
        .map(|bubble| bubble.title.as_str())
        .collect();
    let severity = rest.iter().map(|bubble| bubble.severity).max();
    Bubble {
        key: DIGEST.into(),
        title: language.say(Word::MoreAlerts { count: rest.len() }),
        body: language.say(Word::OpenToSeeAll {
            titles: &titles.join("; "),
        }),
        severity: severity.unwrap_or(bridge::Severity::Notice),
        actions: Vec::new(),
        brief: false,
    }
}

fn button(action: Action, language: Language) -> (String, String) {
    let (name, label) = match action {
        Action::RenewNow { .. } => (RENEW, Word::RenewNow),
        Action::Snooze => (SNOOZE, Word::SnoozeAnHour),
    };
    (name.into(), language.say(label))
}

pub(super) fn alert<'a>(
    incident: &Incident,
    link: &impl Fn(Uuid) -> Option<&'a Link>,
    language: Language,
) -> Alert {
    let (state, until, resolved_at) = standing(incident.state);
    let first = incident.links.first().and_then(|id| link(*id));
    Alert {
        id: incident.id.clone(),
        kind: incident.kind.into(),
        title: incident.title.clone(),
        body: incident.body.clone(),
        severity: severity_of(incident.severity),
        since: incident.since.into(),
        state,
        until: until.map(Into::into),
        resolved_at: resolved_at.map(Into::into),
        unknown_since: incident.unknown_since.map(Into::into),
        link_ids: incident.links.clone(),
        lapses: incident
            .lapses
            .iter()
            .map(|lapse| AlertLapse {
                link_id: lapse.link_id,
                at: lapse.at.into(),
            })
            .collect(),
        actions: match state {
            AlertState::Firing | AlertState::Acknowledged | AlertState::Snoozed => {
                actions(incident, first, language)
            }
            AlertState::Pending | AlertState::Recovering | AlertState::Resolved => Vec::new(),
        },
    }
}

/// The state, until when it lasts by itself, and when it was over.
fn standing(state: IncidentState) -> (AlertState, Option<Timestamp>, Option<Timestamp>) {
    match state {
        IncidentState::Pending { fires_at } => (AlertState::Pending, Some(fires_at), None),
        IncidentState::Open(Attention::Firing { .. }) => (AlertState::Firing, None, None),
        IncidentState::Open(Attention::Acknowledged) => (AlertState::Acknowledged, None, None),
        IncidentState::Open(Attention::Snoozed(Snooze::Until(until))) => {
            (AlertState::Snoozed, Some(until), None)
        }
        IncidentState::Open(Attention::Snoozed(Snooze::Change)) => {
            (AlertState::Snoozed, None, None)
        }
        IncidentState::Recovering { resolves_at, .. } => {
            (AlertState::Recovering, Some(resolves_at), None)
        }
        IncidentState::Resolved { at } => (AlertState::Resolved, None, Some(at)),
    }
}

fn actions(incident: &Incident, first: Option<&Link>, language: Language) -> Vec<AlertAction> {
    let act = |kind, label, link_id, clinic_id| AlertAction {
        kind,
        label: language.say(label),
        link_id,
        clinic_id,
    };
    let mut actions = Vec::new();
    if let Some(link) = first.filter(|_| matches!(incident.kind, Kind::Grant | Kind::Ending)) {
        let clinic = Some(link.clinic_id);
        actions.push(act(
            AlertActionKind::Reconnect,
            Word::ReconnectNow,
            None,
            clinic,
        ));
    }
    for action in &incident.actions {
        match action {
            Action::RenewNow { link_id } => {
                let link = Some(*link_id);
                actions.push(act(AlertActionKind::Renew, Word::RenewNow, link, None));
            }
            Action::Snooze => {}
        }
    }
    if let [link_id] = incident.links.as_slice() {
        actions.push(act(AlertActionKind::Open, Word::Open, Some(*link_id), None));
    }
    actions.push(act(AlertActionKind::Snooze, Word::Snooze, None, None));
    actions.push(act(
        AlertActionKind::Acknowledge,
        Word::Acknowledge,
        None,
        None,
    ));
    actions
}

fn severity_of(severity: Severity) -> bridge::Severity {
    match severity {
        Severity::Notice => bridge::Severity::Notice,
        Severity::Warning => bridge::Severity::Warning,
        Severity::Urgent => bridge::Severity::Urgent,
    }
}

impl From<Kind> for AlertKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Receiver => Self::Receiver,
            Kind::Grant => Self::Grant,
            Kind::Ending => Self::Ending,
            Kind::Expired => Self::Expired,
            Kind::Renewal => Self::Renewal,
            Kind::Unproved => Self::Unproved,
            Kind::Refused => Self::Refused,
            Kind::Polling => Self::Polling,
            Kind::Sync => Self::Sync,
            Kind::Outbound => Self::Outbound,
            Kind::Held => Self::Held,
            Kind::Lag => Self::Lag,
            Kind::Missed => Self::Missed,
            Kind::Reminder => Self::Reminder,
        }
    }
}

impl From<AlertKind> for Kind {
    fn from(kind: AlertKind) -> Self {
        match kind {
            AlertKind::Receiver => Self::Receiver,
            AlertKind::Grant => Self::Grant,
            AlertKind::Ending => Self::Ending,
            AlertKind::Expired => Self::Expired,
            AlertKind::Renewal => Self::Renewal,
            AlertKind::Unproved => Self::Unproved,
            AlertKind::Refused => Self::Refused,
            AlertKind::Polling => Self::Polling,
            AlertKind::Sync => Self::Sync,
            AlertKind::Outbound => Self::Outbound,
            AlertKind::Held => Self::Held,
            AlertKind::Lag => Self::Lag,
            AlertKind::Missed => Self::Missed,
            AlertKind::Reminder => Self::Reminder,
        }
    }
}
