//! Why a call to Google failed, classified once at the edge (`syncward-google`).

mod cause;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use cause::Cause;

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

impl Failure {
    /// Whether the call may have worked all the same: no answer came, Google broke over it, or this was a repetition
    /// (after a crash, say) that was turned away before Google looked at what the first call did.
    pub fn leaves_doubt(&self) -> bool {
        matches!(self.class, FailureClass::Transient { .. })
    }

    /// Whether Google asks for fewer calls.
    pub fn is_a_quota(&self) -> bool {
        let transient = matches!(self.class, FailureClass::Transient { .. });
        transient
            && self
                .status
                .is_some_and(|status| (400..500).contains(&status))
    }

    /// The cause in a person's words, without a full stop.
    pub fn in_words(&self) -> String {
        Cause::of_reason(&self.reason).in_words()
    }
}
