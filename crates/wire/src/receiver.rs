//! How the receiver itself stands, and devices and the audit trail: who can reach it and what they did.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{At, Role};

/// `GET /receiver`: how the receiver itself stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct ReceiverHealth {
    pub work: Work,
    pub store: StoreHealth,
    /// Google's notifications that are stored and wait for their run.
    #[ts(type = "number")]
    pub inbox: u64,
    /// Edits of the clinic's own system that wait for Google.
    #[ts(type = "number")]
    pub outbox: u64,
    /// When every deadline was last looked at; null in the first moments of the process.
    pub renewal_pass_at: Option<At>,
    /// That is too long ago.
    pub renewal_pass_late: bool,
    /// Calls to Google in the last minute, by this process.
    pub google_calls: u32,
    /// Calls to Google that it may make per minute.
    pub google_calls_most: u32,
    /// The OAuth client of its Google Cloud project; no secret. Null without one.
    pub google_client_id: Option<String>,
}

/// Whether the receiver begins work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Working,
    /// By a person, until one resumes it.
    Paused,
    /// By a person, until one resumes it or the process is started again.
    Draining,
}

/// Where the receiver keeps what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct StoreHealth {
    pub kind: StoreKind,
    /// What it takes; null when that can't be said.
    #[ts(type = "number | null")]
    pub bytes: Option<u64>,
    /// What is free on the disk beside it; null for a database elsewhere.
    #[ts(type = "number | null")]
    pub free_bytes: Option<u64>,
}

/// The database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    Sqlite,
    Postgres,
}

/// A paired device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Device {
    pub id: Uuid,
    pub name: String,
    pub role: Role,
    pub paired_at: At,
    pub seen_at: Option<At>,
    pub revoked_at: Option<At>,
    /// The device that asks.
    pub own: bool,
}

/// One control action; `hash` chains to the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct AuditEntry {
    pub id: Uuid,
    #[ts(type = "number")]
    pub seq: i64,
    pub at: At,
    /// The device's name, or `command line`.
    pub who: String,
    /// The action, such as `renew`.
    pub what: String,
    pub subject_id: Option<Uuid>,
    /// `done`, or `refused: ` and the code of the problem.
    pub result: String,
    /// SHA-256 over this entry and the hash before, in hex.
    pub hash: String,
}

/// `GET /audit`: a page of entries, and whether the whole chain holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct AuditPage {
    pub items: Vec<AuditEntry>,
    pub next: Option<String>,
    pub chain: Chain,
}

/// Whether every entry is as it was written, and none is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Chain {
    pub intact: bool,
    /// Entries ever written.
    #[ts(type = "number")]
    pub entries: u64,
    /// The `seq` of the first entry that was changed or is missing.
    #[ts(type = "number | null")]
    pub broken_at: Option<i64>,
}
