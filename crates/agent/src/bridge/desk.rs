//! Syncward's place on this computer: start at login, updates, and the diagnostics a person may hand on.

use serde::{Deserialize, Serialize};
use syncward_wire::At;
use uuid::Uuid;

use super::Fault;

/// Whether Syncward starts at login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Startup {
    pub at_login: bool,
    /// Why it can't be changed here, if so.
    pub trouble: Option<String>,
}

/// What is known of newer versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Updates {
    /// Where they are announced; null when no address is configured, and then nothing is ever asked.
    pub address: Option<String>,
    pub state: UpdateState,
}

/// Where the search for a newer version stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum UpdateState {
    NotAsked,
    Asking,
    /// This version is the newest.
    Current {
        at: At,
    },
    /// A person decides whether to fetch it.
    Available {
        version: String,
    },
    Fetching {
        version: String,
    },
    /// The signature fits and the package lies here; a person installs it.
    Fetched {
        version: String,
        file: String,
    },
    Failed {
        fault: Fault,
    },
}

/// What a diagnostics file would hold, for a person to read before it is saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Diagnostics {
    /// Names exactly this content when it is saved.
    pub id: Uuid,
    pub files: Vec<DiagnosticsFile>,
}

/// One file of it, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct DiagnosticsFile {
    pub name: String,
    pub text: String,
}
