//! The command line: over the running app, over the receiver alone, and with nobody to ask.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/line.rs"]
mod line;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::process::Command as Process;

use line::{answer, line};
use serde_json::{Value, json};
use stand_in::{StandIn, because, link, paired, until, without_app};
use syncward_agent::Agent;
use syncward_agent::bridge::{
    AlertState, Answer, ConnectionStatus, Request, Response, Settings, Zone,
};
use syncward_agent::command::Ended;
use syncward_agent::door::Door;
use syncward_agent::store::Store;
use syncward_agent::words::Language;
use syncward_wire::Role;
use tempfile::TempDir;

fn refused(number: u128, name: &str) -> Value {
    because(
        link(number, name, "polling", 100),
        "webhook_url_unauthorized",
    )
}

#[tokio::test]
async fn status_of_the_running_app_has_its_alerts_and_says_that_a_hand_is_needed() {
    let receiver = StandIn::start(vec![
        refused(1, "Room 1"),
        link(2, "a@clinic.example", "live", 90),
    ])
    .await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let _door = Door::open(agent.clone(), folder.path()).await.unwrap();
    until(&agent, |shown| !shown.alerts.is_empty()).await;
    let (ended, status) = answer(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::NeedsHand);
    assert_eq!(status["from"], "app");
    assert_eq!(status["connected"], true);
    assert_eq!(status["alerts"][0]["kind"], "refused");
    assert_eq!(status["calendars"][0]["state"], "polling");
    let (_, page, _) = line(folder.path(), &["status", "--all"]).await;
    assert!(page.contains("Nord · Room 1  ◌ Polling"), "{page}");
    assert!(page.contains(". Google refused.\n"), "{page}");
    assert!(!page.contains("webhook_url_unauthorized"), "{page}");
    assert!(!page.contains('@'), "{page}");
}

#[tokio::test]
async fn it_speaks_the_language_that_was_chosen_in_the_window_with_and_without_the_app() {
    let mut polled = refused(1, "Room 1");
    polled["reason"]["message"] =
        json!("This receiver has no public address, so the calendar is polled.");
    let receiver = StandIn::start(vec![polled]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let Response::Ok(Answer::Settings(settings)) = agent.ask(Request::Settings).await else {
        panic!("no settings");
    };
    let settings = Settings {
        language: Some(Language::De),
        ..settings
    };
    agent.ask(Request::SetSettings { settings }).await;
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    until(&agent, |shown| !shown.alerts.is_empty()).await;
    let (_, page, _) = line(folder.path(), &["status"]).await;
    let why = ". Dieser Empfänger hat keine öffentliche Adresse";
    for said in ["◐ Hinweis", "verweigert", "◌ Abfrage, läuft ab", why] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let (_, machine) = answer(folder.path(), &["status"]).await;
    assert_eq!(machine["calendars"][0]["state"], "polling");
    drop(door);
    agent.quit().await;
    let (_, page, _) = line(folder.path(), &["status"]).await;
    assert!(page.starts_with("Der Kalender ist live."), "{page}");
    let (_, _, err) = line(folder.path(), &["renew", "attic"]).await;
    assert!(err.starts_with("Kein Kalender heißt \"attic\"."), "{err}");
    let (_, failure) = answer(folder.path(), &["renew", "attic"]).await;
    assert_eq!(
        failure["error"]["message"], "No calendar is called \"attic\".",
        "machines read English"
    );
    receiver.stop();
    drop(receiver);
    let (_, _, err) = line(folder.path(), &["status"]).await;
    assert!(
        err.starts_with("Der Empfänger ist nicht erreichbar: dort antwortet"),
        "{err}"
    );
}

#[tokio::test]
async fn times_follow_the_zone_that_was_chosen_in_the_window_and_it_is_named_once() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    until(&agent, |shown| !shown.clinics.is_empty()).await;
    shows_times_in(folder.path(), "Times: Europe/Berlin.\n", "Europe/Berlin").await;
    let settings = Settings {
        zone: Zone::Utc,
        language: Some(Language::De),
        ..Settings::default()
    };
    agent.ask(Request::SetSettings { settings }).await;
    shows_times_in(folder.path(), "Zeiten: UTC.\n", "UTC").await;
    let settings = Settings {
        zone: Zone::Clinic,
        ..settings
    };
    agent.ask(Request::SetSettings { settings }).await;
    drop(door);
    agent.quit().await;
    shows_times_in(folder.path(), "Zeiten: Europe/Berlin.\n", "Europe/Berlin").await;
}

