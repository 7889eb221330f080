//! Appointments written by the clinic's own system: stored with their outbound edit, then pushed at once.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_google::EventTime;
use syncward_wire::appointment::{AppointmentDraft, AppointmentPatch, AppointmentStatus};
use uuid::Uuid;

use super::{App, UseError};
use crate::exec::content::{self, Words};
use crate::exec::outbound;
use crate::store::appointment::{Appointment, Revision};
use crate::store::outbox::Kind;
use crate::{clock, store};

/// Longest text of a field, as Google takes it.
const TEXT_MOST: usize = 8192;
/// Attendees at the most.
const ATTENDEES_MOST: usize = 200;

impl App {
    /// Books an appointment; it is on its way to Google when this answers.
    ///
    /// # Errors
    /// `not_found` for the link, `invalid_appointment`, `store_failed`.
    pub async fn create_appointment(
        self: &Arc<Self>,
        draft: AppointmentDraft,
    ) -> Result<Uuid, UseError> {
        let link_id = draft.link_id;
        let link = self
            .store
            .read(move |connection| store::link::find(connection, link_id))
            .await?;
        let link = link.ok_or_else(|| UseError::not_found("link"))?;
        let appointment_id = Uuid::new_v4();
        let words = Words {
            title: draft.title.filter(|text| !text.is_empty()),
            description: draft.description.filter(|text| !text.is_empty()),
            location: draft.location.filter(|text| !text.is_empty()),
            attendees: draft.attendees,
        };
        check_words(&words)?;
        check_recurrence(&draft.recurrence)?;
        let times = Span::read(
            &draft.start,
            &draft.end,
            draft.all_day,
            draft.time_zone.as_deref(),
        )?;
        if !draft.recurrence.is_empty() && !draft.all_day && draft.time_zone.is_none() {
            return Err(invalid("time_zone", "a series needs its time zone"));
        }
        let now = clock::now();
        let mut one = Appointment {
            appointment_id,
            clinic_id: link.clinic_id,
            link_id,
            // Base32hex of the appointment's own id: the same insert twice is one event.
            google_event_id: event_id(appointment_id),
            content: words.seal(&self.seal, appointment_id)?,
            starts: String::new(),
            ends: String::new(),
            from_at: now,
            until_at: None,
            time_zone: draft.time_zone,
            all_day: draft.all_day,
            status: word(draft.status.unwrap_or(AppointmentStatus::Confirmed)).to_owned(),
            recurrence: draft.recurrence,
            series_event_id: None,
            original_start: None,
            etag: None,
            google_updated_at: None,
            held: false,
            revision: 1,
            updated_at: now,
        };
        times.write(&mut one);
        self.store
            .write(move |tx| {
                store::appointment::save(tx, &one)?;
                store::appointment::keep_revision(
                    tx,
                    &one,
                    &Revision {
                        source: "api",
                        lost: false,
                    },
                    now,
                )?;
                store::outbox::insert(tx, appointment_id, link_id, Kind::Insert, 1, now)
            })
            .await?;
        outbound::push(self, link_id);
        Ok(appointment_id)
    }

    /// Changes an appointment; a patch that changes nothing writes nothing.
    ///
    /// # Errors
    /// `not_found`, `appointment_cancelled`, `invalid_appointment`, `store_failed`.
    pub async fn patch_appointment(
        self: &Arc<Self>,
        appointment_id: Uuid,
        patch: AppointmentPatch,
    ) -> Result<(), UseError> {
        let one = self
            .store
            .read(move |connection| store::appointment::find(connection, appointment_id))
            .await?;
        let one = one.ok_or_else(|| UseError::not_found("appointment"))?;
        if one.status == "cancelled" {
            return Err(UseError::new(
                409,
                "appointment_cancelled",
                "This appointment is cancelled.",
                "Book a new one.",
            ));
        }
        let words = patched_words(Words::open(&self.seal, &one)?, &patch);
        check_words(&words)?;
        let mut next = one.clone();
        next.all_day = patch.all_day.unwrap_or(one.all_day);
        next.time_zone = patch
            .time_zone
            .filter(|zone| !zone.is_empty())
            .or_else(|| one.time_zone.clone());
        let start = patch.start.as_deref().unwrap_or(&one.starts);
        let end = patch.end.as_deref().unwrap_or(&one.ends);
        Span::read(start, end, next.all_day, next.time_zone.as_deref())?.write(&mut next);
        if let Some(recurrence) = patch.recurrence {
            check_recurrence(&recurrence)?;
            next.recurrence = recurrence;
            Span::read(start, end, next.all_day, next.time_zone.as_deref())?.write(&mut next);
        }
        if let Some(status) = patch.status {
            next.status = word(status).to_owned();
        }
        if next.status == "cancelled" {
            return self.delete_appointment(appointment_id).await;
        }
        next.content = words.seal(&self.seal, appointment_id)?;
        let before = content::of_appointment(&Words::open(&self.seal, &one)?, &one);
        if before == content::of_appointment(&words, &next) && one.all_day == next.all_day {
            return Ok(());
        }
        self.store_edit(one, next, Kind::Patch).await
    }

