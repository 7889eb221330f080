//! Catches the browser's return from Google's consent page: one listener, one answer, five minutes.
//!
//! Responsible for taking only the answer we wait for: fixed path, our own Host, the very state, once. What the
//! answer means is decided elsewhere.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::told;
use crate::words::Language;

/// The one path the browser may come back to.
const PATH: &str = "/oauth/callback";

/// What Google's page sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    Code(String),
    Error(String),
}

/// A bound listener that does not know its state yet.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

struct Expected {
    host: String,
    state: String,
    language: Language,
    answer: Mutex<Option<oneshot::Sender<Returned>>>,
}

#[derive(Debug, Deserialize)]
struct Answered {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

impl Loopback {
    /// Listens on a free port of this computer.
    pub async fn bind() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// Where the browser is sent back to.
    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Serves until `ended`, with pages in that language; the receiver yields the one answer whose state is `state`.
    pub fn expect(
        self,
        state: String,
        language: Language,
        ended: CancellationToken,
    ) -> oneshot::Receiver<Returned> {
        let (answer, wait) = oneshot::channel();
        let expected = Arc::new(Expected {
            host: format!("127.0.0.1:{}", self.port),
            state,
            language,
            answer: Mutex::new(Some(answer)),
        });
        let router = Router::new()
            .route(PATH, get(take))
            .fallback(
                move || async move { page(language, StatusCode::NOT_FOUND, "Nothing is here.") },
            )
            .with_state(expected);
        tokio::spawn(async move {
            let served = axum::serve(self.listener, router)
                .with_graceful_shutdown(ended.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::warn!(%error, "loopback listener failed");
            }
        });
        wait
    }
}

async fn take(
    State(expected): State<Arc<Expected>>,
    headers: HeaderMap,
    Query(answered): Query<Answered>,
) -> Response {
    let page = |status, words| page(expected.language, status, words);
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if host != Some(expected.host.as_str()) {
        return page(
            StatusCode::MISDIRECTED_REQUEST,
            "This address is not served here.",
        );
    }
    let state = answered.state.unwrap_or_default();
    if !bool::from(state.as_bytes().ct_eq(expected.state.as_bytes())) {
        return page(
            StatusCode::BAD_REQUEST,
            "This answer does not belong to the attempt that Syncward waits for. Nothing was connected.",
        );
    }
    let (returned, words) = match (answered.code, answered.error) {
        (Some(code), None) if !code.is_empty() => (
            Returned::Code(code),
            "Google's answer has arrived. You can close this page and go back to Syncward.",
        ),
        (None, Some(error)) if !error.is_empty() => (
            Returned::Error(error),
            "Google said no, and nothing was connected. You can close this page and go back to Syncward.",
        ),
        _ => {
            return page(
                StatusCode::BAD_REQUEST,
                "This answer carries neither a code nor an error. Nothing was connected.",
            );
        }
    };
    let waiting = expected.answer.lock().ok().and_then(|mut slot| slot.take());
    match waiting.map(|answer| answer.send(returned)) {
        Some(Ok(())) => page(StatusCode::OK, words),
        Some(Err(_)) | None => page(
            StatusCode::GONE,
            "This attempt is over. Start again in Syncward if the account is not connected.",
        ),
    }
}

fn page(language: Language, status: StatusCode, words: &str) -> Response {
    let (tag, words) = (language.tag(), told::sentences(words, language));
    let html = format!(
        "<!doctype html><html lang=\"{tag}\"><meta charset=\"utf-8\"><title>Syncward</title><body><p>{words}</p></body></html>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, Html(html)).into_response()
}
