//! Edits that Google does not take at once: they keep their order, wait as long as they must, and arrive.

use reqwest::Method;
use serde_json::{Value, json};
use syncward_receiver::config::Wishes;

use crate::Both;

fn often(wishes: &mut Wishes) {
    wishes.check_interval = Some("500ms".to_owned());
}

impl Both {
    async fn booked(&self) -> Value {
        let made = self.book(json!({})).await;
        self.until_nothing_waits().await;
        made
    }

    async fn event_of(&self, made: &Value) -> Value {
        let events = self.google_events().await;
        let mut events = events.into_iter();
        let found = events.find(|one| one["id"] == made["google_event_id"]);
        found.unwrap()
    }

    /// What the receiver tells of edits of its calendar that Google has not taken.
    async fn stuck(&self) -> Value {
        let path = format!("/links/{}", self.link);
        let (status, link) = self
            .call(&self.admin, Method::GET, &path, Value::Null)
            .await;
        assert_eq!(status, 200, "{link}");
        link["outbound"].clone()
    }

    async fn until_titled(&self, made: &Value, title: &str) {
        self.until("the title is in Google", || async {
            self.event_of(made).await["summary"] == title
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_one_appointment_keep_their_order_and_another_waits_for_none_of_them() {
    let both = Both::connected_with(often).await;
    let (stuck, free) = (both.booked().await, both.booked().await);
    let path = format!("*{}*", stuck["google_event_id"].as_str().unwrap());
    let action = json!({"kind": "refuse", "status": 503, "reason": "backendError"});
    let rule = both
        .fault(json!({"match": {"operation": "events.patch", "path": path}, "action": action}))
        .await;
    both.change(&stuck, json!({"title": "Cleaning, long"}))
        .await;
    both.cancel(&stuck).await;
    both.change(&free, json!({"title": "Filling"})).await;
    both.until_titled(&free, "Filling").await;
    both.until("the first edit was tried twice", || async {
        let statuses = both.calls("events.patch").await;
        statuses.iter().filter(|status| **status == 503).count() >= 2
    })
    .await;
    assert!(both.calls("events.delete").await.is_empty(), "in order");
    let event = both.event_of(&stuck).await;
    assert_eq!(
        (&event["summary"], &event["status"]),
        (&json!("Cleaning"), &json!("confirmed"))
    );

    both.lift(&rule).await;
    both.until_nothing_waits().await;
    assert_eq!(both.event_of(&stuck).await["status"], "cancelled");
    assert_eq!(both.event_of(&free).await["status"], "confirmed");
    let path = format!("/appointments/{}", stuck["id"].as_str().unwrap());
    let (_, here) = both
        .call(&both.system, Method::GET, &path, Value::Null)
        .await;
    assert_eq!(here["status"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_meets_a_full_quota_waits_as_long_as_google_says() {
    let both = Both::connected().await;
    let made = both.booked().await;
    let action =
        json!({"kind": "refuse", "status": 429, "reason": "rateLimitExceeded", "retry_after_s": 2});
    both.fault(json!({"match": {"operation": "events.patch"}, "action": action, "count": 1}))
        .await;
    let asked = std::time::Instant::now();
    both.change(&made, json!({"title": "Cleaning, long"})).await;
    both.until_titled(&made, "Cleaning, long").await;
    assert!(asked.elapsed().as_secs() >= 2, "{:?}", asked.elapsed());
    assert_eq!(both.calls("events.patch").await, [429, 200]);
    both.until_nothing_waits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_google_refuses_for_good_is_tried_again_by_the_sweep_until_it_is_taken() {
    let both = Both::connected_with(often).await;
    let made = both.booked().await;
    let rule = both.refuse("events.patch", 403, "forbidden", None).await;
    both.change(&made, json!({"title": "Cleaning, long"})).await;
    both.until("it was tried twice", || async {
        both.calls("events.patch").await.len() >= 2
    })
    .await;
    assert_eq!(both.waiting().await, 1, "it is kept");
    assert_eq!(both.event_of(&made).await["summary"], "Cleaning");
    both.lift(&rule).await;
    both.until_titled(&made, "Cleaning, long").await;
    both.until_nothing_waits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_google_refuses_is_told_with_since_when_and_why_until_it_is_taken() {
    let both = Both::connected_with(often).await;
    let made = both.booked().await;
    assert_eq!(both.stuck().await, Value::Null, "all have arrived");
    let rule = both
        .refuse("events.patch", 403, "forbiddenForNonOrganizer", None)
        .await;
    both.change(&made, json!({"title": "Cleaning, long"})).await;
    both.until("it is told", || async { both.stuck().await.is_object() })
        .await;
    let told = both.stuck().await;
    assert_eq!(
        (&told["edits"], &told["failure"], &told["refused"]),
        (&json!(1), &json!("forbiddenForNonOrganizer"), &json!(true))
    );
    assert_eq!(told["next_start_at"], "2030-05-06T10:00:00Z");
    assert!(!told.to_string().contains("Cleaning"), "{told}");

    // A further edit joins the one that waits, and is no news of how long.
    both.change(&made, json!({"title": "Cleaning, longer"}))
        .await;
    let other = both.book(json!({"start": "2030-05-05T08:00:00Z", "end": "2030-05-05T08:30:00Z"}));
    other.await;
    let tried = both.calls("events.patch").await.len();
    both.until("it was tried again", || async {
        both.calls("events.patch").await.len() >= tried + 2
    })
    .await;
    let later = both.stuck().await;
    assert_eq!(
        (&later["since_at"], &later["edits"], &later["next_start_at"]),
        (&told["since_at"], &json!(1), &told["next_start_at"])
    );

    both.lift(&rule).await;
    both.until_titled(&made, "Cleaning, longer").await;
    both.until_nothing_waits().await;
    assert_eq!(both.stuck().await, Value::Null, "all have arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_that_google_fails_to_take_count_from_the_oldest_and_name_the_first_start() {
    let both = Both::connected().await;
    both.refuse("events.insert", 500, "backendError", None)
        .await;
    let oldest = both.book(json!({})).await;
    both.book(json!({"start": "2030-05-05T08:00:00Z", "end": "2030-05-05T08:30:00Z"}))
        .await;
    both.book(json!({"start": "2001-05-05T08:00:00Z", "end": "2001-05-05T08:30:00Z"}))
        .await;
    both.until("all are told", || async {
        both.stuck().await["edits"] == 3
    })
    .await;
    let told = both.stuck().await;
    assert_eq!(
        (&told["failure"], &told["refused"], &told["next_start_at"]),
        (
            &json!("backendError"),
            &json!(false),
            &json!("2030-05-05T08:00:00Z")
        )
    );
    let at = |time: &Value| -> jiff::Timestamp { time.as_str().unwrap().parse().unwrap() };
    assert_eq!(at(&told["since_at"]), at(&oldest["updated_at"]));
}
