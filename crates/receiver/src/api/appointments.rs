//! Appointments and the change feed, for the clinic's own system only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use syncward_wire::appointment::{
    Appointment, AppointmentDraft, AppointmentPatch, AppointmentStatus, Change,
};
use syncward_wire::{Page, Problem};
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Asked, Body, Id, Paging};
use super::problem::{Answer, Refusal};
use super::show;
use crate::app::App;
use crate::exec::content::Words;
use crate::seal::Seal;
use crate::store;
use crate::{clock, store::appointment::Appointment as Row};

mod expand;

const KEY_MOST: usize = 255;

/// Which appointments.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
pub struct Which {
    pub clinic: Option<Uuid>,
    pub link: Option<Uuid>,
    pub status: Option<String>,
    /// RFC 3339: those that end after it.
    pub from: Option<String>,
    /// RFC 3339: those that start before it.
    pub to: Option<String>,
    /// Instances in place of series; needs `from` and `to`.
    pub expand: Option<bool>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 1000; 100 when absent.
    pub limit: Option<u32>,
}

/// Appointments by start.
#[utoipa::path(get, path = "/appointments", params(Which), responses((status = 200, body = Page<Appointment>), (status = 422, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(which): Asked<Which>,
) -> Answer<Json<Page<Appointment>>> {
    let read = |text: &String| {
        text.parse::<Timestamp>().map_err(|_| {
            Refusal::new(
                422,
                "invalid_range",
                "from and to must be RFC 3339 times.",
                "Write 2026-11-23T09:00:00Z.",
            )
        })
    };
    let (from, to) = (
        which.from.as_ref().map(read).transpose()?,
        which.to.as_ref().map(read).transpose()?,
    );
    let window = from.zip(to);
    if which.expand == Some(true) && window.is_none() {
        return Err(Refusal::new(
            422,
            "invalid_range",
            "expand needs from and to.",
            "Add both.",
        ));
    }
    let paging = Paging {
        after: which.after.clone(),
        limit: which.limit,
    };
    let seal = Arc::clone(&app.seal);
    let items = app
        .store
        .read(move |connection| {
            let rows = store::appointment::list(connection, which.clinic, which.link, from, to)?;
            let mut items = Vec::with_capacity(rows.len());
            for row in rows {
                if which
                    .status
                    .as_ref()
                    .is_none_or(|status| *status == row.status)
                {
                    items.push((shown(connection, &seal, &row)?, row));
                }
            }
            Ok(items)
        })
        .await?;
    let items = match (which.expand, window) {
        (Some(true), Some((from, to))) => expand::expand(items, from, to),
        _ => items.into_iter().map(|(one, _)| one).collect(),
    };
    show::page(items, &paging).map(Json)
}

/// One appointment.
#[utoipa::path(get, path = "/appointments/{id}", params(("id" = Uuid, Path)),
    responses((status = 200, body = Appointment), (status = 404, body = Problem)))]
pub async fn one(State(app): State<Arc<App>>, Id(id): Id) -> Answer<Json<Appointment>> {
    found(&app, id).await.map(Json)
}

