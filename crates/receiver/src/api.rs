//! The control API: load, authorise, act. Shapes are `syncward-wire`'s, rules are the app's.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use auth::Need;
use describe::Roles;

use crate::app::App;

mod activity;
mod appointments;
mod attest;
mod auth;
mod clinics;
mod describe;
mod devices;
mod extract;
mod forecast;
mod grants;
mod links;
mod metrics;
mod monitor;
mod overview;
mod pairing;
mod problem;
mod receiver;
mod series;
mod show;
mod stream;
mod trail;
mod webhooks;

pub use pairing::make_code;
pub use problem::{explain, no_such_path};

#[derive(OpenApi)]
#[openapi(info(
    title = "Syncward receiver",
    description = "The control API of a Syncward receiver.",
    license(name = "Apache-2.0 OR MIT")
))]
struct Described;

/// The routes under `/api/v1`, and `/metrics`.
pub fn router(app: Arc<App>, metrics_open: bool) -> Router {
    let (api, described) = described(&app);
    let document = Arc::new(described);
    let api = api.route(
        "/openapi.json",
        get(move || std::future::ready(axum::Json((*document).clone()))),
    );
    let metrics = Router::new()
        .route("/metrics", get(metrics::metrics))
        .with_state((Arc::clone(&app), metrics_open));
    Router::new()
        .nest(
            "/api/v1",
            api.fallback(problem::no_such_path).with_state(app),
        )
        .merge(metrics)
}

/// The API's description, as served at `/api/v1/openapi.json`.
pub fn openapi(app: &Arc<App>) -> serde_json::Value {
    described(app).1
}

fn described(app: &Arc<App>) -> (Router<Arc<App>>, serde_json::Value) {
    let guarded = [
        (Need::Viewer, "viewer", viewer()),
        (Need::Operator, "operator", operator()),
        (Need::Admin, "admin", admin()),
        (Need::Integration, "integration", integration()),
    ];
    let mut api = OpenApiRouter::with_openapi(Described::openapi()).routes(routes!(pairing::pair));
    let mut roles = Roles::new();
    for (need, role, calls) in guarded {
        let described = describe::calls(calls.get_openapi());
        roles.extend(described.into_iter().map(|call| (call, role)));
        let guard = from_fn_with_state((Arc::clone(app), need), auth::guard);
        api = api.merge(calls.route_layer(guard));
    }
    let (router, described) = api.split_for_parts();
    (router, describe::finished(&described, &roles))
}

type Calls = OpenApiRouter<Arc<App>>;

fn viewer() -> Calls {
    OpenApiRouter::new()
        .routes(routes!(overview::overview))
        .routes(routes!(receiver::health))
        .routes(routes!(clinics::list))
        .routes(routes!(clinics::one))
        .routes(routes!(grants::list))
        .routes(routes!(grants::health))
        .routes(routes!(links::list))
        .routes(routes!(links::one))
        .routes(routes!(links::cursor_steps))
        .routes(routes!(links::fire_drills))
        .routes(routes!(monitor::lag))
        .routes(routes!(monitor::delivery))
        .routes(routes!(monitor::coverage))
        .routes(routes!(monitor::missed_changes))
        .routes(routes!(forecast::forecast))
        .routes(routes!(attest::attest))
        .routes(routes!(activity::list))
        .routes(routes!(activity::operation))
        .routes(routes!(stream::stream))
}

fn operator() -> Calls {
    OpenApiRouter::new()
        .routes(routes!(links::renew))
        .routes(routes!(links::sync))
        .routes(routes!(links::test_delivery))
        .routes(routes!(links::fire_drill))
        .routes(routes!(links::pause))
        .routes(routes!(links::resume))
        .routes(routes!(links::approve))
        .routes(routes!(links::reject))
        .routes(routes!(links::renew_due))
}

fn admin() -> Calls {
    OpenApiRouter::new()
        .routes(routes!(clinics::create))
        .routes(routes!(clinics::change))
        .routes(routes!(clinics::delete))
        .routes(routes!(clinics::forget))
        .routes(routes!(clinics::receipts))
        .routes(routes!(clinics::receipt))
        .routes(routes!(grants::begin))
        .routes(routes!(grants::complete))
        .routes(routes!(grants::disconnect))
        .routes(routes!(grants::calendars))
        .routes(routes!(links::create))
        .routes(routes!(links::delete))
        .routes(routes!(devices::list))
        .routes(routes!(devices::revoke))
        .routes(routes!(devices::audit))
        .routes(routes!(receiver::pause))
        .routes(routes!(receiver::resume))
        .routes(routes!(receiver::drain))
}

fn integration() -> Calls {
    OpenApiRouter::new()
        .routes(routes!(appointments::list))
        .routes(routes!(appointments::create))
        .routes(routes!(appointments::one))
        .routes(routes!(appointments::change))
        .routes(routes!(appointments::delete))
        .routes(routes!(appointments::revisions))
        .routes(routes!(appointments::restore))
        .routes(routes!(appointments::changes))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::create))
        .routes(routes!(webhooks::one))
        .routes(routes!(webhooks::change))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::messages))
        .routes(routes!(webhooks::replay))
}
