//! Outbound edits: what people did at Google stays, what was cleared is gone, and a lost answer doubles nothing.

use reqwest::Method;
use serde_json::{Value, json};
use syncward_receiver::config::Wishes;

use crate::{Both, EVENTS};

const TIMES: (&str, &str) = ("2030-05-06T10:00:00Z", "2030-05-06T10:30:00Z");

impl Both {
    pub async fn book(&self, more: Value) -> Value {
        let mut draft =
            json!({"link_id": self.link, "title": "Cleaning", "start": TIMES.0, "end": TIMES.1});
        for (field, value) in more.as_object().unwrap() {
            draft[field] = value.clone();
        }
        let (status, made) = self
            .call(&self.system, Method::POST, "/appointments", draft)
            .await;
        assert_eq!(status, 201, "{made}");
        made
    }

    pub async fn change(&self, made: &Value, patch: Value) {
        let path = format!("/appointments/{}", made["id"].as_str().unwrap());
        let (status, now) = self.call(&self.system, Method::PATCH, &path, patch).await;
        assert_eq!(status, 200, "{now}");
    }

    /// A person changes an event.
    pub async fn change_in_google(&self, id: &Value, patch: &Value) {
        let path = format!("{}{EVENTS}/{}", self.google, id.as_str().unwrap());
        let changed = self.http.patch(path).json(patch).send().await.unwrap();
        assert!(changed.status().is_success(), "{}", changed.status());
    }

    /// Booked, in Google, and cancelled by the clinic's own system.
    async fn book_and_cancel(&self) -> Value {
        let made = self.book(json!({})).await;
        self.until("it is in Google, and known to be", || async {
            self.event().await["summary"] == "Cleaning" && self.waiting().await == 0
        })
        .await;
        self.cancel(&made).await;
        made
    }

    pub async fn cancel(&self, made: &Value) {
        let path = format!("/appointments/{}", made["id"].as_str().unwrap());
        let (status, _) = self
            .call(&self.system, Method::DELETE, &path, Value::Null)
            .await;
        assert_eq!(status, 204);
    }

    /// It was cancelled once, here, and nothing else was made of it.
    async fn assert_cancelled_once(&self, made: &Value) {
        let all = self.appointments().await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(
            (&all[0]["id"], &all[0]["status"], &all[0]["revision"]),
            (&made["id"], &json!("cancelled"), &json!(2))
        );
    }

