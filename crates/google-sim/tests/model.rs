//! The pure model through its API function: no socket, no clock.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use syncward_google_sim::{
    api::{self, Answer, Request},
    model::{
        World,
        fault::Rule,
        people::object,
        push::{Outcome, ResourceState},
        query::Query,
    },
};

const ADMIN: &str = "admin@clinic.example";
const EVENTS: &str = "/calendar/v3/calendars/primary/events";
const REDIRECT: &str = "http://127.0.0.1:5000/back";

struct Desk {
    world: World,
    now: Timestamp,
    bearer: String,
}

impl Desk {
    fn new() -> Self {
        Self::with_scope("https://www.googleapis.com/auth/calendar")
    }

    fn with_scope(scope: &str) -> Self {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let mut world = World::empty(now);
        world.settings.handshake_first_probability = 0.0;
        let answer = consent(&mut world, now, scope);
        let bearer = answer["access_token"].as_str().unwrap().to_owned();
        Self { world, now, bearer }
    }

    fn call(&mut self, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(method, path, body, None)
    }

    fn call_with(
        &mut self,
        method: &str,
        path: &str,
        body: Value,
        if_match: Option<&str>,
    ) -> Answer {
        self.now += SignedDuration::from_millis(7);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: Query::parse(query),
            bearer: Some(self.bearer.clone()),
            if_match: if_match.map(str::to_owned),
            body: if body.is_null() {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            },
            ..Request::default()
        };
        let actions = api::strike(&mut self.world, &request, self.now);
        api::answer(&mut self.world, &request, &actions, self.now)
    }

    fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, Value::Null)
    }

    fn book(&mut self, hour: u32) -> Value {
        self.call("POST", EVENTS, event(hour)).body.unwrap()
    }

    fn watch(&mut self, id: &str) -> Answer {
        let body = json!({ "id": id, "type": "web_hook", "address": "http://127.0.0.1:9/hook", "token": "t" });
        self.call("POST", &format!("{EVENTS}/watch"), body)
    }

    fn rule(&mut self, rule: Value) {
        let rule: Rule = serde_json::from_value(rule).unwrap();
        self.world.faults.add(rule);
    }
}

fn consent(world: &mut World, now: Timestamp, scope: &str) -> Value {
    let query = format!(
        "client_id=c&redirect_uri={REDIRECT}&response_type=code&scope={scope}&access_type=offline&prompt=consent&state=s"
    );
    let request = world.consents.check(&Query::parse(&query)).unwrap();
    let scopes = request.scopes.clone();
    world
        .consents
        .allow(request, REDIRECT, ADMIN, &scopes, "code".into(), now);
    let form =
        format!("grant_type=authorization_code&code=code&client_id=c&redirect_uri={REDIRECT}");
    world.token(&Query::parse(&form), None, now).unwrap()
}

fn event(hour: u32) -> Value {
    let at = |minute: u32| json!({ "dateTime": format!("2026-11-24T{hour:02}:{minute:02}:00Z") });
    json!({ "summary": "Check-up", "start": at(0), "end": at(30) })
}

