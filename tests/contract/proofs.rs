//! The proof ladder on the whole way: a handshake, a delivered change, a canary on demand.

use reqwest::Method;
use serde_json::{Value, json};

use crate::Both;

impl Both {
    /// What proved push last.
    async fn proved_by(&self) -> String {
        let path = format!("/links/{}", self.link);
        let (_, link) = self
            .call(&self.admin, Method::GET, &path, Value::Null)
            .await;
        link["proof"]["by"].as_str().unwrap().to_owned()
    }

    async fn until_proved_by(&self, what: &str) {
        self.until("push is proved so", || async {
            self.proved_by().await == what
        })
        .await;
    }

    /// Ids of the channels that are open at Google.
    async fn open_channels(&self) -> Vec<String> {
        let asked = self.http.get(format!("{}/sim/channels", self.google));
        let seen: Value = asked.send().await.unwrap().json().await.unwrap();
        let all = seen.as_array().or_else(|| seen["items"].as_array());
        let open = all.unwrap().iter().filter(|one| one["live"] == true);
        open.map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_a_delivered_change_and_a_canary_each_prove_push() {
    let both = Both::connected().await;
    assert_eq!(both.proved_by().await, "handshake");
    let event = json!({"summary": "Walk-in", "start": {"dateTime": "2030-05-08T09:00:00Z"}, "end": {"dateTime": "2030-05-08T09:30:00Z"}});
    both.edit_in_google(&event).await;
    both.until_proved_by("change").await;

    let before = (both.google_events().await, both.open_channels().await);
    let path = format!("/links/{}/test-delivery", both.link);
    let (status, operation) = both
        .call(&both.admin, Method::POST, &path, Value::Null)
        .await;
    assert_eq!(status, 202, "{operation}");
    both.until_done(&operation).await;
    assert_eq!(both.proved_by().await, "canary");
    both.until("the canary is stopped", || async {
        both.open_channels().await == before.1
    })
    .await;
    assert_eq!(both.google_events().await, before.0, "nothing was touched");
    let watched = both.calls("events.watch").await;
    assert_eq!(watched, [200, 200], "the link's own channel and the canary");
}
