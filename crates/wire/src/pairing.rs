//! Pairing a device with a receiver, roles, and what a receiver says of itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;
use crate::certificate::Fingerprint;

/// What a token may do; `viewer` < `operator` < `admin`, and `integration` apart for the clinic's own system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Operator,
    Admin,
    Integration,
}

impl Role {
    /// As it is written on the wire and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Integration => "integration",
        }
    }
}

/// `POST /pair`: exchanges a one-time code for a device token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct PairRequest {
    pub code: String,
    /// The device's name, as people will see it in the list of devices.
    pub device: String,
}

/// The answer to a pairing: the token is shown once and only its hash is kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Paired {
    pub token: String,
    pub role: Role,
    pub receiver: ReceiverIdentity,
}

/// Which receiver this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct ReceiverIdentity {
    pub id: Uuid,
    pub version: String,
    /// The address Google reaches, if there is one; without it the receiver polls.
    pub public_url: Option<String>,
}

/// What `syncward-receiver pair --json` prints.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct PairingCode {
    pub code: String,
    pub role: Role,
    pub expires_at: At,
}

/// The scheme of the desktop's links.
pub const LINK_SCHEME: &str = "syncward";

/// A link that fills the desktop's pairing form: `syncward://pair?address=…&code=…`, with `&pin=…` for a receiver whose
/// certificate the desktop is to know by its key.
pub fn pairing_link(address: &str, code: &str, pin: Option<&Fingerprint>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("address", address);
    query.append_pair("code", code);
    if let Some(pin) = pin {
        query.append_pair("pin", &pin.hex());
    }
    format!("{LINK_SCHEME}://pair?{}", query.finish())
}
