//! The client against google-sim: connect, watch, edit, follow the cursor, lose the grant.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Router, serve};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use syncward_engine::FailureClass;
use syncward_google::{
    ChannelToken, Client, Endpoints, EventEdit, EventTime, EventsPage, ExchangedGrant, ListQuery,
    ListStart, Notification, OAuthClient, ResourceState, Stopped, WatchRequest, asks_for_refresh,
    missing_scopes,
};
use syncward_google_sim::face::Face;
use syncward_google_sim::model::World;
use syncward_google_sim::model::oauth::ConsentMode;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

const ACCOUNT: &str = "admin@clinic.example";
const WAIT: Duration = Duration::from_secs(10);

struct Sim {
    root: Url,
    client: Client,
    oauth: OAuthClient,
    http: reqwest::Client,
}

impl Sim {
    async fn start() -> Self {
        let mut world = World::empty(Timestamp::now());
        world.consent_mode = ConsentMode::Allow;
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = Url::parse(&format!("http://{}", socket.local_addr().unwrap())).unwrap();
        let face = Face::new(world).unwrap();
        tokio::spawn(face.serve(socket, std::future::pending()));
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            client: Client::new(Endpoints::under(&root).unwrap(), WAIT).unwrap(),
            oauth: OAuthClient {
                id: "any".to_owned(),
                secret: None,
            },
            http,
            root,
        }
    }

    /// Consents as a person would and exchanges the code.
    async fn connect(&self) -> ExchangedGrant {
        let redirect = Url::parse("http://127.0.0.1:9/oauth").unwrap();
        let attempt = self.client.authorize(&self.oauth, &redirect, Some(ACCOUNT));
        let answer = self.http.get(attempt.url).send().await.unwrap();
        let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let value = |name: &str| {
            back.query_pairs()
                .find(|pair| pair.0 == name)
                .unwrap()
                .1
                .into_owned()
        };
        assert_eq!(value("state"), attempt.state);
        self.client
            .exchange(&self.oauth, &redirect, &value("code"), &attempt.verifier)
            .await
            .unwrap()
    }

    async fn control(&self, path: &str, body: Value) {
        let url = self.root.join(path).unwrap();
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn list(&self, grant: &ExchangedGrant, start: ListStart<'_>) -> EventsPage {
        let query = ListQuery {
            calendar_id: ACCOUNT,
            start,
            page_token: None,
            max_results: None,
        };
        self.client.events(&grant.access, &query).await.unwrap()
    }
}

fn appointment(summary: &str) -> EventEdit {
    let at = |hours: i64| EventTime::At {
        instant: Timestamp::from_second(1_795_500_000).unwrap() + SignedDuration::from_hours(hours),
        time_zone: Some("Europe/Vienna".to_owned()),
    };
    EventEdit {
        summary: Some(summary.to_owned()),
        start: Some(at(0)),
        end: Some(at(1)),
        ..EventEdit::default()
    }
}

#[tokio::test]
async fn an_event_is_made_once_changed_under_its_etag_and_followed_by_the_cursor() {
    let sim = Sim::start().await;
    let grant = sim.connect().await;
    let (client, token) = (&sim.client, &grant.access);
    assert!(missing_scopes(&grant.scopes).is_empty());
    assert_eq!(client.calendar(token, "primary").await.unwrap().id, ACCOUNT);
    assert!(client.calendars(token).await.unwrap()[0].primary);

    let first = sim.list(&grant, ListStart::Everything { from: None }).await;
    let cursor = first.next_sync_token.unwrap();
    let made = client
        .insert_event(token, ACCOUNT, "abcde12345", &appointment("Check-up"))
        .await
        .unwrap();
    let again = client
        .insert_event(token, ACCOUNT, "abcde12345", &appointment("Check-up"))
        .await;
    assert_eq!(again.unwrap_err().class, FailureClass::Conflict);

    let day = |day: i8| EventTime::Day(jiff::civil::date(2026, 12, day));
    let whole_day = EventEdit {
        start: Some(day(1)),
        end: Some(day(2)),
        ..EventEdit::default()
    };
    let moved = client
        .patch_event(token, ACCOUNT, &made.id, made.etag.as_deref(), &whole_day)
        .await
        .unwrap();
    assert_eq!(moved.start, Some(day(1)));
    assert_eq!(moved.summary.as_deref(), Some("Check-up"));
    let stale = client
        .patch_event(token, ACCOUNT, &made.id, made.etag.as_deref(), &whole_day)
        .await;
    assert_eq!(stale.unwrap_err().class, FailureClass::Conflict);

    let changes = sim.list(&grant, ListStart::Cursor(&cursor)).await;
    assert_eq!(changes.events.len(), 1);
    assert_eq!(changes.events[0].etag, moved.etag);
    assert!(changes.served_at.is_some());
    client
        .delete_event(token, ACCOUNT, &made.id, moved.etag.as_deref())
        .await
        .unwrap();
    let gone = client
        .delete_event(token, ACCOUNT, &made.id, None)
        .await
        .unwrap_err();
    assert_eq!(gone.class, FailureClass::Gone);
    let changes = sim
        .list(&grant, ListStart::Cursor(&changes.next_sync_token.unwrap()))
        .await;
    assert!(changes.events[0].is_cancelled());
}

