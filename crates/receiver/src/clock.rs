//! The one place that asks the system for the time.

use std::sync::OnceLock;

use jiff::Timestamp;

static SOURCE: OnceLock<fn() -> Timestamp> = OnceLock::new();

/// The wall clock, to the millisecond that columns keep.
pub fn now() -> Timestamp {
    let now = SOURCE.get().map_or_else(Timestamp::now, |source| source());
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Takes the time from `source` from now on; the first one of a process stays.
pub fn install(source: fn() -> Timestamp) {
    let _ = SOURCE.set(source);
}
