//! The next two weeks: planned renewals and calls against Google's quotas, and what an absence would do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{At, Mode};

/// `GET /forecast`: 14 days ahead, if everything goes well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Forecast {
    pub from_at: At,
    pub until_at: At,
    /// Calls to Google hour by hour; retries, close polls and what notifications start are not in them.
    pub hours: Vec<ForecastHour>,
    /// The hour with the most calls.
    pub peak: ForecastHour,
    /// The most calls that one account makes in one of the hours.
    pub busiest_user_calls: u32,
    pub quota: Quota,
    /// Of the quota of that hour, what the peak uses: the larger share of project and user, 1 for all.
    pub peak_share: f64,
    pub links: Vec<LinkForecast>,
    /// What happens when the receiver is off meanwhile; only when asked for.
    pub absence: Option<AbsenceForecast>,
}

/// Calls of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct ForecastHour {
    /// Its beginning.
    pub at: At,
    pub renewals: u32,
    /// Safety checks beside push.
    pub checks: u32,
    pub polls: u32,
    pub calls: u32,
}

/// Calls to Google per sliding minute that this receiver keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Quota {
    pub project_per_minute: u32,
    pub user_per_minute: u32,
}

/// What one calendar is going to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct LinkForecast {
    pub link_id: Uuid,
    pub clinic_name: String,
    pub calendar_name: String,
    pub mode: Mode,
    pub renewals: Vec<PlannedRenewal>,
    /// Time between two checks or polls; null while the calendar stands still.
    pub run_every_seconds: Option<f64>,
}

/// A channel that will be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct PlannedRenewal {
    /// Not before; the same as `latest_at` once Google has granted the channel that it replaces.
    pub earliest_at: At,
    pub latest_at: At,
    /// When the channel that it replaces expires, at the earliest; null when there is none.
    pub replaces_until_at: Option<At>,
}

/// "The receiver is off from … to …."
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct AbsenceForecast {
    pub off_from_at: At,
    pub off_until_at: At,
    /// In words.
    pub sentence: String,
    /// Channels that run out meanwhile.
    pub lapsing: u32,
    pub first_lapse_at: Option<At>,
    /// How old what is known of a calendar can be at the end.
    pub longest_staleness_seconds: f64,
    /// Calls that bring everything up to date again, and how long they take within the quotas.
    pub catch_up_calls: u32,
    pub catch_up_seconds: f64,
    /// Calendars that learn what they missed from their cursor, unless Google has dropped it; the others list everything.
    pub by_cursor: u32,
    pub links: Vec<LinkAbsence>,
}

/// One calendar through an absence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct LinkAbsence {
    pub link_id: Uuid,
    pub clinic_name: String,
    pub calendar_name: String,
    /// When its channel runs out meanwhile.
    pub lapses_at: Option<At>,
    pub staleness_seconds: f64,
    pub by_cursor: bool,
    pub calls: u32,
}
