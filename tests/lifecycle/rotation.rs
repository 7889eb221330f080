//! A new secret key takes the old one's place beside a receiver at work: nothing is lost, whenever it is ended.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use syncward_receiver::seal::{KeyId, Seal};
use syncward_receiver::store::copy;
use syncward_receiver::store::sealed::{SEALED, counts};
use syncward_receiver::store::sql::Connection;
use syncward_wire::webhook::WebhookEndpointMade;
use syncward_wire::{Link, LinkState};

use crate::clinic::{Clinic, parameter};

/// Appointments of each side before the rotation: enough for some batches.
const BOOKED: usize = 120;
const MARKER: &str = "marker-title";
const NEW: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const WRONG: &str = "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_changes_under_traffic_and_sudden_deaths_and_nothing_is_lost() {
    let (mut clinic, link) = Clinic::connected(&[("OVERLAP", "100ms")]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let old = key_in(clinic.folder());
    let (state, back) = clinic.consent().await;
    let made: WebhookEndpointMade = clinic
        .system
        .post(
            "webhook-endpoints",
            Some(&json!({"url": "http://127.0.0.1:9/told"})),
        )
        .await
        .unwrap();
    let mut titles = booked(&clinic, &link, BOOKED).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("before.db");
    copy::backup(clinic.folder(), &backup).unwrap();

    let more = Traffic::begin(&clinic, &link);
    killed_halfway(&clinic).await;
    // With both keys in the folder a sudden death of the receiver loses nothing either.
    let both = names(&clinic);
    assert!(
        both.contains(&old.to_string()) && both.len() > 1,
        "{both:?}"
    );
    titles.extend(more.end().await);
    readable(&clinic, &titles).await;
    clinic.kill();
    clinic.start();
    readable(&clinic, &titles).await;

    let more = Traffic::begin(&clinic, &link);
    let told = done(clinic.command(&["rotate-key", "--json"]).output().unwrap());
    titles.extend(more.end().await);
    let new = key_in(clinic.folder());
    assert_eq!(told["new_key_id"], new.to_string());
    assert_eq!(told["closed"], 0);
    assert_ne!(new, old);
    assert_eq!(names(&clinic), BTreeSet::from([new.to_string()]));
    readable(&clinic, &titles).await;
    let doctor = clinic.command(&["doctor", "--json"]).output().unwrap();
    let doctor: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let keys = doctor.as_array().unwrap().iter();
    let keys = keys.filter(|one| one["check"] == "keys");
    assert!(keys.clone().all(|one| one["ok"] == true), "{doctor}");
    assert_eq!(keys.count(), 1);
    let (_, audit) = clinic
        .asked("/api/v1/audit?limit=1000", &clinic.admin_token)
        .await;
    assert!(audit.contains("rotate_key"), "{audit}");

    // The new key alone: the consent that was begun, the kept answer, the channel, and one without a row.
    clinic.kill();
    clinic.start();
    let code = parameter(&back, "code");
    clinic.complete(&state, code, None).await.unwrap();
    let again = clinic.post_as_system("appointments", "key-0", draft(&link, "System 0"));
    assert_eq!(again.await, Some(201));
    readable(&clinic, &titles).await;
    heard(&clinic, &link, "after").await;
    clinic.kill();
    let lost = clinic
        .database()
        .execute("delete from channel where state = 'live'", []);
    assert_eq!(lost.unwrap(), 1);
    clinic.start();
    clinic
        .until("the row to be given back", async || {
            clinic
                .person_books(event(&format!("{MARKER} unheard")))
                .await;
            let link = clinic.link(link.id).await;
            link.channel.filter(|_| channel_rows(&clinic) == 1)
        })
        .await;
    heard(&clinic, &link, "of the one given back").await;

    clinic.kill();
    plain_bytes_tell_nothing(&clinic, &made.secret);
    wrong_key_is_refused(&mut clinic);
    let target = elsewhere.path().join("data");
    let with_new = Seal::in_folder(clinic.folder()).unwrap();
    assert!(copy::restore(&target, &backup, &with_new, false).is_err());
    let aside = clinic.folder().join(format!("secret.key.{old}"));
    let with_old = Seal::from_text(&std::fs::read_to_string(aside).unwrap()).unwrap();
    let restored = copy::restore(&target, &backup, &with_old, false).unwrap();
    assert!(restored.appointments >= BOOKED as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_key_is_changed_in_two_steps() {
    let (mut clinic, link) = Clinic::connected(&[("SECRET_KEY", WRONG)]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let titles = booked(&clinic, &link, 3).await;
    let told = clinic.command(&["rotate-key"]).output().unwrap();
    assert_eq!(told.status.code(), Some(2));
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("SYNCWARD_NEW_SECRET_KEY"), "{told}");

    clinic.kill();
    clinic.set("NEW_SECRET_KEY", Some(NEW));
    clinic.start();
    readable(&clinic, &titles).await;
    let told = done(clinic.command(&["rotate-key", "--json"]).output().unwrap());
    assert_eq!(told["old_key_file"], Value::Null);
    assert_eq!(
        told["new_key_id"],
        Seal::from_text(NEW).unwrap().key_id().to_string()
    );

    clinic.kill();
    clinic.set("NEW_SECRET_KEY", None);
    refused(&clinic);
    clinic.set("SECRET_KEY", Some(NEW));
    clinic.start();
    readable(&clinic, &titles).await;
    heard(&clinic, &link, "under the old key").await;
}

#[test]
fn every_column_of_bytes_is_sealed_or_says_why_not() {
    const OPEN: [(&str, &str, &str); 9] = [
        ("channel", "token_hash", "a hash of 256 random bits"),
        ("device", "token_hash", "a hash of 256 random bits"),
        ("idempotency_key", "body_hash", "a hash"),
        ("lag_span", "whole", "counts per latency"),
        ("lag_span", "delivery", "counts per latency"),
        ("lag_span", "pickup", "counts per latency"),
        ("lag_span", "apply", "counts per latency"),
        ("oauth_attempt", "state_hash", "a hash of a random state"),
        ("pairing_code", "code_hash", "a hash of a code of minutes"),
    ];
    let (mut table, mut seen) = ("", 0);
    for line in include_str!("../../crates/receiver/schema.sql").lines() {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            table = rest.split([' ', '(']).next().unwrap().trim_matches('"');
        }
        let mut words = line.split_whitespace().map(|word| word.trim_matches(','));
        let (Some(column), Some("blob")) = (words.next(), words.next()) else {
            continue;
        };
        seen += 1;
        let sealed = SEALED
            .iter()
            .any(|one| (one.table, one.column) == (table, column));
        let open = OPEN.iter().any(|one| (one.0, one.1) == (table, column));
        assert!(
            sealed != open,
            "say of {table}.{column} whether it is sealed (store/sealed.rs)"
        );
    }
    assert_eq!(seen, SEALED.len() + OPEN.len());
}

/// Kills the command halfway; what it leaves is under both keys.
async fn killed_halfway(clinic: &Clinic) {
    let mut rotation = rotation(clinic);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let over = rotation.try_wait().unwrap();
        assert!(
            over.is_none(),
            "it was over before it could be killed: {over:?}"
        );
        assert!(Instant::now() < until, "nothing was sealed anew");
        let sql = "select count(distinct substr(content, 1, 4)) from appointment";
        let under = clinic
            .database()
            .query_row(sql, [], |row| row.get::<_, i64>(0));
        if under.is_ok_and(|under| under > 1) {
            break;
        }
        tokio::task::yield_now().await;
    }
    rotation.kill().unwrap();
    rotation.wait().unwrap();
}

