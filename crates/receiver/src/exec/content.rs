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

/// What Google is to hold of a new appointment: nothing is written that is empty.
pub fn new_event(words: &Words, one: &Appointment) -> EventEdit {
    EventEdit {
        attendees: (!words.attendees.is_empty()).then(|| invited(words, &[])),
        recurrence: (!one.recurrence.is_empty()).then(|| one.recurrence.clone()),
        ..fields(words, one)
    }
}

/// What Google is to hold of an appointment it knows: an empty list clears, and whoever was invited before keeps their
/// reply and everything else Google holds of them.
pub fn changed_event(words: &Words, one: &Appointment, known: &[GoogleAttendee]) -> EventEdit {
    EventEdit {
        attendees: Some(invited(words, known)),
        // An instance of a series can't be a series itself.
        recurrence: one
            .series_event_id
            .is_none()
            .then(|| one.recurrence.clone()),
        ..fields(words, one)
    }
}

fn fields(words: &Words, one: &Appointment) -> EventEdit {
    let zone = one.time_zone.as_deref();
    EventEdit {
        status: Some(match one.status.as_str() {
            "tentative" => EventStatus::Tentative,
            "cancelled" => EventStatus::Cancelled,
            _ => EventStatus::Confirmed,
        }),
        summary: Some(words.title.clone().unwrap_or_default()),
        description: Some(words.description.clone().unwrap_or_default()),
        location: Some(words.location.clone().unwrap_or_default()),
        start: parsed(&one.starts, one.all_day, zone),
        end: parsed(&one.ends, one.all_day, zone),
        ..EventEdit::default()
    }
}

fn invited(words: &Words, known: &[GoogleAttendee]) -> Vec<GoogleAttendee> {
    let known_as = |email: &str| {
        known.iter().find(|one| {
            let known = one.email.as_deref().unwrap_or_default();
            known.eq_ignore_ascii_case(email)
        })
    };
    let merged = |ours: &Attendee| {
        let mut one = known_as(&ours.email)
            .cloned()
            .unwrap_or_else(|| GoogleAttendee {
                email: Some(ours.email.clone()),
                ..GoogleAttendee::default()
            });
        one.display_name = ours.name.clone().or(one.display_name);
        one
    };
    words.attendees.iter().map(merged).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ours(email: &str, name: Option<&str>) -> Attendee {
        Attendee {
            email: email.to_owned(),
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn whoever_was_invited_keeps_what_google_holds_of_them() {
        let known: Vec<GoogleAttendee> = serde_json::from_value(json!([
            {"email": "Ann@x.example", "displayName": "Ann", "responseStatus": "accepted", "optional": true, "comment": "late"},
            {"email": "bob@x.example", "responseStatus": "declined"}
        ]))
        .expect("as google writes it");
        let words = Words {
            attendees: vec![
                ours("ann@x.example", None),
                ours("cy@x.example", Some("Cy")),
            ],
            ..Words::default()
        };
        let written = serde_json::to_value(invited(&words, &known)).expect("writable");
        let expected = json!([
            {"email": "Ann@x.example", "displayName": "Ann", "responseStatus": "accepted", "optional": true, "comment": "late"},
            {"email": "cy@x.example", "displayName": "Cy"}
        ]);
        assert_eq!(written, expected);
        assert!(invited(&Words::default(), &known).is_empty());
    }
}
