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

/// `GET /grants/{id}/health`: what ails a grant, what says so and what heals it, and what rests on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct GrantHealth {
    pub grant_id: Uuid,
    pub ailment: GrantAilment,
    /// A person is needed now or within two days.
    pub urgent: bool,
    /// What is the matter and what says so, as a sentence.
    pub evidence: String,
    /// What to do; empty when nothing is.
    pub remedy: String,
    /// When the grant will end, as far as that can be foretold.
    pub ends_at: Option<At>,
    /// How far Google's clock is ahead of the receiver's, to the second; null before Google's first answer.
    #[ts(type = "number | null")]
    pub clock_ahead_ms: Option<i64>,
    pub rests_on_it: BlastRadius,
}

/// What ails a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum GrantAilment {
    None,
    /// The app is in Google's *Testing* state: consents end after seven days.
    TestingApp,
    /// Google named an end when the consent was given.
    LimitedConsent,
    MissingScope,
    Revoked,
    AdminBlock,
    WrongClient,
    /// Not used for half a year.
    Unused,
    ClockSkew,
}

/// What stands still when a grant ends; counts only.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS,
)]
pub struct BlastRadius {
    pub calendars: u32,
    /// Open at Google.
    pub channels: u32,
    /// Of those, the ones that nobody can stop any more: they live on until they expire.
    pub unstoppable_channels: u32,
    pub last_channel_expires_at: Option<At>,
    pub appointments_24h: u32,
    pub appointments_7d: u32,
    /// Edits of the clinic's own system that wait for Google.
    pub queued_edits: u32,
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
