//! Devices, the audit trail, and the receiver's own control.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use syncward_wire::receiver::{AuditEntry, Device};
use syncward_wire::{Page, Problem};
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Asked, Id, Paging};
use super::problem::{Answer, Refusal};
use super::show;
use crate::app::App;
use crate::{clock, store};

/// Every paired device.
#[utoipa::path(get, path = "/devices", params(Paging), responses((status = 200, body = Page<Device>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Device>>> {
    show::page(app.store.read(store::device::all).await?, &paging).map(Json)
}

/// Shuts a device out, at once.
#[utoipa::path(delete, path = "/devices/{id}", params(("id" = Uuid, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Answer<StatusCode> {
    let revoked = app
        .store
        .write(move |tx| store::device::revoke(tx, id, clock::now()))
        .await?;
    if !revoked {
        return Err(Refusal::not_found("device"));
    }
    note(&app, &caller, "revoke_device", Some(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every control action, newest first.
#[utoipa::path(get, path = "/audit", params(Paging), responses((status = 200, body = Page<AuditEntry>)))]
pub async fn audit(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<AuditEntry>>> {
    let (limit, before) = (paging.limit()?, paging.after()?);
    let items = app
        .store
        .read(move |connection| store::audit::page(connection, before, limit))
        .await?;
    Ok(Json(show::numbered(items, limit, |entry| entry.seq)))
}

/// Stops starting work; notifications are still stored.
#[utoipa::path(post, path = "/receiver/pause", responses((status = 204)))]
pub async fn pause(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Answer<StatusCode> {
    app.pause_receiver().await?;
    note(&app, &caller, "pause_receiver", None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Goes on after a pause.
#[utoipa::path(post, path = "/receiver/resume", responses((status = 204)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Answer<StatusCode> {
    app.resume_receiver().await?;
    note(&app, &caller, "resume_receiver", None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts nothing new until the process is started again; what is under way goes on, notifications are still stored.
#[utoipa::path(post, path = "/receiver/drain", responses((status = 204)))]
pub async fn drain(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Answer<StatusCode> {
    app.drain_receiver();
    note(&app, &caller, "drain_receiver", None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a control action into the audit trail.
pub async fn note(
    app: &App,
    caller: &Caller,
    what: &'static str,
    subject_id: Option<Uuid>,
) -> Answer<()> {
    let who = caller.0.name.clone();
    app.store
        .write(move |tx| store::audit::append(tx, &who, what, subject_id, "done", clock::now()))
        .await?;
    Ok(())
}