#[tokio::test]
async fn a_cursor_that_google_dropped_is_gone() {
    let sim = Sim::start().await;
    let grant = sim.connect().await;
    let cursor = sim
        .list(&grant, ListStart::Everything { from: None })
        .await
        .next_sync_token
        .unwrap();
    sim.control(
        &format!("/sim/calendars/{ACCOUNT}/expire-sync-tokens"),
        json!({}),
    )
    .await;
    let query = ListQuery {
        calendar_id: ACCOUNT,
        start: ListStart::Cursor(&cursor),
        page_token: None,
        max_results: None,
    };
    let failure = sim.client.events(&grant.access, &query).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.status),
        (FailureClass::CursorGone, Some(410))
    );
}

#[tokio::test]
async fn a_channel_is_opened_proved_told_and_stopped() {
    let sim = Sim::start().await;
    let grant = sim.connect().await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Url::parse(&format!("http://{}/hook", socket.local_addr().unwrap())).unwrap();
    let hook = Router::new().route("/hook", post(told)).with_state(sender);
    tokio::spawn(async move { serve(socket, hook).await });

    let watch = WatchRequest {
        calendar_id: ACCOUNT,
        channel_id: "clinic_x_00c0ffee",
        token: &ChannelToken::new("tell-nobody"),
        address: &address,
        expires_at: Timestamp::now() + SignedDuration::from_hours(24),
    };
    let opened = sim.client.watch(&grant.access, &watch).await.unwrap();
    let asked_ms = watch.expires_at.as_millisecond();
    assert!((opened.expires_at.as_millisecond() - asked_ms).abs() <= 1000);
    let handshake = next(&mut received).await;
    assert_eq!(handshake.state, ResourceState::Sync);
    assert_eq!(handshake.number, 1);
    assert_eq!(handshake.channel_id, "clinic_x_00c0ffee");
    assert_eq!(handshake.token.expose(), "tell-nobody");
    assert_eq!(handshake.resource_id, opened.resource_id);
    let expires_at = handshake.expires_at.unwrap();
    assert!((expires_at.as_second() - opened.expires_at.as_second()).abs() <= 1);

    let edit = appointment("Check-up");
    sim.client
        .insert_event(&grant.access, ACCOUNT, "abcde12345", &edit)
        .await
        .unwrap();
    let change = next(&mut received).await;
    assert_eq!(change.state, ResourceState::Exists);
    assert!(change.number > 1);
    let reused = sim.client.watch(&grant.access, &watch).await.unwrap_err();
    assert_eq!(reused.class, FailureClass::Conflict);

    let mut stops = Vec::new();
    for _ in 0..2 {
        let stop = sim
            .client
            .stop(&grant.access, watch.channel_id, &opened.resource_id);
        stops.push(stop.await.unwrap());
    }
    assert_eq!(stops, [Stopped::Now, Stopped::AlreadyOver]);
}

#[tokio::test]
async fn an_expired_access_token_asks_for_a_refresh_and_a_withdrawn_consent_ends_the_grant() {
    let sim = Sim::start().await;
    let grant = sim.connect().await;
    sim.control(
        &format!("/sim/accounts/{ACCOUNT}/expire-access-tokens"),
        json!({}),
    )
    .await;
    let expired = sim.client.calendars(&grant.access).await.unwrap_err();
    assert!(asks_for_refresh(&expired));
    let fresh = sim
        .client
        .refresh(&sim.oauth, &grant.refresh)
        .await
        .unwrap();
    sim.client.calendars(&fresh.access).await.unwrap();

    sim.control(&format!("/sim/accounts/{ACCOUNT}/revoke"), json!({}))
        .await;
    let lost = sim
        .client
        .refresh(&sim.oauth, &grant.refresh)
        .await
        .unwrap_err();
    assert_eq!(
        (lost.class, lost.reason.as_str()),
        (FailureClass::GrantLost, "invalid_grant")
    );
    let stop = sim.client.stop(&fresh.access, "c", "r").await.unwrap_err();
    assert_eq!(
        (stop.class, stop.status),
        (FailureClass::GrantLost, Some(401))
    );
    sim.client.revoke(&grant.refresh).await.unwrap();
}

/// Takes a notification on the test's own address.
async fn told(
    State(sender): State<mpsc::UnboundedSender<Notification>>,
    headers: HeaderMap,
) -> StatusCode {
    let notification = Notification::from_headers(&headers).expect("Google's headers");
    let _ = sender.send(notification);
    StatusCode::OK
}

async fn next(received: &mut mpsc::UnboundedReceiver<Notification>) -> Notification {
    tokio::time::timeout(WAIT, received.recv())
        .await
        .expect("a notification in time")
        .expect("an open channel")
}
