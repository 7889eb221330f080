//! One incident: a cause that lasts, the links it touches, and where it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Action, Kind, Severity};

/// A cause and what it touches; its id is stable as long as the cause lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: String,
    pub kind: Kind,
    pub severity: Severity,
    /// Since when the cause holds.
    pub since: Timestamp,
    pub state: IncidentState,
    /// While its receiver is silent: since when nothing is known of it. It neither ends nor is told again meanwhile.
    pub unknown_since: Option<Timestamp>,
    /// What a person was told last; none while it is held back.
    pub told: Option<Told>,
    pub title: String,
    pub body: String,
    pub actions: Vec<Action>,
    pub links: Vec<Uuid>,
    /// Which channels run out while it lasts, the first first.
    pub lapses: Vec<Lapse>,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IncidentState {
    /// The cause holds, but not yet as long as its rule waits; nobody was told.
    Pending {
        fires_at: Timestamp,
    },
    /// The cause lasts.
    Open(Attention),
    /// The cause is gone; it is over then, unless the cause comes back before.
    Recovering {
        resolves_at: Timestamp,
        /// Where it goes on when the cause comes back.
        before: Attention,
    },
    Resolved {
        at: Timestamp,
    },
}

/// Whether a person is told of an open incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attention {
    /// Told; told again at `repeat_at`.
    Firing { repeat_at: Timestamp },
    /// A person knows; silent until it gets worse or ends.
    Acknowledged,
    /// Silent, as a person asked, unless it gets worse or ends before.
    Snoozed(Snooze),
}

/// How long a snooze lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Snooze {
    Until(Timestamp),
    /// Until it gets worse, grows, or comes back.
    Change,
}

/// When a person was told, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub at: Timestamp,
    /// The worst that was told.
    pub severity: Severity,
    pub links: Vec<Uuid>,
}

/// A channel that runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapse {
    pub link_id: Uuid,
    pub at: Timestamp,
}

impl Incident {
    /// Whether its cause lasts and a person is, or was, to be told.
    pub fn is_open(&self) -> bool {
        matches!(self.state, IncidentState::Open(_))
    }

    /// Whether it wants a person now: open, and neither acknowledged nor snoozed.
    pub fn is_firing(&self) -> bool {
        matches!(self.state, IncidentState::Open(Attention::Firing { .. }))
    }

    /// The next moment at which it changes by itself.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            IncidentState::Pending { fires_at } => Some(fires_at),
            IncidentState::Open(Attention::Firing { repeat_at }) => Some(repeat_at),
            IncidentState::Open(Attention::Snoozed(Snooze::Until(until))) => Some(until),
            IncidentState::Recovering { resolves_at, .. } => Some(resolves_at),
            IncidentState::Open(Attention::Acknowledged | Attention::Snoozed(Snooze::Change))
            | IncidentState::Resolved { .. } => None,
        }
    }

    /// Moves its own appointments with a clock that was set back.
    pub(super) fn shift(&mut self, now: Timestamp, back: jiff::SignedDuration) {
        let moved = |at: Timestamp| at.checked_sub(back).unwrap_or(at);
        let attention = |attention| match attention {
            Attention::Firing { repeat_at } => Attention::Firing {
                repeat_at: moved(repeat_at),
            },
            Attention::Snoozed(Snooze::Until(until)) => {
                Attention::Snoozed(Snooze::Until(moved(until)))
            }
            Attention::Acknowledged | Attention::Snoozed(Snooze::Change) => attention,
        };
        self.state = match self.state {
            IncidentState::Pending { fires_at } => IncidentState::Pending {
                fires_at: moved(fires_at),
            },
            IncidentState::Open(open) => IncidentState::Open(attention(open)),
            IncidentState::Recovering {
                resolves_at,
                before,
            } => IncidentState::Recovering {
                resolves_at: moved(resolves_at),
                before: attention(before),
            },
            IncidentState::Resolved { at } => IncidentState::Resolved { at: moved(at) },
        };
        self.since = self.since.min(now);
        self.unknown_since = self.unknown_since.map(|at| at.min(now));
        if let Some(told) = &mut self.told {
            told.at = moved(told.at);
        }
    }
}
