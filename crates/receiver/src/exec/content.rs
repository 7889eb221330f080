//! What an appointment and an event have in common, in one shape: to compare, to seal, to write to Google.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use syncward_google::{Attendee as GoogleAttendee, Event, EventEdit, EventStatus, EventTime};
use syncward_wire::appointment::Attendee;

use crate::seal::Seal;
use crate::store::appointment::{Appointment, PLACE};
use crate::store::{Result, StoreError};

/// The words of an appointment, sealed as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    pub title: Option<String>,
    pub description: Option<String>,
    pub location: Option<String>,
    pub attendees: Vec<Attendee>,
}

/// When an appointment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    pub starts: String,
    pub ends: String,
    pub from_at: Timestamp,
    pub until_at: Timestamp,
    pub time_zone: Option<String>,
    pub all_day: bool,
}

impl Words {
    /// From an event; empty texts are none.
    pub fn of_event(event: &Event) -> Self {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let attendees = event.attendees.iter().filter_map(|one| {
            Some(Attendee {
                email: one.email.clone()?,
                name: one.display_name.clone(),
            })
        });
        Self {
            title: some(&event.summary),
            description: some(&event.description),
            location: some(&event.location),
            attendees: attendees.collect(),
        }
    }

    /// Out of an appointment's seal.
    pub fn open(seal: &Seal, one: &Appointment) -> Result<Self> {
        let plain = seal.open(PLACE, &one.appointment_id.to_string(), &one.content)?;
        serde_json::from_slice(&plain).map_err(StoreError::from)
    }

    /// Into the seal of an appointment's row.
    pub fn seal(&self, seal: &Seal, appointment_id: uuid::Uuid) -> Result<Vec<u8>> {
        seal.seal(
            PLACE,
            &appointment_id.to_string(),
            &serde_json::to_vec(self)?,
        )
    }
}

impl Times {
    /// From an event; none when it names no start (a thin cancellation).
    pub fn of_event(event: &Event) -> Option<Self> {
        let start = event
            .start
            .as_ref()
            .or(event.original_start_time.as_ref())?;
        let end = event.end.as_ref().unwrap_or(start);
        Some(Self {
            starts: written(start),
            ends: written(end),
            from_at: instant(start),
            until_at: instant(end),
            time_zone: start.time_zone().map(str::to_owned),
            all_day: matches!(start, EventTime::Day(_)),
        })
    }
}

/// RFC 3339, or the date of a whole day.
pub fn written(time: &EventTime) -> String {
    match time {
        EventTime::Day(day) => day.to_string(),
        EventTime::At { instant, .. } => instant.to_string(),
    }
}

/// The instant, or the UTC midnight of a whole day.
pub fn instant(time: &EventTime) -> Timestamp {
    match time {
        EventTime::Day(day) => midnight(*day),
        EventTime::At { instant, .. } => *instant,
    }
}

fn midnight(day: Date) -> Timestamp {
    TimeZone::UTC
        .to_timestamp(day.at(0, 0, 0, 0))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Reads what [`written`] wrote.
pub fn parsed(text: &str, all_day: bool, time_zone: Option<&str>) -> Option<EventTime> {
    if all_day {
        return text.parse().ok().map(EventTime::Day);
    }
    let instant = text.parse().ok()?;
    Some(EventTime::At {
        instant,
        time_zone: time_zone.map(str::to_owned),
    })
}

/// A digest of everything that counts as content: equal digests mean nothing to do.
pub fn fingerprint(
    words: &Words,
    starts: &str,
    ends: &str,
    status: &str,
    recurrence: &[String],
) -> String {
    let mut attendees: Vec<&str> = words
        .attendees
        .iter()
        .map(|one| one.email.as_str())
        .collect();
    attendees.sort_unstable();
    let texts = (
        &words.title,
        &words.description,
        &words.location,
        attendees,
        starts,
        ends,
        status,
        recurrence,
    );
    let bytes = serde_json::to_vec(&texts).unwrap_or_default();
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The digest of an event, if it is more than a thin cancellation.
pub fn of_event(event: &Event) -> Option<String> {
    let times = Times::of_event(event)?;
    Some(fingerprint(
        &Words::of_event(event),
        &times.starts,
        &times.ends,
        event.status.as_str(),
        &event.recurrence,
    ))
}

/// The digest of an appointment.
pub fn of_appointment(words: &Words, one: &Appointment) -> String {
    fingerprint(words, &one.starts, &one.ends, &one.status, &one.recurrence)
}

/// What Google is to hold of an appointment.
pub fn edit(words: &Words, one: &Appointment) -> EventEdit {
    let zone = one.time_zone.as_deref();
    let attendees = words.attendees.iter().map(|attendee| GoogleAttendee {
        email: Some(attendee.email.clone()),
        display_name: attendee.name.clone(),
        response_status: None,
    });
    EventEdit {
        status: Some(match one.status.as_str() {
            "tentative" => EventStatus::Tentative,
            "cancelled" => EventStatus::Cancelled,
            _ => EventStatus::Confirmed,
        }),
        summary: Some(words.title.clone().unwrap_or_default()),
        description: Some(words.description.clone().unwrap_or_default()),
        location: Some(words.location.clone().unwrap_or_default()),
        attendees: (!words.attendees.is_empty()).then(|| attendees.collect()),
        start: parsed(&one.starts, one.all_day, zone),
        end: parsed(&one.ends, one.all_day, zone),
        recurrence: (!one.recurrence.is_empty()).then(|| one.recurrence.clone()),
        extended_properties: None,
    }
}
