//! The control API from outside: who may call what, refusals, pairing, its description, the live stream.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod attest;
mod audit;
mod chain;
mod copies;
mod document;
mod endings;
mod expand;
mod forecast;
mod health;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../homes/home.rs"]
mod home;
mod lists;
mod marks;
mod metrics;
mod once;
mod pairing;
mod refusals;
mod roles;
mod rollups;
#[expect(dead_code, reason = "shared with the webhook's tests")]
#[path = "../webhook/seed.rs"]
mod seed;
mod stream;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::response::Response;
use serde_json::Value;
use syncward_receiver::app::App;
use syncward_receiver::config::{Config, Wishes};
use syncward_receiver::store;
use syncward_receiver::{exec, seal, serve};
use syncward_wire::Role;
use tower::ServiceExt;
use uuid::Uuid;

use crate::home::Home;

/// A receiver over a place of its own.
struct House {
    app: Arc<App>,
    home: Home,
}

impl House {
    async fn new() -> Self {
        Self::in_home(Home::new()).await
    }

    async fn in_home(home: Home) -> Self {
        let config = Self::config(&home);
        let app = serve::build(config, home.open()).await.unwrap();
        Self { app, home }
    }

    fn config(home: &Home) -> Config {
        let wishes = Wishes {
            google_client_id: Some("tests".into()),
            ..home.wishes()
        };
        wishes.check().unwrap()
    }

    /// A paired device's token.
    async fn token(&self, role: Role) -> String {
        let token = Uuid::new_v4().to_string();
        let hash = seal::hash(&token);
        let now = jiff::Timestamp::now();
        self.app
            .store
            .write(move |tx| store::device::insert(tx, Uuid::new_v4(), "test", role, &hash, now))
            .await
            .unwrap();
        token
    }

    /// A link that is watched.
    async fn link(&self) -> Uuid {
        seed::link(&self.app.store).await.unwrap()
    }

    /// A link that has begun to work.
    async fn started_link(&self) -> Uuid {
        let link_id = self.link().await;
        let app = Arc::clone(&self.app);
        let started = self.app.store.write(move |tx| {
            let now = jiff::Timestamp::now();
            let inputs = vec![syncward_engine::Input::Started];
            exec::turn::take(tx, &app, link_id, inputs, now)
        });
        started.await.unwrap();
        link_id
    }

    async fn send(&self, request: Request<Body>) -> Response {
        let router = serve::router(&self.app, false);
        router.oneshot(request).await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Response {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }
}

async fn json(answer: Response) -> Value {
    let body = to_bytes(answer.into_body(), 4 << 20).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// Holds a refusal to RFC 9457 with our code and action.
async fn refused(answer: Response, status: u16) -> String {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem = json(answer).await;
    assert_eq!(problem["status"], status);
    for field in ["title", "detail", "action"] {
        assert!(!problem[field].as_str().unwrap().is_empty(), "{problem}");
    }
    problem["code"].as_str().unwrap().to_owned()
}
