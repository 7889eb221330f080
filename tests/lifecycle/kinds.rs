//! Every kind of event that people keep in a calendar, as the clinic's own system sees it.

use serde_json::{Value, json};
use syncward_wire::appointment::{Appointment, AppointmentStatus};
use syncward_wire::{Link, LinkDraft, LinkState, Page};

use crate::clinic::{ACCOUNT, Clinic};

fn at(local: &str) -> Value {
    json!({"dateTime": local, "timeZone": "Europe/London"})
}

fn titled(title: &'static str) -> impl Fn(&Appointment) -> bool {
    move |one| one.title.as_deref() == Some(title)
}

async fn live() -> (Clinic, Link) {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    (clinic, link)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_and_a_week_are_one_appointment_each() {
    let (clinic, _) = live().await;
    let night = json!({"summary": "Night duty", "start": at("2027-05-06T20:00:00+01:00"), "end": at("2027-05-08T08:00:00+01:00")});
    clinic.person_books(night).await;
    let seen = clinic.appointment("the nights", titled("Night duty")).await;
    let (start, end) = (seen.start.as_str(), seen.end.as_str());
    assert_eq!(
        (start, end),
        ("2027-05-06T19:00:00Z", "2027-05-08T07:00:00Z")
    );
    assert!(!seen.all_day);

    // In the middle of it is in it.
    let query = [
        ("from", "2027-05-07T10:00:00Z".to_owned()),
        ("to", "2027-05-07T11:00:00Z".to_owned()),
    ];
    let within: Page<Appointment> = clinic.system.get("appointments", &query).await.unwrap();
    assert_eq!(within.items.len(), 1, "{:?}", within.items);
}

#[tokio::test(flavor = "multi_thread")]
async fn nine_in_the_morning_stays_nine_when_the_clocks_change() {
    let (clinic, _) = live().await;
    // London leaves summer time on 31 October 2027.
    let weekly = json!({
        "summary": "Physio", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"],
        "start": at("2027-10-21T09:00:00+01:00"), "end": at("2027-10-21T09:30:00+01:00"),
    });
    clinic.person_books(weekly).await;
    let series = clinic.appointment("the series", titled("Physio")).await;
    assert_eq!(series.time_zone.as_deref(), Some("Europe/London"));
    let query = [
        ("from", "2027-10-01T00:00:00Z".to_owned()),
        ("to", "2027-12-01T00:00:00Z".to_owned()),
        ("expand", "true".to_owned()),
    ];
    let expanded: Page<Appointment> = clinic.system.get("appointments", &query).await.unwrap();
    let mut starts: Vec<_> = expanded.items.iter().map(|one| one.start.clone()).collect();
    starts.sort();
    assert_eq!(
        starts,
        [
            "2027-10-21T08:00:00Z",
            "2027-10-28T08:00:00Z",
            "2027-11-04T09:00:00Z"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn private_ones_absences_and_those_without_a_title_are_appointments_too() {
    let (clinic, link) = live().await;
    let times = |day: u32| {
        let time = |hour: u32| at(&format!("2027-05-{day:02}T{hour:02}:00:00Z"));
        (time(9), time(10))
    };
    for (day, extra) in [
        (
            6,
            json!({"summary": "Own business", "visibility": "private"}),
        ),
        (7, json!({"summary": "Away", "eventType": "outOfOffice"})),
        (8, json!({})),
        (9, json!({"summary": "Perhaps", "status": "tentative"})),
    ] {
        let mut event = extra;
        let (start, end) = times(day);
        (event["start"], event["end"]) = (start, end);
        clinic.person_books(event).await;
    }
    let mut seen = clinic
        .until("all four", async || {
            let all = clinic.appointments().await;
            (all.len() == 4).then_some(all)
        })
        .await;
    seen.sort_by(|one, other| one.start.cmp(&other.start));
    let titles: Vec<_> = seen.iter().map(|one| one.title.as_deref()).collect();
    assert_eq!(
        titles,
        [Some("Own business"), Some("Away"), None, Some("Perhaps")]
    );
    assert_eq!(seen[3].status, AppointmentStatus::Tentative);

    // Nobody edited them here, so nothing is ever written to them.
    let sync = clinic.order(link.id, "sync").await.unwrap();
    clinic.ended(sync).await;
    for operation in ["events.patch", "events.insert", "events.delete"] {
        assert!(clinic.calls(operation).await.is_empty(), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_to_another_calendar_it_ends_here_and_begins_there() {
    let (clinic, link) = live().await;
    let second =
        json!({"account": ACCOUNT, "summary": "Room 2", "id": "room2@group.calendar.google.com"});
    clinic.simulated("POST", "/sim/calendars", second).await;
    let draft = LinkDraft {
        grant_id: link.grant_id,
        google_calendar_id: "room2@group.calendar.google.com".to_owned(),
    };
    let path = format!("clinics/{}/links", clinic.id);
    let there: Link = clinic.admin.post(&path, Some(&draft)).await.unwrap();
    clinic.until_state(there.id, LinkState::Live).await;

    let (start, end) = (at("2027-05-06T09:00:00Z"), at("2027-05-06T10:00:00Z"));
    let event = json!({"summary": "Scan", "start": start, "end": end});
    let made = clinic.person_books(event.clone()).await;
    clinic.appointment("the booking", titled("Scan")).await;
    // Google keeps the id: cancelled in the one, new in the other.
    clinic.person_deletes(&made).await;
    let mut moved = event;
    moved["id"] = made["id"].clone();
    let room = "/sim/calendars/room2%40group.calendar.google.com/events";
    clinic.simulated("POST", room, moved).await;
    let both = clinic
        .until("one ended and one begun", async || {
            let all = clinic.appointments().await;
            let stands = |of: uuid::Uuid, status| {
                all.iter()
                    .any(|one| one.link_id == of && one.status == status)
            };
            let done = stands(link.id, AppointmentStatus::Cancelled)
                && stands(there.id, AppointmentStatus::Confirmed);
            done.then_some(all)
        })
        .await;
    assert_eq!(both.len(), 2, "{both:?}");
    assert_eq!(both[0].google_event_id, both[1].google_event_id);
}
