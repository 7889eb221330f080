//! What the clinic's own system books, while a person edits the same.

use serde_json::{Value, json};
use syncward_wire::appointment::{Appointment, AppointmentStatus};
use syncward_wire::{Link, LinkState};

use crate::clinic::Clinic;

/// Books as the clinic's own system, and waits until Google has it.
async fn booked(clinic: &Clinic, link: &Link) -> (Appointment, Value) {
    clinic.until_state(link.id, LinkState::Live).await;
    let draft = json!({"link_id": link.id, "title": "Cleaning", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let made = clinic.system.post("appointments", Some(&draft)).await;
    let event = clinic
        .until("it is in Google", async || {
            clinic.google_events().await.pop()
        })
        .await;
    (made.unwrap(), event)
}

/// Gives an appointment another title as the clinic's own system.
async fn retitled(clinic: &Clinic, one: &Appointment, title: &str) -> Appointment {
    let path = format!("appointments/{}", one.id);
    let change = json!({"title": title});
    clinic.system.patch(&path, &change).await.unwrap()
}

async fn refuse(clinic: &Clinic, operation: &str, status: u16, reason: &str) -> String {
    let refusal = json!({"kind": "refuse", "status": status, "reason": reason});
    clinic.fault(operation, refusal, None).await
}

/// How Google answered who asked for the calendar, since it was linked.
async fn calendar_calls(clinic: &Clinic) -> Vec<u64> {
    clinic.calls("calendarList.get").await.split_off(1)
}

async fn until_cancelled(clinic: &Clinic, one: &Appointment) {
    let cancelled =
        |seen: &Appointment| (seen.id, seen.status) == (one.id, AppointmentStatus::Cancelled);
    clinic.appointment("it is cancelled here", cancelled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_edit_the_same_both_keep_what_they_wrote() {
    let (clinic, link) = Clinic::connected(&[]).await;
    let (made, event) = booked(&clinic, &link).await;

    // Google tells nobody of the person's edit, so ours is refused with 412 and has to pull first.
    clinic
        .fault("push.change", json!({"kind": "drop"}), None)
        .await;
    clinic
        .person_changes(&event, json!({"location": "Room 2"}))
        .await;
    let patched = retitled(&clinic, &made, "Cleaning, long").await;
    assert_eq!(patched.title.as_deref(), Some("Cleaning, long"));
    let both = clinic
        .until("both edits in Google", async || {
            let event = clinic.google_events().await.pop()?;
            (event["summary"] == "Cleaning, long").then_some(event)
        })
        .await;
    assert_eq!(
        both["location"], "Room 2",
        "the person's word stays: {both}"
    );
    let here = clinic
        .appointment("both edits here", |one| {
            one.location.as_deref() == Some("Room 2")
        })
        .await;
    assert_eq!(
        (here.id, here.title.as_deref()),
        (made.id, Some("Cleaning, long"))
    );
    let statuses = clinic.calls("events.patch").await;
    assert!(statuses.contains(&412), "never refused: {statuses:?}");
    assert_eq!(clinic.google_events().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_google_says_is_deleted_is_cancelled_here() {
    let (clinic, link) = Clinic::connected(&[]).await;
    let (made, _) = booked(&clinic, &link).await;
    refuse(&clinic, "events.patch", 410, "deleted").await;
    retitled(&clinic, &made, "Cleaning, long").await;
    until_cancelled(&clinic, &made).await;
    assert_eq!(clinic.calls("events.patch").await, [410], "not sent again");
    assert!(calendar_calls(&clinic).await.is_empty(), "410 says enough");
    assert_eq!(clinic.queued_edits(link.grant_id).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_not_found_in_a_calendar_that_stands_is_cancelled_here() {
    let (clinic, link) = Clinic::connected(&[]).await;
    let (made, _) = booked(&clinic, &link).await;
    refuse(&clinic, "events.patch", 404, "notFound").await;
    retitled(&clinic, &made, "Cleaning, long").await;
    until_cancelled(&clinic, &made).await;
    assert_eq!(clinic.calls("events.patch").await, [404], "not sent again");
    assert_eq!(calendar_calls(&clinic).await, [200]);
    assert_eq!(clinic.queued_edits(link.grant_id).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_waits_while_the_calendar_itself_is_not_found() {
    let (clinic, link) = Clinic::connected(&[("CHECK_INTERVAL", "500ms")]).await;
    let (made, _) = booked(&clinic, &link).await;
    let patch = refuse(&clinic, "events.patch", 404, "notFound").await;
    let calendar = refuse(&clinic, "calendarList.get", 404, "notFound").await;
    retitled(&clinic, &made, "Cleaning, long").await;
    let asked = clinic
        .until("it was tried twice", async || {
            let asked = calendar_calls(&clinic).await;
            (asked.len() >= 2).then_some(asked)
        })
        .await;
    assert!(asked.iter().all(|status| *status == 404), "{asked:?}");
    assert_eq!(clinic.queued_edits(link.grant_id).await, 1);
    let here = clinic.appointment("it is here", |one| one.id == made.id);
    assert_eq!(here.await.status, AppointmentStatus::Confirmed);

    clinic.lift(&patch).await;
    clinic.lift(&calendar).await;
    let arrived = clinic.until("the edit in Google", async || {
        let event = clinic.google_events().await.pop()?;
        (event["summary"] == "Cleaning, long").then_some(event)
    });
    assert_eq!(arrived.await["status"], "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_booked_while_everything_is_listed_is_not_taken_for_gone() {
    let clinic = Clinic::founded(&[]).await;
    // The first listing is as old as it is late: it lacks what is booked meanwhile.
    let late = json!({"kind": "delay", "ms": 5_000, "applied": true});
    clinic.fault("events.list", late, Some(1)).await;
    let link = clinic.connect().await;
    let draft = json!({"link_id": link.id, "title": "Cleaning", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let booked = clinic.system.post("appointments", Some(&draft)).await;
    let booked: Appointment = booked.unwrap();
    clinic
        .until("Google's answer", async || {
            let calls = clinic.calls("events.insert").await;
            calls.contains(&200).then_some(())
        })
        .await;
    let run = clinic.link(link.id).await.run;
    assert!(run.is_some_and(|run| run.full), "the listing is under way");

    clinic
        .until("the listing's end", async || {
            clinic.link(link.id).await.synced_at
        })
        .await;
    let path = format!("appointments/{}", booked.id);
    let seen: Appointment = clinic.system.get(&path, &[]).await.unwrap();
    assert_eq!(seen.status, AppointmentStatus::Confirmed);
}