async fn shows_times_in(folder: &std::path::Path, named: &str, zone: &str) {
    let (_, status) = answer(folder, &["status"]).await;
    let expires = status["calendars"][0]["expires_at"].as_str().unwrap();
    assert!(expires.ends_with('Z'), "machines read UTC: {expires}");
    let expires: jiff::Timestamp = expires.parse().unwrap();
    let expires = expires.in_tz(zone).unwrap().strftime(" %H:%M").to_string();
    let (_, page, _) = line(folder, &["status", "--all"]).await;
    assert!(page.contains(&expires), "{expires} in {page}");
    for words in [["status", "--all"].as_slice(), &["receivers"]] {
        let (_, page, _) = line(folder, words).await;
        assert!(page.ends_with(named), "{named} in {page}");
        assert_eq!(page.matches(zone).count(), 1, "{page}");
    }
}

#[tokio::test]
async fn an_app_that_hangs_is_said_and_the_receivers_are_asked_soon() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let folder = without_app(&receiver).await;
    // Connections are taken, and nobody reads them.
    let hung = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", hung.local_addr().unwrap());
    let address = json!({ "origin": origin, "token": "t" }).to_string();
    std::fs::write(folder.path().join("door.json"), address).unwrap();
    let asked_at = std::time::Instant::now();
    let (ended, page, err) = line(folder.path(), &["status"]).await;
    assert!(asked_at.elapsed().as_secs() < 15);
    assert_eq!(ended, Ended::Well, "{page}");
    assert_eq!(
        err,
        "Syncward runs on this computer but does not answer; its receivers are asked themselves.\n"
    );
    let (ended, _, err) = line(folder.path(), &["forget", "127", "--yes"]).await;
    assert_eq!(
        ended,
        Ended::Unreachable,
        "nothing changes under the app: {err}"
    );
}

#[tokio::test]
async fn without_the_app_the_receiver_is_asked_with_the_kept_token() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let folder = without_app(&receiver).await;
    let (ended, status) = answer(folder.path(), &["status"]).await;
    assert_eq!(
        (ended, &status["from"]),
        (Ended::Well, &Value::from("receiver"))
    );
    assert_eq!(status["alerts"], Value::Null);
    receiver.tell_link(refused(1, "Room 1"));
    let (ended, status) = answer(folder.path(), &["status"]).await;
    assert_eq!(
        (ended, &status["needs_hand"]),
        (Ended::NeedsHand, &true.into())
    );
    receiver.stop();
    drop(receiver);
    let (ended, failure) = answer(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::Unreachable);
    assert_eq!(failure["error"]["code"], "receiver_unreachable");
}

#[tokio::test]
async fn cancellations_that_wait_for_a_person_are_said_of_a_live_calendar() {
    let mut held = link(1, "Room 1", "live", 90);
    held["held_cancellations"] = 12.into();
    let receiver = StandIn::start(vec![held, link(2, "Room 2", "live", 90)]).await;
    let folder = without_app(&receiver).await;
    let (ended, page, _) = line(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::NeedsHand);
    let said = "Nord · Room 1  ● Live, 12 cancellations wait for your decision, expires";
    assert!(page.contains(said), "{page}");
    assert!(!page.contains("Room 2"), "{page}");
}

