//! What follows from each of Google's refusals, lived through, and the page that tells it (`UPDATE_REFUSALS=1` writes it).

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use syncward_engine::FailureClass;
use syncward_engine::view::LinkState;
use syncward_google::{AccessToken, ListQuery, ListStart, QuotaOf, quota_of};
use syncward_receiver::exec::quota::Limits;

use crate::google::Says;
use crate::house::House;

const REFUSALS: [(u16, &str); 20] = [
    (400, "invalid"),
    (400, "webhookUrlNotHttps"),
    (400, "pushNotSupportedForRequestedResource"),
    (400, "channelIdNotUnique"),
    (401, "webhookUrlUnauthorized"),
    (401, "authError"),
    (403, "forbidden"),
    (403, "insufficientPermissions"),
    (403, "forbiddenForNonOrganizer"),
    (403, "rateLimitExceeded"),
    (403, "userRateLimitExceeded"),
    (403, "quotaExceeded"),
    (403, "dailyLimitExceeded"),
    (403, "calendarUsageLimits"),
    (404, "notFound"),
    (410, "fullSyncRequired"),
    (412, "conditionNotMet"),
    (429, "rateLimitExceeded"),
    (500, "backendError"),
    (503, "backendError"),
];

const HEAD: &str = "# Refusals
What Syncward does when Google refuses a call. Written by `UPDATE_REFUSALS=1 cargo test -p syncward-receiver --test calls`, which
lives through each row with the real engine, executor and client in simulated time; the test fails when this page is not true any more.

- **backoff**: tried again after a minute (a channel) or five seconds (a listing), doubled up to an hour or the poll interval; `Retry-After`
  counts. A channel that still watches stays in charge; without one the calendar is polled.
- **daily**: polled, the reason is told and raises an alert; tried again once a day, on *Renew now*, and when the configuration changes.
- **by design**: polled; a healthy state with its label, no alert. Asked again once a day, in case Google has changed its mind.
- **fresh id**: another channel is opened at once under a new id; the one that Google knows already runs out or is stopped.
- **each poll**: tried again at the poll interval; the reason is told once it has failed three times.
- **reconnect**: the consent is over. Its calendars wait for a person to connect Google again; nothing is deleted.
- **anew**: the cursor is gone; everything is listed, compared as a whole, then swapped.

None of them deletes an appointment. What is not Google's own error body (a proxy's page, a login form) is a *backoff*, whatever its status.
*Pauses* says whose calls wait altogether: *user or project* pauses the user, and the project once a second user hears it within a minute.

| status | reason | opening a channel | reading changes | pauses |
|---|---|---|---|---|
";

const HOUR: Duration = Duration::from_secs(3600);

fn says((status, reason): (u16, &'static str)) -> Says {
    Says::Refused {
        status,
        reason,
        retry_after_s: None,
    }
}

/// What became of a calendar whose channel is refused.
async fn refused_channel(refusal: (u16, &'static str)) -> &'static str {
    let house = House::with_push(Limits::default(), &[("clinic", 1)]).await;
    house.google.say_to_watch(says(refusal));
    house.run();
    house.pass(Duration::from_secs(30)).await;
    let at_once = house.google.watches().len();
    house.pass(HOUR * 3).await;
    let soon = house.google.watches().len();
    let view = house.view().await;
    house.pass(HOUR * 50).await;
    let in_all = house.google.watches().len();
    let code = view.reason.as_ref().map(|reason| reason.code.as_str());
    let polled = house.google.read("clinic");
    match (view.state, code, at_once, soon, in_all) {
        (LinkState::ReconnectNeeded, ..) => "reconnect",
        (LinkState::Polling, Some("push_not_supported"), 1, 1, 3..=4) if polled > 205 => {
            assert_eq!(view.failed_attempts, 0, "no trouble");
            "by design"
        }
        (LinkState::Polling, Some(_), 1, 1, 3..=4) if polled > 205 => "daily",
        (LinkState::Polling, Some("watch_failing" | "opening"), 3, 5..=12, 50..)
            if polled > 205 =>
        {
            "fresh id"
        }
        (LinkState::Polling, Some("watch_failing"), 1, 5..=12, 50..) if polled > 205 => "backoff",
        other => panic!("{refusal:?} ended as {other:?}, polled {polled} times"),
    }
}

/// What became of a calendar whose listing is refused.
async fn refused_listing(refusal: (u16, &'static str)) -> &'static str {
    let house = House::new(Limits::default(), &[("clinic", 1)]).await;
    house.run();
    house
        .until("the first run", || house.google.read("clinic") == 1)
        .await;
    let (before, full) = (house.google.lists("clinic").len(), house.google.full());
    house.google.say("clinic", says(refusal));
    house.pass(Duration::from_secs(15 * 60 + 300)).await;
    let tries = house.google.lists("clinic").len() - before;
    let state = house.view().await.state;
    let full = house.google.full() - full;
    house.google.say("clinic", Says::Well);
    house.pass(HOUR).await;
    let healed = house.google.read("clinic") > 1;
    match (state, tries, full, healed) {
        (LinkState::ReconnectNeeded, 1, 0, false) => "reconnect",
        (LinkState::Polling, 3.., 2.., true) => "anew",
        (LinkState::Polling, 4..=8, 0, true) => "backoff",
        (LinkState::Polling, 1, 0, true) => "each poll",
        other => panic!("{refusal:?} ended as {other:?}"),
    }
}

/// The class of a refused listing, and whose calls it pauses.
async fn class(refusal: (u16, &'static str)) -> (&'static str, &'static str) {
    let house = House::new(Limits::default(), &[]).await;
    house.google.say("anybody", says(refusal));
    let token = AccessToken::new("anybody".to_owned());
    let query = ListQuery {
        calendar_id: "primary",
        start: ListStart::Everything { from: None },
        page_token: None,
        max_results: None,
    };
    let failure = house
        .app
        .google
        .client
        .events(&token, &query)
        .await
        .unwrap_err();
    let class = match failure.class {
        FailureClass::Transient { .. } => "transient",
        FailureClass::Permanent => "permanent",
        FailureClass::GrantLost => "grant lost",
        FailureClass::CursorGone => "cursor gone",
        FailureClass::Gone => "gone",
        FailureClass::Conflict => "conflict",
    };
    let pauses = match quota_of(&failure) {
        Some(QuotaOf::Project) => "project",
        Some(QuotaOf::User) => "user",
        Some(QuotaOf::Unnamed) => "user or project",
        None => "–",
    };
    (class, pauses)
}

#[tokio::test(start_paused = true)]
async fn every_refusal_ends_as_the_page_says() {
    let mut page = HEAD.to_owned();
    for refusal in REFUSALS {
        let channel = refused_channel(refusal).await;
        let listing = refused_listing(refusal).await;
        let (class, pauses) = class(refusal).await;
        let (status, reason) = refusal;
        let row = format!("| {status} | `{reason}` | {channel} | {listing} ({class}) | {pauses} |");
        writeln!(page, "{row}").unwrap();
    }
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/REFUSALS.md");
    if std::env::var_os("UPDATE_REFUSALS").is_some() {
        std::fs::write(&place, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&place).unwrap_or_default(), page);
}
