//! `GET /attest`: the monthly proof. It names clinics and calendars, and has no field that could carry a patient's word.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::proof::FireDrill;
use crate::{At, MissedChange, Proof, Watching};

/// The proof of a month and its digest, to be kept and compared later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attestation {
    pub proof: MonthlyProof,
    /// SHA-256 of `proof` as compact JSON with sorted keys, in hex.
    pub sha256: String,
}

/// What was promised and what was kept in a calendar month, each clinic's by its own clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MonthlyProof {
    /// Of this shape: 1.
    pub format: u32,
    /// Such as `2026-11`.
    pub month: String,
    pub made_at: At,
    pub receiver_id: Uuid,
    pub version: String,
    pub promise: Promise,
    pub clinics: Vec<ClinicProof>,
    pub audit: AuditHead,
    /// What no record of this receiver can prove, in sentences.
    pub cannot_prove: Vec<String>,
}

/// The settings that the promise rests on, as they were when this was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Promise {
    /// In sentences.
    pub sentences: Vec<String>,
    /// Whether Google can reach this receiver.
    pub push: bool,
    pub check_interval_s: u64,
    pub poll_interval_s: u64,
    pub grace_s: u64,
    pub channel_life_s: u64,
    pub renew_before_s: u64,
}

/// The audit trail when this was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditHead {
    pub entries: u64,
    pub intact: bool,
    /// The first entry that was changed or is missing.
    pub broken_at: Option<i64>,
    /// The number and the hash of the last entry; another hash later means that the trail was rewritten.
    pub seq: i64,
    pub hash: String,
}

/// One clinic's month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClinicProof {
    pub clinic_id: Uuid,
    pub clinic_name: String,
    pub time_zone: String,
    pub from_at: At,
    /// The month's end, or when this was made.
    pub until_at: At,
    /// The month was not over when this was made.
    pub until_now: bool,
    pub links: Vec<LinkProof>,
}

/// One calendar's month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkProof {
    pub link_id: Uuid,
    pub calendar_name: String,
    pub connected_at: At,
    pub coverage: WatchedTime,
    /// How it was watched, interval by interval.
    pub spans: Vec<ProofSpan>,
    pub delivery: ProofDelivery,
    pub missed: Vec<MissedChange>,
    pub renewals: Renewals,
    pub chain: ChainProof,
    pub proofs: Proofs,
    pub fire_drills: Vec<FireDrill>,
    pub latency: ProofLatency,
}

/// Milliseconds of the month by how the calendar was watched; together they are the whole of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WatchedTime {
    pub push_ms: u64,
    /// By two channels, during renewals.
    pub overlap_ms: u64,
    pub polling_ms: u64,
    /// By nobody.
    pub gap_ms: u64,
    /// Paused by a person.
    pub paused_ms: u64,
    /// Before the calendar was connected, or older than what is kept.
    pub unrecorded_ms: u64,
    /// Watched ÷ (watched + gap), 0 to 1; null without either.
    pub rate: Option<f64>,
}

/// One interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofSpan {
    pub watching: Watching,
    pub cause: Option<String>,
    pub from_at: At,
    pub until_at: At,
}

/// Changes announced by a notification ÷ all changes found in push mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProofDelivery {
    pub changes: u64,
    pub missed: u64,
    pub rate: Option<f64>,
    /// With 95 % confidence.
    pub lower_bound: Option<f64>,
}

/// Channels that took over, attempts that failed, and channels that ran out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Renewals {
    pub done: u64,
    pub failed_attempts: u64,
    pub expired: u64,
}

/// The chain of cursors, followed from the month's first run to its last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainProof {
    pub runs: u64,
    /// Listings of everything, which need no cursor.
    pub full_runs: u64,
    pub unbroken: bool,
    pub breaks: Vec<ChainBreak>,
    /// The hash of what the month's first run began with; null where it listed everything.
    pub first: Option<String>,
    pub last: Option<String>,
    /// Of a month that is not over: whether the chain ends with the cursor in use.
    pub ends_with_present: Option<bool>,
}

/// A run that did not begin where the one before had ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainBreak {
    pub at: At,
    pub expected: String,
    pub found: Option<String>,
}

/// Evidence that push worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proofs {
    /// Channels whose handshake (or first change) came.
    pub channels_proved: u64,
    /// Changes that a notification announced in time.
    pub delivered_changes: u64,
    pub tests_passed: u64,
    pub tests_failed: u64,
    /// The newest when this was made.
    pub last: Option<Proof>,
}

/// From Google's time of change to the appointment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofLatency {
    pub samples: u64,
    pub p50_ms: Option<u64>,
    pub p95_ms: Option<u64>,
}
