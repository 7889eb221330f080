//! Devices and the audit trail: who can reach the receiver and what they did.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{At, Role};

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
