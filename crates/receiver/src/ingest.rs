//! Google's side: notifications in, durable before the 200; and the health of this process.
//!
//! Never waits on Google and never decides what a notification means: it stores a hint and wakes the executor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::StreamExt;
use serde_json::json;
use syncward_engine::NotificationKind;
use syncward_google::Notification;

use crate::app::App;
use crate::exec::orphans::{self, Orphan};
use crate::store::sql;
use crate::{clock, seal, store};

/// A notification has no body; a small one is ignored.
const BODY_MOST: usize = 64 * 1024;
/// Headers are bounded by the server, the body by this.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The public routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/webhooks/calendar/google", post(receive))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .with_state(app)
}

/// What a stored notification was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Verified,
    Accepted,
    Duplicate,
    Superseded,
    WrongResource,
    WrongToken,
    Unknown,
}

/// The word of an answer, for the count.
#[derive(Clone, Copy)]
struct Word(&'static str);

async fn receive(State(app): State<Arc<App>>, request: Request) -> Response {
    let began = Instant::now();
    let answer = take(&app, request).await;
    let outcome = match (answer.extensions().get::<Word>(), answer.status()) {
        (Some(word), _) => word.0,
        (None, StatusCode::SERVICE_UNAVAILABLE) => "unavailable",
        (None, _) => "refused",
    };
    app.meters.notification(outcome, began.elapsed());
    answer
}

async fn take(app: &Arc<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_WITHIN, drain(&parts.headers, body)).await {
        Err(_) => {
            return problem(
                StatusCode::REQUEST_TIMEOUT,
                "the body did not arrive within 10 s",
            );
        }
        Ok(Err(status)) => return problem(status, "a notification has no body over 64 KiB"),
        Ok(Ok(())) => {}
    }
    let notification = match Notification::from_headers(&parts.headers) {
        Ok(notification) => notification,
        Err(fault) => return problem(StatusCode::BAD_REQUEST, &fault.to_string()),
    };
    let received_at = clock::now();
    // A token that we made proves itself; only others cost a look at the store, and no stranger takes the writer's turn.
    let ours = app
        .seal
        .link_of_token(&notification.channel_id, notification.token.expose());
    if ours.is_none()
        && let Some(refused) = turn_away(app, &notification).await
    {
        return refused;
    }
    let orphan = ours.map(|link_id| Orphan {
        channel_id: notification.channel_id.clone(),
        resource_id: notification.resource_id.clone(),
        link_id,
        token_hash: seal::hash(notification.token.expose()),
    });
    let stored = app
        .store
        .write(move |tx| keep(tx, &notification, received_at))
        .await;
    match stored {
        // Ours by its token, and yet without a row: an orphan that would deliver until it expires.
        Ok(Outcome::Unknown) => {
            if let Some(orphan) = orphan {
                orphans::hunt(app, orphan);
            }
            answer(Outcome::Unknown)
        }
        Ok(outcome) => {
            if matches!(
                outcome,
                Outcome::Verified | Outcome::Accepted | Outcome::Superseded
            ) {
                app.arrived.notify_one();
            }
            answer(outcome)
        }
        Err(error) => unavailable(&error),
    }
}

/// The answer to a token that is not authentic by itself, unless the store knows it.
async fn turn_away(app: &App, notification: &Notification) -> Option<Response> {
    let channel_id = notification.channel_id.clone();
    let known = app
        .store
        .read(move |connection| store::channel::find(connection, &channel_id))
        .await;
    match known {
        Ok(Some(channel)) if is_token(&channel, notification.token.expose()) => None,
        Ok(Some(_)) => Some(answer(Outcome::WrongToken)),
        Ok(None) => Some(answer(Outcome::Unknown)),
        Err(error) => Some(unavailable(&error)),
    }
}

