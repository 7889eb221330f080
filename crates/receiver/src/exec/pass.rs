//! The renewal pass's own heartbeat: when the deadlines were last looked at, to the end.
//!
//! Nothing is renewed, checked or polled by a loop that hangs, and nothing else would tell.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::clock;

/// So many looks may be left out before it is too late.
const LOOKS_LEFT_OUT: u32 = 3;
/// However often is looked, a pass may take this long.
const LATE_LEAST: Duration = Duration::from_secs(120);

/// A completed pass.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// By the clock on the wall.
    pub at: Timestamp,
    /// Whatever that clock did since.
    pub age: Duration,
}

/// The age from which on a pass is too old.
pub fn late_after(look_every: Duration) -> Duration {
    look_every.saturating_mul(LOOKS_LEFT_OUT).max(LATE_LEAST)
}

/// Passes of this life.
#[derive(Debug, Default)]
pub(super) struct Passes(Mutex<Option<(Timestamp, Instant)>>);

impl Passes {
    /// A pass is complete, or the first one is due from now on.
    pub fn note(&self) {
        let now = (clock::now(), Instant::now());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    pub fn last(&self) -> Option<Pass> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|(at, since)| Pass {
            at,
            age: since.elapsed(),
        })
    }
}
