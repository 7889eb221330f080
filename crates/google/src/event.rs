//! A calendar event as Google writes it, read leniently: a cancelled one may be nothing but its id.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::lenient;

mod edit;
mod time;

pub use edit::EventEdit;
pub use time::EventTime;

/// One event, series, or exception of a series.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: String,
    #[serde(default, deserialize_with = "status")]
    pub status: EventStatus,
    #[serde(default, deserialize_with = "lenient::field")]
    pub etag: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub updated: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub summary: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub location: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    pub attendees: Vec<Attendee>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub start: Option<EventTime>,
    /// Exclusive, also for whole days.
    #[serde(default, deserialize_with = "lenient::field")]
    pub end: Option<EventTime>,
    /// `RRULE`, `EXDATE`, `RDATE` lines of a series.
    #[serde(default, deserialize_with = "lenient::list")]
    pub recurrence: Vec<String>,
    /// The series this is an exception of.
    #[serde(default, deserialize_with = "lenient::field")]
    pub recurring_event_id: Option<String>,
    /// When the exception would have been by the series' rule.
    #[serde(default, deserialize_with = "lenient::field")]
    pub original_start_time: Option<EventTime>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub sequence: Option<i64>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub extended_properties: ExtendedProperties,
}

/// Whether the event stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventStatus {
    /// Also what we take a status for that is missing or unknown: only `cancelled` cancels.
    #[default]
    Confirmed,
    Tentative,
    Cancelled,
}

/// One person invited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attendee {
    #[serde(
        deserialize_with = "lenient::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub email: Option<String>,
    #[serde(
        deserialize_with = "lenient::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub display_name: Option<String>,
    /// `needsAction`, `declined`, `tentative` or `accepted`.
    #[serde(
        deserialize_with = "lenient::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub response_status: Option<String>,
    /// Everything else Google keeps of a person (`optional`, `comment`, `resource`, …): written back as it was read.
    #[serde(flatten)]
    pub rest: BTreeMap<String, serde_json::Value>,
}

/// Names and values that applications keep on an event: names ≤ 44, values ≤ 1024 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExtendedProperties {
    /// Seen only on this copy of the event.
    #[serde(
        deserialize_with = "lenient::field",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub private: BTreeMap<String, String>,
    /// Seen on every attendee's copy.
    #[serde(
        deserialize_with = "lenient::field",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub shared: BTreeMap<String, String>,
}

impl Event {
    /// Whether Google says the event is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.status == EventStatus::Cancelled
    }
}

impl EventStatus {
    /// Google's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Tentative => "tentative",
            Self::Cancelled => "cancelled",
        }
    }
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventStatus, D::Error> {
    let word: Option<String> = lenient::field(deserializer)?;
    Ok(match word.as_deref() {
        Some("cancelled") => EventStatus::Cancelled,
        Some("tentative") => EventStatus::Tentative,
        Some(_) | None => EventStatus::Confirmed,
    })
}

#[cfg(test)]
mod tests;
