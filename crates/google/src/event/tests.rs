//! Events as Google sends them, whole, thin and odd.

use jiff::civil::date;
use serde_json::json;

use super::*;

fn read(event: serde_json::Value) -> Event {
    serde_json::from_value(event).expect("an event")
}

fn at(instant: &str, zone: Option<&str>) -> Option<EventTime> {
    Some(EventTime::At {
        instant: instant.parse().expect("a timestamp"),
        time_zone: zone.map(str::to_owned),
    })
}

#[test]
fn a_cancelled_event_may_be_only_an_id() {
    let event = read(json!({ "id": "a", "status": "cancelled" }));
    assert!(event.is_cancelled());
    assert_eq!(
        (event.start, event.etag, event.attendees),
        (None, None, Vec::new())
    );
}

#[test]
fn an_exception_names_its_series_and_its_own_place_in_it() {
    let event = read(json!({
        "id": "series_20261124T080000Z", "recurringEventId": "series", "sequence": 3,
        "originalStartTime": { "dateTime": "2026-11-24T09:00:00+01:00", "timeZone": "Europe/Vienna" },
        "start": { "dateTime": "2026-11-24T10:30:00+01:00", "timeZone": "Europe/Vienna" },
        "updated": "2026-11-23T20:00:00.123Z",
    }));
    assert_eq!(event.recurring_event_id.as_deref(), Some("series"));
    assert_eq!(
        event.original_start_time,
        at("2026-11-24T08:00:00Z", Some("Europe/Vienna"))
    );
    assert_eq!(
        event.start,
        at("2026-11-24T09:30:00Z", Some("Europe/Vienna"))
    );
    assert_eq!(
        event.updated.map(|updated| updated.subsec_millisecond()),
        Some(123)
    );
    assert_eq!(event.sequence, Some(3));
}

#[test]
fn whole_days_and_civil_times_are_read() {
    let event = read(json!({
        "id": "a",
        "start": { "date": "2026-12-24" },
        "end": { "dateTime": "2026-07-01T09:00:00", "timeZone": "Europe/Vienna" },
    }));
    assert_eq!(event.start, Some(EventTime::Day(date(2026, 12, 24))));
    assert_eq!(event.end, at("2026-07-01T07:00:00Z", Some("Europe/Vienna")));
}

#[test]
fn an_odd_field_costs_only_itself() {
    let event = read(json!({
        "id": "a", "status": "postponed", "summary": 7, "updated": "yesterday", "attendees": [3, { "email": "p@x.example" }],
        "start": { "dateTime": "never" }, "recurrence": "RRULE", "extendedProperties": { "private": [] }, "sequence": null,
    }));
    assert_eq!(event.status, EventStatus::Confirmed);
    assert_eq!(
        (event.summary.as_deref(), event.updated, &event.start),
        (None, None, &None)
    );
    assert_eq!(event.attendees.len(), 1);
    assert!(event.recurrence.is_empty());
}

#[test]
fn an_edit_writes_only_what_it_names() {
    let edit = EventEdit {
        summary: Some(String::new()),
        start: Some(EventTime::Day(date(2026, 12, 24))),
        end: at("2026-12-24T10:00:00Z", Some("Europe/Vienna")),
        ..EventEdit::default()
    };
    assert_eq!(
        edit.patch_json(),
        json!({
            "summary": "",
            "start": { "date": "2026-12-24", "dateTime": null, "timeZone": null },
            "end": { "dateTime": "2026-12-24T10:00:00Z", "timeZone": "Europe/Vienna", "date": null },
        })
    );
    assert_eq!(
        edit.insert_json("abc"),
        json!({
            "id": "abc", "summary": "",
            "start": { "date": "2026-12-24" },
            "end": { "dateTime": "2026-12-24T10:00:00Z", "timeZone": "Europe/Vienna" },
        })
    );
}
