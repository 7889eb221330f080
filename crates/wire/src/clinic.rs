//! Clinics: the tenants, their time zone and opening hours.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::At;

/// A clinic; it owns links and opening hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Clinic {
    pub id: Uuid,
    pub name: String,
    /// An IANA time zone, such as `Europe/Berlin`.
    pub time_zone: String,
    pub opening_hours: Vec<OpeningHours>,
    pub created_at: At,
}

/// One weekly interval in the clinic's civil time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct OpeningHours {
    /// 1 is Monday, 7 is Sunday (ISO 8601).
    #[schema(minimum = 1, maximum = 7)]
    pub weekday: u8,
    /// `HH:MM`.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub opens: String,
    /// `HH:MM`, later than `opens`.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub closes: String,
}

/// `POST /clinics`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct ClinicDraft {
    pub name: String,
    pub time_zone: String,
    #[serde(default)]
    pub opening_hours: Vec<OpeningHours>,
}

/// `PATCH /clinics/{id}`; a field left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct ClinicPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_hours: Option<Vec<OpeningHours>>,
}

/// What was deleted when a clinic was forgotten: counts only, nothing of whose it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Receipt {
    pub id: Uuid,
    /// The number it had.
    pub clinic_id: Uuid,
    pub at: At,
    /// Whose device asked for it.
    pub who: String,
    pub deleted: Vec<Deleted>,
    /// Consents that Google did not take back: the person ends them in their account's third-party access.
    pub consents_left: u32,
    /// Channels that could not be stopped; nobody hears them, and they end by themselves.
    pub channels_left: u32,
    pub channels_end_at: Option<At>,
}

/// So many rows of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Deleted {
    pub kind: String,
    #[ts(type = "number")]
    pub rows: u64,
}
