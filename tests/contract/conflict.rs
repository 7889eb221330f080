//! The same appointment edited on both sides: the later edit wins, and the other one can be read and brought back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::Both;

#[derive(Clone, Copy, PartialEq)]
enum Later {
    Google,
    Clinic,
}

impl Both {
    /// A title that both sides change while neither hears of the other; the appointment's path.
    async fn conflict(&self, later: Later) -> String {
        let made = self.book(json!({})).await;
        self.until_nothing_waits().await;
        let event = made["google_event_id"].clone();
        self.drain().await;
        if later == Later::Clinic {
            self.change_in_google(&event, &json!({"summary": "By hand"}))
                .await;
        }
        self.change(&made, json!({"title": "By the clinic"})).await;
        if later == Later::Google {
            self.change_in_google(&event, &json!({"summary": "By hand"}))
                .await;
        }
        self.go_on().await;
        format!("/appointments/{}", made["id"].as_str().unwrap())
    }

    /// Both sides have this title, and nothing is on its way.
    async fn until_agreed(&self, title: &str) {
        self.until("both sides have it", || async {
            let (here, there) = (self.appointments().await, self.google_events().await);
            let agreed = here[0]["title"] == title && there[0]["summary"] == title;
            agreed && self.waiting().await == 0
        })
        .await;
        assert_eq!(self.google_events().await.len(), 1);
    }

    /// Titles of the versions that lost, with who made them.
    async fn lost(&self, path: &str) -> Vec<(String, String)> {
        let versions = self.versions(path).await;
        let lost = versions.iter().filter(|one| one["lost"] == true);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        lost.map(|one| (text(&one["source"]), text(&one["appointment"]["title"])))
            .collect()
    }

    async fn assert_told(&self) {
        let path = format!("/activity?link={}&limit=100", self.link);
        let (_, page) = self
            .call(&self.admin, Method::GET, &path, Value::Null)
            .await;
        let told = page["items"].as_array().unwrap();
        assert!(told.iter().any(|one| one["kind"] == "conflict"), "{page}");
    }
}

fn lost(source: &str, title: &str) -> Vec<(String, String)> {
    vec![(source.to_owned(), title.to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_later_edit_wins_and_the_clinics_stays_in_the_history() {
    let both = Both::connected().await;
    let path = both.conflict(Later::Google).await;
    both.until_agreed("By hand").await;
    assert_eq!(both.lost(&path).await, lost("api", "By the clinic"));
    both.assert_told().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clinics_later_edit_wins_and_googles_stays_in_the_history() {
    let both = Both::connected().await;
    let path = both.conflict(Later::Clinic).await;
    both.until_agreed("By the clinic").await;
    assert_eq!(both.lost(&path).await, lost("google", "By hand"));
    both.assert_told().await;
}
