//! A listener that answers as the script says and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use syncward_google::{AccessToken, Client, Endpoints};
use tokio::net::TcpListener;
use url::Url;

/// What one call asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: axum::http::HeaderMap,
    pub body: Bytes,
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Scripted {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: String,
}

/// A Google that says exactly what the test wants.
pub struct Listener {
    pub client: Client,
    pub token: AccessToken,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    script: VecDeque<Scripted>,
    asked: Vec<Asked>,
}

impl Scripted {
    pub fn json(status: u16, body: impl ToString) -> Self {
        let headers = vec![("content-type", "application/json; charset=UTF-8")];
        Self {
            status,
            headers,
            body: body.to_string(),
        }
    }

    pub fn html(status: u16) -> Self {
        let headers = vec![("content-type", "text/html")];
        Self {
            status,
            headers,
            body: "<!DOCTYPE html><h1>Sign in</h1>".to_owned(),
        }
    }

    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Listener {
    pub async fn answering(script: impl IntoIterator<Item = Scripted>) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            script: script.into_iter().collect(),
            asked: Vec::new(),
        }));
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = Url::parse(&format!("http://{}", socket.local_addr().unwrap())).unwrap();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        let client =
            Client::new(Endpoints::under(&root).unwrap(), Duration::from_secs(10)).unwrap();
        Self {
            client,
            token: AccessToken::new("ya29.a"),
            shared,
        }
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().unwrap().asked.clone()
    }

    /// What the only call asked.
    pub fn only(&self) -> Asked {
        let [asked] = self.asked().try_into().expect("one call");
        asked
    }
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn form(&self) -> BTreeMap<String, String> {
        pairs(&self.body)
    }

    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// `a=b&c=d` as a map.
pub fn pairs(encoded: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let mut shared = shared.lock().unwrap();
    shared.asked.push(Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        headers: parts.headers,
        body,
    });
    let scripted = shared.script.pop_front().expect("a scripted answer");
    let mut response = Response::builder().status(scripted.status);
    for (name, value) in scripted.headers {
        response = response.header(name, value);
    }
    response.body(scripted.body.into()).unwrap()
}
