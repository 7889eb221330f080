//! Outgoing webhooks against a receiver that checks each signature with the official library.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::Both;

/// The clinic's own system: what it took, and what it answers.
#[derive(Clone, Default)]
struct System(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    secret: Option<String>,
    /// Answers to come before 204; the last one stays when `stubborn`.
    answers: Vec<u16>,
    stubborn: bool,
    taken: Vec<(String, Value)>,
    tries: Vec<String>,
    forged: usize,
}

async fn take(State(system): State<System>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut inner = system.0.lock().unwrap();
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    inner.tries.push(id.clone());
    let webhook = Webhook::new(inner.secret.as_ref().unwrap()).unwrap();
    if webhook.verify(&body, &headers).is_err() {
        inner.forged += 1;
        return StatusCode::UNAUTHORIZED;
    }
    let answer = match (inner.answers.first().copied(), inner.stubborn) {
        (Some(answer), true) => answer,
        (Some(_), false) => inner.answers.remove(0),
        (None, _) => 204,
    };
    if answer < 300 {
        inner
            .taken
            .push((id, serde_json::from_slice(&body).unwrap()));
    }
    StatusCode::from_u16(answer).unwrap()
}

impl System {
    /// Listens, and is set up as an endpoint; answers with the endpoint's id.
    async fn listening(both: &Both) -> (Self, String) {
        let system = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/hook", post(take))
            .with_state(system.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (status, made) = both
            .system("POST", "/webhook-endpoints", json!({"url": url}))
            .await;
        assert_eq!(status, 201, "{made}");
        system.0.lock().unwrap().secret = Some(made["secret"].as_str().unwrap().to_owned());
        (system, made["endpoint"]["id"].as_str().unwrap().to_owned())
    }

    fn answer(&self, answers: &[u16], stubborn: bool) {
        let mut inner = self.0.lock().unwrap();
        (inner.answers, inner.stubborn) = (answers.to_vec(), stubborn);
    }

    fn kinds(&self) -> Vec<String> {
        let inner = self.0.lock().unwrap();
        let kinds = inner
            .taken
            .iter()
            .map(|(_, body)| body["type"].as_str().unwrap().to_owned());
        kinds.collect()
    }
}

impl Both {
    async fn system(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(&self.system, method.parse::<Method>().unwrap(), path, body)
            .await
    }

