//! The alert policy of the desktop: from facts about links and receivers to incidents, one per cause.
//!
//! Pure and deterministic; the agent observes at every change and about once a minute, shows what it is told, and
//! keeps the policy's state as JSON.

mod cause;
mod incident;
mod policy;
mod text;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use incident::{Incident, IncidentState};
pub use policy::Policy;

use crate::grant::Ailment;
use crate::view::LinkState;

/// Everything the policy looks at, as last known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub links: Vec<LinkFacts>,
    pub receivers: Vec<ReceiverFacts>,
    /// The grants whose end is foretold.
    #[serde(default)]
    pub endings: Vec<EndingFacts>,
}

/// A grant that still works, and when it will end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndingFacts {
    pub grant_id: Uuid,
    pub ailment: Ailment,
    pub ends_at: Timestamp,
}

/// What is known of one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFacts {
    pub link_id: Uuid,
    pub grant_id: Uuid,
    /// The receiver that watches it, as in [`ReceiverFacts::id`].
    pub receiver: String,
    pub clinic: String,
    pub calendar: String,
    pub state: LinkState,
    /// The reason's stable code, as in [`crate::view::Why::code`].
    pub code: Option<String>,
    /// Since when that reason holds; for `renewal_failing` since when renewal fails.
    pub since_at: Option<Timestamp>,
    /// Of the newest proved channel.
    pub registered_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub renews_at: Option<Timestamp>,
    /// Whether the clinic is open now, if its hours are known.
    pub open_now: Option<bool>,
}

/// What is known of one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverFacts {
    pub id: String,
    pub name: String,
    /// Since when it has not answered; absent while it does.
    pub silent_since: Option<Timestamp>,
}

/// What the agent does on the policy's behalf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// Show one bubble for the incident.
    Show {
        incident: String,
        /// It replaces the incident's earlier bubble.
        replaces: bool,
        severity: Severity,
        /// Thing and fact, at most 40 characters.
        title: String,
        /// The consequence and what happens next.
        body: String,
        actions: Vec<Action>,
    },
    /// Close the incident's bubble; the texts say how it ended, for a banner or the history.
    Resolve {
        incident: String,
        title: String,
        body: String,
    },
}

/// A button of a bubble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    RenewNow { link_id: Uuid },
    Snooze,
}

/// How soon harm comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    Notice,
    Warning,
    Urgent,
}

/// The parts of the rules that a person may edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// A silent receiver is an incident after this; 2 min.
    pub silent_after: Duration,
    /// An unproved channel is one after this; 2 min.
    pub unproved_after: Duration,
    /// Polling for a passing cause is one after this; 30 min.
    pub polling_after: Duration,
    /// Failing renewal is one after this, or after a twentieth of the time left; 2 min.
    pub failing_after: Duration,
    /// The plain reminder before an expiry, if wanted; 24 h.
    pub reminder: Option<Duration>,
    /// The foretold end of a grant is one from so long before; 48 h.
    pub ending_before: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            silent_after: Duration::from_secs(2 * MINUTE),
            unproved_after: Duration::from_secs(2 * MINUTE),
            polling_after: Duration::from_secs(30 * MINUTE),
            failing_after: Duration::from_secs(2 * MINUTE),
            reminder: Some(Duration::from_secs(24 * 60 * MINUTE)),
            ending_before: Duration::from_secs(48 * 60 * MINUTE),
        }
    }
}
