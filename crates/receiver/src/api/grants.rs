//! Consents, through the app's use cases.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use syncward_wire::{
    Calendar, Grant, GrantBegin, GrantBegun, GrantComplete, GrantCompleted, GrantHealth, Page,
    Problem,
};

use super::extract::{Asked, Body, Id, Paging, Place};
use super::problem::{Answer, Refusal};
use super::{clinics, show};
use crate::app::{Actor, App};
use crate::store;

/// The consents that stand or are lost.
#[utoipa::path(get, path = "/grants", params(Paging), responses((status = 200, body = Page<Grant>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Grant>>> {
    let grants = app.store.read(store::google_grant::all).await?;
    let grants = grants.into_iter().map(show::grant).collect();
    show::page(grants, &paging, |one: &Grant| {
        Place::of_time(*one.created_at, one.id)
    })
    .map(Json)
}

/// How a consent is, when it will end, and what rests on it.
#[utoipa::path(get, path = "/grants/{id}/health", params(("id" = Uuid, Path)),
    responses((status = 200, body = GrantHealth), (status = 404, body = Problem)))]
pub async fn health(State(app): State<Arc<App>>, Id(id): Id) -> Answer<Json<GrantHealth>> {
    Ok(Json(app.grant_health(id).await?))
}

/// Begins a consent.
#[utoipa::path(post, path = "/clinics/{id}/grants", params(("id" = Uuid, Path)), request_body = GrantBegin,
    responses((status = 200, body = GrantBegun), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn begin(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    begin: Answer<Body<GrantBegin>>,
) -> Answer<Json<GrantBegun>> {
    clinics::found(&app, id).await?;
    let Body(begin) = begin?;
    Ok(Json(app.begin_grant(by, id, begin).await?))
}

/// Completes a consent: links the primary calendar and opens its channel at once.
#[utoipa::path(post, path = "/grants/complete", request_body = GrantComplete,
    responses((status = 200, body = GrantCompleted), (status = 409, body = Problem), (status = 410, body = Problem),
        (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn complete(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Body(complete): Body<GrantComplete>,
) -> Answer<Json<GrantCompleted>> {
    let (grant_id, link_ids) = app.complete_grant(by, complete).await?;
    let grant = app
        .store
        .read(move |connection| store::google_grant::find(connection, grant_id))
        .await?;
    let grant = grant.ok_or_else(|| Refusal::not_found("grant"))?;
    let links = show::links(&app, show::Which::Named(link_ids)).await?;
    Ok(Json(GrantCompleted {
        grant: show::grant(grant),
        links,
    }))
}

/// Disconnects: stops the channels, then revokes at Google.
#[utoipa::path(delete, path = "/grants/{id}", params(("id" = Uuid, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub async fn disconnect(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
) -> Answer<StatusCode> {
    app.disconnect(by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The calendars a consent can see.
#[utoipa::path(get, path = "/grants/{id}/calendars", params(("id" = Uuid, Path), Paging),
    responses((status = 200, body = Page<Calendar>), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn calendars(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Calendar>>> {
    let calendars = app.calendars(id).await?;
    show::page(calendars, &paging, |one| {
        let name = one.name.to_lowercase();
        let first = if one.primary { "" } else { &name };
        Place(first.to_owned(), one.google_calendar_id.clone())
    })
    .map(Json)
}
