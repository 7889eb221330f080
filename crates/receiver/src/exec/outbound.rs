//! Outbound edits: from the outbox to Google, in order, once, with what Google answered stored.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::{Backoff, Failure, FailureClass};
use syncward_google::{Attendee, Event};
use uuid::Uuid;

use super::apply;
use super::content::{self, Words};
use super::google::{self, CallError};
use super::quota::Urgency;
use crate::app::{App, Changed};
use crate::clock;
use crate::entropy::SystemEntropy;
use crate::store::appointment::Appointment;
use crate::store::link::Calendar;
use crate::store::outbox::{Kind, Outbound};
use crate::store::{self, Result};

/// How often a conflicting edit is merged and tried again before it waits for the sweep.
const MERGES_MOST: u32 = 3;
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// Sweeps the outbox now and then; edits are pushed at once by [`push`].
pub(super) async fn attend(app: &Arc<App>) {
    loop {
        let mut wait = app.settings.check_interval.min(app.look_every);
        let now = clock::now();
        match app
            .store
            .read(move |connection| store::outbox::waiting(connection, now))
            .await
        {
            Ok(_) if app.exec.is_held() => {}
            Ok((links, next)) => {
                links.into_iter().for_each(|link_id| push(app, link_id));
                if let Some(next) = next {
                    wait =
                        wait.min(Duration::try_from(next.duration_since(now)).unwrap_or_default());
                }
            }
            Err(error) => tracing::error!(error = %error, "could not read the outbox"),
        }
        tokio::select! {
            biased;
            // An edit was put off, perhaps to an earlier moment than this sleep's end.
            () = app.postponed.notified() => {}
            () = tokio::time::sleep(wait.max(Duration::from_millis(100))) => {}
        }
    }
}

/// Empties a link's outbox on a task of its own; one at a time per link.
pub fn push(app: &Arc<App>, link_id: Uuid) {
    if app.exec.is_held() {
        return;
    }
    let mut pushing = app
        .exec
        .pushing
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(more) = pushing.get_mut(&link_id) {
        *more = true;
        return;
    }
    let Some(claim) = app.claim(None) else {
        return;
    };
    pushing.insert(link_id, false);
    drop(pushing);
    let (app, stop) = (Arc::clone(app), app.exec.stop.clone());
    app.exec.tasks.clone().spawn(async move {
        let _claim = claim;
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = empty(&app, link_id) => {}
        }
    });
}

async fn empty(app: &Arc<App>, link_id: Uuid) {
    loop {
        let pushed = match app.exec.is_held() {
            true => Ok(false),
            false => next(app, link_id).await,
        };
        match pushed {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(link.id = %link_id, error = %error, "could not push an edit")
            }
        }
        let mut pushing = app
            .exec
            .pushing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match pushing.get_mut(&link_id) {
            Some(more) if *more => *more = false,
            Some(_) | None => {
                pushing.remove(&link_id);
                return;
            }
        }
    }
}

/// Pushes one edit; false when none may be tried now.
async fn next(app: &Arc<App>, link_id: Uuid) -> Result<bool> {
    let now = clock::now();
    let found = app
        .store
        .read(move |connection| {
            let Some(outbound) = store::outbox::next(connection, link_id, now)? else {
                return Ok(None);
            };
            // A pause that a person asked for holds both directions.
            if store::link::is_paused(connection, link_id)? {
                return Ok(None);
            }
            let link = store::link::calendar(connection, link_id)?;
            let link = link.filter(|link| !link.is_deleted);
            let appointment = store::appointment::find(connection, outbound.appointment_id)?;
            Ok(link
                .zip(appointment)
                .map(|(link, appointment)| (outbound, Arc::new(link), appointment)))
        })
        .await?;
    let Some((outbound, link, mut appointment)) = found else {
        return Ok(false);
    };
    for _ in 0..MERGES_MOST {
        let failure = match send(
            app,
            Arc::clone(&link),
            outbound.clone(),
            appointment.clone(),
        )
        .await
        {
            Ok(event) => {
                settle(app, outbound, appointment.revision, event).await?;
                app.meters.edits_pushed.fetch_add(1, Ordering::Relaxed);
                app.tell(vec![Changed::Link(link_id)]);
                return Ok(true);
            }
            Err(CallError::Store(error)) => return Err(error),
            Err(CallError::Google(failure)) => failure,
        };
        match failure.class {
            FailureClass::Conflict => {
                let merged = merge(app, Arc::clone(&link), outbound.clone()).await?;
                // Google's version may have been taken over.
                app.exec.announced.notify_one();
                match merged {
                    Some(merged) => appointment = merged,
                    None => {
                        app.tell(vec![Changed::Link(link_id)]);
                        return Ok(true);
                    }
                }
            }
            FailureClass::Gone => {
                if is_confirmed(app, &link, &outbound, &failure).await? {
                    gone(app, link, outbound, appointment).await?;
                    app.exec.announced.notify_one();
                    app.tell(vec![Changed::Link(link_id)]);
                } else {
                    postpone(app, outbound, failure).await?;
                }
                return Ok(true);
            }
            FailureClass::GrantLost => {
                let reason = failure.reason.clone();
                postpone(app, outbound, failure).await?;
                let (grant_id, why) = (link.google_grant_id, reason.clone());
                app.store
                    .write(move |tx| google::note_lost(tx, grant_id, &why))
                    .await?;
                google::tell_lost(app, grant_id, &reason).await?;
                return Ok(false);
            }
            FailureClass::Transient { .. } | FailureClass::Permanent | FailureClass::CursorGone => {
                postpone(app, outbound, failure).await?;
                return Ok(true);
            }
        }
    }
    postpone(app, outbound, not_as_known()).await?;
    Ok(true)
}

