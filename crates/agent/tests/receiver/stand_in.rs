//! A receiver of a few lines for the agent's tests: it tells what a test sets, and notes what it is asked.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path as InPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use syncward_agent::bridge::{self, Answer, ConnectionStatus, Snapshot};
use syncward_agent::notifier::{Bubble, BubbleEvent, Bubbles, Pressed};
use syncward_agent::options::PairAtStart;
use syncward_agent::sidecar::SidecarConfig;
use syncward_agent::{Agent, Options};
use tempfile::TempDir;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::BroadcastStream;
use uuid::Uuid;

pub const TOKEN: &str = "stand-in-token";
pub const CODE: &str = "PAIR-ME";

/// The receiver's state, shared with the test.
pub struct StandIn {
    pub address: String,
    inner: Arc<Inner>,
    server: tokio::task::JoinHandle<()>,
}

struct Inner {
    links: Mutex<Vec<Value>>,
    asked: Mutex<Vec<String>>,
    bodies: Mutex<HashMap<String, Value>>,
    knows_token: Mutex<bool>,
    tells_nothing: Mutex<bool>,
    lag_p95_ms: Mutex<Option<f64>>,
    change: Mutex<fn(&mut Value)>,
    stream: broadcast::Sender<(String, Value)>,
    /// How far the one operation is, when it is asked for.
    stands: Mutex<Option<Value>>,
    /// What each stream was asked to go on after.
    resumed: Mutex<Vec<String>>,
}

impl StandIn {
    /// Starts with these links.
    pub async fn start(links: Vec<Value>) -> Self {
        let inner = Arc::new(Inner {
            links: Mutex::new(links),
            asked: Mutex::default(),
            bodies: Mutex::default(),
            knows_token: Mutex::new(true),
            tells_nothing: Mutex::default(),
            lag_p95_ms: Mutex::default(),
            change: Mutex::new(|_| ()),
            stream: broadcast::channel(64).0,
            stands: Mutex::default(),
            resumed: Mutex::default(),
        });
        let api = Router::new()
            .route("/overview", get(changed_overview))
            .route("/links", get(list_links))
            .route(
                "/clinics",
                get(async || Json(json!({"items": [clinic()], "next": null}))),
            )
            .route(
                "/grants",
                get(async || Json(json!({"items": [], "next": null}))),
            )
            .route("/lag", get(lag))
            .route("/stream", get(stream))
            .route("/links/{id}/renew", post(renew))
            .route("/links/renew-due", post(renew_due))
            .route("/operations/{id}", get(operation))
            .route("/clinics/{id}/grants", post(begin))
            .route("/grants/complete", post(complete))
            .layer(middleware::from_fn_with_state(inner.clone(), guard))
            .route("/pair", post(pair))
            .with_state(inner.clone());
        let router = Router::new().nest("/api/v1", api);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            inner,
            server,
        }
    }

    /// Sets a link and tells it on the stream.
    pub fn tell_link(&self, link: Value) {
        let mut links = self.inner.links.lock().unwrap();
        links.retain(|known| known["id"] != link["id"]);
        links.push(link.clone());
        let _ = self.inner.stream.send(("link".into(), link));
    }

    /// Removes a link; only the counts tell of it.
    pub fn remove_link(&self, id: &Value) {
        let mut links = self.inner.links.lock().unwrap();
        links.retain(|known| known["id"] != *id);
        let mut told = overview();
        told["counts"]["total"] = json!(links.len());
        let _ = self.inner.stream.send(("overview".into(), told));
    }

    pub fn tell(&self, event: &str, content: Value) {
        let _ = self.inner.stream.send((event.into(), content));
    }

    /// Tells what it tells under this id, then breaks the stream.
    pub fn tell_and_break(&self, id: &str) {
        let mut told = overview();
        (*self.inner.change.lock().unwrap())(&mut told);
        let _ = self.inner.stream.send((format!("break {id}"), told));
    }

    /// What each stream was asked to go on after.
    pub fn resumed(&self) -> Vec<String> {
        self.inner.resumed.lock().unwrap().clone()
    }

    /// How many streams are open.
    pub fn watchers(&self) -> usize {
        self.inner.stream.receiver_count()
    }

    /// What is different in the overview from now on.
    pub fn change_overview(&self, change: fn(&mut Value)) {
        *self.inner.change.lock().unwrap() = change;
    }

    /// How late changes were in any range that is asked.
    pub fn set_lag(&self, p95_ms: f64) {
        *self.inner.lag_p95_ms.lock().unwrap() = Some(p95_ms);
    }

    /// How far the operation is that every order joins; nothing is told of it.
    pub fn operation_stands(&self, state: Value) {
        *self.inner.stands.lock().unwrap() = Some(state);
    }

    /// Everything that was ordered.
    pub fn asked(&self) -> Vec<String> {
        self.inner.asked.lock().unwrap().clone()
    }

    /// The last body of a path.
    pub fn body(&self, path: &str) -> Option<Value> {
        self.inner.bodies.lock().unwrap().get(path).cloned()
    }

    pub fn forget_device(&self) {
        self.know_device_no_longer();
        self.stop();
    }

    pub fn know_device_no_longer(&self) {
        *self.inner.knows_token.lock().unwrap() = false;
    }

    /// The device's role is too low for everything from now on.
    pub fn tell_nothing(&self) {
        *self.inner.tells_nothing.lock().unwrap() = true;
    }

    pub fn stop(&self) {
        self.server.abort();
    }
}

