//! `/attest`: the monthly proof.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use syncward_wire::Problem;
use syncward_wire::attest::Attestation;
use uuid::Uuid;

use super::extract::Asked;
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::attest::{self, Attestant, Month};
use crate::clock;

/// Which month, and whose.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Proved {
    /// Such as `2026-11`; each clinic's by its own clock.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub month: String,
    /// All clinics when absent.
    pub clinic: Option<Uuid>,
}

/// What was promised and what was kept in a month, with its digest.
#[utoipa::path(get, path = "/attest", params(Proved),
    responses((status = 200, body = Attestation), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn attest(
    State(app): State<Arc<App>>,
    Asked(asked): Asked<Proved>,
) -> Answer<Json<Attestation>> {
    let month: Month = asked.month.parse().map_err(Refusal)?;
    let by = Attestant {
        receiver_id: app.receiver_id,
        version: app.version,
        settings: app.settings,
    };
    let attested = app
        .store
        .read(move |connection| attest::attest(connection, &by, month, asked.clinic, clock::now()));
    Ok(Json(attested.await?.map_err(Refusal)?))
}
