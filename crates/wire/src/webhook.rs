//! Outgoing webhooks: where the clinic's own system is told of changes (role `integration`), signed as Standard Webhooks
//! says (<https://www.standardwebhooks.com>).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;
use crate::appointment::Change;

/// An endpoint that is told of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpoint {
    pub id: Uuid,
    /// Null: told of every clinic.
    pub clinic_id: Option<Uuid>,
    pub url: String,
    /// Off after a person's wish, or after the endpoint answered 410.
    pub enabled: bool,
    pub created_at: At,
}

/// `POST /webhook-endpoints`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointDraft {
    /// https, or http to loopback.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
    /// Told of this clinic only; of every clinic when absent.
    #[serde(default)]
    pub clinic_id: Option<Uuid>,
}

/// A new endpoint with its secret, which is shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpointMade {
    pub endpoint: WebhookEndpoint,
    /// `whsec_` and base64, as the Standard Webhooks libraries take it.
    pub secret: String,
}

/// `PATCH /webhook-endpoints/{id}`; a field left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookEndpointPatch {
    #[schema(min_length = 1, max_length = 2000)]
    pub url: Option<String>,
    pub enabled: Option<bool>,
}

/// One change on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookMessage {
    /// The `webhook-id` header: the same for every try, so that a receiver can tell a repetition.
    pub id: String,
    /// The change's number in `/changes`.
    pub seq: i64,
    pub appointment_id: Uuid,
    pub state: WebhookState,
    pub attempts: u32,
    /// When it is tried next; null once it has ended.
    pub next_attempt_at: Option<At>,
    /// Why the last try failed.
    pub failure: Option<String>,
    pub created_at: At,
    pub ended_at: Option<At>,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookState {
    Waiting,
    Delivered,
    /// Given up after three days; see replay.
    Dead,
}

/// `POST /webhook-endpoints/{id}/replay`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookReplay {
    /// Ids of messages that ended; every dead one when absent.
    #[schema(max_items = 1000)]
    pub messages: Option<Vec<String>>,
}

/// How many messages are on their way again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookReplayed {
    pub replayed: u64,
}

/// The body of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookPayload {
    /// `appointment.created`, `appointment.changed` or `appointment.cancelled`.
    #[serde(rename = "type")]
    pub kind: String,
    pub timestamp: At,
    pub data: Change,
}
