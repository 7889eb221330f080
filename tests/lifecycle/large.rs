//! A calendar of thousands of events: listed page by page, with progress to see, and whole after a sudden death.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use syncward_wire::LinkState;

use crate::clinic::{ACCOUNT, Clinic};

/// More than one page of Google's holds.
const EVENTS: u32 = 2_600;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_calendar_shows_how_far_it_is_and_survives_a_death_in_between() {
    let mut clinic = Clinic::founded(&[]).await;
    let start = Timestamp::now();
    for event in 0..EVENTS {
        let from = start + SignedDuration::from_mins(30 * i64::from(event));
        let until = from + SignedDuration::from_mins(30);
        let body = json!({
            "summary": "Check-up", "start": {"dateTime": from.to_string()}, "end": {"dateTime": until.to_string()},
        });
        let body = body.as_object().cloned().unwrap();
        let made = clinic
            .face
            .step(|world, now| world.person_inserts(ACCOUNT, &body, now).map(|_| ()));
        assert!(made.is_ok());
    }
    // The second page does not come.
    let rule =
        json!({"match": {"operation": "events.list"}, "action": {"kind": "hang"}, "skip": 1});
    let rule = clinic.simulated("POST", "/sim/faults", rule).await;
    let link = clinic.connect().await;
    let run = clinic
        .until("how far it is", async || {
            let run = clinic.link(link.id).await.run?;
            (run.listed >= 2_500).then_some(run)
        })
        .await;
    assert!(run.full && run.listed < EVENTS, "{run:?}");

    clinic.kill();
    clinic.lift(&rule["id"].to_string()).await;
    clinic.start();
    clinic.until_state(link.id, LinkState::Live).await;
    clinic
        .until("the listing's end", async || {
            clinic.link(link.id).await.synced_at.map(|_| ())
        })
        .await;
    let count = |sql: &str| -> u32 {
        let database = clinic.database();
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("select count(*) from appointment"), EVENTS);
    assert_eq!(
        count("select count(*) from revision"),
        EVENTS,
        "what the first page had brought was not applied again"
    );
    // The proof of its fresh channel asks for one more look.
    clinic
        .until("rest", async || {
            clinic.link(link.id).await.run.is_none().then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_whose_first_page_does_not_come_is_seen_to_be_under_way() {
    let clinic = Clinic::founded(&[]).await;
    let rule = json!({"match": {"operation": "events.list"}, "action": {"kind": "hang"}});
    clinic.simulated("POST", "/sim/faults", rule).await;
    let before = Timestamp::now();
    let link = clinic.connect().await;
    let run = clinic
        .until("its run", async || clinic.link(link.id).await.run)
        .await;
    assert!(run.full && run.listed == 0, "{run:?}");
    assert!(*run.started_at >= before - SignedDuration::from_secs(1));
}
