//! The desktop's background agent: connection, history, alerts, pairing.
//!
//! Runs without a window. Responsible for everything the desktop knows and does; never draws, and never decides how a
//! channel is kept (that is the receiver's, through `syncward-engine`).

pub mod bridge;
