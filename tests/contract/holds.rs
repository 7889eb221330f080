//! Pause, resume and drain: nothing is begun during a hold, nothing is lost by it, and a drain's end is seen.

use reqwest::Method;
use serde_json::{Value, json};

use crate::Both;

impl Both {
    async fn order(&self, path: &str) -> (u16, Value) {
        self.call(&self.admin, Method::POST, path, Value::Null)
            .await
    }

    async fn step(&self, operation: &Value) -> String {
        let path = format!("/operations/{}", operation["operation"].as_str().unwrap());
        let (_, state) = self
            .call(&self.admin, Method::GET, &path, Value::Null)
            .await;
        state["step"].as_str().unwrap().to_owned()
    }

    /// Makes Google's answers to listings take so long.
    async fn slow_down(&self, ms: u64) {
        let rule =
            json!({"match": {"operation": "events.list"}, "action": {"kind": "delay", "ms": ms}});
        self.fault(rule).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_when_nothing_is_under_way_and_a_resume_takes_up_what_waited() {
    let both = Both::connected().await;
    let sync = format!("/links/{}/sync", both.link);
    // What the connection began is over.
    for _ in 0..2 {
        let (_, first) = both.order(&sync).await;
        both.until("a sync is done", || async {
            both.step(&first).await == "done"
        })
        .await;
    }
    both.slow_down(1500).await;
    let (status, syncing) = both.order(&sync).await;
    assert_eq!(status, 202);
    let (status, drain) = both.order("/receiver/drain").await;
    assert_eq!(status, 202, "{drain}");
    assert_eq!(both.step(&drain).await, "running", "the sync is under way");
    assert_eq!(
        both.order("/receiver/drain").await.1,
        drain,
        "asked twice is one"
    );
    let (status, refused) = both.order(&sync).await;
    assert_eq!((status, &refused["code"]), (409, &json!("receiver_paused")));
    let draft = json!({"link_id": both.link, "title": "Waits", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let (status, _) = both
        .call(&both.system, Method::POST, "/appointments", draft)
        .await;
    assert_eq!(status, 201);
    both.until("the drain is done", || async {
        both.step(&drain).await == "done"
    })
    .await;
    assert_eq!(
        both.step(&syncing).await,
        "done",
        "it waited for what was under way"
    );
    assert_eq!(both.google_events().await.len(), 0, "and began nothing");

    assert_eq!(both.order("/receiver/resume").await.0, 204);
    both.until("what waited is in Google", || async {
        both.google_events().await.len() == 1
    })
    .await;
    let (status, _) = both.order(&sync).await;
    assert_eq!(status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_keeps_notifications_and_a_resume_applies_them() {
    let both = Both::connected().await;
    assert_eq!(both.order("/receiver/pause").await.0, 204);
    let (_, overview) = both
        .call(&both.admin, Method::GET, "/overview", Value::Null)
        .await;
    assert_eq!(overview["paused"], true);
    let event = json!({"summary": "Check-up", "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T09:30:00Z"}});
    both.edit_in_google(&event).await;
    let path = format!("/links/{}", both.link);
    both.until("the notification is stored", || async {
        let (_, link) = both
            .call(&both.admin, Method::GET, &path, Value::Null)
            .await;
        link["counters"]["notifications"].as_u64().unwrap() >= 2
    })
    .await;
    assert_eq!(both.appointments().await.len(), 0);
    assert_eq!(both.order("/receiver/resume").await.0, 204);
    both.until("it is applied", || async {
        both.appointments().await.len() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_booked_and_cancelled_during_a_pause_never_reaches_google() {
    let both = Both::connected().await;
    assert_eq!(both.order("/receiver/pause").await.0, 204);
    let draft = json!({"link_id": both.link, "title": "Waits", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let (_, made) = both
        .call(&both.system, Method::POST, "/appointments", draft)
        .await;
    let path = format!("/appointments/{}", made["id"].as_str().unwrap());
    let (status, _) = both
        .call(&both.system, Method::DELETE, &path, Value::Null)
        .await;
    assert_eq!(status, 204);
    let restore = format!("{path}/restore");
    let (status, refused) = both
        .call(&both.system, Method::POST, &restore, json!({"revision": 1}))
        .await;
    assert_eq!(
        (status, &refused["code"]),
        (409, &json!("cancellation_under_way"))
    );
    assert_eq!(both.order("/receiver/resume").await.0, 204);
    both.until("nothing waits", || async {
        let waiting = both.store.read(syncward_receiver::store::outbox::count);
        waiting.await.unwrap() == 0
    })
    .await;
    assert_eq!(both.google_events().await.len(), 0);
    let (status, _) = both
        .call(&both.system, Method::POST, &restore, json!({"revision": 1}))
        .await;
    assert_eq!(status, 200);
    both.until("it is in Google", || async {
        both.google_events().await.len() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_a_paused_calendar_wait_until_it_is_resumed() {
    let both = Both::connected().await;
    let of_link = |what: &str| format!("/links/{}/{what}", both.link);
    assert_eq!(both.order(&of_link("pause")).await.0, 202);
    let made = both.book(json!({})).await;
    let path = format!("/appointments/{}", made["id"].as_str().unwrap());
    let draft = json!({"title": "Cleaning, long"});
    let (status, _) = both.call(&both.system, Method::PATCH, &path, draft).await;
    assert_eq!(status, 200);
    // A drain ends when no outbox is being emptied, and what follows it takes up what waits.
    for _ in 0..2 {
        let (_, drain) = both.order("/receiver/drain").await;
        both.until_done(&drain).await;
        assert_eq!(both.order("/receiver/resume").await.0, 204);
    }
    assert_eq!(
        (both.google_events().await.len(), both.waiting().await),
        (0, 1)
    );
    assert!(both.calls("events.insert").await.is_empty());

    assert_eq!(both.order(&of_link("resume")).await.0, 202);
    both.until_nothing_waits().await;
    let events = both.google_events().await;
    assert_eq!(
        (events.len(), &events[0]["summary"]),
        (1, &json!("Cleaning, long"))
    );
}