#[tokio::test]
async fn a_calendar_must_be_named_so_that_only_one_fits() {
    let links = vec![link(1, "Room 1", "due", 9), link(2, "Room 12", "due", 9)];
    let receiver = StandIn::start(links).await;
    let folder = without_app(&receiver).await;
    for (name, code) in [
        ("room", "calendar_ambiguous"),
        ("attic", "calendar_unknown"),
    ] {
        let (ended, failure) = answer(folder.path(), &["renew", name]).await;
        assert_eq!(
            (ended, &failure["error"]["code"]),
            (Ended::Misused, &code.into())
        );
    }
    let (_, _, err) = line(folder.path(), &["renew", "room"]).await;
    assert!(
        err.starts_with("2 calendars have \"room\" in their name.") && !err.contains("three"),
        "{err}"
    );
    assert_eq!(receiver.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn alerts_are_snoozed_through_the_app_and_only_there() {
    let receiver = StandIn::start(vec![refused(1, "Room 1"), refused(2, "Room 2")]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    until(&agent, |shown| shown.alerts.len() == 2).await;
    let words = ["snooze", "room 1", "--for", "change"];
    let (ended, done) = answer(folder.path(), &words).await;
    assert_eq!(ended, Ended::Well);
    assert_eq!(done["snoozed"].as_array().unwrap().len(), 1);
    let quiet = |wanted| {
        until(&agent, move |shown| {
            let alerts = shown.alerts.iter();
            alerts.filter(|it| it.state == AlertState::Snoozed).count() == wanted
        })
    };
    quiet(1).await;
    line(folder.path(), &["snooze", "--all"]).await;
    quiet(2).await;
    drop(door);
    agent.quit().await;
    let (ended, _, err) = line(folder.path(), &["snooze", "--all"]).await;
    assert_eq!(ended, Ended::Unreachable);
    assert!(err.contains("does not run"), "{err}");
}

#[tokio::test]
async fn a_folder_that_was_never_paired_is_told_so() {
    let folder = TempDir::new().unwrap();
    let (ended, failure) = answer(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::Misused);
    assert_eq!(failure["error"]["code"], "not_paired");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "a question leaves nothing behind");
}

#[tokio::test]
async fn a_revoked_pairing_is_said_and_is_no_outage() {
    let receiver = StandIn::start(Vec::new()).await;
    let folder = without_app(&receiver).await;
    let tokens = json!({ receiver.address.as_str(): "revoked" }).to_string();
    std::fs::write(folder.path().join("tokens.json"), tokens).unwrap();
    let (ended, _, err) = line(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::NeedsHand);
    let place = receiver.address.trim_start_matches("http://");
    let why = format!(
        "The receiver at {place} no longer knows this computer (This device is not known). Pair with it again."
    );
    assert_eq!(err, format!("{why}\n"));
    for words in [["renew", "--due"].as_slice(), &["watch"], &["receivers"]] {
        let (ended, out, err) = line(folder.path(), words).await;
        assert_eq!(ended, Ended::NeedsHand, "{words:?}");
        assert!(format!("{out}{err}").contains(&why), "{out}{err}");
    }
}

#[tokio::test]
async fn a_pairing_that_was_revoked_while_the_app_runs_needs_a_hand_and_ends_a_watch() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let _door = Door::open(agent.clone(), folder.path()).await.unwrap();
    receiver.know_device_no_longer();
    receiver.tell_and_break("1");
    until(&agent, |shown| {
        shown.connection.status == ConnectionStatus::Unpaired
    })
    .await;
    let place = receiver.address.trim_start_matches("http://");
    let why = format!("The receiver at {place} no longer knows this computer");
    for words in [
        ["status"].as_slice(),
        &["renew", "room 1"],
        &["renew", "--due"],
        &["watch"],
        &["receivers"],
    ] {
        let (ended, out, err) = line(folder.path(), words).await;
        assert_eq!(ended, Ended::NeedsHand, "{words:?}: {out}{err}");
        assert!(format!("{out}{err}").contains(&why), "{out}{err}");
        assert!(!out.contains("does not answer"), "{out}");
    }
    let (_, told) = answer(folder.path(), &["status"]).await;
    assert_eq!(told["needs_hand"], true);
}

#[tokio::test]
async fn an_app_that_is_paired_with_nobody_is_told_as_wrong_usage() {
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = stand_in::options(folder.path());
    let agent = Agent::start(options).unwrap();
    let _door = Door::open(agent, folder.path()).await.unwrap();
    for words in [
        ["status"].as_slice(),
        &["receivers"],
        &["watch"],
        &["renew", "--due"],
    ] {
        let (ended, failure) = answer(folder.path(), words).await;
        assert_eq!(ended, Ended::Misused, "{words:?}");
        assert_eq!(failure["error"]["code"], "not_paired");
    }
}

#[tokio::test]
async fn a_role_that_is_told_nothing_is_wrong_usage_and_names_the_role_that_is_needed() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    agent.quit().await;
    let mut store = Store::open(folder.path()).unwrap();
    let mut entry = store.receivers().remove(0);
    entry.role = Role::Integration;
    store.put_receiver(&entry);
    drop(store);
    receiver.tell_nothing();
    let needed = "Pair with a code of the role viewer or a higher one";
    let (ended, _, err) = line(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::Misused);
    assert!(
        err.contains(needed) && err.contains("(integration)"),
        "{err}"
    );
    let (ended, _, err) = line(folder.path(), &["renew", "--due"]).await;
    assert_eq!(ended, Ended::Misused);
    assert!(err.contains("the role operator or a higher one"), "{err}");

    let (options, _desktop) = stand_in::options(folder.path());
    let agent = Agent::start(options).unwrap();
    let _door = Door::open(agent.clone(), folder.path()).await.unwrap();
    until(&agent, |shown| {
        shown.connection.status == ConnectionStatus::Offline
    })
    .await;
    for words in [["status"], ["receivers"]] {
        let (ended, page, _) = line(folder.path(), &words).await;
        assert_eq!(ended, Ended::Misused);
        assert!(page.contains(needed) && !page.contains(".."), "{page}");
        assert!(!page.contains("can't be reached"), "{page}");
    }
}

