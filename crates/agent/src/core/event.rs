//! Everything that can happen to the agent.

use syncward_wire::{Operation, OperationState};
use uuid::Uuid;

use super::{Asked, Reply};
use crate::bridge::{Answer, Attempt, Fault, UpdateState};
use crate::connection::Heard;
use crate::consent::Running;
use crate::demo::Demo;
use crate::notifier::BubbleEvent;
use crate::pairing::NewReceiver;
use crate::sidecar::SidecarEvent;

pub(super) enum Event {
    Asked(Asked),
    /// From the connection of that epoch.
    Heard(u64, Heard),
    Sidecar(SidecarEvent),
    Attempt(Attempt),
    Outcome(Outcome),
    Bubble(BubbleEvent),
    /// Hints have waited long enough.
    Flush,
    /// A second has passed.
    Beat,
}

/// What a task of the agent came back with.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A receiver was paired or is known from the last time, or could not be; `key` is who it was meant to be.
    Paired {
        key: String,
        result: Result<Box<NewReceiver>, Fault>,
        local: bool,
        reply: Option<Reply>,
    },
    /// A receiver that is watched no longer has no token here any more.
    TokenGone { key: String },
    /// A consent attempt stands, or could not begin.
    Begun {
        result: Result<Running, Fault>,
        reply: Reply,
    },
    /// The search for a newer version went on.
    Updates(UpdateState),
    /// A renewal that a bubble asked for was taken, or refused.
    Ordered {
        incident: String,
        link_id: Uuid,
        result: Result<Operation, Fault>,
    },
    /// How far an operation was when it was asked for, from the connection of that epoch.
    Stands { epoch: u64, state: OperationState },
    /// How late changes were lately; none when there were too few to say.
    Lateness { epoch: u64, p95_ms: Option<u64> },
    /// A chart's question was answered; the receiver's key, and the name to remember it under.
    Series {
        receiver: String,
        name: String,
        series: Box<Answer>,
    },
    /// The demo's world stands, or could not be started.
    DemoStands {
        result: Result<Box<Demo>, String>,
        reply: Reply,
    },
}
