//! The rules of Syncward: when to open, renew and stop a channel, when to run a sync, what a change does.
//!
//! Responsible for every decision; never reads a clock, entropy, a socket or a hash-map's order. Time comes in as
//! [`jiff::Timestamp`]; ids and jitter come from an [`Entropy`] handed in.

pub mod activity;
pub mod alert;
pub mod backoff;
pub mod chain;
pub mod coverage;
pub mod delivery;
pub mod effect;
pub mod entropy;
pub mod failure;
pub mod forecast;
pub mod grant;
pub mod id;
pub mod input;
pub mod lag;
pub mod link;
pub mod reconcile;
pub mod rhythm;
pub mod settings;
pub mod view;

pub use activity::{Fact, Tone};
pub use backoff::Backoff;
pub use effect::{Effect, RunKind, Step, Trigger, Watching};
pub use entropy::Entropy;
pub use failure::{Failure, FailureClass};
pub use id::{ChannelId, LinkId, OperationId, RunId};
pub use input::{Input, NotificationKind, RunReport};
pub use link::Link;
pub use settings::Settings;
pub use view::View;
