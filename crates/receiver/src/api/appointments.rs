//! Appointments and the change feed, for the clinic's own system only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use syncward_wire::appointment::{Appointment, AppointmentDraft, AppointmentPatch, Change};
use syncward_wire::{Page, Problem};
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Asked, Body, Id, Paging};
use super::problem::{Answer, Refusal};
use super::show;
use crate::app::appointments::{Edit, Once, shown};
use crate::app::{Actor, App};
use crate::store;
use crate::store::idempotency_key::Kept;

mod expand;

const KEY_MOST: usize = 255;

/// Which appointments.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
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
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; kept for seven days.")),
    responses((status = 201, body = Appointment), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(by): Extension<Actor>,
    headers: HeaderMap,
    Body(draft): Body<AppointmentDraft>,
) -> Answer<Response> {
    let once = once(&caller, &headers, "POST", None, &draft)?;
    Ok(answered(
        app.edit_appointment(by, once, Edit::Book(draft)).await?,
    ))
}

/// Changes an appointment; a field left out stays. Takes an `Idempotency-Key` as booking does.
#[utoipa::path(patch, path = "/appointments/{id}", request_body = AppointmentPatch,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; kept for seven days.")),
    responses((status = 200, body = Appointment), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    headers: HeaderMap,
    patch: Answer<Body<AppointmentPatch>>,
) -> Answer<Response> {
    found(&app, id).await?;
    let Body(patch) = patch?;
    let once = once(&caller, &headers, "PATCH", Some(id), &patch)?;
    Ok(answered(
        app.edit_appointment(by, once, Edit::Change(id, patch))
            .await?,
    ))
}

/// Cancels an appointment here and its event in Google; cancelled before, nothing happens.
#[utoipa::path(delete, path = "/appointments/{id}",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; kept for seven days.")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    headers: HeaderMap,
) -> Answer<Response> {
    let once = once(&caller, &headers, "DELETE", Some(id), &())?;
    Ok(answered(
        app.edit_appointment(by, once, Edit::Cancel(id)).await?,
    ))
}

/// The caller's key, if there is one, and a digest of the whole request.
fn once<T: serde::Serialize>(
    caller: &Caller,
    headers: &HeaderMap,
    method: &str,
    id: Option<Uuid>,
    body: &T,
) -> Answer<Option<Once>> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_MOST).contains(&key.len()));
    let Some(key) = key else {
        return Err(Refusal::new(
            422,
            "invalid_key",
            "Idempotency-Key must have 1 to 255 characters.",
            "Send a UUID.",
        ));
    };
    let request = serde_json::to_vec(&(method, id, body)).map_err(store::StoreError::from)?;
    Ok(Some(Once {
        device_id: caller.0.id,
        key: key.to_owned(),
        request_hash: Sha256::digest(request).to_vec(),
    }))
}

fn answered(kept: Kept) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    if kept.answer.is_empty() {
        return status.into_response();
    }
    (status, [("content-type", "application/json")], kept.answer).into_response()
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
