//! The biography of links, and operations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use syncward_wire::{Activity, OperationState, Page, Problem};
use uuid::Uuid;

use super::extract::{Asked, Id, Paging};
use super::problem::{Answer, Refusal};
use super::show;
use crate::app::App;
use crate::store;

/// Whose biography.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct About {
    /// Everything when absent.
    pub link: Option<Uuid>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// What happened, newest first.
#[utoipa::path(get, path = "/activity", params(About), responses((status = 200, body = Page<Activity>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked(about): Asked<About>,
) -> Answer<Json<Page<Activity>>> {
    let paging = Paging {
        after: about.after,
        limit: about.limit,
    };
    let (limit, before) = (paging.limit()?, paging.after()?);
    let items = app
        .store
        .read(move |connection| store::activity::page(connection, about.link, before, limit))
        .await?;
    Ok(Json(show::numbered(items, limit, |line| line.seq)))
}

/// How far an operation is.
#[utoipa::path(get, path = "/operations/{id}", params(("id" = Uuid, Path)),
    responses((status = 200, body = OperationState), (status = 404, body = Problem)))]
pub async fn operation(State(app): State<Arc<App>>, Id(id): Id) -> Answer<Json<OperationState>> {
    let found = app
        .store
        .read(move |connection| store::operation::find(connection, id))
        .await?;
    found
        .map(|one| Json(show::operation(one)))
        .ok_or_else(|| Refusal::not_found("operation"))
}
