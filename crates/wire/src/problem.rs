//! Errors as RFC 9457 problem documents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A problem document (`application/problem+json`): what is wrong and what the reader can do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Problem {
    /// `about:blank`, or a page that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    pub detail: String,
    /// A stable word to match on, such as `link_paused`.
    pub code: String,
    /// What heals it, in one sentence.
    pub action: String,
}
