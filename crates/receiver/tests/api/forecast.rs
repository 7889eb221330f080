//! `/forecast`, asked as a viewer does.

use serde_json::Value;
use syncward_wire::{Forecast, Role};

use crate::{House, json, refused};

async fn ask(house: &House, query: &str) -> axum::response::Response {
    let viewer = house.token(Role::Viewer).await;
    let path = format!("/forecast{query}");
    house.ask("GET", &path, Some(&viewer), "").await
}

fn ahead(hours: i64) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    at.to_string()
}

#[tokio::test]
async fn two_weeks_are_foretold_hour_by_hour_against_the_quota() {
    let house = House::new().await;
    let link_id = house.link().await;
    let answer = ask(&house, "").await;
    assert_eq!(answer.status(), 200);
    let told: Forecast = serde_json::from_value(json(answer).await).unwrap();
    assert_eq!(told.hours.len(), 14 * 24);
    assert_eq!(told.quota.project_per_minute, 10_000);
    assert_eq!(told.links[0].link_id, link_id);
    assert_eq!(told.links[0].clinic_name, "Elm Street");
    assert_eq!(told.absence, None);
    assert!(told.hours.iter().all(|hour| hour.calls <= told.peak.calls));
}

#[tokio::test]
async fn an_absence_is_told_in_words_and_numbers() {
    let house = House::new().await;
    house.started_link().await;
    let query = format!("?off_from={}&off_until={}", ahead(20), ahead(56));
    let told: Forecast = serde_json::from_value(json(ask(&house, &query).await).await).unwrap();
    let absence = told.absence.unwrap();
    assert_eq!((absence.lapsing, absence.links.len()), (0, 1));
    // It polls: what it knows is up to a quarter of an hour older than the absence.
    assert!((absence.longest_staleness_seconds - 36.25 * 3600.0).abs() < 5.0);
    assert_eq!((absence.catch_up_calls, absence.by_cursor), (1, 0));
    let sentence = "No channel expires meanwhile; what is known gets up to 36 h 1";
    assert!(
        absence.sentence.starts_with(sentence),
        "{}",
        absence.sentence
    );
}

#[tokio::test]
async fn an_absence_that_makes_no_sense_is_refused() {
    let house = House::new().await;
    let both =
        |from: i64, until: i64| format!("?off_from={}&off_until={}", ahead(from), ahead(until));
    for query in [
        "?off_from=tomorrow&off_until=monday".to_owned(),
        format!("?off_from={}", ahead(1)),
        format!("?off_until={}", ahead(1)),
        both(5, 4),
        both(-5, -4),
        both(1, 24 * 15),
    ] {
        let code = refused(ask(&house, &query).await, 422).await;
        assert_eq!(code, "invalid_range", "{query}");
    }
    let unknown: Value = json(ask(&house, "?of=1").await).await;
    assert_eq!(unknown["status"], 422);
}
