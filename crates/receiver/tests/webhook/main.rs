//! Each row of the webhook's table of answers, over the real router and a real store.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod connections;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../homes/home.rs"]
mod home;
mod seed;
mod table;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use syncward_receiver::app::App;
use syncward_receiver::config::Wishes;
use syncward_receiver::serve;
use tower::ServiceExt;
use uuid::Uuid;

use crate::home::Home;

const PATH: &str = "/webhooks/calendar/google";
const RESOURCE: &str = "resource-1";

/// A receiver over a place of its own.
struct House {
    app: Arc<App>,
    link_id: Uuid,
    _home: Home,
}

impl House {
    async fn new() -> Self {
        let home = Home::new();
        let wishes = Wishes {
            public_url: Some("http://127.0.0.1:9".into()),
            google_client_id: Some("tests".into()),
            ..home.wishes()
        };
        let store = home.open();
        let link_id = seed::link(&store).await.unwrap();
        let app = serve::build(wishes.check().unwrap(), store).await.unwrap();
        Self {
            app,
            link_id,
            _home: home,
        }
    }

    async fn channel(&self, state: &'static str) -> String {
        seed::channel(&self.app.store, self.link_id, state, Some(RESOURCE))
            .await
            .unwrap()
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let router = serve::router(&self.app, false);
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn post(&self, headers: &Headers) -> (StatusCode, Value) {
        self.send(headers.request("POST", Body::empty())).await
    }

    async fn stored(&self) -> i64 {
        self.number("select count(*) from notification").await
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let read = self
            .app
            .store
            .read(move |connection| Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?));
        read.await.unwrap()
    }

    async fn execute(&self, sql: impl Into<String>) {
        let sql = sql.into();
        let write = self.app.store.write(move |tx| Ok(tx.execute_batch(&sql)?));
        write.await.unwrap();
    }
}

/// What Google sends, to be bent by a test.
#[derive(Clone)]
struct Headers(Vec<(&'static str, Vec<u8>)>);

impl Headers {
    fn change(channel_id: &str, number: &str) -> Self {
        Self(vec![
            ("x-goog-channel-id", channel_id.into()),
            ("x-goog-channel-token", seed::TOKEN.into()),
            ("x-goog-resource-id", RESOURCE.into()),
            ("x-goog-resource-state", b"exists".to_vec()),
            ("x-goog-message-number", number.into()),
        ])
    }

    fn handshake(channel_id: &str) -> Self {
        Self::change(channel_id, "1").with("x-goog-resource-state", "sync")
    }

    fn with(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.0.retain(|(kept, _)| *kept != name);
        self.0.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.0.retain(|(kept, _)| *kept != name);
        self
    }

    fn twice(mut self, name: &str) -> Self {
        let again = self.0.iter().find(|(kept, _)| *kept == name).cloned();
        self.0.extend(again);
        self
    }

    fn request(&self, method: &str, body: Body) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(PATH);
        for (name, value) in &self.0 {
            request = request.header(*name, value.as_slice());
        }
        request.body(body).unwrap()
    }
}