async fn send(
    app: &Arc<App>,
    link: Arc<Calendar>,
    outbound: Outbound,
    one: Appointment,
) -> std::result::Result<Option<Event>, CallError> {
    let words = Words::open(&app.seal, &one)?;
    let (client, kind) = (app.google.client.clone(), outbound.kind);
    let known = match kind {
        Kind::Patch | Kind::Insert if kind == Kind::Patch || one.etag.is_some() => {
            known_attendees(app, &link, &one, &words).await?
        }
        Kind::Insert | Kind::Patch | Kind::Delete => Vec::new(),
    };
    let shared = Arc::new((link.google_calendar_id.clone(), one, words, known));
    google::call(app, link.google_grant_id, Urgency::Prompt, move |access| {
        let (client, shared) = (client.clone(), Arc::clone(&shared));
        Box::pin(async move {
            let (calendar, one, words, known) = &*shared;
            let (event_id, etag) = (one.google_event_id.as_str(), one.etag.as_deref());
            match (kind, etag) {
                // Booked and cancelled before it reached Google, as far as we know.
                (Kind::Insert, None) if one.status == "cancelled" => {
                    match client.event(&access, calendar, event_id).await {
                        Err(failure) if failure.class == FailureClass::Gone => Ok(None),
                        found => found.map(Some),
                    }
                }
                // Conflict: already there, an insert whose answer was lost.
                (Kind::Insert, None) => {
                    let edit = content::new_event(words, one);
                    let made = client.insert_event(&access, calendar, event_id, &edit);
                    made.await.map(Some)
                }
                (Kind::Insert | Kind::Patch, _) => {
                    let edit = content::changed_event(words, one, known);
                    let changed = client.patch_event(&access, calendar, event_id, etag, &edit);
                    changed.await.map(Some)
                }
                (Kind::Delete, _) => client
                    .delete_event(&access, calendar, event_id, etag)
                    .await
                    .map(|()| None),
            }
        })
    })
    .await
}

/// Whom Google holds as invited in the version we know; a conflict when its version is another.
async fn known_attendees(
    app: &Arc<App>,
    link: &Calendar,
    one: &Appointment,
    words: &Words,
) -> std::result::Result<Vec<Attendee>, CallError> {
    if words.attendees.is_empty() && one.etag.is_some() {
        return Ok(Vec::new());
    }
    let (client, event_id) = (app.google.client.clone(), one.google_event_id.clone());
    let shared = Arc::new((link.google_calendar_id.clone(), event_id));
    let event = google::call(app, link.google_grant_id, Urgency::Prompt, move |access| {
        let (client, shared) = (client.clone(), Arc::clone(&shared));
        Box::pin(async move { client.event(&access, &shared.0, &shared.1).await })
    })
    .await?;
    match event.etag == one.etag {
        true => Ok(event.attendees),
        false => Err(CallError::Google(not_as_known())),
    }
}

fn not_as_known() -> Failure {
    Failure {
        class: FailureClass::Conflict,
        reason: "conditionNotMet".to_owned(),
        status: Some(412),
    }
}

async fn settle(app: &Arc<App>, outbound: Outbound, sent: u32, event: Option<Event>) -> Result<()> {
    app.store
        .write_under(outbound.fence, move |tx| {
            let etag = event.as_ref().and_then(|event| event.etag.as_deref());
            store::appointment::await_echo(tx, outbound.appointment_id, etag)?;
            if let Some(event) = &event {
                store::appointment::set_etag(
                    tx,
                    outbound.appointment_id,
                    event.etag.as_deref(),
                    event.updated,
                )?;
            }
            store::outbox::done(tx, &outbound, sent)
        })
        .await
}