/// Books an appointment; with an `Idempotency-Key` the same call twice is one appointment.
#[utoipa::path(post, path = "/appointments", request_body = AppointmentDraft,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Appointment), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Answer<Response> {
    let draft: AppointmentDraft = serde_json::from_value(body.clone()).map_err(|error| {
        Refusal::new(
            422,
            "invalid_body",
            format!("The body does not fit: {error}."),
            "See /api/v1/openapi.json for its shape.",
        )
    })?;
    let key = headers
        .get("idempotency-key")
        .map(|key| key.to_str().map(str::to_owned));
    let key = match key {
        None => None,
        Some(Ok(key)) if (1..=KEY_MOST).contains(&key.len()) => Some(key),
        Some(_) => {
            return Err(Refusal::new(
                422,
                "invalid_key",
                "Idempotency-Key must have 1 to 255 characters.",
                "Send a UUID.",
            ));
        }
    };
    let Some(key) = key else {
        let id = app.create_appointment(draft).await?;
        return Ok((StatusCode::CREATED, Json(found(&app, id).await?)).into_response());
    };
    let body_hash: [u8; 32] = Sha256::digest(body.to_string()).into();
    let device_id = caller.0.id;
    // One at a time, so that two calls at once with the same key are one as well.
    let _turn = app.idempotency.lock().await;
    let (asked, hash) = (key.clone(), body_hash);
    match app
        .store
        .read(move |connection| store::idempotency_key::find(connection, device_id, &asked))
        .await?
    {
        Some(kept) if kept.body_hash == hash => Ok(kept.into_response()),
        Some(_) => Err(Refusal::new(
            409,
            "key_reused",
            "This Idempotency-Key was used with another body.",
            "Use a new key for a new appointment.",
        )),
        None => {
            let id = app.create_appointment(draft).await?;
            let answer =
                serde_json::to_vec(&found(&app, id).await?).map_err(store::StoreError::from)?;
            let kept = store::idempotency_key::Kept {
                body_hash: hash.to_vec(),
                status: 201,
                answer: answer.clone(),
            };
            app.store
                .write(move |tx| {
                    store::idempotency_key::insert(tx, device_id, &key, &kept, clock::now())
                })
                .await?;
            Ok((
                StatusCode::CREATED,
                [("content-type", "application/json")],
                answer,
            )
                .into_response())
        }
    }
}

impl IntoResponse for store::idempotency_key::Kept {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::CREATED);
        (status, [("content-type", "application/json")], self.answer).into_response()
    }
}

/// Changes an appointment; a field left out stays.
#[utoipa::path(patch, path = "/appointments/{id}", params(("id" = Uuid, Path)), request_body = AppointmentPatch,
    responses((status = 200, body = Appointment), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(app): State<Arc<App>>,
    Id(id): Id,
    patch: Answer<Body<AppointmentPatch>>,
) -> Answer<Json<Appointment>> {
    found(&app, id).await?;
    let Body(patch) = patch?;
    app.patch_appointment(id, patch).await?;
    found(&app, id).await.map(Json)
}

/// Cancels an appointment here and its event in Google.
#[utoipa::path(delete, path = "/appointments/{id}", params(("id" = Uuid, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id) -> Answer<StatusCode> {
    app.delete_appointment(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every change of every appointment, in order; `after` is the last `seq` seen.
#[utoipa::path(get, path = "/changes", params(Paging), responses((status = 200, body = Page<Change>)))]
pub async fn changes(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Change>>> {
    let (limit, after) = (paging.limit()?, paging.after()?.unwrap_or(0));
    let seal = Arc::clone(&app.seal);
    let items = app
        .store
        .read(move |connection| {
            let mut items = Vec::new();
            for (seq, at, appointment_id) in store::appointment::changes(connection, after, limit)?
            {
                if let Some(row) = store::appointment::find(connection, appointment_id)? {
                    items.push(Change {
                        seq,
                        at: at.into(),
                        appointment: shown(connection, &seal, &row)?,
                    });
                }
            }
            Ok(items)
        })
        .await?;
    // The feed never ends: its cursor is always there to ask again.
    let next = items.last().map_or(after, |last| last.seq);
    Ok(Json(Page {
        items,
        next: Some(next.to_string()),
    }))
}

async fn found(app: &App, id: Uuid) -> Answer<Appointment> {
    let seal = Arc::clone(&app.seal);
    let one = app
        .store
        .read(move |connection| {
            let row = store::appointment::find(connection, id)?;
            row.map(|row| shown(connection, &seal, &row)).transpose()
        })
        .await?;
    one.ok_or_else(|| Refusal::not_found("appointment"))
}

fn shown(connection: &Connection, seal: &Seal, row: &Row) -> store::Result<Appointment> {
    let words = Words::open(seal, row)?;
    let series = match &row.series_event_id {
        Some(event_id) => store::appointment::of_event(connection, row.link_id, event_id)?,
        None => None,
    };
    Ok(Appointment {
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