/// Stores one notification in the writer's transaction.
fn keep(
    tx: &sql::Transaction<'_>,
    notification: &Notification,
    received_at: jiff::Timestamp,
) -> store::Result<Outcome> {
    let Some(channel) = store::channel::find(tx, &notification.channel_id)? else {
        return Ok(Outcome::Unknown);
    };
    if !is_token(&channel, notification.token.expose()) {
        return Ok(Outcome::WrongToken);
    }
    match &channel.resource_id {
        Some(resource_id) if *resource_id != notification.resource_id => {
            return Ok(Outcome::WrongResource);
        }
        Some(_) => {}
        None => store::channel::learn_resource(tx, &channel.channel_id, &notification.resource_id)?,
    }
    let kind = notification.state.kind();
    let arrived = store::notification::Arrived {
        channel_id: &channel.channel_id,
        link_id: channel.link_id,
        message_number: notification.number,
        kind,
        resource_id: &notification.resource_id,
        received_at,
    };
    let new = store::notification::insert(tx, &arrived)?;
    store::channel::count(tx, &channel, !new)?;
    let over = matches!(
        channel.state.as_str(),
        "superseded" | "stopped" | "expired" | "refused"
    ) || channel.expires_at.is_some_and(|at| at <= received_at)
        || !channel.watched;
    Ok(match (new, over, kind) {
        // A repeated handshake proves nothing new and harms nothing.
        (false, _, _) => Outcome::Duplicate,
        (true, true, _) => Outcome::Superseded,
        (true, false, NotificationKind::Handshake) => Outcome::Verified,
        (true, false, NotificationKind::Change) => Outcome::Accepted,
    })
}

fn is_token(channel: &store::channel::Channel, token: &str) -> bool {
    seal::same(&seal::hash(token), &channel.token_hash)
}

/// Reads and forgets the body, up to its limit.
async fn drain(headers: &HeaderMap, body: Body) -> Result<(), StatusCode> {
    let announced = headers
        .get("content-length")
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_MOST) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut stream = body.into_data_stream();
    let mut seen = 0;
    while let Some(chunk) = stream.next().await {
        seen += chunk.map_err(|_| StatusCode::BAD_REQUEST)?.len();
        if seen > BODY_MOST {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
    }
    Ok(())
}

fn answer(outcome: Outcome) -> Response {
    let word = match outcome {
        Outcome::Verified => "verified",
        Outcome::Accepted => "accepted",
        Outcome::Duplicate => "duplicate",
        Outcome::Superseded => "superseded",
        Outcome::WrongResource => {
            return problem(
                StatusCode::BAD_REQUEST,
                "the resource id is not this channel's",
            );
        }
        Outcome::WrongToken => {
            return problem(StatusCode::UNAUTHORIZED, "the channel token is wrong");
        }
        Outcome::Unknown => return problem(StatusCode::NOT_FOUND, "the channel is unknown"),
    };
    let mut answer = Json(json!({ "status": word })).into_response();
    answer.extensions_mut().insert(Word(word));
    answer
}

/// 503 makes Google try again.
fn unavailable(error: &store::StoreError) -> Response {
    tracing::error!(error = %error, "could not store a notification");
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "the notification could not be stored",
    )
}

fn problem(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "error": detail }))).into_response()
}

async fn health() -> Json<serde_json::Value> {
    std::future::ready(Json(json!({ "status": "ok" }))).await
}

/// Ready when the store takes writes, and took the last ones, and the executor's loops run.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let written = app
        .store
        .write(|tx| Ok(tx.execute("update receiver set paused = paused", [])?))
        .await;
    let trouble = app
        .store
        .trouble()
        .or_else(|| written.err().map(|error| error.to_string()));
    let why = match (trouble, app.renewal_pass()) {
        (Some(why), _) => format!("the store takes no writes: {why}"),
        (None, Some((pass, true))) => format!(
            "the renewal pass has not been completed for {} s, since {}",
            pass.age.as_secs(),
            pass.at
        ),
        (None, Some((pass, false))) if app.is_running() => {
            let pass = json!({"at": pass.at.to_string(), "age_seconds": pass.age.as_secs()});
            return Json(json!({"status": "ready", "renewal_pass": pass})).into_response();
        }
        (None, Some(_) | None) => "the executor is not running".to_owned(),
    };
    tracing::error!(reason = why, "not ready");
    problem(StatusCode::SERVICE_UNAVAILABLE, &why)
}
