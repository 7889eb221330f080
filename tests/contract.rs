//! Both ways over the simulator: what a person edits in Google and what the clinic's own system books.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "contract/conflict.rs"]
mod conflict;
#[path = "contract/feed.rs"]
mod feed;
#[path = "contract/guard.rs"]
mod guard;
#[path = "contract/holds.rs"]
mod holds;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../crates/receiver/tests/homes/home.rs"]
mod home;
#[path = "contract/outbound.rs"]
mod outbound;
#[path = "contract/proofs.rs"]
mod proofs;
#[path = "contract/undo.rs"]
mod undo;
#[path = "contract/waiting.rs"]
mod waiting;
#[path = "contract/webhooks.rs"]
mod webhooks;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use syncward_google_sim::face::Face;
use syncward_google_sim::model::World;
use syncward_google_sim::model::oauth::ConsentMode;
use syncward_receiver::config::Wishes;
use syncward_receiver::store::{Store, outbox};
use syncward_receiver::{api, exec, serve};
use syncward_wire::Role;
use tokio::net::TcpListener;

use crate::home::Home;

const EVENTS: &str = "/sim/calendars/admin%40clinic.example/events";

/// A receiver with one connected calendar, over a Google of its own.
struct Both {
    google: String,
    receiver: String,
    http: Client,
    admin: String,
    system: String,
    link: String,
    store: Store,
    _home: Home,
}

impl Both {
    async fn connected() -> Self {
        Self::connected_with(|_| {}).await
    }

    /// One whose receiver is set up otherwise than usual.
    async fn connected_with(change: impl FnOnce(&mut Wishes)) -> Self {
        let mut world = World::empty(Timestamp::now());
        world.consent_mode = ConsentMode::Allow;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let google = format!("http://{}", listener.local_addr().unwrap());
        let face = Face::new(world).unwrap();
        tokio::spawn(face.serve(listener, std::future::pending()));

        let home = Home::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = format!("http://{}", listener.local_addr().unwrap());
        let mut wishes = Wishes {
            public_url: Some(receiver.clone()),
            google_client_id: Some("tests".into()),
            google_api_url: Some(google.clone()),
            google_auth_url: Some(format!("{google}/o/oauth2/v2/auth")),
            google_token_url: Some(format!("{google}/token")),
            google_revoke_url: Some(format!("{google}/revoke")),
            ..home.wishes()
        };
        change(&mut wishes);
        let store = home.open();
        let app = serve::build(wishes.check().unwrap(), store.clone())
            .await
            .unwrap();
        tokio::spawn(exec::run(app.clone()));
        let router = serve::router(&app, false);
        tokio::spawn(async move { axum::serve(listener, router).await });

        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut both = Self {
            google,
            receiver,
            http,
            admin: String::new(),
            system: String::new(),
            link: String::new(),
            store: store.clone(),
            _home: home,
        };
        let admin = both.pair(&store, Role::Admin).await;
        both.admin.clone_from(&admin);
        both.system = both.pair(&store, Role::Integration).await;
        let clinic = both
            .call(
                &admin,
                Method::POST,
                "/clinics",
                json!({"name": "Nord", "time_zone": "Europe/Berlin"}),
            )
            .await
            .1;
        let path = format!("/clinics/{}/grants", clinic["id"].as_str().unwrap());
        let begun = both
            .call(
                &admin,
                Method::POST,
                &path,
                json!({"redirect_uri": "http://127.0.0.1:9/oauth"}),
            )
            .await
            .1;
        let consent = both
            .http
            .get(begun["authorization_url"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        let back = url::Url::parse(consent.headers()["location"].to_str().unwrap()).unwrap();
        let code = back
            .query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap()
            .1
            .into_owned();
        let complete = json!({"state": begun["state"], "code": code});
        let (status, done) = both
            .call(&admin, Method::POST, "/grants/complete", complete.clone())
            .await;
        assert_eq!(status, 200, "{done}");
        assert_eq!(
            both.call(&admin, Method::POST, "/grants/complete", complete)
                .await
                .0,
            409,
            "a state is good once"
        );
        both.link = done["links"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/links/{}", both.link);
        both.until("the link is live", || async {
            both.call(&admin, Method::GET, &path, Value::Null).await.1["state"] == "live"
        })
        .await;
        both
    }

    async fn pair(&self, store: &Store, role: Role) -> String {
        let code = api::make_code(store, role).await.unwrap().code;
        let (_, paired) = self
            .call(
                "",
                Method::POST,
                "/pair",
                json!({"code": code, "device": "test"}),
            )
            .await;
        paired["token"].as_str().unwrap().to_owned()
    }

    async fn call(&self, token: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.keyed(token, method, path, body, None).await
    }

    async fn keyed(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Value,
        key: Option<&str>,
    ) -> (u16, Value) {
        let mut request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.receiver))
            .bearer_auth(token);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or(Value::Null),
        )
    }

    /// Makes Google misbehave; the rule's id.
    async fn fault(&self, rule: Value) -> String {
        let posted = self
            .http
            .post(format!("{}/sim/faults", self.google))
            .json(&rule);
        let answer = posted.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        let made: Value = answer.json().await.unwrap();
        made["id"].to_string()
    }

    /// The statuses of Google's answers to such calls, oldest first.
    async fn calls(&self, operation: &str) -> Vec<u64> {
        let asked = self.http.get(format!("{}/sim/requests", self.google));
        let seen: Value = asked.send().await.unwrap().json().await.unwrap();
        let all = seen.as_array().or_else(|| seen["items"].as_array());
        all.unwrap()
            .iter()
            .filter(|one| one["operation"] == operation)
            .filter_map(|one| one["status"].as_u64())
            .collect()
    }

