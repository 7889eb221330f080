//! Two replicas over one database and one Google, behind a load balancer: one dies in the middle, nothing is lost or done twice.

use std::collections::BTreeSet;

use jiff::Timestamp;
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};
use syncward_google_sim::face::Face;
use syncward_google_sim::model::World;
use syncward_google_sim::model::calendar::Calendar;
use syncward_google_sim::model::oauth::ConsentMode;
use syncward_google_sim::model::people::object;
use syncward_receiver::seal;
use syncward_receiver::store::{self, Store};
use syncward_wire::Role;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::home::Home;
use crate::road::Road;
use crate::{Replica, until};

const LINKS: usize = 200;
const ACCOUNT: &str = "admin@clinic.example";
const LEASE: &str = "3s";

struct Clinic {
    face: Face,
    google: String,
    road: Road,
    http: Client,
    token: String,
    store: Store,
    home: Home,
}

impl Clinic {
    async fn new(calendars: &[String]) -> Self {
        let now = Timestamp::now();
        let mut world = World::empty(now);
        world.consent_mode = ConsentMode::Allow;
        for id in calendars {
            let calendar = Calendar::new(id, ACCOUNT, "Chair", "Europe/London", now);
            assert!(world.add_calendar(calendar.ok().unwrap()).is_ok());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let google = format!("http://{}", listener.local_addr().unwrap());
        let face = Face::new(world).unwrap();
        tokio::spawn(face.clone().serve(listener, std::future::pending()));
        let home = Home::in_postgres();
        let store = home.open();
        let (token, now) = (Uuid::new_v4().to_string(), Timestamp::now());
        let hash = seal::hash(&token);
        let paired = store.write(move |tx| {
            store::device::insert(tx, Uuid::new_v4(), "test", Role::Admin, &hash, now)
        });
        paired.await.unwrap();
        let http = Client::builder().redirect(redirect::Policy::none()).build();
        Self {
            face,
            google,
            road: Road::to(&[]).await,
            http: http.unwrap(),
            token,
            store,
            home,
        }
    }

    fn replica(&self) -> Replica {
        let google = &self.google;
        let settings = [
            ("PUBLIC_URL", format!("http://{}", self.road.address)),
            ("GOOGLE_API_URL", google.clone()),
            ("GOOGLE_AUTH_URL", format!("{google}/o/oauth2/v2/auth")),
            ("GOOGLE_TOKEN_URL", format!("{google}/token")),
            ("GOOGLE_REVOKE_URL", format!("{google}/revoke")),
            ("QUOTA_USER", "1000000".to_owned()),
            ("QUOTA_PROJECT", "1000000".to_owned()),
            ("OVERLAP", "200ms".to_owned()),
            // A notification that was on its way to the dead one may be lost for good.
            ("CHECK_INTERVAL", "20s".to_owned()),
            ("LEASE", LEASE.to_owned()),
        ];
        let settings: Vec<_> = settings
            .iter()
            .map(|(n, value)| (*n, value.as_str()))
            .collect();
        Replica::start(self.home.database().unwrap(), &settings)
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("http://{}/api/v1{path}", self.road.address);
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let answer = request.json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Connects the account and links every calendar.
    async fn connect(&self, calendars: &[String]) {
        let draft = json!({"name": "Elm", "time_zone": "Europe/London"});
        let clinic = self.ask(Method::POST, "/clinics", draft).await;
        let clinic = clinic["id"].as_str().unwrap();
        let begin = json!({"redirect_uri": "http://127.0.0.1:9/oauth"});
        let path = format!("/clinics/{clinic}/grants");
        let begun = self.ask(Method::POST, &path, begin).await;
        let url = begun["authorization_url"].as_str().unwrap();
        let consent = self.http.get(url).send().await.unwrap();
        let back = consent.headers()["location"].to_str().unwrap();
        let back = url::Url::parse(back).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code");
        let complete = json!({"state": begun["state"], "code": code.unwrap().1});
        let done = self.ask(Method::POST, "/grants/complete", complete).await;
        for calendar in calendars {
            let draft = json!({"grant_id": done["grant"]["id"], "google_calendar_id": calendar});
            let path = format!("/clinics/{clinic}/links");
            self.ask(Method::POST, &path, draft).await;
        }
    }

    async fn links(&self) -> Vec<Value> {
        let page = self
            .ask(Method::GET, "/links?limit=1000", Value::Null)
            .await;
        page["items"].as_array().unwrap().clone()
    }

    async fn until_live(&self, generation: u64, count: usize) {
        until("every link is live", async || {
            let links = self.links().await;
            let live = links.iter().filter(|link| {
                link["state"] == "live" && link["channel"]["generation"] == generation
            });
            (live.count() == count).then_some(())
        })
        .await;
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let read = self
            .store
            .read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
        read.await.unwrap()
    }

    fn book(&self, calendar: &str) {
        let event = json!({"summary": "Cleaning", "start": {"dateTime": "2030-05-06T10:00:00Z"}, "end": {"dateTime": "2030-05-06T10:30:00Z"}});
        let booked = self
            .face
            .step(|world, now| world.person_inserts(calendar, &object(event), now).is_ok());
        assert!(booked);
    }

    /// Channels that live at Google, and how many it ever opened.
    fn channels(&self) -> (BTreeSet<String>, usize) {
        let now = Timestamp::now();
        let world = self.face.world();
        let all = world.channels.by_id.values();
        let live = all.filter(|channel| channel.is_live(now));
        let live = live.map(|channel| channel.id.clone()).collect();
        (live, world.channels.by_id.len())
    }

    async fn live_rows(&self) -> BTreeSet<String> {
        let read = self.store.read(|connection| {
            let sql = "select channel_id from channel where state = 'live'";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<store::sql::Result<_>>()?)
        });
        read.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_two_replicas_dies_the_other_does_everything_once() {
    let chairs: Vec<String> = (1..LINKS).map(|chair| format!("chair{chair}")).collect();
    let clinic = Clinic::new(&chairs).await;
    let (mut one, other) = (clinic.replica(), clinic.replica());
    clinic.road.lead_to(&[&one.address, &other.address]);
    clinic.connect(&chairs).await;
    clinic.until_live(1, LINKS).await;
    assert_eq!(clinic.channels().1, LINKS, "each generation is opened once");

    // Notifications and runs are under way on both when one of them dies.
    let calendars: Vec<&str> = chairs.iter().map(String::as_str).chain([ACCOUNT]).collect();
    for (number, calendar) in calendars.iter().enumerate() {
        clinic.book(calendar);
        if number == LINKS / 2 {
            until("something is under way", async || {
                (clinic.number("select count(*) from appointment").await > 0).then_some(())
            })
            .await;
            one.kill();
        }
    }
    until("every event is an appointment", async || {
        let booked = clinic.number("select count(*) from appointment").await;
        (booked == i64::try_from(LINKS).unwrap()).then_some(())
    })
    .await;
    until("nothing waits any more", async || {
        let waiting = "select (select count(*) from effect) + (select count(*) from notification where processed_at_ms is null)";
        (clinic.number(waiting).await == 0).then_some(())
    })
    .await;
    let links = i64::try_from(LINKS).unwrap();
    for once in [
        "select count(*) from revision",
        "select count(*) from change_feed",
    ] {
        assert_eq!(clinic.number(once).await, links, "{once}");
    }

    // Renewed by two again.
    let third = clinic.replica();
    clinic.road.lead_to(&[&other.address, &third.address]);
    for link in clinic.links().await {
        let path = format!("/links/{}/renew", link["id"].as_str().unwrap());
        clinic.ask(Method::POST, &path, Value::Null).await;
    }
    clinic.until_live(2, LINKS).await;
    until("the old channels are stopped", async || {
        (clinic.channels().0.len() == LINKS).then_some(())
    })
    .await;
    let (live, opened) = clinic.channels();
    assert_eq!(opened, 2 * LINKS, "each generation is opened once");
    assert_eq!(live, clinic.live_rows().await, "no orphan");
    assert_eq!(clinic.number("select count(*) from replica").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_slept_does_not_tell_of_an_absence_and_its_work_was_done() {
    let clinic = Clinic::new(&[]).await;
    let (one, other) = (clinic.replica(), clinic.replica());
    clinic.road.lead_to(&[&one.address, &other.address]);
    clinic.connect(&[]).await;
    clinic.until_live(1, 1).await;
    one.signal("STOP");
    // The balancer notices.
    clinic.road.close();
    clinic.road.lead_to(&[&other.address]);
    clinic.road.open();
    until("its lease is ended", async || {
        (clinic.number("select count(*) from replica").await == 1).then_some(())
    })
    .await;
    clinic.book(ACCOUNT);
    until("the other applies the change", async || {
        (clinic.number("select count(*) from appointment").await == 1).then_some(())
    })
    .await;
    one.signal("CONT");
    until("it has a lease again", async || {
        (clinic.number("select count(*) from replica").await == 2).then_some(())
    })
    .await;
    assert!(one.log().contains("lease had been ended"), "{}", one.log());
    let gaps = "select count(*) from coverage_span where cause = 'receiver_asleep'";
    assert_eq!(clinic.number(gaps).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_does_is_told_by_the_others_stream_and_a_pause_is_everybodys() {
    let clinic = Clinic::new(&[]).await;
    let (one, other) = (clinic.replica(), clinic.replica());
    clinic.road.lead_to(&[&one.address]);
    clinic.connect(&[]).await;
    clinic.until_live(1, 1).await;
    let url = format!("http://{}/api/v1/stream", other.address);
    let mut stream = clinic
        .http
        .get(url)
        .bearer_auth(&clinic.token)
        .send()
        .await
        .unwrap();
    let mut told = String::new();
    let mut read_until = async |part: &str| {
        let found = async {
            while !told.contains(part) {
                let piece = stream.chunk().await.unwrap().expect("the stream goes on");
                told += &String::from_utf8_lossy(&piece);
            }
        };
        let within = std::time::Duration::from_secs(30);
        let found = tokio::time::timeout(within, found).await;
        assert!(found.is_ok(), "never told: {part}");
    };
    read_until("event: overview").await;
    clinic
        .ask(Method::POST, "/receiver/pause", Value::Null)
        .await;
    read_until("\"paused\":true").await;
    // Both hold: what is noticed now waits.
    clinic.road.lead_to(&[&other.address]);
    clinic.book(ACCOUNT);
    until("the notification is stored", async || {
        let waiting = "select count(*) from notification where processed_at_ms is null";
        (clinic.number(waiting).await == 1).then_some(())
    })
    .await;
    clinic.road.lead_to(&[&one.address]);
    clinic
        .ask(Method::POST, "/receiver/resume", Value::Null)
        .await;
    read_until("change applied").await;
    assert_eq!(clinic.number("select count(*) from appointment").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_whose_word_was_lost_is_told_all_the_same() {
    let clinic = Clinic::new(&[]).await;
    let replica = clinic.replica();
    let url = format!("http://{}/api/v1/stream", replica.address);
    let stream = clinic.http.get(url).bearer_auth(&clinic.token).send();
    let mut stream = stream.await.unwrap();
    until("it listens", async || {
        let listening = "select count(*) from pg_stat_activity where query like 'listen %'";
        (clinic.number(listening).await == 1).then_some(())
    })
    .await;
    // Its beginning was told as well once nothing comes any more.
    let quiet = std::time::Duration::from_secs(2);
    while tokio::time::timeout(quiet, stream.chunk()).await.is_ok() {}
    // Written as by a replica whose words do not arrive.
    let written = clinic.store.write(|tx| {
        let line = store::activity::Line {
            kind: "note",
            tone: "quiet",
            text: "said to nobody".to_owned(),
            detail: None,
        };
        store::activity::insert(tx, Default::default(), &line, Timestamp::now())
    });
    written.await.unwrap();
    let mut told = String::new();
    let found = async {
        while !told.contains("said to nobody") {
            let piece = stream.chunk().await.unwrap().expect("the stream goes on");
            told += &String::from_utf8_lossy(&piece);
        }
    };
    let within = std::time::Duration::from_secs(30);
    let found = tokio::time::timeout(within, found).await;
    assert!(found.is_ok(), "never told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_character_from_google_stops_no_calendar() {
    let chair = "chair1".to_owned();
    let clinic = Clinic::new(std::slice::from_ref(&chair)).await;
    clinic.face.step(|world, _| {
        let calendar = world.calendars.get_mut("chair1").unwrap();
        "Cha\0ir".clone_into(&mut calendar.summary);
    });
    let replica = clinic.replica();
    clinic.road.lead_to(&[&replica.address]);
    clinic.connect(std::slice::from_ref(&chair)).await;
    clinic.until_live(1, 2).await;
    let links = clinic.links().await;
    let named = links
        .iter()
        .any(|link| link["calendar_name"] == "Cha\u{fffd}ir");
    assert!(named, "{links:?}");
    let event = json!({"summary": "Clea\0ning", "recurrence": ["RRULE:FREQ=DAILY;COUNT=2"], "location": "Room\0",
        "start": {"dateTime": "2030-05-06T10:00:00Z", "timeZone": "Europe/London"},
        "end": {"dateTime": "2030-05-06T10:30:00Z", "timeZone": "Europe/London"}});
    let booked = clinic
        .face
        .step(|world, now| world.person_inserts(&chair, &object(event), now).is_ok());
    assert!(booked);
    until("it is an appointment", async || {
        (clinic.number("select count(*) from appointment").await == 1).then_some(())
    })
    .await;
    assert!(replica.log().contains("NUL"), "{}", replica.log());
}
