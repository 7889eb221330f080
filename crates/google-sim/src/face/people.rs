//! The control API for people: accounts, calendars, edits by hand, withdrawn consents, and the trickle of edits.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{patch, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Face, Refused, done};
use crate::model::{
    calendar::{Calendar, Role},
    event::Fields,
    push::ResourceState,
    refusal::Refusal,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    email: String,
    name: Option<String>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCalendar {
    account: String,
    summary: String,
    id: Option<String>,
    time_zone: Option<String>,
    watchable: Option<bool>,
    seeded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarPatch {
    summary: Option<String>,
    watchable: Option<bool>,
    never_syncs: Option<bool>,
    seeded: Option<bool>,
}

#[derive(Deserialize)]
struct Share {
    account: String,
    role: Option<Role>,
}

#[derive(Deserialize)]
struct Pace {
    every_ms: u64,
}

/// The paths of this module.
pub fn routes() -> Router<Face> {
    Router::new()
        .route("/sim/accounts", post(add_account))
        .route("/sim/accounts/{email}/revoke", post(withdraw))
        .route(
            "/sim/accounts/{email}/expire-access-tokens",
            post(expire_access),
        )
        .route("/sim/calendars", post(add_calendar))
        .route(
            "/sim/calendars/{id}",
            patch(change_calendar).delete(remove_calendar),
        )
        .route("/sim/calendars/{id}/share", post(share))
        .route(
            "/sim/calendars/{id}/expire-sync-tokens",
            post(expire_sync_tokens),
        )
        .route("/sim/calendars/{id}/events", post(insert).get(events))
        .route(
            "/sim/calendars/{id}/events/{event}",
            patch(edit).delete(remove),
        )
        .route("/sim/trickle", post(set_trickle))
}

/// Lets people edit at the pace that is set.
pub async fn run(face: Face) {
    let mut pace = face.0.trickle_every.subscribe();
    loop {
        let every = *pace.borrow_and_update();
        let Some(every) = every else {
            if pace.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            () = tokio::time::sleep(every) => {
                let edited = face.step(|world, now| world.trickle(now));
                tracing::debug!(?edited, "somebody edited a calendar");
            }
            changed = pace.changed() => if changed.is_err() { return },
        }
    }
}

async fn add_account(
    State(face): State<Face>,
    Json(new): Json<NewAccount>,
) -> Result<Response, Refused> {
    let name = new.name.as_deref().unwrap_or(&new.email);
    let zone = new.time_zone.as_deref().unwrap_or("Europe/London");
    face.step(|world, now| world.add_account(&new.email, name, zone, now))?;
    Ok((StatusCode::CREATED, Json(json!({ "email": new.email }))).into_response())
}

async fn withdraw(State(face): State<Face>, Path(email): Path<String>) -> Json<Value> {
    Json(json!({ "revoked": face.step(|world, _| world.consents.withdraw(&email)) }))
}

async fn expire_access(State(face): State<Face>, Path(email): Path<String>) -> Response {
    face.step(|world, _| world.consents.expire_access(&email));
    done()
}

async fn add_calendar(
    State(face): State<Face>,
    Json(new): Json<NewCalendar>,
) -> Result<Response, Refused> {
    let id = face.step(|world, now| {
        let id = new
            .id
            .unwrap_or_else(|| format!("c_{}@group.calendar.google.com", world.fresh()));
        let zone = new.time_zone.as_deref().unwrap_or("Europe/London");
        let mut calendar = Calendar::new(&id, &new.account, &new.summary, zone, now)?;
        calendar.watchable = new.watchable.unwrap_or(true);
        calendar.seeded = new.seeded.unwrap_or(false);
        world.add_calendar(calendar)?;
        Ok::<_, Refusal>(id)
    })?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn change_calendar(
    State(face): State<Face>,
    Path(id): Path<String>,
    Json(change): Json<CalendarPatch>,
) -> Result<Response, Refused> {
    with_calendar(&face, &id, |calendar| {
        if let Some(summary) = change.summary {
            calendar.summary = summary;
        }
        calendar.watchable = change.watchable.unwrap_or(calendar.watchable);
        calendar.never_syncs = change.never_syncs.unwrap_or(calendar.never_syncs);
        calendar.seeded = change.seeded.unwrap_or(calendar.seeded);
    })
}

async fn remove_calendar(
    State(face): State<Face>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    face.step(|world, now| {
        world.calendars.remove(&id).ok_or_else(Refusal::not_found)?;
        world.list_revision += 1;
        world.announce(&id, ResourceState::NotExists, now);
        Ok::<_, Refusal>(())
    })?;
    Ok(done())
}

/// Gives an account a role, or takes every role away when none is named; sync tokens end, as Google's do.
async fn share(
    State(face): State<Face>,
    Path(id): Path<String>,
    Json(share): Json<Share>,
) -> Result<Response, Refused> {
    with_calendar(&face, &id, |calendar| {
        match share.role {
            Some(role) => calendar.roles.insert(share.account, role),
            None => calendar.roles.remove(&share.account),
        };
        calendar.expire_sync_tokens();
    })
}

async fn expire_sync_tokens(
    State(face): State<Face>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    with_calendar(&face, &id, Calendar::expire_sync_tokens)
}

fn with_calendar(
    face: &Face,
    id: &str,
    change: impl FnOnce(&mut Calendar),
) -> Result<Response, Refused> {
    face.step(|world, _| {
        let calendar = world.calendars.get_mut(id).ok_or_else(Refusal::not_found)?;
        change(calendar);
        world.list_revision += 1;
        Ok::<_, Refusal>(())
    })?;
    Ok(done())
}

async fn insert(
    State(face): State<Face>,
    Path(id): Path<String>,
    Json(body): Json<Fields>,
) -> Result<Response, Refused> {
    let fields = face.step(|world, now| world.person_inserts(&id, &body, now))?;
    Ok((StatusCode::CREATED, Json(fields)).into_response())
}

/// Every event as it is stored, cancelled ones too.
async fn events(State(face): State<Face>, Path(id): Path<String>) -> Result<Json<Value>, Refused> {
    let world = face.world();
    let calendar = world.calendars.get(&id).ok_or_else(Refusal::not_found)?;
    let items: Vec<&Fields> = calendar
        .events
        .values()
        .map(|event| &event.fields)
        .collect();
    Ok(Json(json!({ "items": items })))
}

async fn edit(
    State(face): State<Face>,
    Path((id, event)): Path<(String, String)>,
    Json(body): Json<Fields>,
) -> Result<Json<Fields>, Refused> {
    Ok(Json(face.step(|world, now| {
        world.person_patches(&id, &event, &body, now)
    })?))
}

async fn remove(
    State(face): State<Face>,
    Path((id, event)): Path<(String, String)>,
) -> Result<Response, Refused> {
    face.step(|world, now| world.person_deletes(&id, &event, now))?;
    Ok(done())
}

async fn set_trickle(State(face): State<Face>, Json(Pace { every_ms }): Json<Pace>) -> Response {
    face.set_trickle((every_ms > 0).then(|| Duration::from_millis(every_ms)));
    done()
}