    async fn event(&self) -> Value {
        let events = self.google_events().await;
        assert!(events.len() < 2, "made twice: {events:?}");
        events.into_iter().next().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_keep_their_replies_and_an_emptied_list_is_empty() {
    let both = Both::connected().await;
    let guests = json!([{"email": "ann@x.example", "name": "Ann"}, {"email": "bob@x.example"}]);
    let made = both.book(json!({"attendees": guests})).await;
    both.until("it is in Google", || async {
        both.event().await["attendees"][1]["email"] == "bob@x.example"
    })
    .await;
    let id = both.event().await["id"].clone();
    let replied = json!([
        {"email": "ann@x.example", "displayName": "Ann", "responseStatus": "accepted", "optional": true, "comment": "five minutes late"},
        {"email": "bob@x.example", "responseStatus": "declined"}
    ]);
    both.change_in_google(&id, &json!({"attendees": replied}))
        .await;
    both.change(&made, json!({"title": "Cleaning, long"})).await;
    both.until("the title is in Google", || async {
        both.event().await["summary"] == "Cleaning, long"
    })
    .await;
    assert_eq!(both.event().await["attendees"], replied);

    let guests = json!([{"email": "ann@x.example"}, {"email": "cy@x.example", "name": "Cy"}]);
    both.change(&made, json!({"attendees": guests})).await;
    both.until("the guests are in Google", || async {
        both.event().await["attendees"][1]["email"] == "cy@x.example"
    })
    .await;
    let now = both.event().await["attendees"].clone();
    assert_eq!(now[0], replied[0]);
    assert_eq!(now[1]["responseStatus"], "needsAction");
    assert_eq!(now.as_array().unwrap().len(), 2, "{now}");

    both.change(&made, json!({"attendees": []})).await;
    both.until("nobody is invited", || async {
        let event = both.event().await;
        event["attendees"].as_array().is_none_or(Vec::is_empty)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_becomes_a_single_appointment() {
    let both = Both::connected().await;
    let weekly = json!({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"], "time_zone": "Europe/Berlin"});
    let made = both.book(weekly).await;
    both.until("the series is in Google", || async {
        both.event().await["recurrence"][0] == "RRULE:FREQ=WEEKLY;COUNT=4"
    })
    .await;
    both.change(&made, json!({"recurrence": []})).await;
    both.until("it is a single event", || async {
        let event = both.event().await;
        event["recurrence"].as_array().is_none_or(Vec::is_empty)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_an_insert_doubles_nothing_and_loses_no_later_edit() {
    let both = Both::connected().await;
    // Google's clock is ahead, so that its version of our own insert looks later than our next edit.
    let ahead = both
        .http
        .post(format!("{}/sim/clock", both.google))
        .json(&json!({"advance_ms": 600_000}));
    assert!(ahead.send().await.unwrap().status().is_success());
    both.fault(json!({"match": {"operation": "events.insert"}, "action": {"kind": "drop", "applied": true}, "count": 1})).await;
    let made = both.book(json!({})).await;
    both.until("it is in Google, unknown to us", || async {
        both.event().await["summary"] == "Cleaning"
    })
    .await;
    both.change(&made, json!({"title": "Cleaning, long"})).await;
    both.until("the later edit is in Google", || async {
        both.event().await["summary"] == "Cleaning, long"
    })
    .await;
    let patches = both.calls("events.patch").await;
    assert!(!patches.is_empty(), "sent as a patch");
    assert_eq!(both.appointments().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_that_arrived_without_answer_is_known_as_ours() {
    let both = Both::connected().await;
    both.fault(json!({"match": {"operation": "events.insert"}, "action": {"kind": "drop", "applied": true}, "count": 1})).await;
    let made = both.book(json!({})).await;
    both.until("it is in Google", || async {
        both.event().await["summary"] == "Cleaning"
    })
    .await;
    let etag = both.event().await["etag"].clone();
    // A person's edit of it, later, is ours to take: which proves that the event is known as ours.
    let id = both.event().await["id"].clone();
    both.change_in_google(&id, &json!({"location": "Room 2"}))
        .await;
    both.until("the edit is here", || async {
        both.appointments().await[0]["location"] == "Room 2"
    })
    .await;
    let (one, all) = (
        both.appointments().await[0].clone(),
        both.appointments().await.len(),
    );
    assert_eq!((&one["id"], all), (&made["id"], 1));
    assert_ne!(both.event().await["etag"], etag);
    assert_eq!(both.event().await["location"], "Room 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_of_what_google_has_deleted_already_is_done() {
    let both = Both::connected().await;
    let made = both.book(json!({})).await;
    both.until("it is in Google, and known to be", || async {
        both.event().await["summary"] == "Cleaning" && both.waiting().await == 0
    })
    .await;
    // Nobody tells us of it, so that our own cancellation comes upon it.
    both.fault(json!({"match": {"operation": "push.change"}, "action": {"kind": "drop"}}))
        .await;
    let id = both.event().await["id"].as_str().unwrap().to_owned();
    let path = format!("{}{EVENTS}/{id}", both.google);
    both.http.delete(path).send().await.unwrap();
    let asked = both.calls("calendarList.get").await.len();
    both.cancel(&made).await;
    both.until_nothing_waits().await;
    assert_eq!(both.calls("events.delete").await, [410], "not sent again");
    let since = both.calls("calendarList.get").await.split_off(asked);
    assert!(since.is_empty(), "410 says enough: {since:?}");
    both.assert_cancelled_once(&made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_of_what_a_standing_calendar_does_not_have_is_done() {
    let both = Both::connected().await;
    both.refuse("events.delete", 404, "notFound", Some(1)).await;
    let asked = both.calls("calendarList.get").await.len();
    let made = both.book_and_cancel().await;
    both.until_nothing_waits().await;
    assert_eq!(both.calls("events.delete").await, [404], "not sent again");
    let since = both.calls("calendarList.get").await.split_off(asked);
    assert_eq!(since, [200], "the calendar was asked for");
    both.assert_cancelled_once(&made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_waits_while_the_calendar_itself_is_not_found() {
    let often = |wishes: &mut Wishes| wishes.check_interval = Some("500ms".to_owned());
    let both = Both::connected_with(often).await;
    both.refuse("events.delete", 404, "notFound", Some(2)).await;
    both.refuse("calendarList.get", 404, "notFound", Some(2))
        .await;
    let made = both.book_and_cancel().await;
    both.until("it is gone from Google", || async {
        both.event().await["status"] == "cancelled"
    })
    .await;
    both.until_nothing_waits().await;
    let statuses = both.calls("events.delete").await;
    assert_eq!(statuses, [404, 404, 204], "it was sent until it arrived");
    both.assert_cancelled_once(&made).await;
}
