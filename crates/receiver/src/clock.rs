//! The one place that asks the system for the time.

use jiff::Timestamp;

/// The wall clock, to the millisecond that columns keep.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