    async fn draft(&self, title: &str) -> String {
        let draft = json!({"link_id": self.link, "title": title, "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
        let (status, made) = self.system("POST", "/appointments", draft).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    async fn messages(&self, endpoint: &str, state: &str) -> Vec<Value> {
        let path = format!("/webhook-endpoints/{endpoint}/messages?state={state}");
        let (status, page) = self.system("GET", &path, Value::Null).await;
        assert_eq!(status, 200, "{page}");
        page["items"].as_array().unwrap().clone()
    }

    /// Runs SQL in the receiver's store: how tests make time pass for messages.
    async fn execute(&self, sql: &'static str) {
        let done = self.store.write(move |tx| Ok(tx.execute_batch(sql)?));
        done.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_told_once_in_order_and_signed() {
    let both = Both::connected().await;
    let (system, endpoint) = System::listening(&both).await;
    let id = both.draft("Cleaning").await;
    let path = format!("/appointments/{id}");
    both.system("PATCH", &path, json!({"title": "Cleaning, long"}))
        .await;
    both.system("DELETE", &path, Value::Null).await;
    let event = json!({"summary": "Walk-in", "start": {"dateTime": "2030-05-08T09:00:00Z"}, "end": {"dateTime": "2030-05-08T09:30:00Z"}});
    both.edit_in_google(&event).await;
    both.until("all four are told", || async { system.kinds().len() >= 4 })
        .await;
    both.until("and noted", || async {
        both.messages(&endpoint, "delivered").await.len() == 4
    })
    .await;
    let inner = system.0.lock().unwrap();
    assert_eq!((inner.forged, inner.tries.len()), (0, 4));
    let of_ours = inner
        .taken
        .iter()
        .filter(|(_, body)| body["data"]["appointment"]["id"] == id);
    let told: Vec<_> = of_ours
        .map(|(_, body)| {
            (
                body["type"].as_str().unwrap(),
                body["data"]["appointment"]["title"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("appointment.created", "Cleaning"),
        ("appointment.changed", "Cleaning, long"),
        ("appointment.cancelled", "Cleaning, long"),
    ];
    assert_eq!(told, expected, "each as it was then");
    let walk_in = inner
        .taken
        .iter()
        .find(|(_, body)| body["data"]["appointment"]["title"] == "Walk-in");
    assert_eq!(walk_in.unwrap().1["type"], "appointment.created");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_try_is_repeated_with_the_same_id_and_a_dead_message_can_be_sent_again() {
    let both = Both::connected().await;
    let (system, endpoint) = System::listening(&both).await;
    system.answer(&[500], false);
    both.draft("Cleaning").await;
    both.until("the first try failed", || async {
        let waiting = both.messages(&endpoint, "waiting").await;
        waiting
            .first()
            .is_some_and(|one| one["failure"] == "it answered 500")
    })
    .await;
    both.until("the second arrived", || async {
        system.kinds() == ["appointment.created"]
    })
    .await;
    {
        let inner = system.0.lock().unwrap();
        assert_eq!(inner.tries.len(), 2);
        assert_eq!(
            inner.tries[0], inner.tries[1],
            "a receiver can tell the repetition"
        );
    }

    system.answer(&[503], true);
    both.draft("Filling").await;
    both.until("it waits", || async {
        both.messages(&endpoint, "waiting").await.len() == 1
    })
    .await;
    // Three days later.
    both.execute(
        "update webhook_message set attempts = 9, not_before_ms = 0 where state = 'waiting'",
    )
    .await;
    both.until("it is given up", || async {
        both.messages(&endpoint, "dead").await.len() == 1
    })
    .await;
    let (_, activity) = both
        .call(&both.admin, Method::GET, "/activity", Value::Null)
        .await;
    let lines = activity["items"].as_array().unwrap();
    assert!(
        lines.iter().any(|line| line["kind"] == "webhook_dead"),
        "{activity}"
    );
    assert!(!activity.to_string().contains("Filling"));

    system.answer(&[], false);
    let path = format!("/webhook-endpoints/{endpoint}/replay");
    let (status, replayed) = both.system("POST", &path, json!({})).await;
    assert_eq!((status, replayed), (202, json!({"replayed": 1})));
    both.until("it arrived", || async { system.kinds().len() == 2 })
        .await;
    both.until("nothing is dead", || async {
        both.messages(&endpoint, "dead").await.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_turned_off_and_can_be_turned_on_again() {
    let both = Both::connected().await;
    let (system, endpoint) = System::listening(&both).await;
    system.answer(&[410], false);
    both.draft("Cleaning").await;
    let path = format!("/webhook-endpoints/{endpoint}");
    both.until("it is off", || async {
        both.system("GET", &path, Value::Null).await.1["enabled"] == false
    })
    .await;
    both.draft("Untold").await;
    let (status, _) = both.system("PATCH", &path, json!({"enabled": true})).await;
    assert_eq!(status, 200);
    both.draft("Filling").await;
    both.until("it is told again", || async { system.kinds().len() == 1 })
        .await;
    assert_eq!(both.messages(&endpoint, "dead").await.len(), 1);
    assert_eq!(
        system.0.lock().unwrap().taken[0].1["data"]["appointment"]["title"],
        "Filling"
    );

    for url in [
        "http://clinic.example/hook",
        "ftp://clinic.example",
        "https://user:word@clinic.example/",
        "hook",
    ] {
        let (status, refused) = both
            .system("POST", "/webhook-endpoints", json!({"url": url}))
            .await;
        assert_eq!(
            (status, &refused["code"]),
            (422, &json!("invalid_url")),
            "{url}"
        );
    }
    let (_, page) = both.system("GET", "/webhook-endpoints", Value::Null).await;
    assert!(
        !page.to_string().contains("whsec_"),
        "a secret is shown once"
    );
    assert_eq!(both.system("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(both.system("GET", &path, Value::Null).await.0, 404);
}
