//! What an appointment must be like, each fault named with its field.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_google::EventTime;
use syncward_wire::appointment::AppointmentPatch;

use super::recurrence::rule_set;
use crate::app::UseError;
use crate::exec::content::{self, Words};
use crate::store::appointment::Appointment;

/// Longest text of a field, as Google takes it.
const TEXT_MOST: usize = 8192;
/// Attendees at the most.
const ATTENDEES_MOST: usize = 200;
/// Lines of a recurrence at the most.
const RECURRENCE_MOST: usize = 50;

/// A start and an end, checked.
pub(super) struct Span {
    start: EventTime,
    end: EventTime,
}

impl Span {
    pub(super) fn read(
        start: &str,
        end: &str,
        all_day: bool,
        time_zone: Option<&str>,
    ) -> Result<Self, UseError> {
        if let Some(zone) = time_zone {
            TimeZone::get(zone).map_err(|_| invalid("time_zone", "is no IANA time zone"))?;
        }
        let read = |name: &'static str, text: &str| {
            content::parsed(text, all_day, time_zone).ok_or_else(|| {
                invalid(
                    name,
                    if all_day {
                        "must be a date (2026-11-30) when all_day"
                    } else {
                        "must be RFC 3339 with an offset"
                    },
                )
            })
        };
        let span = Self {
            start: read("start", start)?,
            end: read("end", end)?,
        };
        if content::instant(&span.end) <= content::instant(&span.start) {
            return Err(invalid("end", "must be later than start"));
        }
        Ok(span)
    }

    pub(super) fn write(&self, one: &mut Appointment) {
        one.starts = content::written(&self.start);
        one.ends = content::written(&self.end);
        one.from_at = content::instant(&self.start);
        let until: Timestamp = content::instant(&self.end);
        one.until_at = one.recurrence.is_empty().then_some(until);
    }
}

/// The words of an appointment after a patch.
pub(super) fn patched(mut words: Words, patch: &AppointmentPatch) -> Words {
    let set = |held: &mut Option<String>, text: &Option<String>| {
        if let Some(text) = text {
            *held = Some(text.clone()).filter(|text| !text.is_empty());
        }
    };
    set(&mut words.title, &patch.title);
    set(&mut words.description, &patch.description);
    set(&mut words.location, &patch.location);
    if let Some(attendees) = &patch.attendees {
        words.attendees.clone_from(attendees);
    }
    words
}

/// Lengths, and addresses that could be ones.
pub(super) fn words(words: &Words) -> Result<(), UseError> {
    let texts = [
        ("title", &words.title),
        ("description", &words.description),
        ("location", &words.location),
    ];
    for (name, text) in texts {
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if length > TEXT_MOST {
            return Err(invalid(name, "is longer than 8192 characters"));
        }
    }
    if words.attendees.len() > ATTENDEES_MOST {
        return Err(invalid("attendees", "are more than 200"));
    }
    match words.attendees.iter().all(|one| one.email.contains('@')) {
        true => Ok(()),
        false => Err(invalid("attendees", "each need an e-mail address")),
    }
}

/// The lines of a series, readable together with its start.
pub(super) fn recurrence(one: &Appointment) -> Result<(), UseError> {
    if one.recurrence.is_empty() {
        return Ok(());
    }
    if one.recurrence.len() > RECURRENCE_MOST {
        return Err(invalid("recurrence", "has more than 50 lines"));
    }
    if !one.all_day && one.time_zone.is_none() {
        return Err(invalid(
            "time_zone",
            "is missing: a series needs its time zone",
        ));
    }
    let known = ["RRULE:", "EXDATE", "RDATE", "EXRULE:"];
    let is_known = |line: &String| known.iter().any(|start| line.starts_with(start));
    let single = |line: &String| !line.contains(['\n', '\r']);
    if !one
        .recurrence
        .iter()
        .all(|line| is_known(line) && single(line))
    {
        return Err(invalid(
            "recurrence",
            "takes lines that start with RRULE:, EXDATE, RDATE or EXRULE:",
        ));
    }
    let zone = one.time_zone.as_deref();
    match rule_set(&one.recurrence, one.from_at, zone, one.all_day) {
        Some(_) => Ok(()),
        None => Err(invalid(
            "recurrence",
            "has a line that RFC 5545 does not know",
        )),
    }
}

pub(super) fn invalid(field: &str, what: &str) -> UseError {
    UseError::new(
        422,
        "invalid_appointment",
        format!("{field} {what}."),
        format!("Correct {field} and send it again."),
    )
}
