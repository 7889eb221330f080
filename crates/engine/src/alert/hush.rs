//! How much is told at a moment: everything, urgent ones only, or nothing.

use serde::{Deserialize, Serialize};

use super::Severity;

/// What keeps bubbles back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hush {
    #[default]
    None,
    /// Quiet hours: urgent ones break through.
    Quiet,
    /// A person paused all alerts.
    Paused,
}

impl Hush {
    /// Whether an alert of this severity is told.
    pub fn lets_through(self, severity: Severity) -> bool {
        match self {
            Self::None => true,
            Self::Quiet => severity == Severity::Urgent,
            Self::Paused => false,
        }
    }
}
