//! The agent's face for browsers on this computer: the same questions and hints as the window, over loopback HTTP.
//!
//! Serves UI tests and previews. Responsible for letting nobody else in: loopback only, a token made anew at every
//! start, our own Host and Origin. The token comes once in the address and is then held in a cookie.

use std::convert::Infallible;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Query, Request as HttpRequest, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio_stream::wrappers::BroadcastStream;

use crate::Agent;
use crate::bridge::{self, Fault, Hint, HintEntity};
use crate::door;

/// A bound face.
#[derive(Debug)]
pub struct Face {
    listener: TcpListener,
    door: Arc<Door>,
}

#[derive(Debug)]
struct Door {
    agent: Agent,
    /// The folder with the built window.
    pages: Option<PathBuf>,
    port: u16,
    token: String,
}

#[derive(Deserialize)]
struct Entry {
    token: Option<String>,
}

impl Face {
    /// Listens on `port` of this computer (0: a free one).
    pub async fn bind(agent: Agent, pages: Option<PathBuf>, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let mut secret = [0; 24];
        getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
        let door = Arc::new(Door {
            agent,
            pages,
            port: listener.local_addr()?.port(),
            token: BASE64_URL_SAFE_NO_PAD.encode(secret),
        });
        Ok(Self { listener, door })
    }

    /// The address with the token, for the first visit.
    pub fn address(&self) -> String {
        format!(
            "http://127.0.0.1:{}/?token={}",
            self.door.port, self.door.token
        )
    }

    /// The address and the token apart, for a client that is no browser.
    pub fn door(&self) -> door::Address {
        door::Address {
            origin: format!("http://127.0.0.1:{}", self.door.port),
            token: self.door.token.clone(),
        }
    }

    /// Serves until the process ends or `ended` resolves.
    pub async fn serve(
        self,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let guarded = Router::new()
            .route("/rpc", post(rpc))
            .route("/hints", get(hints))
            .layer(middleware::from_fn_with_state(
                self.door.clone(),
                token_needed,
            ));
        let router = guarded
            .fallback(page)
            .layer(middleware::from_fn_with_state(self.door.clone(), own_host))
            .with_state(self.door);
        // Open hint streams would hold a graceful end for ever.
        tokio::select! {
            served = axum::serve(self.listener, router) => served,
            () = ended => Ok(()),
        }
    }
}

impl Door {
    fn hosts(&self) -> [String; 2] {
        [
            format!("127.0.0.1:{}", self.port),
            format!("localhost:{}", self.port),
        ]
    }

    /// Host and Origin are ours: no other site's page and no renamed address gets in.
    fn is_own(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let hosts = self.hosts();
        let host_fits = text(header::HOST).is_some_and(|host| hosts.iter().any(|own| own == host));
        let origin_fits = text(header::ORIGIN)
            .is_none_or(|origin| hosts.iter().any(|own| origin == format!("http://{own}")));
        host_fits && origin_fits
    }

    fn cookie_name(&self) -> String {
        format!("syncward_{}", self.port)
    }

    fn opens(&self, token: &str) -> bool {
        token.as_bytes().ct_eq(self.token.as_bytes()).into()
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let name = self.cookie_name();
        let cookie = text(header::COOKIE).and_then(|cookies| {
            cookies
                .split(';')
                .filter_map(|cookie| cookie.trim().split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        });
        bearer
            .into_iter()
            .chain(cookie)
            .any(|token| self.opens(token))
    }
}

async fn own_host(State(door): State<Arc<Door>>, request: HttpRequest, next: Next) -> Response {
    match door.is_own(request.headers()) {
        true => next.run(request).await,
        false => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn token_needed(State(door): State<Arc<Door>>, request: HttpRequest, next: Next) -> Response {
    let asked = Query::<Entry>::try_from_uri(request.uri()).ok();
    let in_address = asked
        .and_then(|Query(entry)| entry.token)
        .is_some_and(|token| door.opens(&token));
    match in_address || door.admits(request.headers()) {
        true => next.run(request).await,
        false => (
            StatusCode::UNAUTHORIZED,
            "Open the address that syncward-agent printed.",
        )
            .into_response(),
    }
}

async fn rpc(State(door): State<Arc<Door>>, body: axum::body::Bytes) -> Json<bridge::Response> {
    Json(match serde_json::from_slice(&body) {
        Ok(request) => door.agent.ask(request).await,
        Err(error) => bridge::Response::Error(Fault::new(
            "request_malformed",
            format!("This question is not understood: {error}."),
            "The window and the agent have different versions; restart Syncward.",
        )),
    })
}

async fn hints(
    State(door): State<Arc<Door>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let hints = BroadcastStream::new(door.agent.hints()).map(|hint| {
        // A listener that fell behind asks for everything again.
        let hint = hint.unwrap_or(Hint {
            entity: HintEntity::Snapshot,
            rev: 0,
        });
        Ok(Event::default().json_data(hint).unwrap_or_default())
    });
    Sse::new(hints).keep_alive(KeepAlive::default())
}

async fn page(
    State(door): State<Arc<Door>>,
    Query(entry): Query<Entry>,
    request: HttpRequest,
) -> Response {
    if let Some(token) = entry.token.filter(|token| door.opens(token)) {
        let cookie = format!(
            "{}={token}; Path=/; HttpOnly; SameSite=Strict",
            door.cookie_name()
        );
        return (
            [(header::SET_COOKIE, cookie)],
            Redirect::to(request.uri().path()),
        )
            .into_response();
    }
    let Some(pages) = &door.pages else {
        return (
            StatusCode::NOT_FOUND,
            "No window is built; the questions are at /rpc.",
        )
            .into_response();
    };
    let asked = Path::new(request.uri().path().trim_start_matches('/'));
    if !asked
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return StatusCode::NOT_FOUND.into_response();
    }
    let file = if asked.as_os_str().is_empty() {
        Path::new("index.html")
    } else {
        asked
    };
    match tokio::fs::read(pages.join(file)).await {
        Ok(bytes) => (
            [
                (header::CONTENT_TYPE, kind_of(file)),
                (header::CACHE_CONTROL, "no-store"),
            ],
            bytes,
        )
            .into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn kind_of(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some(_) | None => "application/octet-stream",
    }
}