    /// Cancels an appointment here and its event in Google; cancelled before, nothing happens.
    ///
    /// # Errors
    /// `not_found`, `store_failed`.
    pub async fn delete_appointment(
        self: &Arc<Self>,
        appointment_id: Uuid,
    ) -> Result<(), UseError> {
        let one = self
            .store
            .read(move |connection| store::appointment::find(connection, appointment_id))
            .await?;
        let one = one.ok_or_else(|| UseError::not_found("appointment"))?;
        if one.status == "cancelled" {
            return Ok(());
        }
        let mut next = one.clone();
        next.status = "cancelled".to_owned();
        self.store_edit(one, next, Kind::Delete).await
    }

    async fn store_edit(
        self: &Arc<Self>,
        before: Appointment,
        mut next: Appointment,
        kind: Kind,
    ) -> Result<(), UseError> {
        let (now, link_id) = (clock::now(), next.link_id);
        next.revision = before.revision + 1;
        next.updated_at = now;
        let stale = self
            .store
            .write(move |tx| {
                let held = store::appointment::find(tx, next.appointment_id)?;
                let Some(held) = held.filter(|held| held.revision == before.revision) else {
                    return Ok(true);
                };
                // The version at Google may have moved without a change of content.
                next.etag = held.etag;
                next.google_updated_at = held.google_updated_at;
                store::appointment::save(tx, &next)?;
                store::appointment::keep_revision(
                    tx,
                    &next,
                    &Revision {
                        source: "api",
                        lost: false,
                    },
                    now,
                )?;
                store::outbox::insert(tx, next.appointment_id, link_id, kind, next.revision, now)?;
                Ok(false)
            })
            .await?;
        if stale {
            return Err(UseError::new(
                409,
                "edited_meanwhile",
                "The appointment was changed a moment ago.",
                "Read it again and repeat the edit.",
            ));
        }
        outbound::push(self, link_id);
        Ok(())
    }
}

/// A start and an end, checked.
struct Span {
    start: EventTime,
    end: EventTime,
}

impl Span {
    fn read(
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

    fn write(&self, one: &mut Appointment) {
        one.starts = content::written(&self.start);
        one.ends = content::written(&self.end);
        one.from_at = content::instant(&self.start);
        let until: Timestamp = content::instant(&self.end);
        one.until_at = one.recurrence.is_empty().then_some(until);
    }
}

fn patched_words(mut words: Words, patch: &AppointmentPatch) -> Words {
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

fn check_words(words: &Words) -> Result<(), UseError> {
    let texts = [
        ("title", &words.title),
        ("description", &words.description),
        ("location", &words.location),
    ];
    for (name, text) in texts {
        if text
            .as_ref()
            .is_some_and(|text| text.chars().count() > TEXT_MOST)
        {
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

fn check_recurrence(lines: &[String]) -> Result<(), UseError> {
    let known = ["RRULE:", "EXDATE", "RDATE", "EXRULE:"];
    match lines
        .iter()
        .all(|line| known.iter().any(|start| line.starts_with(start)))
    {
        true => Ok(()),
        false => Err(invalid(
            "recurrence",
            "takes lines that start with RRULE:, EXDATE, RDATE or EXRULE:",
        )),
    }
}

fn invalid(field: &str, what: &str) -> UseError {
    UseError::new(
        422,
        "invalid_appointment",
        format!("{field} {what}."),
        format!("Correct {field} and send it again."),
    )
}

fn word(status: AppointmentStatus) -> &'static str {
    match status {
        AppointmentStatus::Confirmed => "confirmed",
        AppointmentStatus::Tentative => "tentative",
        AppointmentStatus::Cancelled => "cancelled",
    }
}

fn event_id(appointment_id: Uuid) -> String {
    data_encoding::BASE32HEX_NOPAD
        .encode(appointment_id.as_bytes())
        .to_lowercase()
}
