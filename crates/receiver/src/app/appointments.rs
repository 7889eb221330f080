//! Appointments written by the clinic's own system: stored with their outbound edit, then pushed at once.
//!
//! One transaction holds the appointment, its revision, its outbound edit, the audit entry, and the answer kept for
//! the caller's key: a crash at any moment leaves all of them or none.

use std::sync::Arc;

use jiff::Timestamp;
use syncward_wire::appointment::{
    Appointment as Shown, AppointmentDraft, AppointmentPatch, AppointmentStatus, RevisionChoice,
};
use uuid::Uuid;

use super::actor::Halt;
use super::{Actor, App, UseError};
use crate::exec::content::{self, Words};
use crate::exec::{near, outbound};
use crate::seal::Seal;
use crate::store::appointment::Appointment;
use crate::store::idempotency_key::{self, Kept};
use crate::store::outbox::Kind;
use crate::store::revision::Revision;
use crate::store::sql::{Connection, Transaction};
use crate::{clock, entropy, store};

mod check;
pub mod recurrence;

/// An edit by the clinic's own system.
#[derive(Clone, Debug)]
pub enum Edit {
    Book(AppointmentDraft),
    /// A patch that changes nothing writes nothing.
    Change(Uuid, AppointmentPatch),
    /// Cancelled before, nothing happens.
    Cancel(Uuid),
    /// An earlier version comes back as a new one; what was cancelled becomes a new event in Google.
    Restore(Uuid, RevisionChoice),
}

/// What makes a call the same call as one before.
#[derive(Clone, Debug)]
pub struct Once {
    pub device_id: Uuid,
    pub key: String,
    /// Of method, path and body.
    pub request_hash: Vec<u8>,
}

impl Once {
    /// Where its kept answer lies.
    fn place(&self) -> String {
        format!("{}:{}", self.device_id, self.key)
    }
}

/// What an edit did.
enum Done {
    Edited(Box<Appointment>, Kind),
    Unchanged(Box<Appointment>),
}

impl App {
    /// Makes an edit, once per key; it is on its way to Google when this answers.
    ///
    /// # Errors
    /// `not_found`, `appointment_cancelled`, `invalid_appointment`, `key_reused`, `store_failed`.
    pub async fn edit_appointment(
        self: &Arc<Self>,
        by: Actor,
        once: Option<Once>,
        edit: Edit,
    ) -> Result<Kept, UseError> {
        let app = Arc::clone(self);
        let (answer, link_id) = self
            .decide(move |tx| app.edit_once(tx, &by, once, edit))
            .await?;
        if let Some(link_id) = link_id {
            outbound::push(self, link_id);
            self.exec.announced.notify_one();
            if let Err(error) = near::tell(self, link_id).await {
                tracing::error!(link.id = %link_id, error = %error, "could not tell a link of its next appointment");
            }
        }
        Ok(answer)
    }

    fn edit_once(
        &self,
        tx: &Transaction<'_>,
        by: &Actor,
        once: Option<Once>,
        edit: Edit,
    ) -> Result<(Kept, Option<Uuid>), Halt> {
        if let Some(once) = &once
            && let Some(kept) = idempotency_key::find(tx, once.device_id, &once.key)?
        {
            return match kept.request_hash == once.request_hash {
                true => {
                    let place = once.place();
                    let answer = self
                        .seal
                        .open(idempotency_key::PLACE, &place, &kept.answer)?;
                    Ok((Kept { answer, ..kept }, None))
                }
                false => Err(key_reused().into()),
            };
        }
        let now = clock::now();
        let status = match edit {
            Edit::Book(_) => 201,
            Edit::Change(..) | Edit::Restore(..) => 200,
            Edit::Cancel(_) => 204,
        };
        let (one, link_id) = match self.edit(tx, edit, now)? {
            Done::Unchanged(one) => (one, None),
            Done::Edited(one, kind) => {
                store_edit(tx, &one, kind, now)?;
                by.note(tx, Some(one.appointment_id), now)?;
                let link_id = one.link_id;
                (one, Some(link_id))
            }
        };
        let answer = match status {
            204 => Vec::new(),
            _ => serde_json::to_vec(&shown(tx, &self.seal, &one)?)
                .map_err(store::StoreError::from)?,
        };
        let kept = Kept {
            request_hash: once
                .as_ref()
                .map(|once| once.request_hash.clone())
                .unwrap_or_default(),
            status,
            answer,
        };
        if let Some(once) = once {
            // It holds a patient's words.
            let answer = self
                .seal
                .seal(idempotency_key::PLACE, &once.place(), &kept.answer)?;
            let sealed = Kept {
                answer,
                ..kept.clone()
            };
            let clinic_id = one.clinic_id;
            idempotency_key::insert(tx, once.device_id, &once.key, clinic_id, &sealed, now)?;
        }
        Ok((kept, link_id))
    }

