//! The simulator over real sockets: consent, push, faults on the wire.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use jiff::Timestamp;
use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};
use syncward_google_sim::{
    face::Face,
    model::{World, oauth::ConsentMode},
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

const SCOPE: &str = "https://www.googleapis.com/auth/calendar";
const REDIRECT: &str = "http://127.0.0.1:5000/back";
const PATIENCE: Duration = Duration::from_secs(10);

struct Sim {
    url: String,
    http: Client,
    bearer: String,
}

impl Sim {
    async fn start() -> Self {
        let mut world = World::empty(Timestamp::now());
        world.consent_mode = ConsentMode::Allow;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(
            Face::new(world)
                .unwrap()
                .serve(listener, std::future::pending()),
        );
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let mut sim = Self {
            url,
            http,
            bearer: String::new(),
        };
        sim.bearer = sim.connect().await["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        sim
    }

    fn authorization_url(&self) -> String {
        format!(
            "{}/o/oauth2/v2/auth?client_id=c&redirect_uri={REDIRECT}&response_type=code&state=s%26t&scope={SCOPE}",
            self.url
        )
    }

    async fn connect(&self) -> Value {
        let answer = self
            .http
            .get(self.authorization_url())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 302);
        let code = code_of(&answer);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", "c"),
            ("redirect_uri", REDIRECT),
        ];
        self.http
            .post(format!("{}/token", self.url))
            .form(&form)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn control(&self, path: &str, body: Value) {
        let method = if path == "consent" {
            reqwest::Method::PUT
        } else {
            reqwest::Method::POST
        };
        let answer = self
            .http
            .request(method, format!("{}/sim/{path}", self.url))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn fault(&self, operation: &str, action: Value) {
        self.control(
            "faults",
            json!({ "match": { "operation": operation }, "action": action, "count": 1 }),
        )
        .await;
    }

    async fn list(&self) -> Result<Response, reqwest::Error> {
        let url = format!("{}/calendar/v3/calendars/primary/events", self.url);
        self.http.get(url).bearer_auth(&self.bearer).send().await
    }

    async fn watch(&self, id: &str, address: &str) -> Response {
        let url = format!("{}/calendar/v3/calendars/primary/events/watch", self.url);
        let body = json!({ "id": id, "type": "web_hook", "address": address, "token": "secret" });
        self.http
            .post(url)
            .bearer_auth(&self.bearer)
            .json(&body)
            .send()
            .await
            .unwrap()
    }

    async fn somebody_books(&self) {
        let body = json!({ "start": { "date": "2026-12-01" }, "end": { "date": "2026-12-02" } });
        self.control("calendars/admin@clinic.example/events", body)
            .await;
    }
}

fn code_of(answer: &Response) -> String {
    let back = answer.headers()["location"].to_str().unwrap();
    let back = url::Url::parse(back).unwrap();
    assert!(
        back.query_pairs()
            .any(|(name, value)| name == "state" && value == "s&t")
    );
    back.query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned()
}

/// A web hook that hands over the headers it receives.
async fn hook(status: StatusCode) -> (String, mpsc::UnboundedReceiver<HeaderMap>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let receive = move |headers: HeaderMap| async move {
        sender.send(headers).unwrap();
        status
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/hook", post(receive))).into_future());
    (address, receiver)
}

async fn next(receiver: &mut mpsc::UnboundedReceiver<HeaderMap>) -> HeaderMap {
    timeout(PATIENCE, receiver.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_person_unticks_a_scope_on_the_page() {
    let sim = Sim::start().await;
    sim.control("consent", json!({ "mode": "page" })).await;
    let url = sim.authorization_url() + "%20openid";
    let page = sim
        .http
        .get(&url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("value=\"allow\"")
            && page.contains("value=\"openid\"")
            && page.contains("admin@clinic.example")
    );
    let form = [
        ("decision", "allow"),
        ("partial", "1"),
        ("account", "admin@clinic.example"),
        ("granted", "openid"),
    ];
    let answer = sim.http.post(&url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(
        answer.headers()["location"]
            .to_str()
            .unwrap()
            .ends_with("scope=openid")
    );
}

#[tokio::test]
async fn a_notification_wears_googles_headers() {
    let sim = Sim::start().await;
    let (address, mut arrived) = hook(StatusCode::OK).await;
    let channel: Value = sim.watch("channel-1", &address).await.json().await.unwrap();
    let handshake = next(&mut arrived).await;
    assert_eq!(
        (
            &handshake["x-goog-resource-state"],
            &handshake["x-goog-message-number"]
        ),
        (&"sync".parse().unwrap(), &"1".parse().unwrap())
    );
    sim.somebody_books().await;
    let change = next(&mut arrived).await;
    assert_eq!(change["x-goog-resource-state"], "exists");
    assert_eq!(change["x-goog-channel-token"], "secret");
    assert_eq!(
        change["x-goog-resource-id"],
        channel["resourceId"].as_str().unwrap()
    );
    assert!(
        change["x-goog-channel-expiration"]
            .to_str()
            .unwrap()
            .ends_with(" GMT")
    );
    assert!(
        change["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("APIs-Google;")
    );
    assert_eq!(change.get_all("content-length").iter().count(), 1);
}

#[tokio::test]
async fn nothing_is_sent_off_this_machine() {
    let sim = Sim::start().await;
    assert_eq!(
        sim.watch("channel-1", "http://clinic.example/hook")
            .await
            .status(),
        400
    );
    assert_eq!(
        sim.watch("channel-2", "https://clinic.example/hook")
            .await
            .status(),
        200
    );
    let settled = async {
        loop {
            let log: Value = sim
                .http
                .get(format!("{}/sim/deliveries", sim.url))
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            if let Some(row) = log["items"].get(0) {
                return row["outcome"].clone();
            }
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(timeout(PATIENCE, settled).await.unwrap(), "not_loopback");
}

#[tokio::test]
async fn a_failed_hook_is_tried_again() {
    let sim = Sim::start().await;
    let url = format!("{}/sim/settings", sim.url);
    sim.http
        .patch(url)
        .json(&json!({ "retry_base_ms": 5 }))
        .send()
        .await
        .unwrap();
    let (address, mut arrived) = hook(StatusCode::SERVICE_UNAVAILABLE).await;
    sim.watch("channel-1", &address).await;
    for _ in 0..3 {
        assert_eq!(next(&mut arrived).await["x-goog-message-number"], "1");
    }
}

#[tokio::test]
async fn faults_spoil_answers_on_the_wire() {
    let sim = Sim::start().await;
    sim.fault("events.list", json!({ "kind": "truncate" }))
        .await;
    assert!(sim.list().await.unwrap().json::<Value>().await.is_err());
    sim.fault("events.list", json!({ "kind": "html" })).await;
    let page = sim.list().await.unwrap();
    assert_eq!(
        (
            page.status().as_u16(),
            page.headers()["content-type"].to_str().unwrap()
        ),
        (502, "text/html; charset=utf-8")
    );
    sim.fault("events.list", json!({ "kind": "drop" })).await;
    let broken = match sim.list().await {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken);
    sim.fault("events.list", json!({ "kind": "hang" })).await;
    assert!(
        timeout(Duration::from_millis(200), sim.list())
            .await
            .is_err()
    );
    sim.fault(
        "events.list",
        json!({ "kind": "refuse", "status": 429, "retry_after_s": 7 }),
    )
    .await;
    let refused = sim.list().await.unwrap();
    assert_eq!(
        (
            refused.status().as_u16(),
            refused.headers()["retry-after"].to_str().unwrap()
        ),
        (429, "7")
    );
    assert_eq!(sim.list().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_trickle_edits_what_is_seeded() {
    let sim = Sim::start().await;
    let (address, mut arrived) = hook(StatusCode::OK).await;
    sim.control("accounts", json!({ "email": "desk@clinic.example" }))
        .await;
    let patch = sim
        .http
        .patch(format!("{}/sim/calendars/admin@clinic.example", sim.url))
        .json(&json!({ "seeded": true }));
    assert_eq!(patch.send().await.unwrap().status(), 200);
    sim.watch("channel-1", &address).await;
    sim.control("trickle", json!({ "every_ms": 5 })).await;
    let edited = async { while next(&mut arrived).await["x-goog-resource-state"] != "exists" {} };
    timeout(PATIENCE, edited).await.unwrap();
}
