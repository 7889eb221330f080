//! Columns ready to plot: latency, delivery and coverage.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;

/// `GET /lag`: one entry per bucket in every column; null where there was no sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct LagSeries {
    /// Start of each bucket, in seconds since 1970.
    pub start_s: Vec<f64>,
    pub bucket_s: f64,
    pub p50_ms: Vec<Option<f64>>,
    pub p95_ms: Vec<Option<f64>>,
    /// Null under 20 samples.
    pub p99_ms: Vec<Option<f64>>,
    pub samples: Vec<u64>,
    /// Median per leg: changed → received → run starts → applied.
    pub delivery_p50_ms: Vec<Option<f64>>,
    pub pickup_p50_ms: Vec<Option<f64>>,
    pub apply_p50_ms: Vec<Option<f64>>,
    pub target_ms: f64,
    /// The whole range as one; empty from an older receiver.
    #[serde(default)]
    pub whole: WholeLag,
    /// Only when asked for.
    #[serde(default)]
    pub spread: Option<LagSpread>,
    /// Renewals in each bucket; empty from an older receiver.
    #[serde(default)]
    pub renewals: Vec<u64>,
    /// The lines that tell of another version of the receiver within the range, newest first.
    #[serde(default)]
    pub updates: Vec<crate::Activity>,
}

/// All samples of a range as one: percentiles are never made from percentiles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct WholeLag {
    pub samples: u64,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    /// Null under 20 samples.
    pub p99_ms: Option<f64>,
    pub delivery_p50_ms: Option<f64>,
    pub pickup_p50_ms: Option<f64>,
    pub apply_p50_ms: Option<f64>,
}

/// How the samples of each bucket lie: for a heatmap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct LagSpread {
    /// Ascending. The first place of a row is below the first edge, the last one at or above the last.
    pub edges_ms: Vec<f64>,
    /// A row per bucket; an empty row where there was no sample.
    pub counts: Vec<Vec<u64>>,
}

/// `GET /delivery`: notifications received, changes found, and those no notification told of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct DeliverySeries {
    /// Start of each bucket, in seconds since 1970.
    pub start_s: Vec<f64>,
    pub bucket_s: f64,
    pub notifications: Vec<u64>,
    pub changes: Vec<u64>,
    pub missed_changes: Vec<u64>,
    /// Of the whole range; empty from an older receiver.
    #[serde(default)]
    pub rate: crate::DeliveryRate,
}

/// A change that no notification announced within the grace time, and how it was found after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct MissedChange {
    /// Grows by time.
    #[ts(type = "number")]
    pub seq: i64,
    pub link_id: Uuid,
    /// When it was made at Google.
    pub changed_at: At,
    pub found_at: At,
    /// What started the run that found it: `check`, `poll`, `asked`, `notification` (of a later change), `retry`.
    pub found_by: String,
    /// From the change to its finding, in milliseconds.
    #[ts(type = "number")]
    pub late_ms: u64,
}

/// One run, or several in a row that found nothing: where it began to read and where it ended.
///
/// Cursors are named by the first 128 bits of their SHA-256; an unbroken chain begins each step where the last ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct CursorStep {
    /// Grows by time.
    #[ts(type = "number")]
    pub seq: i64,
    pub link_id: Uuid,
    /// Whether everything was listed; such a step needs no cursor.
    pub full: bool,
    /// `first`, `notification`, `check`, `poll`, `asked`, `cursor_gone`, `retry`.
    pub trigger: String,
    /// How many runs this is: more than one only when none found anything.
    #[ts(type = "number")]
    pub runs: u64,
    pub cursor_in: Option<String>,
    pub cursor_out: String,
    /// Events listed.
    #[ts(type = "number")]
    pub listed: u64,
    pub created: u32,
    pub changed: u32,
    pub cancelled: u32,
    /// Our own edits, come back.
    pub echoes: u32,
    pub missed: u32,
    /// Cancellations that wait for a person.
    pub held: u32,
    /// When the first of these runs began.
    pub started_at: At,
    /// When the last of them ended.
    pub finished_at: At,
}

/// `GET /coverage`: how each link was watched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct CoverageSeries {
    pub spans: Vec<CoverageSpan>,
    pub coverage: crate::Coverage,
}

/// One interval of one link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct CoverageSpan {
    pub link_id: Uuid,
    pub watching: Watching,
    /// The channel's generation, for push; of an overlap, the newer one's.
    pub generation: Option<u32>,
    pub from_at: At,
    /// Null while it lasts.
    pub until_at: Option<At>,
    /// The cause of a gap or of polling, as a stable word.
    pub cause: Option<String>,
}

/// How a link was watched in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Watching {
    Push,
    /// By two channels: the generation that took over, and its predecessor until it is stopped.
    Overlap,
    Polling,
    Gap,
}
