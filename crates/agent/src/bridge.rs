//! The window's one conversation with the agent: a request, its answer, and hints that something changed.
//!
//! Responsible for the shapes that cross to TypeScript (generated into `ui/src/lib/wire/`). Never decides anything:
//! texts and states arrive here finished, from the receiver or from the agent's own rules.

pub mod alert;
pub mod answer;
pub mod connect;
pub mod desk;
pub mod request;
pub mod snapshot;

pub use alert::{
    Alert, AlertAction, AlertActionKind, AlertHush, AlertKind, AlertLapse, AlertRule, AlertRules,
    AlertState, Backtest, BacktestAlert, Banner, QuietSpan, RulePart, RuleSetting, RuleUnit,
    Severity, SnoozeFor,
};
pub(crate) use answer::THIS_COMPUTER;
pub use answer::{
    About, Answer, Fault, FileContent, HealthSeen, Hint, HintEntity, LocalLog, ReceiverEntry,
    Response, Saved, Settings, Theme, Zone,
};
pub use connect::{Attempt, ConnectState};
pub use desk::{Diagnostics, DiagnosticsFile, Startup, UpdateState, Updates};
pub use request::Request;
pub use snapshot::{
    Connection, ConnectionStatus, Demo, Keychain, KeychainKind, Notifier, ReceiverState, Snapshot,
};
