//! The client against a listener of the test's own, byte by byte, and against google-sim, end to end.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod broken;
mod calls;
mod listener;
mod oauth;
mod simulator;
