//! What each call of the Calendar API sends and what it makes of a good answer.

use serde_json::json;
use syncward_engine::{Failure, FailureClass};
use syncward_google::{
    AccessRole, ChannelToken, EventEdit, EventTime, ListQuery, ListStart, MAX_RESULTS, Stopped,
    WatchRequest,
};
use url::Url;

use crate::listener::{Listener, Scripted};

fn page(start: ListStart<'_>) -> ListQuery<'_> {
    ListQuery {
        calendar_id: "a@clinic.example",
        start,
        page_token: None,
        max_results: None,
    }
}

fn refusal(status: u16, reason: &str) -> Scripted {
    let body = json!({ "error": { "code": status, "errors": [{ "reason": reason }] } });
    Scripted::json(status, body)
}

#[tokio::test]
async fn a_first_listing_names_the_time_and_carries_the_token_in_a_header() {
    let answer = json!({
        "items": [{ "id": "a", "status": "cancelled" }, { "summary": "no id" }, { "id": "b" }],
        "nextPageToken": "p2", "timeZone": "Europe/Vienna",
    });
    let google = Listener::answering([
        Scripted::json(200, answer).with("date", "Mon, 23 Nov 2026 21:00:00 GMT")
    ])
    .await;
    let from = "2026-08-25T00:00:00Z".parse().unwrap();
    let query = ListQuery {
        max_results: Some(9999),
        ..page(ListStart::Everything { from: Some(from) })
    };
    let listed = google.client.events(&google.token, &query).await.unwrap();

    assert_eq!(listed.events.len(), 2);
    assert_eq!(listed.unreadable, 1);
    assert_eq!(listed.next_page_token.as_deref(), Some("p2"));
    assert_eq!(listed.next_sync_token, None);
    assert_eq!(listed.time_zone.as_deref(), Some("Europe/Vienna"));
    assert_eq!(
        listed.served_at,
        Some("2026-11-23T21:00:00Z".parse().unwrap())
    );
    let asked = google.only();
    assert_eq!(
        asked.line(),
        "GET /calendar/v3/calendars/a@clinic.example/events"
    );
    assert_eq!(asked.header("authorization"), Some("Bearer ya29.a"));
    assert!(asked.header("user-agent").unwrap().starts_with("Syncward/"));
    assert_eq!(asked.query["timeMin"], "2026-08-25T00:00:00Z");
    assert_eq!(asked.query["maxResults"], MAX_RESULTS.to_string());
    assert_eq!(asked.query["showDeleted"], "true");
    assert!(!asked.query.contains_key("syncToken"));
}

#[tokio::test]
async fn a_nul_character_anywhere_in_an_answer_is_read_as_the_sign_for_what_cannot_be_shown() {
    let answer = json!({
        "items": [{ "id": "a", "summary": "Clea\0ning", "recurrence": ["RRULE:FREQ=DAILY\0"], "attendees": [{ "email": "a\0@x.example" }] }],
        "nextSyncToken": "c1",
    });
    let google = Listener::answering([Scripted::json(200, answer)]).await;
    let query = page(ListStart::Everything { from: None });
    let listed = google.client.events(&google.token, &query).await.unwrap();
    let event = &listed.events[0];
    assert_eq!(event.summary.as_deref(), Some("Clea\u{fffd}ning"));
    assert_eq!(event.recurrence, ["RRULE:FREQ=DAILY\u{fffd}"]);
    assert_eq!(
        event.attendees[0].email.as_deref(),
        Some("a\u{fffd}@x.example")
    );
    assert_eq!(listed.unreadable, 0);
}

#[tokio::test]
async fn a_cursor_comes_without_anything_google_forbids_beside_it() {
    let google = Listener::answering([Scripted::json(200, json!({ "nextSyncToken": "c2" }))]).await;
    let query = ListQuery {
        page_token: Some("p/2+"),
        ..page(ListStart::Cursor("c1="))
    };
    let listed = google.client.events(&google.token, &query).await.unwrap();

    assert_eq!(listed.next_sync_token.as_deref(), Some("c2"));
    let asked = google.only();
    assert_eq!(asked.query["syncToken"], "c1=");
    assert_eq!(asked.query["pageToken"], "p/2+");
    for forbidden in [
        "timeMin",
        "timeMax",
        "orderBy",
        "q",
        "iCalUID",
        "updatedMin",
        "privateExtendedProperty",
    ] {
        assert!(!asked.query.contains_key(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn calendars_are_gathered_over_all_pages() {
    let google = Listener::answering([
        Scripted::json(200, json!({ "nextPageToken": "2", "items": [
            { "id": "a@x.example", "summary": "Front desk", "primary": true, "accessRole": "owner" },
            { "id": "gone", "deleted": true },
        ]})),
        Scripted::json(200, json!({ "items": [
            { "id": "b", "summary": "Room 2", "summaryOverride": "Dr Grey", "accessRole": "astronaut" },
        ]})),
    ])
    .await;
    let calendars = google.client.calendars(&google.token).await.unwrap();

    let names: Vec<&str> = calendars.iter().map(|calendar| calendar.name()).collect();
    assert_eq!(names, ["Front desk", "Dr Grey"]);
    assert!(calendars[0].primary && calendars[0].access_role.can_write());
    assert_eq!(calendars[1].access_role, AccessRole::FreeBusyReader);
    let asked = google.asked();
    assert_eq!(asked[0].line(), "GET /calendar/v3/users/me/calendarList");
    assert_eq!(asked[1].query["pageToken"], "2");
}

#[tokio::test]
async fn one_calendar_is_read_by_its_id() {
    let google = Listener::answering([Scripted::json(
        200,
        json!({ "id": "a@x.example", "primary": true }),
    )])
    .await;
    let calendar = google
        .client
        .calendar(&google.token, "primary")
        .await
        .unwrap();
    assert_eq!(calendar.name(), "a@x.example");
    assert_eq!(
        google.only().path,
        "/calendar/v3/users/me/calendarList/primary"
    );
}

#[tokio::test]
async fn an_insert_carries_our_id_and_sends_no_mail() {
    let google = Listener::answering([
        Scripted::json(
            200,
            json!({ "id": "abcde", "etag": "\"1\"", "status": "confirmed" }),
        ),
        refusal(409, "duplicate"),
    ])
    .await;
    let edit = EventEdit {
        summary: Some("Check-up".to_owned()),
        start: Some(EventTime::At {
            instant: "2026-11-24T08:00:00Z".parse().unwrap(),
            time_zone: Some("Europe/Vienna".to_owned()),
        }),
        ..EventEdit::default()
    };
    let made = google
        .client
        .insert_event(&google.token, "cal", "abcde", &edit)
        .await
        .unwrap();
    let again = google
        .client
        .insert_event(&google.token, "cal", "abcde", &edit)
        .await
        .unwrap_err();

    assert_eq!(made.etag.as_deref(), Some("\"1\""));
    assert_eq!(
        (again.class, again.status),
        (FailureClass::Conflict, Some(409))
    );
    let asked = &google.asked()[0];
    assert_eq!(asked.line(), "POST /calendar/v3/calendars/cal/events");
    assert_eq!(asked.query["sendUpdates"], "none");
    assert_eq!(asked.json()["id"], "abcde");
    assert_eq!(asked.json()["start"]["timeZone"], "Europe/Vienna");
}

#[tokio::test]
async fn a_patch_and_a_delete_hold_to_the_etag() {
    let google = Listener::answering([
        Scripted::json(200, json!({ "id": "e", "etag": "\"2\"" })),
        refusal(412, "conditionNotMet"),
        Scripted {
            status: 204,
            headers: Vec::new(),
            body: String::new(),
        },
        refusal(410, "deleted"),
    ])
    .await;
    let edit = EventEdit {
        location: Some("Room 4".to_owned()),
        ..EventEdit::default()
    };
    let (client, token) = (&google.client, &google.token);
    client
        .patch_event(token, "cal", "e", Some("\"1\""), &edit)
        .await
        .unwrap();
    let stale = client
        .patch_event(token, "cal", "e", Some("\"1\""), &edit)
        .await
        .unwrap_err();
    client
        .delete_event(token, "cal", "e", Some("\"2\""))
        .await
        .unwrap();
    let gone = client
        .delete_event(token, "cal", "e", None)
        .await
        .unwrap_err();

    assert_eq!(stale.class, FailureClass::Conflict);
    assert_eq!(gone.class, FailureClass::Gone);
    let asked = google.asked();
    assert_eq!(asked[0].line(), "PATCH /calendar/v3/calendars/cal/events/e");
    assert_eq!(asked[0].header("if-match"), Some("\"1\""));
    assert_eq!(asked[0].json(), json!({ "location": "Room 4" }));
    assert_eq!(
        asked[2].line(),
        "DELETE /calendar/v3/calendars/cal/events/e"
    );
    assert_eq!(asked[2].header("if-match"), Some("\"2\""));
    assert_eq!(asked[3].header("if-match"), None);
    assert!(
        asked
            .iter()
            .all(|asked| asked.query["sendUpdates"] == "none")
    );
}

#[tokio::test]
async fn a_watch_asks_for_a_life_and_takes_the_one_granted() {
    let answer = json!({ "kind": "api#channel", "id": "c", "resourceId": "r", "expiration": "1795468800000" });
    let google = Listener::answering([
        Scripted::json(200, answer),
        refusal(400, "channelIdNotUnique"),
    ])
    .await;
    let watch = WatchRequest {
        calendar_id: "cal",
        channel_id: "clinic_x_00c0ffee",
        token: &ChannelToken::new("t"),
        address: &Url::parse("https://hooks.example/webhooks/calendar/google").unwrap(),
        expires_at: "2026-11-30T00:00:00Z".parse().unwrap(),
    };
    let opened = google.client.watch(&google.token, &watch).await.unwrap();
    let reused = google
        .client
        .watch(&google.token, &watch)
        .await
        .unwrap_err();

    assert_eq!(opened.resource_id, "r");
    assert_eq!(opened.expires_at.as_millisecond(), 1_795_468_800_000);
    assert_eq!(reused.class, FailureClass::Conflict);
    let asked = &google.asked()[0];
    assert_eq!(asked.line(), "POST /calendar/v3/calendars/cal/events/watch");
    assert_eq!(
        asked.json(),
        json!({
            "id": "clinic_x_00c0ffee", "type": "web_hook", "token": "t", "expiration": "1795996800000",
            "address": "https://hooks.example/webhooks/calendar/google",
        })
    );
}

#[tokio::test]
async fn a_channel_that_is_over_counts_as_stopped() {
    let google = Listener::answering([
        Scripted {
            status: 204,
            headers: Vec::new(),
            body: String::new(),
        },
        refusal(404, "notFound"),
        refusal(410, "gone"),
        refusal(401, "authError"),
        refusal(503, "backendError"),
    ])
    .await;
    let mut ends = Vec::new();
    for _ in 0..5 {
        ends.push(google.client.stop(&google.token, "c", "r").await);
    }
    let refused = Failure {
        class: FailureClass::GrantLost,
        reason: "authError".to_owned(),
        status: Some(401),
    };
    let failure = Failure {
        class: FailureClass::Transient { retry_after: None },
        reason: "backendError".to_owned(),
        status: Some(503),
    };
    assert_eq!(
        ends,
        [
            Ok(Stopped::Now),
            Ok(Stopped::AlreadyOver),
            Ok(Stopped::AlreadyOver),
            Err(refused),
            Err(failure),
        ]
    );
    let asked = &google.asked()[0];
    assert_eq!(asked.line(), "POST /calendar/v3/channels/stop");
    assert_eq!(asked.json(), json!({ "id": "c", "resourceId": "r" }));
}
