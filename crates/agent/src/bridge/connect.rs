//! A consent attempt as the waiting screen shows it.

use serde::{Deserialize, Serialize};
use syncward_wire::At;
use uuid::Uuid;

use super::Fault;

/// One try to connect a Google account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Attempt {
    pub id: Uuid,
    pub clinic_id: Uuid,
    /// Google's consent page, to copy or to open again.
    pub authorization_url: String,
    pub started_at: At,
    /// After this the attempt is given up.
    pub until_at: At,
    /// Why the system browser did not open; the address can be copied.
    pub browser_note: Option<String>,
    pub state: ConnectState,
}

/// Where the attempt stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ConnectState {
    /// The browser shows Google's page.
    Waiting,
    /// The browser came back; the receiver exchanges the code and opens the first channel.
    Finishing,
    /// The account is connected.
    Connected {
        account: String,
        grant_id: Uuid,
        link_ids: Vec<Uuid>,
        /// One sentence, such as that the calendar starts on polling and why.
        message: String,
    },
    /// Denied, timed out or refused; nothing was made.
    Failed { fault: Fault },
    /// Given up in the window.
    Cancelled,
}
