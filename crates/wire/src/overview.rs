//! The overview: the sentence and the numbers of the four tiles.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use uuid::Uuid;

use crate::{At, GrantAilment, LinkState, ReceiverIdentity};

/// `GET /overview`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Overview {
    /// "11 of 12 calendars are live."
    pub sentence: String,
    /// What differs from normal, and whether anything was lost.
    pub detail: String,
    pub counts: Counts,
    pub next_expiry_at: Option<At>,
    pub delivery_24h: DeliveryRate,
    pub lag_24h: Lag,
    pub coverage_30d: Coverage,
    pub receiver: ReceiverIdentity,
    pub started_at: At,
    pub now_at: At,
    /// How far Google's clock is ahead of the receiver's at least, to the second, by its last answer; null before one.
    #[serde(default)]
    #[ts(type = "number | null")]
    pub google_ahead_ms: Option<i64>,
    /// The receiver itself is paused by a person.
    pub paused: bool,
    /// Google connections that work, and whose end within three days is foretold, the soonest first; at most 100.
    #[serde(default)]
    pub endings: Vec<GrantEnding>,
}

/// The foretold end of a grant that still works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct GrantEnding {
    pub grant_id: Uuid,
    pub clinic_id: Uuid,
    pub ailment: GrantAilment,
    pub ends_at: At,
    /// What to do before then.
    pub remedy: String,
}

/// Links per state.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS,
)]
pub struct Counts {
    pub total: u32,
    pub live: u32,
    pub due: u32,
    pub renewing: u32,
    pub unproved: u32,
    pub polling: u32,
    pub expired: u32,
    pub reconnect_needed: u32,
    pub paused: u32,
}

impl FromIterator<LinkState> for Counts {
    fn from_iter<I: IntoIterator<Item = LinkState>>(states: I) -> Self {
        let mut counts = Self::default();
        for state in states {
            counts.total += 1;
            *match state {
                LinkState::Live => &mut counts.live,
                LinkState::Due => &mut counts.due,
                LinkState::Renewing => &mut counts.renewing,
                LinkState::Unproved => &mut counts.unproved,
                LinkState::Polling => &mut counts.polling,
                LinkState::Expired => &mut counts.expired,
                LinkState::ReconnectNeeded => &mut counts.reconnect_needed,
                LinkState::Paused => &mut counts.paused,
            } += 1;
        }
        counts
    }
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            live: self.live + other.live,
            due: self.due + other.due,
            renewing: self.renewing + other.renewing,
            unproved: self.unproved + other.unproved,
            polling: self.polling + other.polling,
            expired: self.expired + other.expired,
            reconnect_needed: self.reconnect_needed + other.reconnect_needed,
            paused: self.paused + other.paused,
        }
    }
}

/// Changes announced by a notification ÷ all changes found on links in push mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct DeliveryRate {
    /// 0 to 1; null without a sample.
    pub rate: Option<f64>,
    /// What the rate is at least, with 95 % confidence; null without a sample.
    pub lower_bound: Option<f64>,
    /// How many changes the rate rests on.
    pub changes: u64,
    pub missed_changes: u64,
}

/// Sync latency (Google's change to applied) in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Lag {
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub samples: u64,
    /// What the clinic aims at.
    pub target_ms: f64,
}

/// How much of the time the links were watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Coverage {
    /// 0 to 1; null before anything was watched.
    pub rate: Option<f64>,
    /// Link-days the rate rests on.
    pub link_days: f64,
    pub gap_seconds: f64,
    pub gaps: u32,
    /// Watched by one channel; this and the next two are zero from an older receiver.
    #[serde(default)]
    pub push_seconds: f64,
    /// Watched by two, during renewals.
    #[serde(default)]
    pub overlap_seconds: f64,
    #[serde(default)]
    pub polling_seconds: f64,
}
