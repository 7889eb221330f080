//! What the clinic's own system books, while a person edits the same.

use serde_json::json;
use syncward_wire::LinkState;
use syncward_wire::appointment::Appointment;

use crate::clinic::Clinic;

#[tokio::test(flavor = "multi_thread")]
async fn two_who_edit_the_same_both_keep_what_they_wrote() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let draft = json!({"link_id": link.id, "title": "Cleaning", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let made: Appointment = clinic
        .system
        .post("appointments", Some(&draft))
        .await
        .unwrap();
    let event = clinic
        .until("it is in Google", async || {
            clinic.google_events().await.pop()
        })
        .await;

    // Google tells nobody of the person's edit, so ours is refused with 412 and has to pull first.
    clinic
        .fault("push.change", json!({"kind": "drop"}), None)
        .await;
    clinic
        .person_changes(&event, json!({"location": "Room 2"}))
        .await;
    let path = format!("appointments/{}", made.id);
    let patched: Appointment = clinic
        .system
        .patch(&path, &json!({"title": "Cleaning, long"}))
        .await
        .unwrap();
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