    /// Makes Google refuse such calls, so often or until it is lifted; the rule's id.
    async fn refuse(
        &self,
        operation: &str,
        status: u16,
        reason: &str,
        count: Option<u32>,
    ) -> String {
        let action = json!({"kind": "refuse", "status": status, "reason": reason});
        self.fault(json!({"match": {"operation": operation}, "action": action, "count": count}))
            .await
    }

    async fn lift(&self, rule: &str) {
        let path = format!("{}/sim/faults/{rule}", self.google);
        let lifted = self.http.delete(path).send().await.unwrap();
        assert!(lifted.status().is_success(), "{}", lifted.status());
    }

    /// Edits that wait to reach Google.
    async fn waiting(&self) -> u64 {
        let count = self.store.read(outbox::count);
        count.await.unwrap()
    }

    async fn until_nothing_waits(&self) {
        self.until("nothing waits", || async { self.waiting().await == 0 })
            .await;
    }

    /// A person makes an event.
    async fn edit_in_google(&self, event: &Value) -> Value {
        let made = self
            .http
            .post(format!("{}{EVENTS}", self.google))
            .json(event);
        made.send().await.unwrap().json().await.unwrap()
    }

    async fn appointments(&self) -> Vec<Value> {
        let (_, page) = self
            .call(&self.system, Method::GET, "/appointments", Value::Null)
            .await;
        page["items"].as_array().unwrap().clone()
    }

    async fn google_events(&self) -> Vec<Value> {
        let seen: Value = self
            .http
            .get(format!("{}{EVENTS}", self.google))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        seen["items"]
            .as_array()
            .or_else(|| seen.as_array())
            .unwrap()
            .clone()
    }

    /// Asks until it is so, a minute at most.
    async fn until<F: Future<Output = bool>>(&self, what: &str, is_so: impl Fn() -> F) {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..1200 {
            tick.tick().await;
            if is_so().await {
                return;
            }
        }
        panic!("never so: {what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_in_google_is_applied_and_a_cancellation_cancels() {
    let both = Both::connected().await;
    let event = json!({"summary": "Check-up", "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T09:30:00Z"}});
    let made: Value = both
        .http
        .post(format!("{}{EVENTS}", both.google))
        .json(&event)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    both.until("it is here", || async {
        both.appointments()
            .await
            .iter()
            .any(|one| one["title"] == "Check-up")
    })
    .await;
    let path = format!("{}{EVENTS}/{}", both.google, made["id"].as_str().unwrap());
    both.http.delete(path).send().await.unwrap();
    both.until("it is cancelled", || async {
        both.appointments()
            .await
            .iter()
            .any(|one| one["status"] == "cancelled")
    })
    .await;
    assert_eq!(
        both.appointments().await.len(),
        1,
        "nothing else was made of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_in_google_once_and_its_echo_changes_nothing() {
    let both = Both::connected().await;
    let draft = json!({"link_id": both.link, "title": "Cleaning", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let (status, first) = both
        .keyed(
            &both.system,
            Method::POST,
            "/appointments",
            draft.clone(),
            Some("k1"),
        )
        .await;
    assert_eq!(status, 201, "{first}");
    let (_, again) = both
        .keyed(
            &both.system,
            Method::POST,
            "/appointments",
            draft,
            Some("k1"),
        )
        .await;
    assert_eq!(
        again["id"], first["id"],
        "the same key is the same appointment"
    );
    let other = json!({"link_id": both.link, "start": "2030-05-07T10:00:00Z", "end": "2030-05-07T10:30:00Z"});
    assert_eq!(
        both.keyed(
            &both.system,
            Method::POST,
            "/appointments",
            other,
            Some("k1")
        )
        .await
        .0,
        409
    );
    both.until("it is in Google", || async {
        both.google_events().await.len() == 1
    })
    .await;

    let path = format!("/appointments/{}", first["id"].as_str().unwrap());
    let (status, moved) = both
        .call(
            &both.system,
            Method::PATCH,
            &path,
            json!({"title": "Cleaning, long"}),
        )
        .await;
    assert_eq!((status, &moved["revision"]), (200, &json!(2)));
    both.until("the change is in Google", || async {
        both.google_events()
            .await
            .iter()
            .any(|one| one["summary"] == "Cleaning, long")
    })
    .await;

    // A person's later edit proves that the runs before it have seen our own echoes.
    let event = json!({"summary": "Walk-in", "start": {"dateTime": "2030-05-08T09:00:00Z"}, "end": {"dateTime": "2030-05-08T09:30:00Z"}});
    both.http
        .post(format!("{}{EVENTS}", both.google))
        .json(&event)
        .send()
        .await
        .unwrap();
    both.until("the later edit is here", || async {
        both.appointments().await.len() == 2
    })
    .await;
    let (_, now) = both
        .call(&both.system, Method::GET, &path, Value::Null)
        .await;
    assert_eq!(now["revision"], 2, "an echo is no change: {now}");
    assert_eq!(
        both.google_events().await.len(),
        2,
        "and makes no second event"
    );

    assert_eq!(
        both.call(&both.system, Method::DELETE, &path, Value::Null)
            .await
            .0,
        204
    );
    both.until("it is gone from Google", || async {
        both.google_events()
            .await
            .iter()
            .filter(|one| one["status"] != "cancelled")
            .count()
            == 1
    })
    .await;
    assert_eq!(
        both.call(&both.system, Method::GET, &path, Value::Null)
            .await
            .1["status"],
        "cancelled"
    );
}