fn reason(answer: &Answer) -> (u16, String) {
    let body = answer.body.as_ref().unwrap();
    (
        answer.status,
        body["error"]["errors"][0]["reason"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

fn ids(answer: &Answer) -> Vec<String> {
    let items = answer.body.as_ref().unwrap()["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

fn sync_token(answer: &Answer) -> String {
    answer.body.as_ref().unwrap()["nextSyncToken"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn an_edit_during_paging_is_told_by_the_cursor_of_that_paging() {
    let mut desk = Desk::new();
    for hour in 9..12 {
        desk.book(hour);
    }
    let first = desk.get(&format!("{EVENTS}?maxResults=2"));
    let page_token = first.body.as_ref().unwrap()["nextPageToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let edited = ids(&first)[0].clone();
    desk.call(
        "PATCH",
        &format!("{EVENTS}/{edited}"),
        json!({ "summary": "Moved" }),
    );
    let last = desk.get(&format!("{EVENTS}?maxResults=2&pageToken={page_token}"));
    let token = sync_token(&last);
    assert_eq!(
        ids(&desk.get(&format!("{EVENTS}?syncToken={token}"))),
        [edited]
    );
}

#[test]
fn a_tombstone_is_told_once_and_then_the_cursor_is_past_it() {
    let mut desk = Desk::new();
    let id = desk.book(9)["id"].as_str().unwrap().to_owned();
    let token = sync_token(&desk.get(EVENTS));
    assert_eq!(
        desk.call("DELETE", &format!("{EVENTS}/{id}"), Value::Null)
            .status,
        204
    );
    let told = desk.get(&format!("{EVENTS}?syncToken={token}"));
    let item = &told.body.as_ref().unwrap()["items"][0];
    assert_eq!(
        (item["status"].as_str(), item.get("start")),
        (Some("cancelled"), None)
    );
    let token = sync_token(&told);
    assert!(ids(&desk.get(&format!("{EVENTS}?syncToken={token}"))).is_empty());
    assert!(ids(&desk.get(EVENTS)).is_empty());
    assert_eq!(ids(&desk.get(&format!("{EVENTS}?showDeleted=true"))), [id]);
}

#[test]
fn a_calendar_that_never_syncs_says_so_for_ever() {
    let mut desk = Desk::new();
    let token = sync_token(&desk.get(EVENTS));
    desk.world.calendars.get_mut(ADMIN).unwrap().never_syncs = true;
    for _ in 0..2 {
        assert_eq!(
            reason(&desk.get(&format!("{EVENTS}?syncToken={token}"))),
            (410, "fullSyncRequired".into())
        );
    }
}

#[test]
fn a_moved_event_leaves_the_window_only_in_a_full_listing() {
    let mut desk = Desk::new();
    let id = desk.book(9)["id"].as_str().unwrap().to_owned();
    let window = "timeMin=2026-11-24T00:00:00Z";
    let token = sync_token(&desk.get(&format!("{EVENTS}?{window}")));
    let past = json!({ "start": { "dateTime": "2026-11-02T09:00:00Z" }, "end": { "dateTime": "2026-11-02T09:30:00Z" } });
    desk.call("PATCH", &format!("{EVENTS}/{id}"), past);
    assert_eq!(ids(&desk.get(&format!("{EVENTS}?syncToken={token}"))), [id]);
    assert!(ids(&desk.get(&format!("{EVENTS}?{window}"))).is_empty());
}

#[test]
fn a_writer_with_an_old_version_is_refused() {
    let mut desk = Desk::new();
    let made = desk.book(9);
    let path = format!("{EVENTS}/{}", made["id"].as_str().unwrap());
    let etag = made["etag"].as_str().unwrap();
    assert_eq!(
        desk.call_with("PATCH", &path, json!({ "summary": "A" }), Some(etag))
            .status,
        200
    );
    assert_eq!(
        reason(&desk.call_with("PATCH", &path, json!({ "summary": "B" }), Some(etag))),
        (412, "conditionNotMet".into())
    );
}

#[test]
fn deleting_a_series_cancels_its_exceptions() {
    let mut desk = Desk::new();
    let mut body = event(9);
    body["start"]["timeZone"] = json!("Europe/London");
    body["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=3"]);
    let master = desk.call("POST", EVENTS, body).body.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let instance = format!("{master}_20261125T090000Z");
    assert_eq!(
        desk.call(
            "PATCH",
            &format!("{EVENTS}/{instance}"),
            json!({ "summary": "Late" })
        )
        .status,
        200
    );
    let token = sync_token(&desk.get(EVENTS));
    desk.call("DELETE", &format!("{EVENTS}/{master}"), Value::Null);
    let mut told = ids(&desk.get(&format!("{EVENTS}?syncToken={token}")));
    told.sort();
    assert_eq!(told, [master, instance]);
}

#[test]
fn narrow_scopes_open_only_their_methods() {
    let mut desk = Desk::with_scope("https://www.googleapis.com/auth/calendar.events");
    assert_eq!(desk.get(EVENTS).status, 200);
    assert_eq!(
        reason(&desk.get("/calendar/v3/users/me/calendarList")),
        (403, "insufficientPermissions".into())
    );
}

#[test]
fn a_token_ends_with_its_hour_and_with_its_consent() {
    let mut desk = Desk::new();
    desk.now += SignedDuration::from_secs(3600);
    assert_eq!(reason(&desk.get(EVENTS)), (401, "authError".into()));
    let mut desk = Desk::new();
    assert_eq!(desk.world.consents.withdraw(ADMIN), 1);
    assert_eq!(reason(&desk.get(EVENTS)), (401, "authError".into()));
}

#[test]
fn a_hundred_and_first_refresh_token_ends_the_first() {
    let mut desk = Desk::new();
    let first = consent(&mut desk.world, desk.now, "openid")["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    for _ in 0..100 {
        consent(&mut desk.world, desk.now, "openid");
    }
    let form = Query::parse(&format!(
        "grant_type=refresh_token&client_id=c&refresh_token={first}"
    ));
    assert_eq!(
        desk.world.token(&form, None, desk.now).unwrap_err().error,
        "invalid_grant"
    );
}

#[test]
fn only_loopback_redirects_are_taken() {
    let world = World::empty(Timestamp::UNIX_EPOCH);
    for bad in [
        "https://clinic.example/back",
        "http://clinic.example/back",
        "com.app:/back",
        "urn:ietf:wg:oauth:2.0:oob",
    ] {
        let query = format!("client_id=c&redirect_uri={bad}&response_type=code&scope=openid");
        assert_eq!(
            world
                .consents
                .check(&Query::parse(&query))
                .unwrap_err()
                .code,
            "redirect_uri_mismatch",
            "{bad}"
        );
    }
}

#[test]
fn a_channel_id_is_taken_for_ever() {
    let mut desk = Desk::new();
    let channel = desk.watch("one").body.unwrap();
    let stop = json!({ "id": "one", "resourceId": channel["resourceId"] });
    assert_eq!(
        desk.call("POST", "/calendar/v3/channels/stop", stop).status,
        204
    );
    assert_eq!(
        reason(&desk.watch("one")),
        (400, "channelIdNotUnique".into())
    );
}

#[test]
fn a_stopped_channel_tells_for_a_moment_more() {
    let mut desk = Desk::new();
    let channel = desk.watch("one").body.unwrap();
    desk.call(
        "POST",
        "/calendar/v3/channels/stop",
        json!({ "id": "one", "resourceId": channel["resourceId"] }),
    );
    desk.book(9);
    assert!(desk.world.outbox.has_waiting_change("one"));
    desk.watch("two");
    desk.now += SignedDuration::from_mins(1);
    let due = desk.world.outbox.take_due(desk.now);
    assert_eq!(
        due.iter()
            .filter(|delivery| delivery.channel == "one" && delivery.state == ResourceState::Exists)
            .count(),
        1
    );
    desk.book(10);
    assert!(
        !desk.world.outbox.has_waiting_change("one") && desk.world.outbox.has_waiting_change("two")
    );
}

#[test]
fn message_numbers_grow_with_gaps() {
    let mut desk = Desk::new();
    desk.watch("one");
    for hour in 9..14 {
        desk.book(hour);
    }
    desk.now += SignedDuration::from_mins(1);
    let mut due = desk.world.outbox.take_due(desk.now);
    due.sort_by_key(|delivery| delivery.id);
    let numbers: Vec<u64> = due
        .iter()
        .filter(|d| d.state == ResourceState::Exists)
        .map(|d| d.message_number)
        .collect();
    assert_eq!(numbers.len(), 5);
    assert!(
        numbers.windows(2).all(|pair| pair[0] < pair[1]) && numbers[4] - numbers[0] > 4,
        "{numbers:?}"
    );
}

#[test]
fn only_four_answers_are_retried_and_each_wait_doubles() {
    let mut desk = Desk::new();
    desk.watch("one");
    desk.book(9);
    desk.now += SignedDuration::from_mins(1);
    let delivery = desk
        .world
        .outbox
        .take_due(desk.now)
        .into_iter()
        .find(|d| d.state == ResourceState::Exists)
        .unwrap();
    let policy = desk.world.retry_policy();
    for status in [Some(200), Some(400), Some(404), Some(429), Some(501), None] {
        let outcome = desk
            .world
            .outbox
            .settle(delivery.clone(), ADMIN, status, desk.now, policy);
        assert_eq!(
            outcome,
            if status == Some(200) {
                Outcome::Delivered
            } else {
                Outcome::Failed
            }
        );
        assert!(desk.world.outbox.take_due(Timestamp::MAX).is_empty());
    }
    let mut delivery = delivery;
    for wait_s in [1, 2, 4, 8] {
        assert_eq!(
            desk.world
                .outbox
                .settle(delivery, ADMIN, Some(503), desk.now, policy),
            Outcome::Retried
        );
        delivery = desk.world.outbox.take_due(Timestamp::MAX).remove(0);
        assert_eq!(
            delivery.due_at,
            desk.now + SignedDuration::from_secs(wait_s)
        );
    }
}

#[test]
fn a_rule_strikes_only_its_target_and_as_often_as_it_says() {
    let mut desk = Desk::new();
    desk.rule(json!({
        "match": { "operation": "events.*", "calendar": ADMIN }, "skip": 1, "count": 1,
        "action": { "kind": "empty_page" }
    }));
    desk.book(9);
    let whole = desk.get(EVENTS);
    assert!(whole.body.as_ref().unwrap()["nextPageToken"].is_string() && ids(&whole).is_empty());
    assert_eq!(ids(&desk.get(EVENTS)).len(), 1);
    assert_eq!(desk.world.faults.all()[0].struck, 1);
}

#[test]
fn a_granted_life_may_be_shorter_than_asked() {
    let mut desk = Desk::new();
    desk.rule(json!({ "match": { "operation": "events.watch" }, "action": { "kind": "shorten", "ttl_s": 60 } }));
    let channel = desk.watch("one").body.unwrap();
    let end_ms: i64 = channel["expiration"].as_str().unwrap().parse().unwrap();
    assert_eq!(end_ms, desk.now.as_millisecond() + 60_000);
}

#[test]
fn the_seeded_world_is_the_same_for_the_same_seed() {
    let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
    let (mut one, other) = (World::seeded(4, now), World::seeded(4, now));
    let names = |world: &World| world.calendars.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    assert_eq!((one.accounts.len(), one.calendars.len()), (6, 13));
    assert_eq!(
        one.calendars
            .values()
            .filter(|calendar| !calendar.watchable)
            .count(),
        1
    );
    let revisions = |world: &World| {
        world
            .calendars
            .values()
            .map(|calendar| calendar.revision)
            .sum::<u64>()
    };
    let before = revisions(&one);
    assert!((0..20).all(|_| one.trickle(now).is_some()));
    assert_eq!(revisions(&one), before + 20);
}

#[test]
fn a_person_with_a_cancelled_event_cannot_cancel_it_again() {
    let mut desk = Desk::new();
    let made = desk
        .world
        .person_inserts(ADMIN, &object(event(9)), desk.now)
        .unwrap();
    let id = made["id"].as_str().unwrap();
    desk.world.person_deletes(ADMIN, id, desk.now).unwrap();
    assert_eq!(
        desk.world
            .person_deletes(ADMIN, id, desk.now)
            .unwrap_err()
            .reason,
        "deleted"
    );
}
