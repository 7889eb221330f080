//! The mass-change guard: a mass of cancellations waits for a person, and both answers leave both sides the same.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Both, EVENTS};

const BOOKED: usize = 12;

impl Both {
    /// Twelve appointments, ten of which are deleted in Google at once while one is edited; the ids of all events.
    async fn ten_held(&self) -> Vec<String> {
        let mut events = Vec::new();
        for hour in 8..8 + BOOKED {
            let event = json!({"summary": format!("Visit {hour}"),
                "start": {"dateTime": format!("2030-05-06T{hour:02}:00:00Z")},
                "end": {"dateTime": format!("2030-05-06T{hour:02}:30:00Z")}});
            let made = self.edit_in_google(&event).await;
            events.push(made["id"].as_str().unwrap().to_owned());
        }
        self.until("all are here", || async {
            self.count("confirmed").await == BOOKED
        })
        .await;
        // What comes while the receiver rests is one run's; a run under way would see a part of it.
        self.drain().await;
        for event in &events[..10] {
            let path = format!("{}{EVENTS}/{event}", self.google);
            self.http.delete(path).send().await.unwrap();
        }
        self.change_in_google(&events[11].as_str().into(), &json!({"summary": "Moved"}))
            .await;
        self.go_on().await;
        self.until_held(10).await;
        let titles = self.appointments().await;
        assert!(
            titles.iter().any(|one| one["title"] == "Moved"),
            "the rest of the run is applied"
        );
        assert_eq!(
            self.count("confirmed").await,
            BOOKED,
            "nothing was cancelled"
        );
        events
    }

    /// Pauses the receiver and waits for what is under way.
    pub async fn drain(&self) {
        let (status, operation) = self
            .call(&self.admin, Method::POST, "/receiver/drain", Value::Null)
            .await;
        assert_eq!(status, 202);
        self.until_done(&operation).await;
    }

    /// Ends the pause.
    pub async fn go_on(&self) {
        let (status, _) = self
            .call(&self.admin, Method::POST, "/receiver/resume", Value::Null)
            .await;
        assert_eq!(status, 204);
    }

    pub async fn until_done(&self, operation: &Value) {
        let path = format!("/operations/{}", operation["operation"].as_str().unwrap());
        self.until("the operation is done", || async {
            let (_, state) = self
                .call(&self.admin, Method::GET, &path, Value::Null)
                .await;
            state["step"] == "done"
        })
        .await;
    }

    async fn decide(&self, word: &str) {
        let path = format!("/links/{}/{word}", self.link);
        let (status, answer) = self
            .call(&self.admin, Method::POST, &path, Value::Null)
            .await;
        assert_eq!(status, 202, "{answer}");
    }

    async fn held(&self) -> u64 {
        let path = format!("/links/{}", self.link);
        let (_, link) = self
            .call(&self.admin, Method::GET, &path, Value::Null)
            .await;
        link["held_cancellations"].as_u64().unwrap()
    }

    /// What the overview says of what differs from normal.
    async fn detail(&self) -> String {
        let (_, overview) = self
            .call(&self.admin, Method::GET, "/overview", Value::Null)
            .await;
        overview["detail"].as_str().unwrap().to_owned()
    }

    async fn until_held(&self, wanted: u64) {
        self.until("so many are held", || async { self.held().await == wanted })
            .await;
    }

    async fn count(&self, status: &str) -> usize {
        let all = self.appointments().await;
        all.iter().filter(|one| one["status"] == status).count()
    }

    /// Runs once more, to its end.
    pub async fn sync(&self) {
        let path = format!("/links/{}/sync", self.link);
        let (status, operation) = self
            .call(&self.admin, Method::POST, &path, Value::Null)
            .await;
        assert_eq!(status, 202, "{operation}");
        self.until_done(&operation).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_of_cancellations_is_held_and_applied_once_approved() {
    let both = Both::connected().await;
    both.ten_held().await;
    both.sync().await;
    assert_eq!((both.held().await, both.count("cancelled").await), (10, 0));
    let asks = "10 cancellations wait for your decision, nothing was deleted.";
    let told = both.detail().await;
    assert!(told.ends_with(asks), "{told}");
    both.decide("approve").await;
    assert_eq!((both.held().await, both.count("cancelled").await), (0, 10));
    let told = both.detail().await;
    assert!(told.starts_with("Nothing needs you."), "{told}");
    both.sync().await;
    assert_eq!(both.count("confirmed").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_goes_out_to_google_again() {
    let both = Both::connected().await;
    both.ten_held().await;
    both.decide("reject").await;
    assert_eq!(both.held().await, 0);
    both.until("all stand in Google again", || async {
        both.standing().await.len() == BOOKED
    })
    .await;
    both.sync().await;
    assert_eq!(
        (
            both.count("confirmed").await,
            both.appointments().await.len()
        ),
        (BOOKED, BOOKED),
        "and none is here twice"
    );
    assert_eq!(both.held().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_while_it_is_held_is_not_cancelled_by_an_approval() {
    let both = Both::connected().await;
    let events = both.ten_held().await;
    // Nothing but the status changes: the content is what is here already.
    for event in &events[..3] {
        both.change_in_google(&event.as_str().into(), &json!({"status": "confirmed"}))
            .await;
    }
    let edited = json!({"status": "confirmed", "summary": "Later"});
    both.change_in_google(&events[3].as_str().into(), &edited)
        .await;
    both.until_held(6).await;
    let all = both.appointments().await;
    let one = all.iter().find(|one| one["google_event_id"] == *events[4]);
    let path = format!("/appointments/{}", one.unwrap()["id"].as_str().unwrap());
    let (status, _) = both
        .call(&both.system, Method::DELETE, &path, Value::Null)
        .await;
    assert_eq!((status, both.held().await), (204, 5), "decided already");
    both.decide("approve").await;
    both.sync().await;
    let mut cancelled: Vec<String> = both
        .appointments()
        .await
        .iter()
        .filter(|one| one["status"] == "cancelled")
        .map(|one| one["google_event_id"].as_str().unwrap().to_owned())
        .collect();
    let mut wanted = events[4..10].to_vec();
    cancelled.sort();
    wanted.sort();
    assert_eq!(cancelled, wanted);
    assert_eq!(both.standing().await.len(), 6);
}
