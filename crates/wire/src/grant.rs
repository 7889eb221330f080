//! Grants: one Google consent each, and the calendars it opens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{At, Link};

/// Whether Google still honours a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    Working,
    Lost,
}

/// One Google consent of a clinic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Grant {
    pub id: Uuid,
    pub clinic_id: Uuid,
    /// The account: the id of its primary calendar.
    pub account: String,
    pub state: GrantState,
    /// Google's error code when the grant is lost, such as `invalid_grant`.
    pub lost_reason: Option<String>,
    pub lost_at: Option<At>,
    pub scopes: Vec<String>,
    pub created_at: At,
}

/// `POST /clinics/{id}/grants`: begins a consent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct GrantBegin {
    /// The loopback address the browser comes back to: `http://127.0.0.1:PORT/…`.
    pub redirect_uri: String,
    /// The account to preselect at Google.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
}

/// Where to send the browser.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct GrantBegun {
    pub state: String,
    pub authorization_url: String,
}

/// `POST /grants/complete`: what came back from the browser, a code or an error.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct GrantComplete {
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The new grant and the links it opened (the primary calendar's at once).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct GrantCompleted {
    pub grant: Grant,
    pub links: Vec<Link>,
}

/// A calendar that a grant can see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Calendar {
    pub google_calendar_id: String,
    pub name: String,
    pub primary: bool,
    /// Google's access role, such as `owner` or `reader`.
    pub access_role: String,
    /// The link, when this calendar is linked already.
    pub link_id: Option<Uuid>,
}

/// `POST /clinics/{id}/links`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct LinkDraft {
    pub grant_id: Uuid,
    pub google_calendar_id: String,
}
