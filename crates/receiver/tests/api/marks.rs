//! What charts mark beside their columns: renewals, and other versions of the receiver.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use syncward_receiver::store::activity::{self, About, Line};
use syncward_receiver::{serve, store};
use syncward_wire::Role;
use uuid::Uuid;

use crate::{House, json};

impl House {
    /// The same receiver, started once more.
    async fn restarted(self) -> Self {
        let config = Self::config(&self.home);
        let app = serve::build(config, self.app.store.clone()).await.unwrap();
        Self { app, ..self }
    }
}

async fn ask(house: &House, path: &str) -> Value {
    let token = house.token(Role::Viewer).await;
    let answer = house.ask("GET", path, Some(&token), "").await;
    assert_eq!(answer.status(), 200, "{path}");
    json(answer).await
}

fn texts(lines: &Value) -> Vec<&str> {
    let lines = lines.as_array().unwrap();
    lines
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect()
}

async fn renewed(house: &House, link_id: Uuid, at: Timestamp) {
    let about = About {
        link_id: Some(link_id),
        ..About::default()
    };
    let line = Line {
        kind: "renewed",
        tone: "good",
        text: "Renewed".to_owned(),
        detail: None,
    };
    let written = house
        .app
        .store
        .write(move |tx| activity::insert(tx, about, &line, at));
    written.await.unwrap();
}

#[tokio::test]
async fn another_version_is_told_once_and_marks_the_charts_of_its_time() {
    let house = House::new().await.restarted().await;
    let link = house.link().await;
    assert_eq!(texts(&ask(&house, "/activity").await["items"]), [""; 0]);

    let noted = house
        .app
        .store
        .write(|tx| store::receiver::runs_version(tx, "0.0.9"));
    assert_eq!(noted.await.unwrap().as_deref(), Some(house.app.version));
    let house = house.restarted().await.restarted().await;
    let told = format!("Receiver updated from 0.0.9 to {}", house.app.version);
    let activity = ask(&house, "/activity").await;
    assert_eq!(texts(&activity["items"]), [told.as_str()]);
    let one = &activity["items"][0];
    assert_eq!(one["kind"], "receiver_updated");
    assert!(
        one["link_id"].is_null() && one["clinic_id"].is_null(),
        "{one}"
    );
    for whose in ["/lag?".to_owned(), format!("/lag?link={link}&")] {
        let lag = ask(&house, &whose).await;
        assert_eq!(texts(&lag["updates"]), [told.as_str()], "{whose}");
        let before = Timestamp::now() - SignedDuration::from_hours(1);
        let lag = ask(&house, &format!("{whose}to={before}")).await;
        assert_eq!(texts(&lag["updates"]), [""; 0], "{whose}");
    }
}

#[tokio::test]
async fn renewals_are_counted_in_the_bucket_they_fell_into() {
    let house = House::new().await;
    let (one, other) = (house.link().await, house.link().await);
    let (from, to) = (1_700_000_000, 1_700_001_000);
    let at = |second: i64| Timestamp::from_second(second).unwrap();
    // Before the range, its first moment, both sides of an edge, its last second, and its end.
    for second in [from - 1, from, from + 249, from + 250, to - 1, to] {
        renewed(&house, one, at(second)).await;
    }
    renewed(&house, other, at(from + 600)).await;
    let counts = async |whose: &str| {
        let path = format!("/lag?from={}&to={}&buckets=4{whose}", at(from), at(to));
        ask(&house, &path).await["renewals"].clone()
    };
    assert_eq!(counts("").await, serde_json::json!([2, 1, 1, 1]));
    let single = counts(&format!("&link={one}")).await;
    assert_eq!(single, serde_json::json!([2, 1, 0, 1]));
    let link = house
        .app
        .store
        .read(move |connection| store::link::find(connection, other));
    let clinic = link.await.unwrap().unwrap().clinic_id;
    let clinic = counts(&format!("&clinic={clinic}")).await;
    assert_eq!(clinic, serde_json::json!([0, 0, 1, 0]));
}
