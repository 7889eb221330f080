//! What people do in Google: booked, moved, changed, cancelled, all day long, in series, and past a lost cursor.

use serde_json::{Value, json};
use syncward_wire::appointment::{Appointment, AppointmentStatus};
use syncward_wire::{Activity, LinkState};

use crate::clinic::Clinic;

fn at(day: u32, hour: u32) -> Value {
    json!({"dateTime": format!("2027-05-{day:02}T{hour:02}:00:00Z"), "timeZone": "Europe/London"})
}

fn event(title: &str, day: u32) -> Value {
    json!({"summary": title, "start": at(day, 9), "end": at(day, 10)})
}

fn titled(title: &'static str) -> impl Fn(&Appointment) -> bool {
    move |one| one.title.as_deref() == Some(title)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_made_moved_renamed_and_cancelled() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let made = clinic.person_books(event("Check-up", 6)).await;
    let first = clinic.appointment("the booking", titled("Check-up")).await;
    assert_eq!(
        (first.link_id, first.status),
        (link.id, AppointmentStatus::Confirmed)
    );

    let moved = json!({"start": at(7, 14), "end": at(7, 15)});
    clinic.person_changes(&made, moved).await;
    let seen = clinic
        .appointment("the move", |one| one.start.contains("05-07"))
        .await;
    assert_eq!(
        (seen.id, seen.revision),
        (first.id, 2),
        "the same appointment"
    );

    clinic
        .person_changes(
            &made,
            json!({"summary": "Check-up, long", "location": "Room 2"}),
        )
        .await;
    let seen = clinic
        .appointment("the new words", titled("Check-up, long"))
        .await;
    assert_eq!(seen.location.as_deref(), Some("Room 2"));

    clinic.person_deletes(&made).await;
    let cancelled = |one: &Appointment| one.status == AppointmentStatus::Cancelled;
    let seen = clinic.appointment("the cancellation", cancelled).await;
    assert_eq!(seen.id, first.id);
    assert_eq!(
        clinic.appointments().await.len(),
        1,
        "one appointment all the way"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_off_has_dates_and_no_hours() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let off = json!({"summary": "Closed", "start": {"date": "2027-05-06"}, "end": {"date": "2027-05-08"}});
    clinic.person_books(off).await;
    let seen = clinic.appointment("the days off", titled("Closed")).await;
    assert!(seen.all_day);
    assert_eq!(
        (seen.start.as_str(), seen.end.as_str()),
        ("2027-05-06", "2027-05-08")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_one_row_and_each_exception_one_more() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let mut weekly = event("Physio", 6);
    weekly["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=4"]);
    let series = clinic.person_books(weekly).await;
    let row = clinic.appointment("the series", titled("Physio")).await;
    assert_eq!(row.recurrence, ["RRULE:FREQ=WEEKLY;COUNT=4"]);
    assert_eq!(row.series_id, None);

    // The second week is moved to the afternoon.
    let instance = json!({"id": format!("{}_20270513T090000Z", series["id"].as_str().unwrap())});
    clinic
        .person_changes(&instance, json!({"start": at(13, 15), "end": at(13, 16)}))
        .await;
    let exception = clinic
        .appointment("the exception", |one| one.series_id == Some(row.id))
        .await;
    assert!(exception.start.contains("05-13"), "{exception:?}");
    assert_eq!(clinic.appointments().await.len(), 2);

    let query = [
        ("from", "2027-05-01T00:00:00Z".to_owned()),
        ("to", "2027-06-30T00:00:00Z".to_owned()),
        ("expand", "true".to_owned()),
    ];
    let expanded: syncward_wire::Page<Appointment> =
        clinic.system.get("appointments", &query).await.unwrap();
    let mut starts: Vec<_> = expanded
        .items
        .iter()
        .map(|one| one.start[..10].to_owned())
        .collect();
    starts.sort();
    assert_eq!(
        starts,
        ["2027-05-06", "2027-05-13", "2027-05-20", "2027-05-27"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_cursor_loses_nothing_and_invents_nothing() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let mut made = Vec::new();
    for (title, day) in [("Anna", 6), ("Ben", 7), ("Cleo", 8)] {
        made.push(clinic.person_books(event(title, day)).await);
    }
    clinic
        .until("three bookings", async || {
            (clinic.appointments().await.len() == 3).then_some(())
        })
        .await;

    // While Google stays silent one goes, one comes and one changes; then the cursor is gone.
    clinic
        .fault("push.change", json!({"kind": "drop"}), None)
        .await;
    clinic.person_deletes(&made[1]).await;
    clinic.person_books(event("Dora", 9)).await;
    clinic
        .person_changes(&made[2], json!({"location": "Room 3"}))
        .await;
    let account = crate::clinic::ACCOUNT.replace('@', "%40");
    let expire = format!("/sim/calendars/{account}/expire-sync-tokens");
    clinic.simulated("POST", &expire, Value::Null).await;
    let sync = clinic.order(link.id, "sync").await.unwrap();
    clinic.ended(sync).await;
    clinic.appointment("the new booking", titled("Dora")).await;

    let now = clinic.appointments().await;
    let status = |title: &str| {
        let found = now.iter().find(|one| one.title.as_deref() == Some(title));
        found
            .unwrap_or_else(|| panic!("{title} is lost: {now:?}"))
            .status
    };
    assert_eq!(now.len(), 4, "{now:?}");
    assert_eq!(status("Anna"), AppointmentStatus::Confirmed);
    assert_eq!(status("Ben"), AppointmentStatus::Cancelled);
    assert_eq!(status("Cleo"), AppointmentStatus::Confirmed);
    let cleo = now.iter().find(|one| one.title.as_deref() == Some("Cleo"));
    assert_eq!(cleo.unwrap().location.as_deref(), Some("Room 3"));
    let anna = now.iter().find(|one| one.title.as_deref() == Some("Anna"));
    assert_eq!(
        anna.unwrap().revision,
        1,
        "what did not change is not touched"
    );
    let told: Vec<Activity> = clinic.admin.list("activity").await.unwrap();
    assert!(
        told.iter()
            .any(|line| line.kind == "full_sync" && line.text == "Full resync"),
        "{told:?}"
    );
}
