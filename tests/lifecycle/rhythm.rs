//! What is learned of a calendar's rhythm: from every change, and no word of it before enough was seen.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use syncward_wire::{LinkState, Silence};

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
