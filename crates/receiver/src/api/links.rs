//! Links and what can be asked of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use syncward_wire::{CursorStep, FireDrill, Link, LinkDraft, Operation, Page, Problem};

use super::clinics;
use super::extract::{Asked, Body, Id, Paging, Place};
use super::problem::{Answer, Refusal};
use super::show::{self, Which};
use crate::app::{Actor, App, Ask};
use crate::store;

type Accepted = (StatusCode, Json<Operation>);

/// Every link.
#[utoipa::path(get, path = "/links", params(Paging), responses((status = 200, body = Page<Link>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<Link>>> {
    let limit = paging.limit()?;
    let after = paging.place()?;
    let after = after.map(|place| Ok::<_, Refusal>((place.at_ms()?, place.1)));
    // One more tells whether there is another page.
    let which = Which::After(after.transpose()?, limit + 1);
    let links = show::links(&app, which).await?;
    show::page(links, &paging, |one| {
        Place::of_time(*one.created_at, one.id)
    })
    .map(Json)
}

/// One link.
#[utoipa::path(get, path = "/links/{id}", params(("id" = Uuid, Path)), responses((status = 200, body = Link), (status = 404, body = Problem)))]
pub async fn one(State(app): State<Arc<App>>, Id(id): Id) -> Answer<Json<Link>> {
    show::links(&app, Which::Named(vec![id]))
        .await?
        .pop()
        .map(Json)
        .ok_or_else(|| Refusal::not_found("link"))
}

/// The chain of cursors: what each run read from where to where, newest first.
#[utoipa::path(get, path = "/links/{id}/cursor-steps", params(("id" = Uuid, Path), Paging),
    responses((status = 200, body = Page<CursorStep>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn cursor_steps(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<CursorStep>>> {
    let (limit, before) = (paging.limit()?, paging.after()?);
    let steps = app.store.read(move |connection| {
        let found = store::link::find(connection, id)?.is_some();
        let steps = store::cursor_step::page(connection, id, before, limit)?;
        Ok(found.then_some(steps))
    });
    let steps = steps.await?.ok_or_else(|| Refusal::not_found("link"))?;
    Ok(Json(show::numbered(steps, limit, |one| one.seq)))
}

/// What fire drills showed, newest first.
#[utoipa::path(get, path = "/links/{id}/fire-drills", params(("id" = Uuid, Path), Paging),
    responses((status = 200, body = Page<FireDrill>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn fire_drills(
    State(app): State<Arc<App>>,
    Id(id): Id,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Page<FireDrill>>> {
    let (limit, before) = (paging.limit()?, paging.after()?);
    let drills = app.store.read(move |connection| {
        let found = store::link::find(connection, id)?.is_some();
        let drills = store::fire_drill::page(connection, id, before, limit)?;
        Ok(found.then_some(drills))
    });
    let drills = drills.await?.ok_or_else(|| Refusal::not_found("link"))?;
    Ok(Json(show::numbered(drills, limit, |one| one.seq)))
}

/// Links one more calendar.
#[utoipa::path(post, path = "/clinics/{id}/links", params(("id" = Uuid, Path)), request_body = LinkDraft,
    responses((status = 201, body = Link), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 502, body = Problem)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
    draft: Answer<Body<LinkDraft>>,
) -> Answer<(StatusCode, Json<Link>)> {
    clinics::found(&app, id).await?;
    let Body(draft) = draft?;
    let link_id = app.add_link(by, id, draft).await?;
    let link = show::links(&app, Which::Named(vec![link_id]))
        .await?
        .pop()
        .ok_or_else(|| Refusal::not_found("link"))?;
    Ok((StatusCode::CREATED, Json(link)))
}

/// Ends a link: its channels are stopped at Google.
#[utoipa::path(delete, path = "/links/{id}", params(("id" = Uuid, Path)), responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
    Id(id): Id,
) -> Answer<StatusCode> {
    app.delete_link(by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Renews every link that is due.
#[utoipa::path(post, path = "/links/renew-due", responses((status = 202, body = Operation), (status = 409, body = Problem)))]
pub async fn renew_due(
    State(app): State<Arc<App>>,
    Extension(by): Extension<Actor>,
) -> Answer<Accepted> {
    let operation = app.renew_due(by).await?;
    Ok((StatusCode::ACCEPTED, Json(operation)))
}

macro_rules! action {
    ($(#[$doc:meta])* $name:ident, $path:literal, $ask:expr) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, params(("id" = Uuid, Path)),
            responses((status = 202, body = Operation), (status = 404, body = Problem), (status = 409, body = Problem)))]
        pub async fn $name(State(app): State<Arc<App>>, Extension(by): Extension<Actor>, Id(id): Id) -> Answer<Accepted> {
            let operation = app.ask(by, id, $ask).await?;
            Ok((StatusCode::ACCEPTED, Json(operation)))
        }
    };
}

action!(
    /// Opens a successor channel now; the old one is stopped once it is proved.
    renew, "/links/{id}/renew", Ask::Renew
);
action!(
    /// Runs a sync now.
    sync, "/links/{id}/sync", Ask::Sync
);
action!(
    /// Proves the way from Google by a short-lived throwaway channel.
    test_delivery, "/links/{id}/test-delivery", Ask::TestDelivery
);
action!(
    /// Stops the live channel on purpose, sees polling take over, and opens a new one; the timings are kept.
    fire_drill, "/links/{id}/fire-drill", Ask::FireDrill
);
action!(
    /// Stops watching until resumed.
    pause, "/links/{id}/pause", Ask::Pause
);
action!(
    /// Watches again.
    resume, "/links/{id}/resume", Ask::Resume
);
action!(
    /// Applies the cancellations that the mass-change guard holds.
    approve, "/links/{id}/approve", Ask::Approve
);
action!(
    /// Keeps the appointments whose cancellation is held; they go out to Google again, as new events.
    reject, "/links/{id}/reject", Ask::Reject
);
