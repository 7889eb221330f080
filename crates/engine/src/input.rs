//! What enters a link's state machine.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ChannelId, Failure, OperationId, RunId};

/// Something that happened to one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The link was made; its grant works.
    Started,
    /// One or more notifications on a channel of this link are durable in the inbox.
    Notified {
        channel: ChannelId,
        kind: NotificationKind,
        received_at: Timestamp,
    },
    /// Google opened the channel.
    WatchOpened {
        channel: ChannelId,
        resource_id: String,
        expires_at: Timestamp,
    },
    /// Google (or the way to it) refused.
    WatchRefused {
        channel: ChannelId,
        failure: Failure,
    },
    /// The channel is stopped at Google, or Google says it never knew it.
    ChannelStopped {
        channel: ChannelId,
    },
    /// Stopping failed for a passing cause.
    StopFailed {
        channel: ChannelId,
        failure: Failure,
    },
    /// A run finished and its changes and cursor are committed.
    RunFinished {
        run: RunId,
        report: RunReport,
    },
    RunFailed {
        run: RunId,
        failure: Failure,
    },
    /// There was no spare quota for a run that may wait, nor will there be for so long.
    RunPutOff {
        run: RunId,
        wait: Duration,
    },
    /// When the next appointment starts, or none does soon; told at the end of runs and when one is edited here,
    /// while [`wants_appointments`](crate::Link::wants_appointments).
    AppointmentsKnown {
        next_at: Option<Timestamp>,
    },
    /// The calendar has been quiet for longer than its rhythm suggests.
    SilenceUnusual,
    /// Too little is known of the calendar's rhythm to judge its silence.
    SilenceUnknown,
    RenewAsked {
        operation: OperationId,
    },
    SyncAsked {
        operation: OperationId,
    },
    TestDeliveryAsked {
        operation: OperationId,
    },
    /// Stop the live channel on purpose, and see what follows.
    FireDrillAsked {
        operation: OperationId,
    },
    PauseAsked,
    ResumeAsked,
    GrantLost {
        reason: String,
    },
    GrantRestored,
    /// The configuration (public address, Google client) really changed since the last start: permanent refusals
    /// are worth another try, and a successor is opened for a live channel, which points to the old address.
    ConfigurationChanged,
    /// The link is being deleted or its grant disconnected: stop the channels, then nothing more.
    Ended,
    /// The receiver was not running from `asleep_from` until now; optional, since a late deadline tells it too.
    Woke {
        asleep_from: Timestamp,
    },
    /// A deadline named by `next_deadline` has come, or might have (harmless when early).
    DeadlineReached,
}

/// What a notification says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotificationKind {
    /// `X-Goog-Resource-State: sync`.
    Handshake,
    /// `exists` or `not_exists`.
    Change,
}

/// What a finished run found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// Changes applied (created + changed + cancelled), without echoes of our own edits.
    pub created: u32,
    pub changed: u32,
    pub cancelled: u32,
    pub echoes: u32,
    /// Cancellations held by the mass-change guard.
    pub held: u32,
    /// Changes older than the grace time that no notification announced; counted in push mode only.
    pub missed: u32,
    /// Events listed.
    pub listed: u32,
    /// The longest way of one of these changes, from Google to the appointment; absent when none was measured.
    #[serde(default)]
    pub latency_ms: Option<u64>,
}
