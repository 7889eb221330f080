//! True time, and the receiver's clock beside it: both stand still between lives and run on tokio's paused clock in one.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

thread_local! {
    static STANDING: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
    static RUNNING: Cell<Option<Instant>> = const { Cell::new(None) };
    static STEP: Cell<SignedDuration> = const { Cell::new(SignedDuration::ZERO) };
}

/// The time that is, as Google knows it.
pub fn now() -> Timestamp {
    let elapsed = RUNNING.get().map_or(SignedDuration::ZERO, |since| {
        SignedDuration::try_from(since.elapsed()).unwrap_or_default()
    });
    STANDING.get() + elapsed
}

/// The receiver's clock, which people and time servers step.
pub fn receivers() -> Timestamp {
    now() + STEP.get()
}

/// How far the receiver's clock is ahead.
pub fn step() -> SignedDuration {
    STEP.get()
}

pub fn set_step(step: SignedDuration) {
    STEP.set(step);
}

/// Stands at `at`, outside any life.
pub fn stand(at: Timestamp) {
    RUNNING.set(None);
    STANDING.set(at);
}

/// Runs on with the runtime's clock, from here.
pub fn run() {
    RUNNING.set(Some(Instant::now()));
}

/// When in the runtime's clock it will be `at`.
pub fn instant(at: Timestamp) -> Instant {
    let wait = std::time::Duration::try_from(at.duration_since(now())).unwrap_or_default();
    Instant::now() + wait
}
