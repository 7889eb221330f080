//! What the window gets back, and the hints that tell it to ask again.

use serde::{Deserialize, Serialize};
use syncward_wire::receiver::{AuditPage, Device, ReceiverHealth};
use syncward_wire::{
    Activity, At, Calendar, Clinic, CoverageSeries, DeliverySeries, Fingerprint, FireDrill, Grant,
    GrantHealth, LagSeries, Link, MissedChange, Operation, Page, Role, StrangeCertificate,
};

use super::{Alert, AlertRules, Attempt, Backtest, Diagnostics, Snapshot, Startup};
use crate::words::Language;

/// What the one beside this program is called as long as nobody named it.
pub(crate) const THIS_COMPUTER: &str = "this computer";

/// The answer or the fault, never both: `{"ok": …}` or `{"error": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Ok(Answer),
    Error(Fault),
}

impl From<Result<Answer, Fault>> for Response {
    fn from(result: Result<Answer, Fault>) -> Self {
        match result {
            Ok(answer) => Self::Ok(answer),
            Err(fault) => Self::Error(fault),
        }
    }
}

/// An answer, written as `{"kind": "lag", "value": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Answer {
    Snapshot(Box<Snapshot>),
    Link(Box<Link>),
    Lag(Box<LagSeries>),
    Delivery(DeliverySeries),
    Coverage(CoverageSeries),
    Activity(Page<Activity>),
    Audit(AuditPage),
    MissedChanges(Page<MissedChange>),
    FireDrills(Page<FireDrill>),
    Operation(Operation),
    Clinics(Vec<Clinic>),
    Clinic(Clinic),
    Grants(Vec<Grant>),
    GrantHealth(GrantHealth),
    Calendars(Vec<Calendar>),
    Connect(Attempt),
    AlertHistory(Page<Alert>),
    AlertRules(AlertRules),
    Backtest(Backtest),
    Receivers(Vec<ReceiverEntry>),
    Devices(Vec<Device>),
    ReceiverHealth(HealthSeen),
    LocalLog(LocalLog),
    Settings(Settings),
    Saved(Saved),
    About(About),
    Startup(Startup),
    Diagnostics(Diagnostics),
    Done,
}

/// What went wrong, what it means, and what heals it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Fault {
    /// A stable word, such as `receiver_unreachable` or the receiver's own code.
    pub code: String,
    pub message: String,
    pub action: String,
    /// The certificate that was not taken, for a person to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub certificate: Option<Box<StrangeCertificate>>,
}

impl Fault {
    /// A fault of the agent's own.
    pub fn new(
        code: impl Into<String>,
        message: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            action: action.into(),
            certificate: None,
        }
    }
}

/// How a receiver stands, and what is seen of it from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct HealthSeen {
    pub health: ReceiverHealth,
    /// When the certificate ends that this computer is shown; null over plain HTTP.
    pub certificate_ends_at: Option<At>,
}

/// The end of the local receiver's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct LocalLog {
    pub file: String,
    /// The oldest first.
    pub lines: Vec<String>,
}

/// A receiver this computer is paired with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct ReceiverEntry {
    /// `http://host:port`, without a path.
    pub address: String,
    /// Started by this app, on this computer.
    pub local: bool,
    /// The one that the pages of a single receiver show.
    pub current: bool,
    pub role: Role,
    pub version: String,
    pub paired_at: At,
    /// The key that was compared, for a receiver whose certificate the system does not vouch for.
    pub pin: Option<Fingerprint>,
    /// What a person calls it; empty: its address says enough.
    pub name: String,
}

impl ReceiverEntry {
    /// Under which name its token and what it told are kept; a local one changes its port with every start.
    pub fn key(&self) -> &str {
        match self.local {
            true => "local",
            false => &self.address,
        }
    }

    /// What it is called where several are watched.
    pub fn title(&self) -> &str {
        match (self.name.as_str(), self.local) {
            ("", true) => THIS_COMPUTER,
            ("", false) => self
                .address
                .trim_start_matches("https://")
                .trim_start_matches("http://"),
            (name, _) => name,
        }
    }
}

/// What a person set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub theme: Theme,
    /// Desktop notifications; alerts stay visible in the window without them.
    pub notifications: bool,
    /// Whose clock the window shows.
    #[serde(default)]
    pub zone: Zone,
    /// What the window and the tray speak; null follows the system.
    #[serde(default)]
    pub language: Option<Language>,
    /// Look once a day for a newer version, where an update address is configured.
    #[serde(default = "yes")]
    pub update_checks: bool,
}

fn yes() -> bool {
    true
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            notifications: true,
            zone: Zone::Clinic,
            language: None,
            update_checks: true,
        }
    }
}

/// Whose clock the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// The clinic's; where clinics differ, this computer's.
    #[default]
    Clinic,
    /// This computer's.
    Mine,
    Utc,
}

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    System,
    Light,
    Dark,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum FileContent {
    Text(String),
    Base64(String),
}

/// A file that was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Saved {
    pub path: String,
}

/// What this program is and where it keeps things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct About {
    pub version: String,
    pub receiver_version: Option<String>,
    pub receiver_address: Option<String>,
    pub data_dir: String,
    /// What the store there takes.
    pub data_bytes: u64,
    pub receiver_log: Option<String>,
    pub licence: String,
}

/// Something changed; the window asks again for what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Hint {
    pub entity: HintEntity,
    /// The agent's revision after the change; grows.
    #[ts(type = "number")]
    pub rev: u64,
}

/// What a hint is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS,
)]
#[serde(rename_all = "snake_case")]
pub enum HintEntity {
    /// The snapshot: links, overview, alerts, connection, operations.
    Snapshot,
    /// New lines of the biography; charts may have moved too.
    Activity,
    /// A consent attempt went on.
    Connect,
    Settings,
    /// Bring the window to this: a bubble or the tray asked for it.
    Open,
}
