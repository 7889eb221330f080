//! The world over HTTP: Google's own paths, the control API under `/sim`, and the courier that delivers push.

mod batch;
mod calendar;
mod consent;
mod consent_page;
mod control;
mod courier;
mod people;
mod token;
mod weather;

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::header,
    middleware::map_response_with_state,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
};

use crate::model::{World, refusal::Refusal};

/// How long a notification may take.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str =
    "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)";
const BODY_MAX: usize = 4 * 1024 * 1024;

/// A world that several tasks share.
#[derive(Clone)]
pub struct Face(Arc<Inner>);

struct Inner {
    world: Mutex<World>,
    wake: Notify,
    trickle_every: watch::Sender<Option<Duration>>,
    http: reqwest::Client,
    requests: Mutex<control::RequestLog>,
}

impl Face {
    /// Puts a face on a world.
    pub fn new(world: World) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DELIVERY_TIMEOUT)
            .user_agent(USER_AGENT)
            .build()?;
        let (trickle_every, _) = watch::channel(None);
        let (world, requests) = (Mutex::new(world), Mutex::default());
        Ok(Self(Arc::new(Inner {
            world,
            wake: Notify::new(),
            trickle_every,
            http,
            requests,
        })))
    }

    /// The world, for one step.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step in the world, told the world's time; the courier looks again afterwards.
    pub fn step<T>(&self, work: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let mut world = self.world();
        let now = Timestamp::now() + world.clock_ahead;
        let done = work(&mut world, now);
        drop(world);
        self.0.wake.notify_one();
        done
    }

    /// Lets people edit seeded calendars at this pace; `None` sends them home.
    pub fn set_trickle(&self, every: Option<Duration>) {
        self.0.trickle_every.send_replace(every);
    }

    /// Serves until `shutdown`.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        self.world().origin = format!("http://{}", listener.local_addr()?);
        let courier = tokio::spawn(courier::run(self.clone()));
        let trickle = tokio::spawn(people::run(self.clone()));
        let (ended, on_end) = tokio::sync::oneshot::channel();
        let graceful = async move {
            shutdown.await;
            let _ = ended.send(());
        };
        let server = axum::serve(listener, self.router())
            .with_graceful_shutdown(graceful)
            .into_future();
        // A call that hangs by rule must not hold up the end.
        let result = tokio::select! {
            served = server => served,
            () = async { let _ = on_end.await; tokio::time::sleep(Duration::from_millis(500)).await } => Ok(()),
        };
        courier.abort();
        trickle.abort();
        Ok(result?)
    }

    /// Every path.
    pub fn router(self) -> Router {
        Router::new()
            .route("/o/oauth2/v2/auth", get(consent::ask).post(consent::decide))
            .route("/o/oauth2/auth", get(consent::ask).post(consent::decide))
            .route("/token", post(token::token))
            .route("/o/oauth2/token", post(token::token))
            .route("/revoke", post(token::revoke))
            .route("/o/oauth2/revoke", post(token::revoke))
            .route("/oauth2/v3/userinfo", get(token::userinfo))
            .route("/v1/userinfo", get(token::userinfo))
            .route("/batch/calendar/v3", post(batch::answer))
            .route("/calendar/v3/{*path}", any(calendar::answer))
            .merge(control::routes())
            .merge(people::routes())
            .fallback(|| async { Refused(Refusal::not_found()) })
            .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX))
            .layer(map_response_with_state(self.clone(), dated))
            .with_state(self)
    }
}

/// Tells the world's time, which may be ahead of this machine's.
async fn dated(State(face): State<Face>, mut answer: Response) -> Response {
    let now = Timestamp::now() + face.world().clock_ahead;
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    if let Some(date) = date.ok().and_then(|date| date.parse().ok()) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}

/// A refusal as an answer of the control API.
pub struct Refused(pub Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = axum::http::StatusCode::from_u16(self.0.status).unwrap_or_default();
        (status, axum::Json(self.0.body())).into_response()
    }
}

/// `{"ok": true}`.
fn done() -> Response {
    axum::Json(json!({ "ok": true })).into_response()
}