fn rotation(clinic: &Clinic) -> Child {
    let mut command = clinic.command(&["rotate-key", "--json"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn done(output: Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The key that seals in a folder.
fn key_in(folder: &Path) -> KeyId {
    Seal::in_folder(folder).unwrap().key_id()
}

/// The names of the keys under which something is.
fn names(clinic: &Clinic) -> BTreeSet<String> {
    let database = Connection::from(clinic.database());
    counts(&database).unwrap().into_keys().collect()
}

fn event(title: &str) -> Value {
    json!({"summary": title, "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T10:00:00Z"}})
}

fn draft(link: &Link, title: &str) -> Value {
    json!({"link_id": link.id, "title": format!("{MARKER} {title}"),
        "start": "2030-05-07T10:00:00Z", "end": "2030-05-07T10:30:00Z"})
}

/// Both sides book; answers with the titles, once all are here.
async fn booked(clinic: &Clinic, link: &Link, count: usize) -> BTreeSet<String> {
    let mut titles = BTreeSet::new();
    for number in 0..count {
        let title = format!("{MARKER} Person {number}");
        clinic.person_books(event(&title)).await;
        titles.insert(title);
    }
    let title = format!("{MARKER} System 0");
    let system = clinic.post_as_system("appointments", "key-0", draft(link, "System 0"));
    assert_eq!(system.await, Some(201));
    titles.insert(title);
    readable(clinic, &titles).await;
    titles
}

/// Every title is read through the API.
async fn readable(clinic: &Clinic, titles: &BTreeSet<String>) {
    clinic
        .until("every appointment to be read", async || {
            let here = clinic.appointments().await;
            let here: BTreeSet<String> = here.into_iter().filter_map(|one| one.title).collect();
            here.is_superset(titles).then_some(())
        })
        .await;
}

/// A person's change arrives by push: the next check is a quarter of an hour away.
async fn heard(clinic: &Clinic, link: &Link, what: &str) {
    let before = clinic.link(link.id).await.counters.notifications;
    let title = format!("{MARKER} {what}");
    clinic.person_books(event(&title)).await;
    readable(clinic, &BTreeSet::from([title])).await;
    assert!(clinic.link(link.id).await.counters.notifications > before);
}

fn channel_rows(clinic: &Clinic) -> i64 {
    let sql = "select count(*) from channel where state = 'live'";
    let count = clinic.database().query_row(sql, [], |row| row.get(0));
    count.unwrap()
}

/// The clinic's own system books on and on.
struct Traffic {
    over: Arc<AtomicBool>,
    booked: tokio::task::JoinHandle<Vec<String>>,
}

impl Traffic {
    fn begin(clinic: &Clinic, link: &Link) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (until, id) = (Arc::clone(&over), uuid::Uuid::new_v4());
        // Made beforehand, since each keeps its own address and token.
        let wanted = (0..2000).map(|number| {
            let title = format!("Traffic {id} {number}");
            let key = format!("{id}-{number}");
            let post = clinic.post_as_system("appointments", &key, draft(link, &title));
            (format!("{MARKER} {title}"), post)
        });
        let wanted: Vec<_> = wanted.collect();
        let booked = tokio::spawn(async move {
            let mut booked = Vec::new();
            for (title, post) in wanted {
                if until.load(Ordering::SeqCst) {
                    break;
                }
                assert_eq!(post.await, Some(201), "{title}");
                booked.push(title);
            }
            booked
        });
        Self { over, booked }
    }

    async fn end(self) -> Vec<String> {
        self.over.store(true, Ordering::SeqCst);
        let booked = self.booked.await.unwrap();
        assert!(!booked.is_empty(), "there was no traffic");
        booked
    }
}

fn plain_bytes_tell_nothing(clinic: &Clinic, webhook_secret: &str) {
    let keys = std::fs::read_dir(clinic.folder()).unwrap();
    let keys = keys.map(|entry| entry.unwrap().path());
    let (keys, others): (Vec<_>, Vec<_>) =
        keys.partition(|path| path.to_string_lossy().contains("secret.key"));
    assert_eq!(keys.len(), 2, "the new key and the old: {keys:?}");
    let mut secrets = vec![MARKER.to_owned(), webhook_secret.to_owned()];
    secrets.extend(
        keys.iter()
            .map(|path| std::fs::read_to_string(path).unwrap()),
    );
    for path in others {
        let bytes = std::fs::read(&path).unwrap();
        for secret in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|piece| piece == secret.as_bytes());
            assert!(!found, "a secret lies open in {}", path.display());
        }
    }
}

fn wrong_key_is_refused(clinic: &mut Clinic) {
    clinic.set("SECRET_KEY", Some(WRONG));
    refused(clinic);
    clinic.set("SECRET_KEY", None);
}

/// The receiver does not start, and says which key it wants.
fn refused(clinic: &Clinic) {
    let tried = clinic.command(&["serve", "--exit-with-stdin"]).output();
    let tried = tried.unwrap();
    let said = String::from_utf8_lossy(&tried.stderr).into_owned();
    assert!(!tried.status.success(), "{said}");
    assert!(
        said.contains("sealed under the key") && said.contains("SYNCWARD_SECRET_KEY"),
        "{said}"
    );
}
