//! The policy's state: its open incidents and those resolved within the hour.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cause::{Cause, Kind};
use super::incident::{Incident, IncidentState};
use super::text::{self, between};
use super::{Facts, Notice, Rules};

const REPEAT: Duration = Duration::from_secs(12 * 60 * 60);
/// Repeats never come closer than this, however little time is left.
const REPEAT_AT_LEAST: Duration = Duration::from_secs(10 * 60);
const RESOLVED_ARE_KEPT: Duration = Duration::from_secs(60 * 60);

/// Decides what a person is told, and when again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    #[serde(default)]
    pub rules: Rules,
    incidents: BTreeMap<String, Incident>,
}

impl Policy {
    /// A policy without incidents.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            incidents: BTreeMap::new(),
        }
    }

    /// Compares the facts with the incidents: what to show, and which incidents ended.
    pub fn observe(&mut self, now: Timestamp, facts: &Facts) -> Vec<Notice> {
        let causes = Cause::all(now, facts, &self.rules);
        let mut notices = Vec::new();
        for incident in self.incidents.values_mut() {
            let lasts = causes.iter().any(|cause| cause.id == incident.id);
            if incident.is_open() && !lasts && !hidden_by_silence(incident, facts) {
                notices.push(resolve(incident, now, facts));
            }
        }
        for cause in causes {
            notices.extend(self.take(cause, now));
        }
        self.incidents.retain(|_, incident| match incident.state {
            IncidentState::Resolved { at } => between(at, now) < RESOLVED_ARE_KEPT,
            IncidentState::Firing { .. }
            | IncidentState::Acknowledged
            | IncidentState::Snoozed { .. } => true,
        });
        notices
    }

    /// A person knows; the incident stays silent until it gets worse or ends. False when there is none.
    pub fn acknowledge(&mut self, incident: &str) -> bool {
        self.set(incident, IncidentState::Acknowledged)
    }

    /// Silent until then, or until it gets worse or ends. False when there is none.
    pub fn snooze(&mut self, incident: &str, until: Timestamp) -> bool {
        self.set(incident, IncidentState::Snoozed { until })
    }

    /// Open incidents, worst and oldest first, then the resolved ones of the last hour.
    pub fn incidents(&self) -> Vec<&Incident> {
        let mut incidents: Vec<&Incident> = self.incidents.values().collect();
        incidents.sort_by_key(|incident| {
            (
                !incident.is_open(),
                std::cmp::Reverse(incident.severity),
                incident.since,
            )
        });
        incidents
    }

    fn set(&mut self, incident: &str, state: IncidentState) -> bool {
        match self.incidents.get_mut(incident) {
            Some(incident) if incident.is_open() => {
                incident.state = state;
                true
            }
            Some(_) | None => false,
        }
    }

    fn take(&mut self, cause: Cause, now: Timestamp) -> Option<Notice> {
        let known = self.incidents.get(&cause.id);
        let open = known.filter(|incident| incident.is_open());
        let worse = open.is_some_and(|incident| {
            let grown = cause
                .links
                .iter()
                .any(|link| !incident.links.contains(link));
            cause.severity > incident.severity || grown
        });
        let state = open.map(|incident| incident.state);
        let show = match state {
            None => true,
            Some(_) if worse => true,
            Some(IncidentState::Firing { repeat_at }) => repeat_at <= now,
            Some(IncidentState::Snoozed { until }) => until <= now,
            Some(IncidentState::Acknowledged | IncidentState::Resolved { .. }) => false,
        };
        let state = match state {
            Some(state) if !show => state,
            Some(_) | None => IncidentState::Firing {
                repeat_at: now + repeat_after(&cause, now),
            },
        };
        let replaces = open.is_some();
        let incident = Incident {
            since: open.map_or(cause.since, |incident| incident.since),
            id: cause.id,
            severity: cause.severity,
            state,
            title: cause.title,
            body: cause.body,
            actions: cause.actions,
            links: cause.links,
        };
        let notice = show.then(|| Notice::Show {
            incident: incident.id.clone(),
            replaces,
            severity: incident.severity,
            title: incident.title.clone(),
            body: incident.body.clone(),
            actions: incident.actions.clone(),
        });
        self.incidents.insert(incident.id.clone(), incident);
        notice
    }
}

/// Every 12 h, or at the time of harm if that is sooner.
fn repeat_after(cause: &Cause, now: Timestamp) -> Duration {
    match cause.harm_at {
        Some(at) if at > now => REPEAT.min(between(now, at)).max(REPEAT_AT_LEAST),
        Some(_) | None => REPEAT,
    }
}

/// While a receiver is silent nothing is known of its links: their incidents neither end nor repeat.
fn hidden_by_silence(incident: &Incident, facts: &Facts) -> bool {
    let silent = |id: &str| {
        let mut receivers = facts.receivers.iter();
        receivers.any(|receiver| receiver.id == id && receiver.silent_since.is_some())
    };
    if Kind::of(&incident.id) == Some(Kind::Receiver) {
        return false;
    }
    let mut links = facts.links.iter();
    links.any(|link| incident.links.contains(&link.link_id) && silent(&link.receiver))
}

fn resolve(incident: &mut Incident, now: Timestamp, facts: &Facts) -> Notice {
    incident.state = IncidentState::Resolved { at: now };
    let (title, body) = text::resolved(incident, now, facts);
    Notice::Resolve {
        incident: incident.id.clone(),
        title,
        body,
    }
}
