//! The alert policy of the desktop: from facts about links and receivers to incidents, one per cause.
//!
//! Pure and deterministic; the agent observes at every change and when a deadline is due, shows what it is told, and
//! keeps the policy's state as JSON.

mod backtest;
mod cause;
mod hush;
mod incident;
mod policy;
mod quiet;
mod rules;
mod text;
mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use backtest::{Change, Fired, Moment, backtest};
pub use cause::Kind;
pub use hush::Hush;
pub use incident::{Attention, Incident, IncidentState, Lapse, Snooze};
pub use policy::Policy;
pub use quiet::{Quiet, QuietHours, next_morning};
pub use rules::{Part, Rule, RuleError, Rules, Unit};
pub use words::Language;

use crate::failure::Cause;
use crate::grant::Ailment;
use crate::view::LinkState;

/// Who is told: the clock and the language that people read.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub zone: &'a TimeZone,
    pub language: Language,
}

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
    /// What the reason gives as its cause, if any.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// Since when that reason holds; for `renewal_failing` since when renewal fails.
    pub since_at: Option<Timestamp>,
    /// At a channel since the last proof; none while none failed, and from an older receiver.
    #[serde(default)]
    pub attempts: Option<AttemptFacts>,
    /// Of the newest proved channel.
    pub registered_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub renews_at: Option<Timestamp>,
    /// Changes of the last 24 h that no notification announced.
    #[serde(default)]
    pub missed_24h: u64,
    /// Cancellations that wait for a person.
    #[serde(default)]
    pub held: u32,
    /// Edits that Google has not taken.
    #[serde(default)]
    pub outbound: Option<OutboundFacts>,
    /// Whether the clinic is open now, if its hours are known.
    pub open_now: Option<bool>,
}

/// What is known of the attempts to open a channel that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFacts {
    pub failed: u32,
    /// When the next one is made by itself.
    pub next_at: Option<Timestamp>,
}

/// What is known of a link's edits that wait for Google.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundFacts {
    /// Since when the oldest waits.
    pub since_at: Timestamp,
    pub edits: u32,
    /// Google won't have one of them as it is: nothing else that ails the link explains it.
    pub refused: bool,
    /// When the first of their appointments begins that has not begun.
    pub next_start_at: Option<Timestamp>,
}

/// What is known of one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverFacts {
    pub id: String,
    pub name: String,
    /// Since when it has not answered; absent while it does.
    pub silent_since: Option<Timestamp>,
    /// It answers, but no longer knows this computer: its silence heals only by pairing again.
    #[serde(default)]
    pub shut_out: bool,
    /// When it last told anything.
    #[serde(default)]
    pub told_at: Option<Timestamp>,
    /// Sync latency over [`Rules::lag_for`], when there were enough samples to say.
    #[serde(default)]
    pub lag_p95_ms: Option<u64>,
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
    /// Show one bubble for everything that was held back in quiet hours or a pause.
    Digest {
        severity: Severity,
        title: String,
        body: String,
    },
    /// Its cause is gone for the moment: close the bubble.
    Close { incident: String },
    /// It is over: close the bubble; the texts say how it ended, for a banner or the history.
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
