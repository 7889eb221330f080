//! Applying Google's events to appointments, as the engine's reconcile rules say.

use jiff::Timestamp;
use syncward_engine::reconcile::{
    EventStatus as Status, Ours, Outbound, Theirs, Verdict, Winner, reconcile,
};
use syncward_google::{Event, EventStatus};
use uuid::Uuid;

use super::content::{self, Times, Words};
use super::merge::{self, Merged};
use crate::entropy;
use crate::seal::Seal;
use crate::store::appointment::{self, Appointment};
use crate::store::link::{self, Calendar};
use crate::store::outbox::{self, Kind};
use crate::store::revision::{self, Revision};
use crate::store::sql::Transaction;
use crate::store::{self, Result};

/// Own versions looked at when an insert's answer was lost.
const LOST_MOST: usize = 20;

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Created,
    Changed,
    /// To be cancelled, once the guard has seen all of them.
    Cancels,
    Echo,
    Same,
}

/// Applies one event; a cancellation is only announced here, see [`cancel`].
pub fn event(
    tx: &Transaction<'_>,
    seal: &Seal,
    link: &Calendar,
    event: &Event,
    now: Timestamp,
) -> Result<Applied> {
    let held = appointment::of_event(tx, link.link_id, &event.id)?;
    let Some(mut held) = held else {
        return first_seen(tx, seal, link, event, now);
    };
    if held.held && !event.is_cancelled() && !is_older(&held, event) {
        release(tx, &mut held)?;
    }
    let words = Words::open(seal, &held)?;
    let waiting = outbox::of_appointment(tx, held.appointment_id)?;
    let ours = Ours {
        etag: held.etag.clone(),
        updated: held.google_updated_at,
        fingerprint: content::of_appointment(&words, &held),
        cancelled: held.status == "cancelled",
        outbound: waiting.as_ref().map(|waiting| Outbound {
            edited_at: waiting.made_at,
            fingerprint: (waiting.kind != Kind::Delete)
                .then(|| content::of_appointment(&words, &held)),
        }),
    };
    if let Some(waiting) = &waiting
        && let Some(merged) = merged(tx, seal, &held, waiting, event)?
    {
        // Our edit goes out on top of Google's version, which moved in what is none of ours, or in other fields.
        return take_both(tx, held, merged, event, now);
    }
    let verdict = reconcile(Some(&ours), &theirs(event));
    match verdict {
        // It waits for a person already, however often Google tells of it.
        Verdict::Cancel if held.held => Ok(Applied::Same),
        Verdict::Same => match is_echo(tx, &held, event)? {
            true => Ok(Applied::Echo),
            false => Ok(Applied::Same),
        },
        Verdict::Echo => {
            let awaited = appointment::take_echo(tx, held.appointment_id)?;
            appointment::set_etag(
                tx,
                held.appointment_id,
                event.etag.as_deref(),
                event.updated,
            )?;
            match awaited || waiting.is_some() {
                true => Ok(Applied::Echo),
                // Google changed what is none of ours.
                false => Ok(Applied::Same),
            }
        }
        Verdict::Cancel => Ok(Applied::Cancels),
        Verdict::Create | Verdict::Change => {
            overwrite(tx, seal, held, event, now)?;
            Ok(Applied::Changed)
        }
        Verdict::Conflict {
            winner: Winner::Theirs,
        } => {
            revision::keep(
                tx,
                &held,
                &Revision {
                    source: "api",
                    lost: true,
                },
                now,
            )?;
            outbox::drop_all(tx, held.appointment_id)?;
            tell_conflict(tx, link, "Google's edit was later and won", now)?;
            if event.is_cancelled() {
                return Ok(Applied::Cancels);
            }
            overwrite(tx, seal, held, event, now)?;
            Ok(Applied::Changed)
        }
        Verdict::Conflict {
            winner: Winner::Ours,
        } => {
            // The pushed edit now has to be made on top of this version.
            appointment::set_etag(
                tx,
                held.appointment_id,
                event.etag.as_deref(),
                event.updated,
            )?;
            keep_their_loss(tx, seal, &held, event, now)?;
            tell_conflict(tx, link, "the clinic's edit was later and won", now)?;
            Ok(Applied::Same)
        }
    }
}

