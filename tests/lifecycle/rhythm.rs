//! What is learned of a calendar's rhythm: from every change, and no word of it before enough was seen.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use syncward_engine::rhythm::Rhythm;
use syncward_wire::{LinkState, ProofKind, Silence};

use crate::clinic::Clinic;

#[tokio::test(flavor = "multi_thread")]
async fn changes_teach_a_rhythm_that_survives_a_restart() {
    let (mut clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    assert_eq!(
        clinic.link(link.id).await.rhythm,
        None,
        "nothing has changed yet"
    );
    let at = |hour: u32| json!({"dateTime": format!("2027-05-06T{hour:02}:00:00Z")});
    let booked = json!({"summary": "Scan", "start": at(9), "end": at(10)});
    clinic.person_books(booked).await;
    let learned = clinic
        .until("a first sign", async || clinic.link(link.id).await.rhythm)
        .await;
    assert_eq!(learned.silence, Silence::Unknown, "one change says nothing");
    assert_eq!(learned.usual_gap_ms, None);
    let ago = Timestamp::now().duration_since(*learned.last_change_at.unwrap());
    assert!(ago < SignedDuration::from_mins(5), "{ago:?}");
    clinic.kill();
    clinic.start();
    clinic.until_state(link.id, LinkState::Live).await;
    let again = clinic.link(link.id).await.rhythm;
    assert_eq!(
        again.map(|it| it.last_change_at),
        Some(learned.last_change_at)
    );
    let listed = clinic.links().await;
    assert_eq!(listed[0].rhythm, None, "lists stay light");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusual_silence_is_tested_by_a_canary_that_nobody_asked_for() {
    let (clinic, link) = Clinic::connected(&[("CHECK_INTERVAL", "500ms")]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    // A calendar with a change each hour of the week, and none for three days.
    let ago = Timestamp::now() - SignedDuration::from_hours(72);
    let cells = vec![[20.0, 20.0]; 168];
    let learned = json!({"cells": cells, "last_sign_at": ago, "seen_until": ago}).to_string();
    let rhythm: Rhythm = serde_json::from_str(&learned).unwrap();
    let from_ms = rhythm
        .unusual_from(&TimeZone::UTC)
        .unwrap()
        .as_millisecond();
    let database = rusqlite::Connection::open(clinic.folder().join("syncward.db")).unwrap();
    let learns =
        "insert or replace into rhythm (link_id, rhythm, unusual_from_ms) values (?, ?, ?)";
    database
        .execute(learns, (link.id.to_string(), learned, from_ms))
        .unwrap();
    drop(database);
    let proved = clinic
        .until("a proof by canary", async || {
            let seen = clinic.link(link.id).await;
            let by_canary = seen
                .proof
                .is_some_and(|proof| proof.by == ProofKind::Canary);
            by_canary.then_some(seen)
        })
        .await;
    assert_eq!(proved.rhythm.map(|it| it.silence), Some(Silence::Unusual));
    let runs = proved.counters.runs;
    clinic
        .until("more checks", async || {
            (clinic.link(link.id).await.counters.runs >= runs + 3).then_some(())
        })
        .await;
    let canaries = clinic.channels();
    let canaries = canaries.iter().filter(|one| one.id.starts_with("canary_"));
    assert_eq!(canaries.count(), 1, "no more often than every six hours");
}
