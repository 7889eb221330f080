//! What push did not announce: found by the next check, counted, and listed with how late it was.

use serde_json::json;
use syncward_wire::{LinkState, MissedChange, Page};

use crate::clinic::Clinic;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_nothing_announced_is_found_by_the_check_and_listed() {
    let settings = [("GRACE", "500ms"), ("CHECK_INTERVAL", "1s")];
    let (clinic, link) = Clinic::connected(&settings).await;
    clinic.until_state(link.id, LinkState::Live).await;
    clinic
        .fault("push.change", json!({"kind": "drop"}), None)
        .await;
    let at = |hour: u32| json!({"dateTime": format!("2027-05-06T{hour:02}:00:00Z")});
    // A check may come within the grace time and find it by chance: that one is not missed. Some are.
    let missed = clinic
        .until("a missed change", async || {
            let booked = json!({"summary": "Scan", "start": at(9), "end": at(10)});
            let before = clinic.link(link.id).await.counters.changes;
            clinic.person_books(booked).await;
            clinic
                .until("the change", async || {
                    (clinic.link(link.id).await.counters.changes > before).then_some(())
                })
                .await;
            let page: Page<MissedChange> = clinic.admin.get("missed-changes", &[]).await.unwrap();
            page.items.into_iter().next()
        })
        .await;
    assert_eq!(
        (missed.link_id, missed.found_by.as_str()),
        (link.id, "check")
    );
    assert!(missed.late_ms >= 500, "{missed:?}");
    let link = clinic.link(link.id).await;
    let (rate, least) = (link.delivery.rate, link.delivery.lower_bound);
    assert!(
        rate < Some(1.0) && least.is_some() && least <= rate,
        "{:?}",
        link.delivery
    );
    assert_eq!(link.delivery.missed_changes, link.counters.missed_changes);
}
