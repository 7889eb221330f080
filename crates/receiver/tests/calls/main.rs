//! Calls to Google in simulated time: how many, when, and what follows from each refusal.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod google;
mod heartbeat;
mod house;
mod intent;
mod near;
mod quota;
mod refusals;
