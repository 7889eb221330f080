//! What a link's state machine asks of the world.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::link::Drill;
use crate::{ChannelId, Fact, OperationId, RunId};

/// One thing to do; the executor commits it with the state, then performs it, and repeats it after a crash with the same ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Open a channel at Google; answered by `WatchOpened` or `WatchRefused`.
    OpenChannel {
        channel: ChannelId,
        generation: u32,
        expires_at: Timestamp,
        canary: bool,
    },
    /// Stop a channel; answered by `ChannelStopped` or `StopFailed`.
    StopChannel {
        channel: ChannelId,
        resource_id: String,
    },
    /// List changes and apply them; answered by `RunFinished`, `RunFailed` or `RunPutOff`.
    StartRun {
        run: RunId,
        kind: RunKind,
        trigger: Trigger,
        /// It may wait for spare quota (`RunPutOff`): nothing asked for it but the interval.
        #[serde(default)]
        spare: bool,
    },
    /// Write a line of the link's biography.
    Record {
        fact: Fact,
        operation: Option<OperationId>,
    },
    /// A step of an operation that a person follows.
    Step { operation: OperationId, step: Step },
    /// How the link is watched from now on: the coverage ledger's next interval begins.
    /// It begins at `from`: now, or earlier when the receiver learns late that nobody was watching.
    Watch { watching: Watching, from: Timestamp },
    /// How far a fire drill is; the last one of an operation is the evidence.
    Drill { drill: Box<Drill> },
}

/// Full listing or from the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunKind {
    /// From the cursor; the executor lists in full when there is none yet.
    Incremental,
    /// Mark and sweep, after the cursor is gone or for a new link.
    Full,
}

/// Why a run started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    First,
    Notification,
    Check,
    Poll,
    Asked,
    CursorGone,
    Retry,
}

/// A step of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    Opening,
    Proving,
    Overlapping,
    Stopping,
    Running,
    Done { message: String },
    Failed { message: String },
}

/// How a link is watched in an interval of the coverage ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watching {
    Push {
        generation: u32,
    },
    /// During a renewal: the generation that took over, and its predecessor beside it.
    Overlap {
        generation: u32,
    },
    Polling {
        cause: String,
    },
    Gap {
        cause: String,
    },
}
