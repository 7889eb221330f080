//! Evidence that the promise is kept: fire drills, and the monthly proof.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;

/// `GET /links/{id}/fire-drills`: a drill, in which the live channel was stopped on purpose. Times count from the order to stop it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct FireDrill {
    /// Grows by time.
    #[ts(type = "number")]
    pub seq: i64,
    /// The operation's id.
    pub id: Uuid,
    pub link_id: Uuid,
    pub state: DrillState,
    /// The channel that was stopped.
    pub generation: u32,
    /// The one that took over.
    pub successor: Option<u32>,
    pub asked_at: At,
    /// Until Google said that the channel is stopped.
    #[ts(type = "number | null")]
    pub stopped_after_ms: Option<u64>,
    /// Until the first run without a channel began.
    #[ts(type = "number | null")]
    pub polling_after_ms: Option<u64>,
    /// Until a run without a channel had worked.
    #[ts(type = "number | null")]
    pub first_run_after_ms: Option<u64>,
    /// Until a new channel was proved.
    #[ts(type = "number | null")]
    pub proved_after_ms: Option<u64>,
    /// How long nobody looked: from the order to stop until the first run without a channel began.
    #[ts(type = "number | null")]
    pub unwatched_ms: Option<u64>,
    pub ended_at: Option<At>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// How a drill stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum DrillState {
    Running,
    Passed,
    Failed,
}