    fn edit(&self, tx: &Transaction<'_>, edit: Edit, now: Timestamp) -> Result<Done, Halt> {
        match edit {
            Edit::Book(draft) => {
                let link = store::link::find(tx, draft.link_id)?
                    .ok_or_else(|| UseError::not_found("link"))?;
                let one = self.book(link.clinic_id, draft, now)?;
                Ok(Done::Edited(Box::new(one), Kind::Insert))
            }
            Edit::Change(appointment_id, patch) => {
                let one = found(tx, appointment_id)?;
                self.change(one, patch, now)
            }
            Edit::Cancel(appointment_id) => Ok(cancelled(found(tx, appointment_id)?, now)),
            Edit::Restore(appointment_id, choice) => {
                let one = found(tx, appointment_id)?;
                let waits = store::outbox::of_appointment(tx, appointment_id)?.is_some();
                if one.status == "cancelled" && waits {
                    return Err(UseError::new(
                        409,
                        "cancellation_under_way",
                        "The cancellation is still on its way to Google.",
                        "Try again in a moment.",
                    )
                    .into());
                }
                let version = store::revision::find(tx, &one, choice.revision, choice.lost)?;
                let version = version.ok_or_else(|| UseError::not_found("revision"))?;
                self.restore(one, version.appointment, now)
            }
        }
    }

