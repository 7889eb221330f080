//! The state machine of one calendar link.
//!
//! One way in ([`Link::handle`]), one way out (its effects and [`Link::next_deadline`]). The whole value is
//! serialised by the executor in the transaction that stores its effects.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Effect, Entropy, Input, LinkId, Settings};

/// One link's state: its channels by generation, its run, its polling, and why it is as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub id: LinkId,
    pub clinic_id: Uuid,
}

/// What a link waits for at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    Renewal,
    RenewalRetry,
    Handshake,
    OverlapEnds,
    Expiry,
    Check,
    Poll,
    RunRetry,
    StopRetry,
    RefusalRetry,
    CanaryEnds,
}

impl Link {
    /// A link that has not started yet.
    pub fn new(id: LinkId, clinic_id: Uuid) -> Self {
        Self { id, clinic_id }
    }

    /// Takes one input at `now` and answers with the effects to commit and perform.
    pub fn handle(
        &mut self,
        _now: Timestamp,
        _input: Input,
        _settings: &Settings,
        _entropy: &mut dyn Entropy,
    ) -> Vec<Effect> {
        Vec::new()
    }

    /// When the link wants to wake, and why.
    pub fn next_deadline(&self, _settings: &Settings) -> Option<(Timestamp, Reason)> {
        None
    }
}