/// Whether the event is the version that our own edit made, seen for the first time.
fn is_echo(tx: &Transaction<'_>, held: &Appointment, event: &Event) -> Result<bool> {
    Ok(!is_older(held, event) && appointment::take_echo(tx, held.appointment_id)?)
}

/// A page listed before our own write answered holds an older version.
fn is_older(held: &Appointment, event: &Event) -> bool {
    matches!((held.google_updated_at, event.updated), (Some(ours), Some(seen)) if seen < ours)
}

/// Takes a held cancellation back: the event stands in Google again, changed or not.
fn release(tx: &Transaction<'_>, one: &mut Appointment) -> Result<()> {
    one.held = false;
    appointment::save(tx, one)?;
    link::hold_one_less(tx, one.link_id)
}

/// Our waiting edits and Google's over the content that both began from, when they go together.
fn merged(
    tx: &Transaction<'_>,
    seal: &Seal,
    held: &Appointment,
    waiting: &outbox::Outbound,
    event: &Event,
) -> Result<Option<Merged>> {
    if event.is_cancelled() || held.etag == event.etag {
        return Ok(None);
    }
    let words = Words::open(seal, held)?;
    if content::of_event(event) == Some(content::of_appointment(&words, held)) {
        return Ok(None);
    }
    let over = |revision: u32| match revision::as_of(tx, held, revision)? {
        Some(base) => merge::merge(seal, &base, held, event),
        None => Ok(None),
    };
    match waiting.kind {
        Kind::Patch => over(waiting.revision.saturating_sub(1)),
        // An edit of what we are about to cancel is a conflict, whatever it touches.
        Kind::Delete => {
            let merged = over(waiting.revision.saturating_sub(1))?;
            Ok(merged.filter(|merged| merged.is_ours))
        }
        // An insert whose answer was lost: Google may hold any of our versions, but not the newest.
        Kind::Insert => {
            let earlier = waiting.revision..held.revision;
            for revision in earlier.rev().take(LOST_MOST) {
                if let Some(merged) = over(revision)?.filter(|merged| merged.is_ours) {
                    return Ok(Some(merged));
                }
            }
            Ok(None)
        }
    }
}

fn take_both(
    tx: &Transaction<'_>,
    held: Appointment,
    merged: Merged,
    event: &Event,
    now: Timestamp,
) -> Result<Applied> {
    if merged.is_ours {
        let etag = event.etag.as_deref();
        appointment::set_etag(tx, held.appointment_id, etag, event.updated)?;
        return Ok(Applied::Same);
    }
    let mut both = merged.appointment;
    both.etag.clone_from(&event.etag);
    both.google_updated_at = event.updated;
    both.revision += 1;
    both.updated_at = now;
    appointment::save(tx, &both)?;
    let revision = Revision {
        source: "google",
        lost: false,
    };
    revision::keep(tx, &both, &revision, now)?;
    Ok(Applied::Changed)
}

/// Cancels an appointment because Google did; true when it stood before.
pub fn cancel(
    tx: &Transaction<'_>,
    link_id: Uuid,
    google_event_id: &str,
    etag: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let Some(mut one) = appointment::of_event(tx, link_id, google_event_id)? else {
        return Ok(false);
    };
    if one.status == "cancelled" {
        return Ok(false);
    }
    outbox::drop_all(tx, one.appointment_id)?;
    if one.held {
        link::hold_one_less(tx, link_id)?;
    }
    one.status = "cancelled".to_owned();
    one.held = false;
    one.etag = etag.map(str::to_owned).or(one.etag);
    one.revision += 1;
    one.updated_at = now;
    appointment::save(tx, &one)?;
    revision::keep(
        tx,
        &one,
        &Revision {
            source: "google",
            lost: false,
        },
        now,
    )?;
    Ok(true)
}

/// Marks a cancellation as held, for a person to decide.
pub fn hold(tx: &Transaction<'_>, link_id: Uuid, google_event_id: &str) -> Result<()> {
    if let Some(mut one) = appointment::of_event(tx, link_id, google_event_id)? {
        one.held = true;
        appointment::save(tx, &one)?;
    }
    Ok(())
}