/// Pulls Google's version and merges; the appointment to push anew, or none when Google's version won.
async fn merge(
    app: &Arc<App>,
    link: Arc<Calendar>,
    outbound: Outbound,
) -> Result<Option<Appointment>> {
    let appointment_id = outbound.appointment_id;
    let found = app
        .store
        .read(move |connection| store::appointment::find(connection, appointment_id))
        .await?;
    let Some(one) = found else { return Ok(None) };
    let client = app.google.client.clone();
    let shared = Arc::new((link.google_calendar_id.clone(), one.google_event_id.clone()));
    let event = google::call(app, link.google_grant_id, Urgency::Prompt, move |access| {
        let (client, shared) = (client.clone(), Arc::clone(&shared));
        Box::pin(async move { client.event(&access, &shared.0, &shared.1).await })
    })
    .await;
    let event = match event {
        Ok(event) => event,
        Err(CallError::Store(error)) => return Err(error),
        Err(CallError::Google(failure)) => {
            postpone(app, outbound, failure).await?;
            return Ok(None);
        }
    };
    let shared = Arc::clone(app);
    app.store
        .write_under(outbound.fence, move |tx| {
            let now = clock::now();
            match apply::event(tx, &shared.seal, &link, &event, now)? {
                apply::Applied::Cancels => {
                    apply::cancel(tx, link.link_id, &event.id, event.etag.as_deref(), now)?;
                }
                // The insert whose answer was lost did all there was to do.
                apply::Applied::Echo if outbound.kind == Kind::Insert => {
                    store::outbox::done(tx, &outbound, one.revision)?;
                    return Ok(None);
                }
                _ => {}
            }
            // Still waiting means that ours won, or that nothing changed but the version.
            let waits = store::outbox::of_appointment(tx, appointment_id)?.is_some();
            if waits {
                store::appointment::set_etag(
                    tx,
                    appointment_id,
                    event.etag.as_deref(),
                    event.updated,
                )?;
            }
            Ok(if waits {
                store::appointment::find(tx, appointment_id)?
            } else {
                None
            })
        })
        .await
}

/// Whether it is the event that is gone: a 404 may as well mean the calendar, which cancels nothing.
async fn is_confirmed(
    app: &Arc<App>,
    link: &Calendar,
    outbound: &Outbound,
    failure: &Failure,
) -> Result<bool> {
    if outbound.kind == Kind::Insert {
        return Ok(false);
    }
    if failure.status == Some(410) {
        return Ok(true);
    }
    let (client, calendar_id) = (
        app.google.client.clone(),
        Arc::new(link.google_calendar_id.clone()),
    );
    let calendar = google::call(app, link.google_grant_id, Urgency::Prompt, move |access| {
        let (client, calendar_id) = (client.clone(), Arc::clone(&calendar_id));
        Box::pin(async move { client.calendar(&access, &calendar_id).await })
    })
    .await;
    match calendar {
        Ok(_) => Ok(true),
        Err(CallError::Google(_)) => Ok(false),
        Err(CallError::Store(error)) => Err(error),
    }
}

/// Google confirms that the event is gone: a delete is done, and what was to be changed is cancelled.
async fn gone(
    app: &Arc<App>,
    link: Arc<Calendar>,
    outbound: Outbound,
    one: Appointment,
) -> Result<()> {
    let (link_id, event_id) = (link.link_id, one.google_event_id.clone());
    app.store
        .write_under(outbound.fence, move |tx| {
            store::outbox::done(tx, &outbound, one.revision)?;
            apply::cancel(tx, link_id, &event_id, None, clock::now()).map(|_| ())
        })
        .await
}

async fn postpone(app: &Arc<App>, outbound: Outbound, failure: Failure) -> Result<()> {
    app.meters.edits_postponed.fetch_add(1, Ordering::Relaxed);
    let backoff = Backoff {
        first: FIRST_RETRY.min(app.settings.check_interval),
        most: app.settings.check_interval,
        attempts: None,
    };
    let wait = match failure.class {
        FailureClass::Transient { retry_after } => {
            let next = backoff
                .next(outbound.attempts + 1, &mut SystemEntropy)
                .unwrap_or(app.settings.check_interval);
            retry_after.unwrap_or_default().max(next)
        }
        // The sweep tries again what only a person can heal.
        _ => app.settings.check_interval,
    };
    tracing::warn!(link.id = %outbound.link_id, reason = %failure.reason, attempts = outbound.attempts + 1, "an outbound edit waits");
    let not_before = clock::now().checked_add(wait).unwrap_or(Timestamp::MAX);
    let (outbox_id, link_id) = (outbound.outbox_id, outbound.link_id);
    let refused = matches!(failure.class, FailureClass::Permanent | FailureClass::Gone);
    app.store
        .write_under(outbound.fence, move |tx| {
            store::outbox::postpone(tx, outbox_id, not_before, &failure.reason, refused)
        })
        .await?;
    app.postponed.notify_one();
    app.tell(vec![Changed::Link(link_id)]);
    Ok(())
}
