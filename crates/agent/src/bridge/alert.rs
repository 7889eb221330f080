//! Alerts and their rules, as the window sees them.

use serde::{Deserialize, Serialize};
use syncward_wire::At;
use uuid::Uuid;

/// One incident: a cause, and the links it touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Alert {
    /// The incident, stable as long as its cause lasts.
    pub id: String,
    /// The rule that found it.
    pub kind: AlertKind,
    /// At most 40 characters: thing and fact.
    pub title: String,
    /// The consequence and what happens next; of one that is over, how it ended.
    pub body: String,
    pub severity: Severity,
    pub since: At,
    pub state: AlertState,
    /// When the state changes by itself: a pending one fires, a snooze ends, a recovering one is over.
    pub until: Option<At>,
    pub resolved_at: Option<At>,
    /// While its receiver is silent: since when nothing is known of it.
    pub unknown_since: Option<At>,
    pub link_ids: Vec<Uuid>,
    /// Which channels run out while it lasts, the first first.
    pub lapses: Vec<AlertLapse>,
    pub actions: Vec<AlertAction>,
}

impl Alert {
    /// Whether its cause is this receiver as a whole, and not some of its calendars.
    pub(crate) fn is_of(&self, receiver: Uuid) -> bool {
        let cause = self.id.split_once(':');
        cause.is_some_and(|(_, subject)| subject == receiver.to_string())
    }
}

/// What kind of cause; one rule each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    Receiver,
    Grant,
    Ending,
    Expired,
    Renewal,
    Unproved,
    Refused,
    Polling,
    Sync,
    Outbound,
    Held,
    Lag,
    Missed,
    Reminder,
}

/// How soon harm comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Notice,
    Warning,
    Urgent,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// The cause holds, but not yet as long as its rule waits.
    Pending,
    Firing,
    /// A person knows; silent until it gets worse or ends.
    Acknowledged,
    /// Silent until then; without a time until it changes.
    Snoozed,
    /// The cause is gone for the moment.
    Recovering,
    Resolved,
}

/// A channel that runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct AlertLapse {
    pub link_id: Uuid,
    pub at: At,
}

/// Something a person can do about an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct AlertAction {
    pub kind: AlertActionKind,
    pub label: String,
    /// The link it works on, for `renew`, `sync`, `resume` and `open`.
    pub link_id: Option<Uuid>,
    /// The clinic to connect again, for `reconnect`.
    pub clinic_id: Option<Uuid>,
}

/// Which thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum AlertActionKind {
    Renew,
    Sync,
    Resume,
    Reconnect,
    Open,
    Snooze,
    Acknowledge,
}

/// How long a snooze lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum SnoozeFor {
    /// One hour.
    Hour,
    /// Until the next 08:00 on the clock that the window shows.
    Morning,
    /// Until it gets worse, grows, or comes back.
    Change,
}

/// What would have been a bubble had nobody looked at the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Banner {
    /// Names exactly this one when it is read.
    pub id: Uuid,
    /// The incident it tells of; null when it tells of several.
    pub incident: Option<String>,
    pub title: String,
    pub body: String,
    pub severity: Severity,
}

/// What keeps bubbles back, and until when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct AlertHush {
    /// A person paused all alerts.
    pub paused_until: Option<At>,
    /// Quiet hours: urgent ones are told all the same.
    pub quiet_until: Option<At>,
}

/// The rules, and the hours in which they are quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct AlertRules {
    pub rules: Vec<AlertRule>,
    pub quiet_hours: Vec<QuietSpan>,
    /// The IANA name of the clock by which quiet hours and mornings go.
    pub time_zone: String,
}

/// One rule as a sentence; `{}` stands for each part in turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct AlertRule {
    pub kind: AlertKind,
    pub on: bool,
    pub sentence: String,
    pub parts: Vec<RulePart>,
}

/// A number in a rule's sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct RulePart {
    #[ts(type = "number")]
    pub value: u64,
    pub unit: RuleUnit,
    #[ts(type = "number")]
    pub least: u64,
    #[ts(type = "number")]
    pub most: u64,
}

/// What the number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum RuleUnit {
    Seconds,
    Minutes,
    Hours,
    Changes,
}

/// A rule as a person sets it: its parts' values in the order of the sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct RuleSetting {
    pub kind: AlertKind,
    pub on: bool,
    #[ts(type = "Array<number>")]
    pub values: Vec<u64>,
}

/// Quiet hours that begin on one weekday; `until` not later than `from` means on the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct QuietSpan {
    /// 1 is Monday, 7 is Sunday (ISO 8601).
    pub weekday: i8,
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`.
    pub until: String,
}

/// What a rule would have told in the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Backtest {
    /// Since when this computer knows; the history is at most 30 days.
    pub from: Option<At>,
    pub until: At,
    /// The alerts, newest first, at most 100.
    pub fired: Vec<BacktestAlert>,
    /// How many there were.
    pub count: u32,
}

/// One alert that would have been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct BacktestAlert {
    pub at: At,
    /// Absent while it lasts.
    pub until: Option<At>,
    pub title: String,
}
