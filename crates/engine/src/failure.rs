//! Why a call to Google failed, classified once at the edge (`syncward-google`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A failed call: its class and the stable words that tell why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub class: FailureClass,
    /// Google's reason (`rateLimitExceeded`) or ours (`timeout`, `unreachable`, `malformed_answer`).
    pub reason: String,
    /// Google's status, if there was an answer.
    pub status: Option<u16>,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureClass {
    /// Try again with backoff, not before `retry_after`.
    Transient { retry_after: Option<Duration> },
    /// The same call will never succeed as it is.
    Permanent,
    /// Google no longer honours the grant.
    GrantLost,
    /// The cursor is gone (410 on a listing): run in full.
    CursorGone,
    /// The thing named by the call does not exist (404, 410 on an event, a calendar no longer shared).
    Gone,
    /// `If-Match` failed (412), or the id is taken (409).
    Conflict,
}