fn first_seen(
    tx: &Transaction<'_>,
    seal: &Seal,
    link: &Calendar,
    event: &Event,
    now: Timestamp,
) -> Result<Applied> {
    let exception = event.recurring_event_id.is_some();
    // A cancelled instance of a series says that the series leaves it out: worth a row.
    if event.is_cancelled() && !exception {
        return Ok(Applied::Same);
    }
    let Some(times) = Times::of_event(event) else {
        return Ok(Applied::Same);
    };
    let appointment_id = entropy::uuid();
    let words = Words::of_event(event);
    let one = Appointment {
        appointment_id,
        clinic_id: link.clinic_id,
        link_id: link.link_id,
        google_event_id: event.id.clone(),
        content: words.seal(seal, appointment_id)?,
        until_at: event.recurrence.is_empty().then_some(times.until_at),
        starts: times.starts,
        ends: times.ends,
        from_at: times.from_at,
        time_zone: times.time_zone,
        all_day: times.all_day,
        status: event.status.as_str().to_owned(),
        recurrence: event.recurrence.clone(),
        series_event_id: event.recurring_event_id.clone(),
        original_start: event.original_start_time.as_ref().map(content::written),
        etag: event.etag.clone(),
        google_updated_at: event.updated,
        held: false,
        revision: 1,
        updated_at: event.updated.unwrap_or(now),
    };
    appointment::save(tx, &one)?;
    revision::keep(
        tx,
        &one,
        &Revision {
            source: "google",
            lost: false,
        },
        now,
    )?;
    Ok(Applied::Created)
}

fn overwrite(
    tx: &Transaction<'_>,
    seal: &Seal,
    mut one: Appointment,
    event: &Event,
    now: Timestamp,
) -> Result<()> {
    if let Some(times) = Times::of_event(event) {
        one.until_at = event.recurrence.is_empty().then_some(times.until_at);
        (one.starts, one.ends, one.from_at) = (times.starts, times.ends, times.from_at);
        (one.time_zone, one.all_day) = (times.time_zone, times.all_day);
    }
    one.content = Words::of_event(event).seal(seal, one.appointment_id)?;
    one.status = event.status.as_str().to_owned();
    one.recurrence.clone_from(&event.recurrence);
    one.etag.clone_from(&event.etag);
    one.google_updated_at = event.updated;
    one.revision += 1;
    one.updated_at = event.updated.unwrap_or(now);
    appointment::save(tx, &one)?;
    revision::keep(
        tx,
        &one,
        &Revision {
            source: "google",
            lost: false,
        },
        now,
    )
}

fn keep_their_loss(
    tx: &Transaction<'_>,
    seal: &Seal,
    held: &Appointment,
    event: &Event,
    now: Timestamp,
) -> Result<()> {
    let Some(times) = Times::of_event(event) else {
        return Ok(());
    };
    let theirs = Appointment {
        content: Words::of_event(event).seal(seal, held.appointment_id)?,
        starts: times.starts,
        ends: times.ends,
        status: event.status.as_str().to_owned(),
        recurrence: event.recurrence.clone(),
        ..held.clone()
    };
    revision::keep(
        tx,
        &theirs,
        &Revision {
            source: "google",
            lost: true,
        },
        now,
    )
}

fn tell_conflict(
    tx: &Transaction<'_>,
    link: &Calendar,
    detail: &str,
    now: Timestamp,
) -> Result<()> {
    let about = store::activity::About {
        link_id: Some(link.link_id),
        clinic_id: Some(link.clinic_id),
        operation_id: None,
    };
    let line = store::activity::Line {
        kind: "conflict",
        tone: "warn",
        text: "Edited on both sides".to_owned(),
        detail: Some(format!(
            "{detail}; the other version is kept in the history"
        )),
    };
    store::activity::insert(tx, about, &line, now).map(|_| ())
}

fn theirs(event: &Event) -> Theirs {
    Theirs {
        event_id: event.id.clone(),
        status: match event.status {
            EventStatus::Confirmed => Status::Confirmed,
            EventStatus::Tentative => Status::Tentative,
            EventStatus::Cancelled => Status::Cancelled,
        },
        etag: event.etag.clone(),
        updated: event.updated,
        fingerprint: content::of_event(event),
    }
}
