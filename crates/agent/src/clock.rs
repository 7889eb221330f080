//! The agent's one way to ask what time it is.

use jiff::Timestamp;

/// The wall clock now.
pub fn now() -> Timestamp {
    Timestamp::now()
}
