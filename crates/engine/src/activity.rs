//! The facts of a link's biography, without a word of any patient.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Failure, RunReport, Trigger};

/// Something worth telling; the receiver turns it into text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    Linked,
    ChannelOpening {
        generation: u32,
    },
    ChannelProved {
        generation: u32,
        after_ms: u64,
    },
    ChannelUnproved {
        generation: u32,
    },
    Renewed {
        generation: u32,
        expires_at: Timestamp,
    },
    RenewalFailed {
        failure: Failure,
        retry_at: Option<Timestamp>,
    },
    WatchRefused {
        failure: Failure,
    },
    RenewalDue {
        expires_at: Timestamp,
    },
    OldStopped {
        generation: u32,
    },
    ChannelExpired {
        generation: u32,
        #[serde(default)]
        unrenewed: Unrenewed,
    },
    FellBackToPolling {
        cause: String,
    },
    PushRestored,
    RunFinished {
        report: RunReport,
        trigger: Trigger,
        full: bool,
    },
    RunFailed {
        failure: Failure,
        retry_at: Option<Timestamp>,
    },
    CursorGone,
    GrantLost {
        reason: String,
    },
    GrantRestored,
    DeliveryTested {
        passed: bool,
        after_ms: u64,
    },
    FireDrillBegan {
        generation: u32,
    },
    FireDrillPassed {
        after_ms: u64,
    },
    FireDrillFailed {
        why: String,
    },
    Paused,
    Resumed,
}

/// Why a channel that was in charge ran out without a successor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unrenewed {
    /// One should have been proved by then.
    #[default]
    Failed,
    NoPublicAddress,
    Paused,
    GrantLost,
}

/// How much a person should care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    Quiet,
    Good,
    Warn,
    Bad,
}
