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
    pub result: String,
    /// SHA-256 over this entry and the hash before, in hex.
    pub hash: String,
}
