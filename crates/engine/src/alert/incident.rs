//! One incident: a cause that lasts, the links it touches, and where it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Action, Severity};

/// A cause and what it touches; its id is stable as long as the cause lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: String,
    pub severity: Severity,
    pub since: Timestamp,
    pub state: IncidentState,
    pub title: String,
    pub body: String,
    pub actions: Vec<Action>,
    pub links: Vec<Uuid>,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IncidentState {
    /// Shown; shown again at `repeat_at`.
    Firing {
        repeat_at: Timestamp,
    },
    /// A person knows; silent until it gets worse or ends.
    Acknowledged,
    /// Silent until then, or until it gets worse or ends.
    Snoozed {
        until: Timestamp,
    },
    Resolved {
        at: Timestamp,
    },
}

impl Incident {
    /// Whether its cause lasts.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, IncidentState::Resolved { .. })
    }
}