#[tokio::test]
async fn a_folder_that_cant_be_read_is_not_called_unpaired() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("no-folder");
    std::fs::write(&file, "").unwrap();
    let (ended, _, err) = line(&file, &["status"]).await;
    assert_eq!(ended, Ended::Misused);
    let named = format!("The data folder {} can't be read: ", file.display());
    assert!(
        err.starts_with(&named) && err.contains("--data-dir"),
        "{err}"
    );

    let store = Store::open(folder.path()).unwrap();
    drop(store);
    let sql = rusqlite::Connection::open(folder.path().join("desktop.sqlite")).unwrap();
    sql.pragma_update(None, "user_version", 999).unwrap();
    let (ended, _, err) = line(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::Misused);
    assert!(err.contains("Update Syncward"), "{err}");
}

#[tokio::test]
async fn a_receiver_over_plain_http_has_no_certificate_to_trust() {
    let receiver = StandIn::start(Vec::new()).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    let print = "ab".repeat(32);
    for from in ["app", "receiver"] {
        let (ended, out, _) = line(folder.path(), &["trust"]).await;
        assert_eq!(ended, Ended::Well, "{from}");
        assert!(out.contains("has no certificate to trust"), "{out}");
        let (ended, _, err) = line(folder.path(), &["trust", &print]).await;
        assert_eq!(ended, Ended::Misused, "{from}");
        assert!(err.contains("has no certificate to trust"), "{err}");
        if from == "app" {
            agent.quit().await;
            std::fs::remove_file(folder.path().join("door.json")).unwrap();
        }
    }
    drop(door);
}

#[tokio::test]
async fn the_doors_file_is_private_and_goes_with_the_app() {
    let receiver = StandIn::start(Vec::new()).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let file = folder.path().join("door.json");
    let old = Door::open(agent.clone(), folder.path()).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let new = Door::open(agent, folder.path()).await.unwrap();
    drop(old);
    assert!(file.exists(), "it is the later one's");
    drop(new);
    assert!(!file.exists());
}

#[tokio::test]
async fn watch_tells_what_changes_line_by_line_as_a_process_of_its_own() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let _door = Door::open(agent.clone(), folder.path()).await.unwrap();
    let mut watching = tokio::process::Command::new(env!("CARGO_BIN_EXE_syncward-agent"))
        .args(["watch", "--json", "--no-keychain", "--data-dir"])
        .arg(folder.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let read = async {
        let first: Value =
            serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(first["event"], "status");
        assert_eq!(first["status"]["calendars"][0]["state"], "live");
        receiver.tell_link(refused(1, "Room 1"));
        let mut told = Vec::new();
        while told.len() < 2 {
            let line = lines.next_line().await.unwrap().unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            told.push((
                line["event"].as_str().unwrap().to_owned(),
                line["was"].clone(),
            ));
        }
        assert!(
            told.contains(&("calendar".into(), "live".into())),
            "{told:?}"
        );
        assert!(told.contains(&("alert".into(), Value::Null)), "{told:?}");
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, read).await.unwrap();
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let folder = TempDir::new().unwrap();
    let ran = |words: &[&str]| {
        Process::new(env!("CARGO_BIN_EXE_syncward-agent"))
            .args(["--no-keychain", "--data-dir"])
            .arg(folder.path())
            .args(words)
            .output()
            .unwrap()
    };
    assert_eq!(ran(&["status"]).status.code(), Some(2));
    assert_eq!(ran(&["renew"]).status.code(), Some(2), "clap's own");
    let help = ran(&["status", "--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("1 something needs a hand"));
}
