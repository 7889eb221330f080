//! How the receiver itself stands, and its control.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use syncward_wire::Operation;
use syncward_wire::receiver::{ReceiverHealth, Work};

use super::problem::Answer;
use crate::app::{Actor, App};
use crate::exec::Hold;
use crate::store;

/// Its store, what waits in it, its last look at all deadlines, and whether it begins work.
#[utoipa::path(get, path = "/receiver", responses((status = 200, body = ReceiverHealth)))]
pub async fn health(State(app): State<Arc<App>>) -> Answer<Json<ReceiverHealth>> {
    let waiting = app.store.read(|connection| {
        let inbox = store::notification::waiting(connection)?;
        Ok((inbox, store::outbox::count(connection)?))
    });
    let (inbox, outbox) = waiting.await?;
    let pass = app.renewal_pass();
    let quotas = &app.exec.seats.quotas;
    let client = &app.google.oauth.id;
    Ok(Json(ReceiverHealth {
        work: match app.exec.held() {
            Hold::Working => Work::Working,
            Hold::Paused => Work::Paused,
            Hold::Draining => Work::Draining,
        },
        store: app.store.health().await?,
        inbox,
        outbox,
        renewal_pass_at: pass.map(|(pass, _)| pass.at.into()),
        renewal_pass_late: pass.is_some_and(|(_, late)| late),
        google_calls: quotas.used().project,
        google_calls_most: quotas.limits().project,
        google_client_id: (!client.is_empty()).then(|| client.clone()),
    }))
}

/// Stops starting work; notifications are still stored.
#[utoipa::path(post, path = "/receiver/pause", responses((status = 204)))]
pub async fn pause(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
) -> Answer<StatusCode> {
    app.pause_receiver(by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Goes on after a pause.
#[utoipa::path(post, path = "/receiver/resume", responses((status = 204)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
) -> Answer<StatusCode> {
    app.resume_receiver(by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts nothing new until the process is started again or resumed; the operation is done once nothing is under way.
#[utoipa::path(post, path = "/receiver/drain", responses((status = 202, body = Operation)))]
pub async fn drain(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
) -> Answer<(StatusCode, Json<Operation>)> {
    let operation = app.drain_receiver(by).await?;
    Ok((StatusCode::ACCEPTED, Json(operation)))
}
