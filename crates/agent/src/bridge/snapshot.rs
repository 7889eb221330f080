//! Everything the window shows at once, live or as last known.

use serde::{Deserialize, Serialize};
use syncward_wire::{At, Clinic, Grant, Link, OperationState, Overview, Role, StrangeCertificate};
use uuid::Uuid;

use super::{Alert, AlertHush, Attempt, Banner, ReceiverEntry, Settings, Updates};
use crate::compatibility::VersionFit;
use crate::deep_link::Arrival;
use crate::words::Language;

/// The agent's state as the window sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ts_rs::TS)]
pub struct Snapshot {
    /// Grows with every change.
    #[ts(type = "number")]
    pub rev: u64,
    /// The way to the chosen receiver.
    pub connection: Connection,
    /// The age of what the chosen receiver told; null when it never told anything.
    pub as_of: Option<At>,
    /// Every receiver that is watched, in the order they were paired in.
    pub receivers: Vec<ReceiverState>,
    /// The chosen receiver's; its counts and figures are those of all receivers.
    pub overview: Option<Overview>,
    /// Of all receivers, as are clinics and grants.
    pub links: Vec<Link>,
    pub clinics: Vec<Clinic>,
    pub grants: Vec<Grant>,
    /// Open incidents, worst first, then those that recover or may come, then those resolved in the last hour.
    pub alerts: Vec<Alert>,
    /// Told while the window was looked at, and not read yet, the oldest first; at most four, one for each cause.
    pub banners: Vec<Banner>,
    /// What keeps bubbles back now.
    pub hush: AlertHush,
    /// So long may an edit wait for Google, as the alert rule says, before it is worth a look.
    pub unsent_after_s: u32,
    /// Operations under way, and those finished in the last minute.
    pub operations: Vec<OperationState>,
    /// The consent attempt under way, or the last one.
    pub attempt: Option<Attempt>,
    /// Where the newest `syncward://` link leads, until the window has shown it.
    pub arrival: Option<Arrival>,
    pub updates: Updates,
    pub keychain: Keychain,
    pub notifier: Notifier,
    /// What the window and the tray speak now.
    pub language: Language,
    /// As they are kept, so that what is drawn first is drawn in them.
    pub settings: Settings,
    pub demo: Demo,
    /// Whose state this is: another folder of data has another, though the window's own storage is the same.
    pub desk: Uuid,
}

/// One of the receivers that are watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ts_rs::TS)]
pub struct ReceiverState {
    pub entry: ReceiverEntry,
    /// What it calls itself, as the alerts about it do; null before it told anything.
    pub id: Option<Uuid>,
    /// What it is called.
    pub title: String,
    pub connection: Connection,
    /// When it last told anything.
    pub as_of: Option<At>,
    /// Which links are its own; empty when it is the only receiver, as are the clinics.
    pub link_ids: Vec<Uuid>,
    pub clinic_ids: Vec<Uuid>,
    /// How many links it has.
    pub links: u32,
    /// A person paused it: it begins nothing new.
    pub paused: bool,
}

impl ReceiverState {
    /// Whether it does not answer though it did, or should.
    pub fn is_silent(&self) -> bool {
        match self.connection.status {
            ConnectionStatus::Stale | ConnectionStatus::Offline | ConnectionStatus::Unpaired => {
                true
            }
            ConnectionStatus::Connecting | ConnectionStatus::Connected => false,
        }
    }
}

/// Whether all this is made up: the receiver talks to the Google simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Demo {
    Off,
    /// The app was started around a demo; quitting ends it.
    Around,
    /// The demo was begun in the app, and is left there.
    Within,
}

/// The way to the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Connection {
    pub status: ConnectionStatus,
    pub since: At,
    pub receiver: Option<String>,
    pub version: Option<String>,
    /// Its version beside this app's, once it told it.
    pub fit: Option<VersionFit>,
    pub role: Option<Role>,
    /// The receiver was started by this app.
    pub local: bool,
    /// A person stopped the one on this computer; a person, or the next start of the app, starts it again.
    pub stopped: bool,
    pub round_trip_ms: Option<u32>,
    /// How far this computer's clock is ahead of the receiver's, give or take half a round trip.
    pub clock_ahead_ms: Option<i64>,
    /// One sentence: what is so, and what happens by itself.
    pub message: String,
    /// When the next try is, while there is no connection.
    pub retry_at: Option<At>,
    /// The certificate that stands in the way, until a person accepts it or it is gone.
    pub certificate: Option<StrangeCertificate>,
}

/// How fresh the snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// First contact since the start; the snapshot is the last known one.
    Connecting,
    Connected,
    /// The stream fell silent a moment ago; trying again.
    Stale,
    /// No contact for longer.
    Offline,
    /// No receiver is known, or it no longer takes our token.
    Unpaired,
}

/// Where the device token is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Keychain {
    pub kind: KeychainKind,
    /// Where it is, and why not in the system's keychain.
    pub note: String,
}

/// The kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum KeychainKind {
    Os,
    File,
}

/// Whether desktop notifications work here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Notifier {
    pub available: bool,
    /// Why not, or what the notification service can show.
    pub note: String,
}
