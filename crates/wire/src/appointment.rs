//! Appointments: the clinic's bookings, served to its own system only (role `integration`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;

/// An appointment; a series is one row with its `recurrence`, each exception one more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Appointment {
    pub id: Uuid,
    pub clinic_id: Uuid,
    pub link_id: Uuid,
    pub title: Option<String>,
    pub description: Option<String>,
    pub location: Option<String>,
    pub attendees: Vec<Attendee>,
    /// RFC 3339, or a date when `all_day`.
    pub start: String,
    /// RFC 3339, or a date (exclusive) when `all_day`.
    pub end: String,
    /// An IANA time zone.
    pub time_zone: Option<String>,
    pub all_day: bool,
    pub status: AppointmentStatus,
    /// RRULE, EXDATE and RDATE lines of a series.
    pub recurrence: Vec<String>,
    /// The series this is an exception of.
    pub series_id: Option<Uuid>,
    pub google_event_id: String,
    /// Grows by one with every revision.
    pub revision: u32,
    pub updated_at: At,
}

/// Someone invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attendee {
    pub email: String,
    #[serde(default)]
    pub name: Option<String>,
}

/// Whether an appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentStatus {
    Confirmed,
    Tentative,
    Cancelled,
}

/// `POST /appointments`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppointmentDraft {
    pub link_id: Uuid,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub attendees: Vec<Attendee>,
    pub start: String,
    pub end: String,
    #[serde(default)]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub all_day: bool,
    #[serde(default)]
    pub status: Option<AppointmentStatus>,
    #[serde(default)]
    pub recurrence: Vec<String>,
}

/// `PATCH /appointments/{id}`; a field left out stays, an empty string clears a text.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AppointmentPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendees: Option<Vec<Attendee>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_day: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<AppointmentStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Vec<String>>,
}

/// One entry of the change feed (`GET /changes`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Grows; the cursor of `after`.
    pub seq: i64,
    pub at: At,
    pub appointment: Appointment,
}

/// A version of an appointment, as it was kept (`GET /appointments/{id}/revisions`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    pub revision: u32,
    pub source: RevisionSource,
    /// It lost against the version of the same number, because that was edited later.
    pub lost: bool,
    pub at: At,
    pub appointment: Appointment,
}

/// Who made a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevisionSource {
    Google,
    Api,
}

/// `POST /appointments/{id}/restore`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevisionChoice {
    /// The version to bring back.
    pub revision: u32,
    /// Of two versions of that number the one that lost.
    #[serde(default)]
    pub lost: bool,
}
