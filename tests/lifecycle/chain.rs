//! What the receiver can show of its own work: an unbroken chain of cursors, and the echoes that push announced.

use serde_json::json;
use syncward_engine::chain::walk;
use syncward_receiver::store::cursor_step;
use syncward_wire::appointment::Appointment;
use syncward_wire::{CursorStep, LinkState};
use uuid::Uuid;

use crate::clinic::{ACCOUNT, Clinic};

/// The chain, oldest step first.
async fn steps(clinic: &Clinic, link: Uuid) -> Vec<CursorStep> {
    let path = format!("links/{link}/cursor-steps");
    let mut steps: Vec<CursorStep> = clinic.admin.list(&path).await.unwrap();
    steps.reverse();
    steps
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_goes_on_where_the_last_ended_also_over_a_death_and_a_lost_cursor() {
    let (mut clinic, link) = Clinic::connected(&[("CHECK_INTERVAL", "500ms")]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let at = |hour: u32| json!({"dateTime": format!("2027-05-06T{hour:02}:00:00Z")});
    let booked = json!({"summary": "Scan", "start": at(9), "end": at(10)});
    clinic.person_books(booked).await;
    clinic.appointment("the scan", |_| true).await;
    clinic.kill();
    clinic.start();
    let forget = format!(
        "/sim/calendars/{}/expire-sync-tokens",
        ACCOUNT.replace('@', "%40")
    );
    clinic
        .simulated("POST", &forget, serde_json::Value::Null)
        .await;
    let steps = clinic
        .until(
            "a second listing of everything, and checks after it",
            async || {
                let steps = steps(&clinic, link.id).await;
                let last = steps.iter().rposition(|step| step.full)?;
                (last > 0 && steps.len() > last + 1).then_some(steps)
            },
        )
        .await;
    let walked = walk(
        None,
        &steps.iter().map(cursor_step::step).collect::<Vec<_>>(),
    );
    assert_eq!(walked.breaks, []);
    assert_eq!(walked.full_runs, 2, "{steps:#?}");
    let changes: u32 = steps
        .iter()
        .filter(|step| !step.full)
        .map(|step| step.created)
        .sum();
    assert_eq!(changes, 1, "{steps:#?}");
    clinic.kill();
    let cursor: String = clinic
        .database()
        .query_row("select cursor from link", [], |row| row.get(0))
        .unwrap();
    let last: String = clinic
        .database()
        .query_row(
            "select cursor_out from cursor_step order by cursor_step_id desc limit 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(last, cursor_step::hash(&cursor), "moved together");
}

#[tokio::test(flavor = "multi_thread")]
async fn echoes_of_our_own_edits_are_counted_and_prove_nothing() {
    let (clinic, link) =
        Clinic::connected(&[("GRACE", "300ms"), ("CHECK_INTERVAL", "500ms")]).await;
    let before = clinic.until_state(link.id, LinkState::Live).await;
    let book = |hour: u32| {
        json!({"link_id": link.id, "title": "Cleaning",
        "start": format!("2030-05-06T{hour}:00:00Z"), "end": format!("2030-05-06T{hour}:30:00Z")})
    };
    let _: Appointment = clinic
        .system
        .post("appointments", Some(&book(10)))
        .await
        .unwrap();
    let heard = clinic
        .until("the first echo", async || {
            let seen = clinic.link(link.id).await;
            (seen.counters.echoes == 1).then_some(seen)
        })
        .await;
    assert_eq!(heard.counters.echoes_announced, 1);
    assert_eq!(
        (heard.counters.changes, heard.delivery.changes),
        (0, 0),
        "no change of theirs"
    );

    // The next one's notification is lost; a check finds it. The first one's is longer ago than the grace by then.
    clinic
        .until("two checks more", async || {
            (clinic.link(link.id).await.counters.runs >= heard.counters.runs + 2).then_some(())
        })
        .await;
    clinic
        .fault("push.change", json!({"kind": "drop"}), None)
        .await;
    let _: Appointment = clinic
        .system
        .post("appointments", Some(&book(12)))
        .await
        .unwrap();
    let missed = clinic
        .until("the second echo", async || {
            let seen = clinic.link(link.id).await;
            (seen.counters.echoes == 2).then_some(seen)
        })
        .await;
    assert_eq!(missed.counters.echoes_announced, 1);
    assert_eq!(
        missed.counters.missed_changes, 0,
        "an echo is no missed change"
    );
    assert!(before.proof.is_some() && missed.proof.is_some());
}
