//! Devices and the audit trail.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use syncward_wire::receiver::{AuditPage, Device};
use syncward_wire::{Page, Problem};

use super::auth::Caller;
use super::extract::{Asked, Id, Paging, Place};
use super::problem::Answer;
use super::show;
use crate::app::{Actor, App, Changed, UseError};
use crate::{clock, store};

/// Every paired device.
#[utoipa::path(get, path = "/devices", params(Paging), responses((status = 200, body = Page<Device>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Device>>> {
    let mut devices = app.store.read(store::device::all).await?;
    for device in &mut devices {
        device.own = device.id == caller.0.id;
    }
    show::page(devices, &paging, |one| {
        Place::of_time(*one.paired_at, one.id)
    })
    .map(Json)
}

/// Shuts a device out, at once.
#[utoipa::path(delete, path = "/devices/{id}", params(("id" = Uuid, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
) -> Answer<StatusCode> {
    app.decide(move |tx| {
        let now = clock::now();
        match store::device::revoke(tx, id, now)? {
            true => Ok(by.note(tx, Some(id), now)?),
            false => Err(UseError::not_found("device").into()),
        }
    })
    .await?;
    // Wakes the live streams, which look whether their reader is welcome.
    app.tell(vec![Changed::Overview]);
    Ok(StatusCode::NO_CONTENT)
}

/// Every control action, newest first, and whether the whole chain holds.
#[utoipa::path(get, path = "/audit", params(Paging), responses((status = 200, body = AuditPage)))]
pub async fn audit(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<AuditPage>> {
    let (limit, before) = (paging.limit()?, paging.after()?);
    let (items, chain) = app
        .store
        .read(move |connection| {
            let items = store::audit::page(connection, before, limit)?;
            Ok((items, store::audit::verify(connection)?))
        })
        .await?;
    let Page { items, next } = show::numbered(items, limit, |entry| entry.seq);
    Ok(Json(AuditPage { items, next, chain }))
}
