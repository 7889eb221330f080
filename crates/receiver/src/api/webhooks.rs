//! Outgoing webhooks, set up by the clinic's own system itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use syncward_wire::webhook::{
    WebhookEndpoint, WebhookEndpointDraft, WebhookEndpointMade, WebhookEndpointPatch,
    WebhookMessage, WebhookReplay, WebhookReplayed, WebhookState,
};
use syncward_wire::{Page, Problem};
use uuid::Uuid;

use super::extract::{Asked, Body, Id, Paging, Place};
use super::problem::{Answer, Refusal};
use super::show;
use crate::app::{Actor, App};
use crate::store;
use crate::store::webhook_endpoint::Endpoint;
use crate::store::webhook_message::Message;

/// Messages named in one replay at the most.
const REPLAYED_MOST: usize = 1000;

/// Which messages.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// `dead` lists those that were given up.
    #[param(inline)]
    pub state: Option<WebhookState>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// The endpoints that are told of changes.
#[utoipa::path(get, path = "/webhook-endpoints", params(Paging), responses((status = 200, body = Page<WebhookEndpoint>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<WebhookEndpoint>>> {
    let endpoints = app.store.read(store::webhook_endpoint::all).await?;
    let endpoints = endpoints.into_iter().map(shown).collect();
    show::page(endpoints, &paging, |one: &WebhookEndpoint| {
        Place::of_time(*one.created_at, one.id)
    })
    .map(Json)
}

/// Makes an endpoint: every change from now on is posted to it, signed as Standard Webhooks says. The secret is shown once.
#[utoipa::path(post, path = "/webhook-endpoints", request_body = WebhookEndpointDraft,
    responses((status = 201, body = WebhookEndpointMade), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Body(draft): Body<WebhookEndpointDraft>,
) -> Answer<(StatusCode, Json<WebhookEndpointMade>)> {
    let (endpoint, secret) = app.add_endpoint(by, draft).await?;
    let made = WebhookEndpointMade {
        endpoint: shown(endpoint),
        secret,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// One endpoint.
#[utoipa::path(get, path = "/webhook-endpoints/{id}", params(("id" = Uuid, Path)), responses((status = 200, body = WebhookEndpoint)))]
pub async fn one(State(app): State<Arc<App>>, Id(id): Id) -> Answer<Json<WebhookEndpoint>> {
    found(&app, id).await.map(shown).map(Json)
}

/// Changes an endpoint's address, or turns it off or on.
#[utoipa::path(patch, path = "/webhook-endpoints/{id}", params(("id" = Uuid, Path)), request_body = WebhookEndpointPatch,
    responses((status = 200, body = WebhookEndpoint)))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    patch: Answer<Body<WebhookEndpointPatch>>,
) -> Answer<Json<WebhookEndpoint>> {
    found(&app, id).await?;
    let Body(patch) = patch?;
    Ok(Json(shown(app.change_endpoint(by, id, patch).await?)))
}

/// Forgets an endpoint and what waits for it.
#[utoipa::path(delete, path = "/webhook-endpoints/{id}", params(("id" = Uuid, Path)), responses((status = 204)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
) -> Answer<StatusCode> {
    app.delete_endpoint(by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was told to an endpoint, waits, or was given up; newest first.
#[utoipa::path(get, path = "/webhook-endpoints/{id}/messages", params(("id" = Uuid, Path), Which),
    responses((status = 200, body = Page<WebhookMessage>)))]
pub async fn messages(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(which): Asked<Which>,
) -> Answer<Json<Page<WebhookMessage>>> {
    found(&app, id).await?;
    let paging = Paging {
        after: which.after,
        limit: which.limit,
    };
    let (limit, before) = (paging.limit()?, paging.after()?);
    let state = which.state.map(word);
    let read = app
        .store
        .read(move |connection| store::webhook_message::page(connection, id, state, before, limit));
    let items = read.await?.into_iter().map(told).collect();
    Ok(Json(show::numbered(
        items,
        limit,
        |one: &WebhookMessage| one.seq,
    )))
}

/// Sends messages again: those named, or every dead one.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/replay", params(("id" = Uuid, Path)), request_body = WebhookReplay,
    responses((status = 202, body = WebhookReplayed)))]
pub async fn replay(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    replay: Answer<Body<WebhookReplay>>,
) -> Answer<(StatusCode, Json<WebhookReplayed>)> {
    found(&app, id).await?;
    let Body(replay) = replay?;
    let named = replay.messages.as_ref().map_or(0, Vec::len);
    if named > REPLAYED_MOST {
        return Err(Refusal::new(
            422,
            "invalid_body",
            format!("The field messages does not fit: it names {named}."),
            "Name at most 1000, or none for every dead one.",
        ));
    }
    let replayed = app.replay(by, id, replay.messages).await?;
    Ok((StatusCode::ACCEPTED, Json(WebhookReplayed { replayed })))
}

async fn found(app: &App, id: Uuid) -> Answer<Endpoint> {
    let one = app
        .store
        .read(move |connection| store::webhook_endpoint::find(connection, id))
        .await?;
    one.ok_or_else(|| Refusal::not_found("endpoint"))
}

fn shown(one: Endpoint) -> WebhookEndpoint {
    WebhookEndpoint {
        id: one.webhook_endpoint_id,
        clinic_id: one.clinic_id,
        url: one.url,
        enabled: one.enabled,
        created_at: one.made_at.into(),
    }
}

fn told(one: Message) -> WebhookMessage {
    let state = match one.state.as_str() {
        "delivered" => WebhookState::Delivered,
        "dead" => WebhookState::Dead,
        _ => WebhookState::Waiting,
    };
    WebhookMessage {
        id: one.webhook_message_id,
        seq: one.change_feed_id,
        appointment_id: one.appointment_id,
        state,
        attempts: one.attempts,
        next_attempt_at: (state == WebhookState::Waiting).then(|| one.not_before.into()),
        failure: one.failure,
        created_at: one.made_at.into(),
        ended_at: one.ended_at.map(Into::into),
    }
}

fn word(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Waiting => "waiting",
        WebhookState::Delivered => "delivered",
        WebhookState::Dead => "dead",
    }
}
