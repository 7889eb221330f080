//! The control API: faults, consent, push settings, the clock, channels and logs. README.md describes it.

use std::collections::VecDeque;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Face, Refused, done};
use crate::{
    api::{Request, call::Call},
    model::{Settings, fault::Rule, oauth::ConsentMode, push::ResourceState, refusal::Refusal},
};

const REQUESTS_MAX: usize = 5_000;

/// The newest calls of the Calendar API.
#[derive(Default)]
pub struct RequestLog {
    newest: VecDeque<LoggedRequest>,
    last_seq: u64,
}

#[derive(Clone, Serialize)]
struct LoggedRequest {
    seq: u64,
    at: Timestamp,
    operation: &'static str,
    method: String,
    path: String,
    status: u16,
}

#[derive(Deserialize, Default)]
struct After {
    #[serde(default)]
    after: u64,
    channel: Option<String>,
    calendar: Option<String>,
}

#[derive(Deserialize)]
struct Mode {
    mode: ConsentMode,
}

#[derive(Deserialize)]
struct Advance {
    advance_ms: i64,
}

impl Face {
    /// Remembers a call.
    pub fn log_request(&self, request: &Request, status: u16) {
        let mut log = self
            .0
            .requests
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        log.last_seq += 1;
        let operation = Call::read(&request.method, &request.path)
            .as_ref()
            .map_or("unknown", Call::operation);
        let (method, path, seq) = (request.method.clone(), request.path.clone(), log.last_seq);
        if log.newest.len() >= REQUESTS_MAX {
            log.newest.pop_front();
        }
        log.newest.push_back(LoggedRequest {
            seq,
            at: Timestamp::now(),
            operation,
            method,
            path,
            status,
        });
    }
}

/// The paths of this module.
pub fn routes() -> Router<Face> {
    Router::new()
        .route("/sim/state", get(state))
        .route(
            "/sim/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route("/sim/faults/{id}", delete(remove_fault))
        .route("/sim/consent", put(set_consent))
        .route("/sim/settings", get(settings).patch(set_settings))
        .route("/sim/clock", post(advance))
        .route("/sim/channels", get(channels))
        .route("/sim/channels/{id}/kill", post(kill_channel))
        .route("/sim/channels/{id}/notify", post(notify_channel))
        .route("/sim/deliveries", get(deliveries))
        .route("/sim/requests", get(requests))
}

async fn state(State(face): State<Face>) -> Json<Value> {
    Json(face.step(|world, now| {
        let calendars: Vec<Value> = world
            .calendars
            .values()
            .map(|calendar| {
                json!({
                    "id": calendar.id, "summary": calendar.summary, "time_zone": calendar.zone, "watchable": calendar.watchable,
                    "never_syncs": calendar.never_syncs, "seeded": calendar.seeded, "roles": calendar.roles,
                    "events": calendar.events.values().filter(|event| !event.is_cancelled()).count(), "revision": calendar.revision,
                })
            })
            .collect();
        let live = world.channels.by_id.values().filter(|channel| channel.is_live(now)).count();
        json!({
            "now": now, "consent": world.consent_mode, "settings": world.settings,
            "accounts": world.accounts.values().collect::<Vec<_>>(), "calendars": calendars,
            "grants": world.consents.summary(), "live_channels": live,
        })
    }))
}

async fn faults(State(face): State<Face>) -> Json<Value> {
    Json(json!({ "items": face.world().faults.all() }))
}

async fn add_fault(State(face): State<Face>, Json(rule): Json<Rule>) -> Response {
    let id = face.step(|world, _| world.faults.add(rule));
    (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
}

async fn clear_faults(State(face): State<Face>) -> Response {
    face.step(|world, _| world.faults.clear());
    done()
}

async fn remove_fault(State(face): State<Face>, Path(id): Path<u64>) -> Result<Response, Refused> {
    if face.step(|world, _| world.faults.remove(id)) {
        Ok(done())
    } else {
        Err(Refusal::not_found().into())
    }
}

async fn set_consent(State(face): State<Face>, Json(Mode { mode }): Json<Mode>) -> Response {
    face.step(|world, _| world.consent_mode = mode);
    done()
}

async fn settings(State(face): State<Face>) -> Json<Settings> {
    Json(face.world().settings)
}

/// Changes the settings that are named and keeps the others.
async fn set_settings(
    State(face): State<Face>,
    Json(named): Json<serde_json::Map<String, Value>>,
) -> Result<Json<Settings>, Refused> {
    let changed = face.step(|world, _| {
        let mut whole = json!(world.settings);
        for (name, value) in named {
            whole[name] = value;
        }
        let settings: Settings =
            serde_json::from_value(whole).map_err(|error| Refusal::invalid(error.to_string()))?;
        world.settings = settings;
        Ok::<_, Refusal>(settings)
    })?;
    Ok(Json(changed))
}

async fn advance(
    State(face): State<Face>,
    Json(Advance { advance_ms }): Json<Advance>,
) -> Json<Value> {
    face.step(|world, _| world.clock_ahead += SignedDuration::from_millis(advance_ms));
    Json(face.step(|_, now| json!({ "now": now })))
}

async fn channels(State(face): State<Face>) -> Json<Value> {
    Json(face.step(|world, now| {
        let items: Vec<Value> = world
            .channels
            .by_id
            .values()
            .map(|channel| {
                let mut shown = json!(channel);
                shown["live"] = json!(channel.is_live(now));
                shown
            })
            .collect();
        json!({ "items": items })
    }))
}

/// Lets a channel die unnoticed: it counts as live and never delivers again.
async fn kill_channel(
    State(face): State<Face>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let found = face.step(|world, _| {
        world
            .channels
            .by_id
            .get_mut(&id)
            .map(|channel| channel.silent = true)
    });
    found.map(|()| done()).ok_or(Refused(Refusal::not_found()))
}

/// Tells of a change that never was.
async fn notify_channel(
    State(face): State<Face>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let found = face.step(|world, now| {
        let channel = world.channels.by_id.get_mut(&id)?;
        channel.message_number += 1;
        let channel = channel.clone();
        Some(world.outbox.plan(&channel, ResourceState::Exists, now))
    });
    found.map(|_| done()).ok_or(Refused(Refusal::not_found()))
}

async fn deliveries(State(face): State<Face>, Query(wanted): Query<After>) -> Json<Value> {
    let world = face.world();
    let items: Vec<_> = world
        .outbox
        .log_after(wanted.after)
        .filter(|attempt| {
            wanted
                .channel
                .as_ref()
                .is_none_or(|channel| *channel == attempt.delivery.channel)
        })
        .filter(|attempt| {
            wanted
                .calendar
                .as_ref()
                .is_none_or(|calendar| *calendar == attempt.calendar)
        })
        .collect();
    Json(json!({ "items": items }))
}

async fn requests(State(face): State<Face>, Query(wanted): Query<After>) -> Json<Value> {
    let log = face
        .0
        .requests
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let items: Vec<_> = log
        .newest
        .iter()
        .filter(|request| request.seq > wanted.after)
        .collect();
    Json(json!({ "items": items }))
}