async fn guard(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let expected = format!("Bearer {TOKEN}");
    let given = request.headers().get("authorization").cloned();
    let fits = given.is_some_and(|given| given == expected.as_str());
    if fits && *inner.tells_nothing.lock().unwrap() {
        let problem = problem(403, "role_too_low", "This device's role does not allow it.");
        return (StatusCode::FORBIDDEN, Json(problem)).into_response();
    }
    if fits && *inner.knows_token.lock().unwrap() {
        return next.run(request).await;
    }
    let problem = problem(401, "token_invalid", "This device is not known.");
    (StatusCode::UNAUTHORIZED, Json(problem)).into_response()
}

fn problem(status: u16, code: &str, detail: &str) -> Value {
    json!({"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code, "action": "Pair again."})
}

async fn pair(State(inner): State<Arc<Inner>>, Json(body): Json<Value>) -> Response {
    if body["code"] != CODE {
        let problem = problem(403, "code_wrong", "This code is wrong.");
        return (StatusCode::FORBIDDEN, Json(problem)).into_response();
    }
    inner.bodies.lock().unwrap().insert("pair".into(), body);
    Json(json!({"token": TOKEN, "role": "admin", "receiver": identity()})).into_response()
}

async fn changed_overview(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let mut told = overview();
    (*inner.change.lock().unwrap())(&mut told);
    Json(told)
}

async fn list_links(State(inner): State<Arc<Inner>>) -> Json<Value> {
    Json(json!({"items": *inner.links.lock().unwrap(), "next": null}))
}

async fn lag(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let p95_ms = *inner.lag_p95_ms.lock().unwrap();
    Json(
        json!({"start_s": [1.0], "bucket_s": 900.0, "p50_ms": [null], "p95_ms": [p95_ms], "p99_ms": [null], "samples": [50],
        "delivery_p50_ms": [null], "pickup_p50_ms": [null], "apply_p50_ms": [null], "target_ms": 5000.0}),
    )
}

async fn renew(State(inner): State<Arc<Inner>>, InPath(id): InPath<Uuid>) -> impl IntoResponse {
    inner.asked.lock().unwrap().push(format!("renew {id}"));
    (
        StatusCode::ACCEPTED,
        Json(json!({"operation": operation_id()})),
    )
}

async fn operation(State(inner): State<Arc<Inner>>) -> Response {
    match inner.stands.lock().unwrap().clone() {
        Some(state) => Json(state).into_response(),
        None => {
            let problem = problem(404, "not_found", "There is no such operation.");
            (StatusCode::NOT_FOUND, Json(problem)).into_response()
        }
    }
}

async fn renew_due(State(inner): State<Arc<Inner>>) -> impl IntoResponse {
    inner.asked.lock().unwrap().push("renew due".into());
    (
        StatusCode::ACCEPTED,
        Json(json!({"operation": operation_id()})),
    )
}

async fn begin(State(inner): State<Arc<Inner>>, Json(body): Json<Value>) -> Json<Value> {
    inner.bodies.lock().unwrap().insert("begin".into(), body);
    Json(
        json!({"state": "the-state", "authorization_url": "https://accounts.example/consent?state=the-state"}),
    )
}

async fn complete(State(inner): State<Arc<Inner>>, Json(body): Json<Value>) -> Response {
    let denied = body["error"].is_string();
    inner.bodies.lock().unwrap().insert("complete".into(), body);
    if denied {
        let problem = problem(422, "consent_denied", "Google's page was answered with no.");
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response();
    }
    let grant = json!({"id": grant_id(), "clinic_id": clinic_id(), "account": "admin@clinic.example", "state": "working",
        "lost_reason": null, "lost_at": null, "scopes": [], "created_at": Timestamp::now()});
    Json(json!({"grant": grant, "links": []})).into_response()
}

async fn stream(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
) -> Sse<impl futures_util::Stream<Item = Result<Event, Infallible>>> {
    let after = headers.get("last-event-id");
    let after = after.map(|id| id.to_str().unwrap().to_owned());
    inner.resumed.lock().unwrap().extend(after);
    let events = BroadcastStream::new(inner.stream.subscribe())
        .map(|event| event.unwrap())
        .flat_map(|(name, content)| {
            let pieces = match name.strip_prefix("break ") {
                Some(id) => vec![
                    Some(
                        Event::default()
                            .event("overview")
                            .id(id)
                            .json_data(&content)
                            .unwrap(),
                    ),
                    None,
                ],
                None => vec![Some(
                    Event::default().event(name).json_data(content).unwrap(),
                )],
            };
            futures_util::stream::iter(pieces)
        })
        .take_while(|piece| std::future::ready(piece.is_some()))
        .filter_map(async |piece| piece.map(Ok));
    Sse::new(events)
}

pub fn clinic_id() -> Uuid {
    Uuid::from_u128(1)
}

pub fn grant_id() -> Uuid {
    Uuid::from_u128(2)
}

pub fn operation_id() -> Uuid {
    Uuid::from_u128(3)
}

fn identity() -> Value {
    json!({"id": Uuid::from_u128(4), "version": "0.1.0", "public_url": "https://receiver.example"})
}

fn clinic() -> Value {
    json!({"id": clinic_id(), "name": "Nord", "time_zone": "Europe/Berlin", "opening_hours": [], "created_at": Timestamp::now()})
}

pub fn overview() -> Value {
    json!({
        "sentence": "All calendars are live.", "detail": "", "next_expiry_at": null,
        "counts": {"total": 1, "live": 1, "due": 0, "renewing": 0, "unproved": 0, "polling": 0, "expired": 0, "reconnect_needed": 0, "paused": 0},
        "delivery_24h": {"rate": null, "changes": 0, "missed_changes": 0},
        "lag_24h": {"p50_ms": null, "p95_ms": null, "p99_ms": null, "samples": 0, "target_ms": 5000.0},
        "coverage_30d": {"rate": null, "link_days": 0.0, "gap_seconds": 0.0, "gaps": 0},
        "receiver": identity(), "started_at": Timestamp::now(), "now_at": Timestamp::now(), "paused": false,
        "endings": []
    })
}

/// A link of clinic Nord in this state, whose channel expires in so many hours.
pub fn link(number: u128, name: &str, state: &str, hours: i64) -> Value {
    let now = Timestamp::now();
    let expires_at = now + SignedDuration::from_hours(hours);
    let channel = json!({"id": format!("clinic_{number}"), "resource_id": "r", "generation": 1, "state": "live",
        "registered_at": now - SignedDuration::from_hours(100), "verified_at": now, "expires_at": expires_at,
        "renews_at": now + SignedDuration::from_hours(1), "notifications": 1});
    json!({
        "id": Uuid::from_u128(100 + number), "clinic_id": clinic_id(), "clinic_name": "Nord", "grant_id": grant_id(),
        "account": "admin@clinic.example", "google_calendar_id": format!("c{number}"), "calendar_name": name,
        "state": state, "mode": "push", "reason": null, "channel": channel, "channels": [channel], "proof": null,
        "counters": {"notifications": 0, "duplicates": 0, "changes": 0, "missed_changes": 0, "runs": 0},
        "activity_24h": [], "latency_p95_ms": null, "delivery": {"rate": null, "changes": 0, "missed_changes": 0},
        "next_run_at": null, "synced_at": null, "held_cancellations": 0, "created_at": now
    })
}

/// The same link with a reason that has held for ten minutes.
pub fn because(mut link: Value, code: &str) -> Value {
    link["reason"] = json!({"code": code, "message": "Google refused.", "action": "It is tried again.",
        "since_at": Timestamp::now() - SignedDuration::from_mins(10)});
    link
}

/// What happened to the desktop's bubbles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Shown(Bubble),
    Closed(String),
}

/// A desktop whose bubbles a test reads and presses.
pub struct Desktop {
    pub seen: mpsc::UnboundedReceiver<Seen>,
    ways: mpsc::UnboundedReceiver<mpsc::Sender<BubbleEvent>>,
}

struct FakeBubbles {
    seen: mpsc::UnboundedSender<Seen>,
    ways: mpsc::UnboundedSender<mpsc::Sender<BubbleEvent>>,
}

impl Bubbles for FakeBubbles {
    fn availability(&mut self) -> bridge::Notifier {
        bridge::Notifier {
            available: true,
            note: "A test looks.".into(),
        }
    }

    fn show(&mut self, bubble: &Bubble, events: &mpsc::Sender<BubbleEvent>) -> Result<(), String> {
        let _ = self.ways.send(events.clone());
        let _ = self.seen.send(Seen::Shown(bubble.clone()));
        Ok(())
    }

    fn close(&mut self, key: &str) {
        let _ = self.seen.send(Seen::Closed(key.to_owned()));
    }
}

impl Desktop {
    /// The next bubble, within ten seconds.
    pub async fn bubble(&mut self) -> Bubble {
        loop {
            let seen = tokio::time::timeout(Duration::from_secs(10), self.seen.recv());
            if let Seen::Shown(bubble) = seen.await.expect("a bubble in time").unwrap() {
                return bubble;
            }
        }
    }

    pub async fn press(&mut self, bubble: &Bubble, action: &str) {
        let way = self.ways.recv().await.unwrap();
        let pressed = Pressed {
            key: bubble.key.clone(),
            action: action.into(),
        };
        way.send(BubbleEvent::Pressed(pressed)).await.unwrap();
    }
}

/// Options of a test's agent, and its desktop.
pub fn options(data_dir: &Path) -> (Options, Desktop) {
    let (seen_out, seen) = mpsc::unbounded_channel();
    let (ways_out, ways) = mpsc::unbounded_channel();
    let mut options = Options::for_desktop(data_dir);
    options.os_keychain = false;
    options.bubbles = Box::new(FakeBubbles {
        seen: seen_out,
        ways: ways_out,
    });
    options.browser = syncward_agent::browser::Browser::new(|_| Ok(()));
    options.sidecar = SidecarConfig::beside_executable(data_dir);
    (options, Desktop { seen, ways })
}

/// A folder that is paired, and whose app has ended.
pub async fn without_app(receiver: &StandIn) -> TempDir {
    let (folder, agent, _desktop) = paired(receiver).await;
    agent.quit().await;
    folder
}

/// An agent in a folder of its own that is connected to the receiver.
pub async fn paired(receiver: &StandIn) -> (TempDir, Agent, Desktop) {
    let folder = TempDir::new().unwrap();
    let (mut options, desktop) = options(folder.path());
    options.pair = Some(PairAtStart {
        address: receiver.address.clone(),
        code: CODE.into(),
        pin: None,
    });
    let agent = Agent::start(options).unwrap();
    until(&agent, connected).await;
    (folder, agent, desktop)
}

pub async fn snapshot(agent: &Agent) -> Snapshot {
    match agent.ask(bridge::Request::Snapshot).await {
        bridge::Response::Ok(Answer::Snapshot(snapshot)) => *snapshot,
        other => panic!("no snapshot: {other:?}"),
    }
}

/// The first snapshot that fits, looked at after every hint, within ten seconds.
pub async fn until(agent: &Agent, fits: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let mut hints = agent.hints();
    let wait = async {
        loop {
            let snapshot = snapshot(agent).await;
            if fits(&snapshot) {
                return snapshot;
            }
            let _ = hints.recv().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), wait).await;
    match waited {
        Ok(snapshot) => snapshot,
        Err(_) => panic!(
            "it never came so far: {:?}",
            self::snapshot(agent).await.connection
        ),
    }
}

pub fn connected(snapshot: &Snapshot) -> bool {
    snapshot.connection.status == ConnectionStatus::Connected
}
