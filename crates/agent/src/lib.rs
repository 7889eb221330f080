//! The desktop's background agent: connection, history, alerts, pairing.
//!
//! Runs without a window. Responsible for everything the desktop knows and does; never draws, and never decides how a
//! channel is kept (that is the receiver's, through `syncward-engine`).

pub mod agent;
pub mod alerts;
pub mod bridge;
pub mod browser;
pub mod claim;
pub mod client;
pub mod clock;
pub mod command;
pub mod compatibility;
pub mod connection;
pub mod consent;
pub mod core;
pub mod deep_link;
pub mod demo;
pub mod diagnostics;
mod dice;
pub mod door;
pub mod ending;
pub mod face;
pub mod headless;
pub mod help;
pub mod keychain;
pub mod loopback;
pub mod naming;
pub mod notifier;
pub mod options;
pub mod pairing;
pub mod saving;
pub mod shell;
pub mod sidecar;
pub mod store;
mod told;
pub mod tray;
pub mod words;

pub use agent::{Agent, StartError};
pub use options::Options;
