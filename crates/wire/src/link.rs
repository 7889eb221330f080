//! Links and their channels, as a person sees them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;

/// The one word a person sees for a link.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    ts_rs::TS,
)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// A proved channel watches, and its renewal is not due.
    Live,
    /// The renewal window is open; renewal happens by itself.
    Due,
    /// A successor is being opened, proved or overlapped.
    Renewing,
    /// A channel was opened but no handshake came in time.
    Unproved,
    /// No channel; the link is listed at an interval.
    Polling,
    /// The channel ran out before a successor was proved.
    Expired,
    /// Google no longer honours the grant; a person must reconnect.
    ReconnectNeeded,
    /// A person paused it.
    Paused,
}

impl LinkState {
    /// Whether renewing all that are due renews it: its window is open, or its channel is gone.
    pub fn wants_renewal(self) -> bool {
        matches!(self, Self::Due | Self::Unproved | Self::Expired)
    }
}

/// How the link is watched now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Push,
    Polling,
}

/// Why a link is in its state, since when, and what heals it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Reason {
    /// A stable word, such as `push_not_supported` or `grant_lost`.
    pub code: String,
    pub message: String,
    /// What a person can do, or that nothing is needed.
    pub action: String,
    pub since_at: At,
}

/// ChannelAttempts to open a channel that failed since one was proved last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct ChannelAttempts {
    pub failed: u32,
    /// When the next one is made by itself; null while one is under way, and where none is made.
    pub next_at: Option<At>,
}

/// A calendar link: a clinic and one Google calendar under one grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Link {
    pub id: Uuid,
    pub clinic_id: Uuid,
    pub clinic_name: String,
    pub grant_id: Uuid,
    /// The account: the id of its primary calendar.
    pub account: String,
    pub google_calendar_id: String,
    pub calendar_name: String,
    pub state: LinkState,
    pub mode: Mode,
    pub reason: Option<Reason>,
    /// ChannelAttempts to open a channel; null while none failed since the last proof, and from an older receiver.
    #[serde(default)]
    pub attempts: Option<ChannelAttempts>,
    /// The newest proved channel.
    pub channel: Option<Channel>,
    /// The last generations, newest first.
    pub channels: Vec<Channel>,
    pub proof: Option<Proof>,
    pub counters: Counters,
    /// Changes found per hour over the last 24 hours, oldest first.
    pub activity_24h: Vec<u32>,
    /// Sync latency p95 over the last 24 hours, in milliseconds; null when there is no sample.
    pub latency_p95_ms: Option<f64>,
    pub delivery: crate::DeliveryRate,
    pub next_run_at: Option<At>,
    /// The sync run under way.
    pub run: Option<Run>,
    /// How often it changes; of a single link only, and once enough was seen.
    pub rhythm: Option<Rhythm>,
    /// The last finished sync run.
    pub synced_at: Option<At>,
    /// Cancellations held by the mass-change guard, waiting for approve or reject.
    pub held_cancellations: u32,
    /// Edits that Google has not taken; null while all have reached it, and from an older receiver.
    #[serde(default)]
    pub outbound: Option<OutboundWait>,
    pub created_at: At,
}

/// Edits of a calendar that have not reached Google; one that is just under way is not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct OutboundWait {
    /// Since when the oldest waits; a further edit of the same appointment does not change it.
    pub since_at: At,
    pub edits: u32,
    /// Why the last attempt failed, in Google's word; null when none was made.
    pub failure: Option<String>,
    /// Google won't have an edit as it is, rather than being unable to take it for the moment.
    pub refused: bool,
    /// When the first of their appointments begins that has not begun.
    pub next_start_at: Option<At>,
}

/// How often a calendar changes at this hour of the week, and whether its present silence is usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Rhythm {
    pub last_change_at: Option<At>,
    /// The usual time between two changes at this hour of the week on the clinic's clock; null when there are none.
    #[ts(type = "number | null")]
    pub usual_gap_ms: Option<u64>,
    /// The changes it rests on, old ones counted less.
    pub samples: f64,
    pub silence: Silence,
}

/// What a calendar's silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    Usual,
    Unusual,
    /// Too little was seen to say.
    Unknown,
}

/// A sync run under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Run {
    /// Whether everything is listed anew, not only what changed.
    pub full: bool,
    pub started_at: At,
    /// Events read so far.
    pub listed: u32,
}

/// One leased Google push channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Channel {
    /// The channel id Google knows.
    pub id: String,
    pub resource_id: Option<String>,
    pub generation: u32,
    pub state: ChannelState,
    pub registered_at: Option<At>,
    /// When the handshake (or a first change) proved it.
    pub verified_at: Option<At>,
    pub expires_at: Option<At>,
    /// When the receiver plans to renew it; null where it is not renewed by itself.
    pub renews_at: Option<At>,
    pub notifications: u64,
}

/// Where a channel is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    Opening,
    Unproved,
    Live,
    Superseded,
    Stopped,
    Expired,
    Refused,
}

/// The last evidence that push works for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Proof {
    pub at: At,
    pub by: ProofKind,
}

/// What proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    Handshake,
    Change,
    Canary,
}

/// Counts since the link was made.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS,
)]
pub struct Counters {
    pub notifications: u64,
    pub duplicates: u64,
    pub changes: u64,
    pub missed_changes: u64,
    pub runs: u64,
    /// Echoes of our own edits that were judged; zero from an older receiver.
    #[serde(default)]
    pub echoes: u64,
    /// Those that a notification announced in time.
    #[serde(default)]
    pub echoes_announced: u64,
}

/// An action under way (`202`); its steps arrive as activity and on the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Operation {
    /// The operation's id.
    pub operation: Uuid,
}

/// An operation's progress, as the stream tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct OperationState {
    pub id: Uuid,
    pub link_id: Option<Uuid>,
    /// `renew`, `sync`, `test_delivery`, `fire_drill`.
    pub kind: String,
    /// `asked`, `opening`, `proving`, `overlapping`, `stopping`, `running`, `done`, `failed`.
    pub step: String,
    pub message: String,
    pub finished: bool,
    pub failed: bool,
    pub at: At,
}

impl OperationState {
    /// Whether what was asked for has happened or failed: from the overlap on, the proved successor is in charge.
    pub fn is_settled(&self) -> bool {
        self.finished || self.step == "overlapping"
    }
}
