//! Appointments and the change feed, for the clinic's own system only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use syncward_wire::appointment::{
    Appointment, AppointmentDraft, AppointmentPatch, AppointmentStatus, Change, Revision,
    RevisionChoice, RevisionSource,
};
use syncward_wire::{Page, Problem};
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Asked, Body, Id, Paging, Place};
use super::problem::{Answer, Refusal};
use super::show;
use crate::app::appointments::{Edit, Once, shown, word};
use crate::app::{Actor, App};
use crate::store;
use crate::store::appointment::Filter;
use crate::store::idempotency_key::Kept;

mod expand;

const KEY_MOST: usize = 255;
/// The longest range that series are expanded over.
const EXPANDED_MOST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Which appointments.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Of every clinic when absent.
    pub clinic: Option<Uuid>,
    /// Of every link when absent.
    pub link: Option<Uuid>,
    /// In every status when absent.
    #[param(inline)]
    pub status: Option<AppointmentStatus>,
    /// RFC 3339: those that end after it.
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// RFC 3339: those that start before it.
    #[param(format = DateTime)]
    pub to: Option<String>,
    /// Instances in place of series; needs `from` and `to`.
    pub expand: Option<bool>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// Appointments by start.
#[utoipa::path(get, path = "/appointments", params(Which), responses((status = 200, body = Page<Appointment>), (status = 422, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(which): Asked<Which>,
) -> Answer<Json<Page<Appointment>>> {
    let read = |text: &String| {
        let at = text.parse::<Timestamp>();
        at.map_err(|_| invalid_range("from and to must be RFC 3339 times"))
    };
    let from = which.from.as_ref().map(read).transpose()?;
    let to = which.to.as_ref().map(read).transpose()?;
    let filter = Filter {
        clinic_id: which.clinic,
        link_id: which.link,
        status: which.status.map(|status| word(status).to_owned()),
        from,
        to,
        ..Filter::default()
    };
    let paging = Paging {
        after: which.after.clone(),
        limit: which.limit,
    };
    match (which.expand.unwrap_or_default(), from.zip(to)) {
        (false, _) => as_stored(&app, filter, &paging).await.map(Json),
        (true, Some(window)) => as_instances(&app, filter, window, &paging).await.map(Json),
        (true, None) => Err(invalid_range("expand needs from and to")),
    }
}

fn invalid_range(what: &str) -> Refusal {
    Refusal::new(
        422,
        "invalid_range",
        format!("{what}."),
        "Pass RFC 3339 times such as 2026-11-23T09:00:00Z, from before to, a year apart at most.",
    )
}

async fn as_stored(app: &App, mut filter: Filter, paging: &Paging) -> Answer<Page<Appointment>> {
    let limit = paging.limit()?;
    filter.limit = Some(limit + 1);
    if let Some(place) = paging.place()? {
        filter.after = Some((place.at_ms()?, place.1));
    }
    let seal = Arc::clone(&app.seal);
    let read = app.store.read(move |connection| {
        let mut rows = store::appointment::list(connection, &filter)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more);
        let next = next.map(|row| Place::of_time(row.from_at, row.appointment_id).cursor());
        let items = rows.iter().map(|row| shown(connection, &seal, row));
        Ok(Page {
            items: items.collect::<store::Result<_>>()?,
            next,
        })
    });
    Ok(read.await?)
}

async fn as_instances(
    app: &App,
    filter: Filter,
    (from, to): (Timestamp, Timestamp),
    paging: &Paging,
) -> Answer<Page<Appointment>> {
    if from >= to || to.duration_since(from) > EXPANDED_MOST {
        return Err(invalid_range("from must be before to, by 366 days at most"));
    }
    let seal = Arc::clone(&app.seal);
    let read = app.store.read(move |connection| {
        let mut instances = Vec::new();
        for row in store::appointment::list(connection, &filter)? {
            let one = shown(connection, &seal, &row)?;
            let replaced = match row.recurrence.is_empty() {
                true => Vec::new(),
                false => {
                    store::appointment::replaced(connection, row.link_id, &row.google_event_id)?
                }
            };
            instances.extend(expand::expand(one, &row, &replaced, from, to));
        }
        Ok(instances)
    });
    let placed = |(at, one): &(Timestamp, Appointment)| {
        let id = format!("{}{}", one.id, one.start);
        Place::of_time(*at, id)
    };
    let page = show::page(read.await?, paging, placed)?;
    Ok(Page {
        items: page.items.into_iter().map(|(_, one)| one).collect(),
        next: page.next,
    })
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

/// Every version that is kept, newest first, those that lost a conflict included.
#[utoipa::path(get, path = "/appointments/{id}/revisions", params(("id" = Uuid, Path), Paging),
    responses((status = 200, body = Page<Revision>), (status = 404, body = Problem)))]
pub async fn revisions(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Revision>>> {
    let seal = Arc::clone(&app.seal);
    let read = app.store.read(move |connection| {
        let Some(one) = store::appointment::find(connection, id)? else {
            return Ok(None);
        };
        let versions = store::revision::all(connection, &one)?.into_iter();
        let versions = versions.map(|version| {
            let mut appointment = shown(connection, &seal, &version.appointment)?;
            appointment.updated_at = version.at.into();
            Ok(Revision {
                revision: appointment.revision,
                source: match version.source.as_str() {
                    "api" => RevisionSource::Api,
                    _ => RevisionSource::Google,
                },
                lost: version.lost,
                at: version.at.into(),
                appointment,
            })
        });
        versions.collect::<store::Result<Vec<_>>>().map(Some)
    });
    let versions = read
        .await?
        .ok_or_else(|| Refusal::not_found("appointment"))?;
    show::page(versions, &paging, |one| {
        let newest_first = u32::MAX - one.revision;
        Place(format!("{newest_first:010}"), one.lost.to_string())
    })
    .map(Json)
}

/// Brings a version back as a new one, here and in Google; what was cancelled becomes a new event there.
#[utoipa::path(post, path = "/appointments/{id}/restore", request_body = RevisionChoice,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; kept for seven days.")),
    responses((status = 200, body = Appointment), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn restore(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    headers: HeaderMap,
    choice: Answer<Body<RevisionChoice>>,
) -> Answer<Response> {
    found(&app, id).await?;
    let Body(choice) = choice?;
    let once = once(&caller, &headers, "POST", Some(id), &choice)?;
    let edit = Edit::Restore(id, choice);
    Ok(answered(app.edit_appointment(by, once, edit).await?))
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
