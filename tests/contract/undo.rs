//! Every version is kept and can be brought back, in Google too.

use reqwest::Method;
use serde_json::{Value, json};

use crate::Both;

impl Both {
    pub async fn versions(&self, path: &str) -> Vec<Value> {
        let path = format!("{path}/revisions");
        let (status, page) = self
            .call(&self.system, Method::GET, &path, Value::Null)
            .await;
        assert_eq!(status, 200, "{page}");
        page["items"].as_array().unwrap().clone()
    }

    async fn restore(&self, path: &str, choice: Value) -> (u16, Value) {
        let path = format!("{path}/restore");
        self.call(&self.system, Method::POST, &path, choice).await
    }

    /// Titles and times of the events that stand in Google.
    pub async fn standing(&self) -> Vec<(Value, Value)> {
        let events = self.google_events().await;
        let standing = events
            .into_iter()
            .filter(|one| one["status"] != "cancelled");
        standing
            .map(|one| (one["summary"].clone(), one["start"]["dateTime"].clone()))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_and_a_cancellation_are_undone() {
    let both = Both::connected().await;
    let draft = json!({"link_id": both.link, "title": "Cleaning", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let (_, made) = both
        .call(&both.system, Method::POST, "/appointments", draft)
        .await;
    let path = format!("/appointments/{}", made["id"].as_str().unwrap());
    let patch =
        json!({"title": "Filling", "start": "2030-05-07T10:00:00Z", "end": "2030-05-07T10:30:00Z"});
    both.call(&both.system, Method::PATCH, &path, patch).await;
    both.until("the edit is in Google", || async {
        both.standing().await.iter().any(|one| one.0 == "Filling")
    })
    .await;

    let (status, back) = both.restore(&path, json!({"revision": 1})).await;
    assert_eq!(
        (status, &back["revision"], &back["start"]),
        (200, &json!(3), &made["start"]),
        "{back}"
    );
    both.until("the first version is in Google", || async {
        both.standing().await.iter().any(|one| one.0 == "Cleaning")
    })
    .await;
    let (_, same) = both.restore(&path, json!({"revision": 1})).await;
    assert_eq!(same["revision"], 3, "what is so already is no edit");

    assert_eq!(
        both.call(&both.system, Method::DELETE, &path, Value::Null)
            .await
            .0,
        204
    );
    both.until("it is gone from Google", || async {
        both.standing().await.is_empty()
    })
    .await;
    both.until_nothing_waits().await;
    let (status, back) = both.restore(&path, json!({"revision": 2})).await;
    assert_eq!(
        (status, &back["status"], &back["title"]),
        (200, &json!("confirmed"), &json!("Filling")),
        "{back}"
    );
    both.until("it is a new event in Google", || async {
        both.standing().await.len() == 1
    })
    .await;
    assert_eq!(both.standing().await[0].0, "Filling");
    // A person's edit of the new event is known as one of this appointment.
    let events = both.google_events().await;
    let event = events
        .iter()
        .find(|one| one["status"] != "cancelled")
        .unwrap();
    let url = format!(
        "{}{}/{}",
        both.google,
        crate::EVENTS,
        event["id"].as_str().unwrap()
    );
    both.http
        .patch(url)
        .json(&json!({"location": "Room 2"}))
        .send()
        .await
        .unwrap();
    both.until("the edit is here", || async {
        let all = both.appointments().await;
        all.len() == 1 && all[0]["location"] == "Room 2" && all[0]["id"] == made["id"]
    })
    .await;

    let versions = both.versions(&path).await;
    let told: Vec<_> = versions
        .iter()
        .map(|one| {
            (
                one["revision"].as_u64().unwrap(),
                one["source"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (6, "google"),
            (5, "api"),
            (4, "api"),
            (3, "api"),
            (2, "api"),
            (1, "api")
        ]
    );
    let (status, refused) = both.restore(&path, json!({"revision": 99})).await;
    assert_eq!((status, &refused["code"]), (404, &json!("not_found")));
}
