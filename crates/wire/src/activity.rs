//! The biography of links: what happened, when, and how to feel about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;

/// One line of a link's (or the receiver's) biography.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Activity {
    pub id: Uuid,
    /// Grows by time; the cursor of `after`.
    #[ts(type = "number")]
    pub seq: i64,
    pub link_id: Option<Uuid>,
    pub clinic_id: Option<Uuid>,
    pub at: At,
    /// A stable word, such as `renewed`, `changes_applied`, `cursor_gone`.
    pub kind: String,
    pub tone: Tone,
    /// The fact, such as "2 changes applied".
    pub text: String,
    /// The rest of the sentence, such as "in 1.2 s".
    pub detail: Option<String>,
    /// The operation this is a step of.
    pub operation_id: Option<Uuid>,
}

/// How much a person should care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Quiet,
    Good,
    Warn,
    Bad,
}