    fn book(
        &self,
        clinic_id: Uuid,
        draft: AppointmentDraft,
        now: Timestamp,
    ) -> Result<Appointment, Halt> {
        let appointment_id = entropy::uuid();
        let words = Words {
            title: draft.title.filter(|text| !text.is_empty()),
            description: draft.description.filter(|text| !text.is_empty()),
            location: draft.location.filter(|text| !text.is_empty()),
            attendees: draft.attendees,
        };
        check::words(&words)?;
        let zone = draft.time_zone.filter(|zone| !zone.is_empty());
        let times = check::Span::read(&draft.start, &draft.end, draft.all_day, zone.as_deref())?;
        let status = draft.status.unwrap_or(AppointmentStatus::Confirmed);
        if status == AppointmentStatus::Cancelled {
            return Err(check::invalid("status", "can't be cancelled in a new appointment").into());
        }
        let mut one = Appointment {
            appointment_id,
            clinic_id,
            link_id: draft.link_id,
            // Base32hex of the appointment's own id: the same insert twice is one event.
            google_event_id: event_id(appointment_id),
            content: words.seal(&self.seal, appointment_id)?,
            starts: String::new(),
            ends: String::new(),
            from_at: now,
            until_at: None,
            time_zone: zone,
            all_day: draft.all_day,
            status: word(status).to_owned(),
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
        check::recurrence(&one)?;
        Ok(one)
    }

    fn change(
        &self,
        one: Appointment,
        patch: AppointmentPatch,
        now: Timestamp,
    ) -> Result<Done, Halt> {
        if one.status == "cancelled" {
            return Err(UseError::new(
                409,
                "appointment_cancelled",
                "This appointment is cancelled.",
                "Book a new one.",
            )
            .into());
        }
        if patch.status == Some(AppointmentStatus::Cancelled) {
            return Ok(cancelled(one, now));
        }
        let held = Words::open(&self.seal, &one)?;
        let words = check::patched(held.clone(), &patch);
        check::words(&words)?;
        let mut next = one.clone();
        next.all_day = patch.all_day.unwrap_or(one.all_day);
        next.time_zone = patch
            .time_zone
            .filter(|zone| !zone.is_empty())
            .or_else(|| one.time_zone.clone());
        if let Some(recurrence) = patch.recurrence {
            next.recurrence = recurrence;
        }
        if let Some(status) = patch.status {
            next.status = word(status).to_owned();
        }
        let start = patch.start.as_deref().unwrap_or(&one.starts);
        let end = patch.end.as_deref().unwrap_or(&one.ends);
        check::Span::read(start, end, next.all_day, next.time_zone.as_deref())?.write(&mut next);
        check::recurrence(&next)?;
        let same_content =
            content::of_appointment(&held, &one) == content::of_appointment(&words, &next);
        let same_names = held.attendees == words.attendees;
        let same_times = (one.all_day, &one.time_zone) == (next.all_day, &next.time_zone);
        if same_content && same_names && same_times {
            return Ok(Done::Unchanged(Box::new(one)));
        }
        next.content = words.seal(&self.seal, one.appointment_id)?;
        Ok(edited(next, Kind::Patch, now))
    }
}

impl App {
    fn restore(&self, one: Appointment, then: Appointment, now: Timestamp) -> Result<Done, Halt> {
        if then.status == "cancelled" {
            return Ok(cancelled(one, now));
        }
        let (held, words) = (
            Words::open(&self.seal, &one)?,
            Words::open(&self.seal, &then)?,
        );
        let was_cancelled = one.status == "cancelled";
        if was_cancelled && one.series_event_id.is_some() {
            return Err(UseError::new(
                409,
                "instance_cancelled",
                "A cancelled instance of a series can't be made anew.",
                "Book an appointment of its own.",
            )
            .into());
        }
        let mut next = Appointment {
            revision: one.revision,
            held: one.held,
            ..then
        };
        let zone = next.time_zone.clone();
        check::Span::read(&next.starts, &next.ends, next.all_day, zone.as_deref())?
            .write(&mut next);
        let same = content::of_appointment(&held, &one) == content::of_appointment(&words, &next);
        if same && !was_cancelled && held == words {
            return Ok(Done::Unchanged(Box::new(one)));
        }
        next.content = words.seal(&self.seal, one.appointment_id)?;
        if !was_cancelled {
            return Ok(edited(next, Kind::Patch, now));
        }
        Ok(edited(anew(next), Kind::Insert, now))
    }
}

/// As an event that Google has not seen: it keeps a cancelled event's id for ever.
fn anew(one: Appointment) -> Appointment {
    Appointment {
        google_event_id: event_id(crate::entropy::uuid()),
        etag: None,
        google_updated_at: None,
        held: false,
        ..one
    }
}

/// Keeps an appointment that Google cancelled: it goes out again. An instance of a series can't; it stands here only.
pub(super) fn keep(tx: &Transaction<'_>, one: Appointment, now: Timestamp) -> store::Result<()> {
    if one.series_event_id.is_some() {
        let one = Appointment { held: false, ..one };
        return store::appointment::save(tx, &one);
    }
    store::outbox::drop_all(tx, one.appointment_id)?;
    let mut next = anew(one);
    next.revision += 1;
    next.updated_at = now;
    store_edit(tx, &next, Kind::Insert, now)
}

fn edited(mut next: Appointment, kind: Kind, now: Timestamp) -> Done {
    next.revision += 1;
    next.updated_at = now;
    Done::Edited(Box::new(next), kind)
}

fn cancelled(mut one: Appointment, now: Timestamp) -> Done {
    if one.status == "cancelled" {
        return Done::Unchanged(Box::new(one));
    }
    one.status = "cancelled".to_owned();
    one.held = false;
    edited(one, Kind::Delete, now)
}

fn store_edit(
    tx: &Transaction<'_>,
    one: &Appointment,
    kind: Kind,
    now: Timestamp,
) -> store::Result<()> {
    let revision = Revision {
        source: "api",
        lost: false,
    };
    let before = store::appointment::find(tx, one.appointment_id)?;
    if before.is_some_and(|before| before.held) && !one.held {
        store::link::hold_one_less(tx, one.link_id)?;
    }
    store::appointment::save(tx, one)?;
    store::revision::keep(tx, one, &revision, now)?;
    store::outbox::insert(tx, one.appointment_id, one.link_id, kind, one.revision, now)
}

fn found(connection: &Connection, appointment_id: Uuid) -> Result<Appointment, Halt> {
    let one = store::appointment::find(connection, appointment_id)?;
    Ok(one.ok_or_else(|| UseError::not_found("appointment"))?)
}

/// An appointment as the clinic's own system sees it.
pub fn shown(connection: &Connection, seal: &Seal, row: &Appointment) -> store::Result<Shown> {
    let words = Words::open(seal, row)?;
    let series = match &row.series_event_id {
        Some(event_id) => store::appointment::of_event(connection, row.link_id, event_id)?,
        None => None,
    };
    Ok(Shown {
        id: row.appointment_id,
        clinic_id: row.clinic_id,
        link_id: row.link_id,
        title: words.title,
        description: words.description,
        location: words.location,
        attendees: words.attendees,
        start: row.starts.clone(),
        end: row.ends.clone(),
        time_zone: row.time_zone.clone(),
        all_day: row.all_day,
        status: match row.status.as_str() {
            "cancelled" => AppointmentStatus::Cancelled,
            "tentative" => AppointmentStatus::Tentative,
            _ => AppointmentStatus::Confirmed,
        },
        recurrence: row.recurrence.clone(),
        series_id: series.map(|series| series.appointment_id),
        google_event_id: row.google_event_id.clone(),
        revision: row.revision,
        updated_at: row.updated_at.into(),
    })
}

fn key_reused() -> UseError {
    UseError::new(
        409,
        "key_reused",
        "This Idempotency-Key was used with another request.",
        "Use a new key for a new request.",
    )
}

/// The stored word of a status.
pub fn word(status: AppointmentStatus) -> &'static str {
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
