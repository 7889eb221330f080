//! The command line where several receivers are paired: all are told of, one can be named, and one can be forgotten.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "receiver/line.rs"]
mod line;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::path::Path;
use std::time::Duration;

use line::{answer, answering, line};
use serde_json::{Value, json};
use stand_in::{CODE, Desktop, StandIn, link, options, snapshot, until};
use syncward_agent::Agent;
use syncward_agent::bridge::{AlertKind, ConnectionStatus, Request, Response, Snapshot};
use syncward_agent::command::Ended;
use syncward_agent::door::Door;
use syncward_agent::store::Store;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use uuid::Uuid;

/// For the lines of a watch.
const PATIENCE: Duration = Duration::from_secs(20);

/// North has Room 1, South has Room 2; both are connected to an app over one folder.
struct Pair {
    north: StandIn,
    south: StandIn,
    folder: TempDir,
    agent: Agent,
    _desktop: Desktop,
}

impl Pair {
    async fn start() -> Self {
        let north = StandIn::start(vec![link(1, "Room 1", "due", 9)]).await;
        let south = StandIn::start(vec![link(2, "Room 2", "live", 50)]).await;
        south.change_overview(|told| told["receiver"]["id"] = json!(Uuid::from_u128(5)));
        let folder = TempDir::new().unwrap();
        let (mut options, desktop) = options(folder.path());
        options.alert_after = Some(Duration::ZERO);
        let agent = Agent::start(options).unwrap();
        let pair = Self {
            north,
            south,
            folder,
            agent,
            _desktop: desktop,
        };
        for (receiver, name) in [(&pair.north, "North"), (&pair.south, "South")] {
            let address = receiver.address.clone();
            let (code, pin) = (CODE.into(), None);
            pair.ask(Request::Pair { address, code, pin }).await;
            let (address, name) = (receiver.address.clone(), name.into());
            pair.ask(Request::RenameReceiver { address, name }).await;
        }
        until(&pair.agent, both_answer).await;
        pair
    }

    async fn ask(&self, request: Request) {
        let answer = self.agent.ask(request).await;
        assert!(matches!(answer, Response::Ok(_)), "{answer:?}");
    }

    async fn door(&self) -> Door {
        let folder = self.folder();
        Door::open(self.agent.clone(), folder).await.unwrap()
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The app ends, and nobody watches any more.
    async fn quit(&self) {
        self.agent.clone().quit().await;
        while self.south.watchers() + self.north.watchers() > 0 {
            tokio::task::yield_now().await;
        }
    }

    async fn are_watched(&self) {
        while self.south.watchers() + self.north.watchers() < 2 {
            tokio::task::yield_now().await;
        }
    }

    fn silence_south(&self) {
        self.south.stop();
        self.south.tell_and_break("1");
    }
}

/// `watch` as a process of its own.
struct Watch {
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Watch {
    fn start(pair: &Pair, format: &[&str]) -> Self {
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_syncward-agent"))
            .args(["watch", "--no-keychain", "--data-dir"])
            .arg(pair.folder())
            .args(format)
            .env("LC_ALL", "C")
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            lines,
            _child: child,
        }
    }

    async fn line(&mut self) -> String {
        self.lines.next_line().await.unwrap().unwrap()
    }

    /// The next event.
    async fn next(&mut self) -> Value {
        serde_json::from_str(&self.line().await).unwrap()
    }

    /// Reads to the line that holds this.
    async fn until(&mut self, words: &str) {
        while !self.line().await.contains(words) {}
    }
}

fn both_answer(shown: &Snapshot) -> bool {
    let mut receivers = shown.receivers.iter();
    shown.links.len() == 2
        && receivers.all(|it| it.connection.status == ConnectionStatus::Connected)
}

fn a_receiver_is_told(shown: &Snapshot) -> bool {
    let mut alerts = shown.alerts.iter();
    alerts.any(|alert| alert.kind == AlertKind::Receiver)
}

fn names(told: &Value) -> Vec<&str> {
    let items = told["calendars"].as_array().unwrap();
    items
        .iter()
        .map(|it| it["calendar"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn status_tells_of_all_receivers_and_of_one_that_is_named() {
    let pair = Pair::start().await;
    let door = pair.door().await;
    for from in ["app", "receiver"] {
        let (ended, all) = answer(pair.folder(), &["status"]).await;
        assert_eq!((ended, &all["from"]), (Ended::Well, &from.into()));
        assert_eq!(names(&all), ["Room 1", "Room 2"]);
        assert_eq!(all["receivers"][1]["name"], "South");
        assert_eq!(all["calendars"][1]["receiver"], "South");
        let (_, page, _) = line(pair.folder(), &["status", "--all"]).await;
        assert!(
            page.contains("(North)") && page.contains("(South)"),
            "{page}"
        );

        let (_, one) = answer(pair.folder(), &["status", "--receiver", "south"]).await;
        assert_eq!(names(&one), ["Room 2"]);
        assert_eq!(one["receivers"].as_array().unwrap().len(), 1);
        if from == "app" {
            door_shut(&pair).await;
        }
    }
    drop(door);
}

/// The app ends, as when a person quits it.
async fn door_shut(pair: &Pair) {
    pair.agent.clone().quit().await;
    std::fs::remove_file(pair.folder().join("door.json")).unwrap();
}

#[tokio::test]
async fn one_silent_receiver_makes_status_say_so_and_end_with_3_with_and_without_the_app() {
    let pair = Pair::start().await;
    let _door = pair.door().await;
    // The chosen one goes on, the other falls silent.
    let address = pair.north.address.clone();
    pair.ask(Request::ChooseReceiver { address }).await;
    pair.silence_south();
    until(&pair.agent, a_receiver_is_told).await;
    for from in ["app", "receiver"] {
        let (ended, all) = answer(pair.folder(), &["status"]).await;
        assert_eq!((ended, &all["from"]), (Ended::Unreachable, &from.into()));
        assert_eq!(all["connected"], false);
        assert_eq!(all["receivers"][0]["connected"], true);
        assert_eq!(all["receivers"][1]["connected"], false);
        assert!(all["receivers"][1]["as_of"].is_string());
        let (_, page, _) = line(pair.folder(), &["status"]).await;
        assert!(page.contains("South does not answer."), "{page}");
        assert!(page.contains("South  ▲ "), "{page}");
        let (ended, _) = answer(pair.folder(), &["status", "--receiver", "North"]).await;
        assert_eq!(ended, Ended::Well);
        let (ended, _) = answer(pair.folder(), &["status", "--receiver", "South"]).await;
        assert_eq!(ended, Ended::Unreachable);
        if from == "app" {
            door_shut(&pair).await;
        }
    }
}

#[tokio::test]
async fn a_silent_receiver_without_calendars_has_its_alert_under_its_name() {
    let pair = Pair::start().await;
    let _door = pair.door().await;
    let west = StandIn::start(Vec::new()).await;
    west.change_overview(|told| told["receiver"]["id"] = json!(Uuid::from_u128(6)));
    let address = west.address.clone();
    let (code, pin) = (CODE.into(), None);
    pair.ask(Request::Pair { address, code, pin }).await;
    let (address, name) = (west.address.clone(), "West".into());
    pair.ask(Request::RenameReceiver { address, name }).await;
    until(&pair.agent, |shown| {
        shown.receivers.iter().all(|it| it.as_of.is_some())
    })
    .await;
    west.stop();
    west.tell_and_break("1");
    until(&pair.agent, a_receiver_is_told).await;
    let alerts = |told: &Value| told["alerts"].as_array().map(Vec::len);
    let (_, told) = answer(pair.folder(), &["status", "--receiver", "West"]).await;
    assert_eq!(alerts(&told), Some(1), "{told}");
    assert_eq!(told["alerts"][0]["kind"], "receiver");
    let (_, told) = answer(pair.folder(), &["status", "--receiver", "South"]).await;
    assert_eq!(alerts(&told), Some(0), "{told}");
}

#[tokio::test]
async fn receivers_are_listed_with_how_each_stands_and_is_known() {
    let pair = Pair::start().await;
    let _door = pair.door().await;
    pair.silence_south();
    until(&pair.agent, a_receiver_is_told).await;
    let (ended, told) = answer(pair.folder(), &["receivers"]).await;
    assert_eq!(ended, Ended::Unreachable);
    let (north, south) = (&told["receivers"][0], &told["receivers"][1]);
    assert_eq!(north["address"], pair.north.address.as_str());
    assert_eq!(
        (&north["connected"], &north["silent_since"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!(
        (&north["role"], &north["known_by"]),
        (&"admin".into(), &"loopback".into())
    );
    assert_eq!(
        (&north["version"], &north["calendars"]),
        (&"0.1.0".into(), &1.into())
    );
    assert!(
        south["silent_since"].is_string() && south["why"].is_string(),
        "{south}"
    );

    door_shut(&pair).await;
    let (ended, page, _) = line(pair.folder(), &["receivers"]).await;
    assert_eq!(ended, Ended::Unreachable);
    assert!(
        page.contains("North  ● answers, version 0.1.0, 1 calendar\n"),
        "{page}"
    );
    assert!(
        page.contains("South  ▲ does not answer, last heard "),
        "{page}"
    );
    assert!(
        page.contains(" as admin, reached on this computer only"),
        "{page}"
    );
}

#[tokio::test]
async fn an_unknown_receiver_is_refused_with_the_names_there_are() {
    let pair = Pair::start().await;
    let door = pair.door().await;
    for from in ["app", "receiver"] {
        for words in [
            ["status", "--receiver", "West"].as_slice(),
            &["forget", "West"],
        ] {
            let (ended, failure) = answer(pair.folder(), words).await;
            assert_eq!(ended, Ended::Misused, "{from}");
            assert_eq!(failure["error"]["code"], "receiver_unknown");
            assert_eq!(failure["error"]["action"], "There are: North, South.");
        }
        if from == "app" {
            door_shut(&pair).await;
        }
    }
    drop(door);
}

#[tokio::test]
async fn a_renewal_goes_to_the_calendars_own_receiver_also_without_the_app() {
    let pair = Pair::start().await;
    let door = pair.door().await;
    let due = ["renew", "--due", "--receiver", "North", "--no-wait"];
    assert_eq!(line(pair.folder(), &due).await.0, Ended::Well);
    assert_eq!(pair.north.asked(), ["renew due"]);
    door_shut(&pair).await;
    let one = ["renew", "room 2", "--no-wait"];
    assert_eq!(line(pair.folder(), &one).await.0, Ended::Well);
    let room_2 = Uuid::from_u128(102);
    assert_eq!(pair.south.asked(), [format!("renew {room_2}")]);
    let (ended, failure) = answer(pair.folder(), &["renew", "room 2", "--receiver", "North"]).await;
    assert_eq!(
        (ended, &failure["error"]["code"]),
        (Ended::Misused, &"calendar_unknown".into())
    );
    assert_eq!(
        line(pair.folder(), &["renew", "--due", "--no-wait"])
            .await
            .0,
        Ended::Well
    );
    assert_eq!(pair.south.asked()[1..], ["renew due"]);
    assert_eq!(pair.north.asked(), ["renew due", "renew due"]);
    drop(door);
}

#[tokio::test]
async fn a_calendar_is_not_unknown_while_a_receiver_that_may_have_it_is_silent() {
    let pair = Pair::start().await;
    pair.agent.clone().quit().await;
    pair.south.stop();
    let (ended, failure) = answer(pair.folder(), &["renew", "room 2"]).await;
    assert_eq!(ended, Ended::Unreachable);
    assert_eq!(failure["error"]["code"], "receiver_unreachable");
}

#[tokio::test]
async fn snooze_keeps_to_the_receiver_that_is_named() {
    let pair = Pair::start().await;
    let _door = pair.door().await;
    pair.silence_south();
    until(&pair.agent, a_receiver_is_told).await;
    let (_, north) = answer(pair.folder(), &["snooze", "--all", "--receiver", "North"]).await;
    assert_eq!(north["snoozed"], json!([]));
    let (_, south) = answer(pair.folder(), &["snooze", "--all", "--receiver", "South"]).await;
    assert_eq!(south["snoozed"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn watch_tells_which_receiver_fell_silent_and_goes_on_with_the_other() {
    let pair = Pair::start().await;
    pair.quit().await;
    let mut watch = Watch::start(&pair, &["--json"]);
    let read = async {
        assert_eq!(watch.next().await["event"], "status");
        pair.are_watched().await;
        pair.silence_south();
        let silent = watch.next().await;
        assert_eq!(silent["event"], "silent");
        assert_eq!(silent["receiver"]["name"], "South");
        pair.north.tell_link(link(1, "Room 1", "paused", 9));
        let told = watch.next().await;
        assert_eq!(
            (&told["event"], &told["was"]),
            (&"calendar".into(), &"due".into())
        );
        assert_eq!(told["calendar"]["receiver"], "North");
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
}

#[tokio::test]
async fn watch_tells_in_a_line_each_of_a_receiver_and_a_calendar_that_are_gone() {
    let pair = Pair::start().await;
    let door = pair.door().await;
    let (mut watch, mut page) = (Watch::start(&pair, &["--json"]), Watch::start(&pair, &[]));
    let read = async {
        assert_eq!(watch.next().await["event"], "status");
        page.until("Times: ").await;
        let (ended, _) = answer(pair.folder(), &["forget", "South", "--yes"]).await;
        assert_eq!(ended, Ended::Well);
        let gone = watch.next().await;
        assert_eq!(gone["event"], "receiver_removed", "{gone}");
        assert_eq!(gone["receiver"]["name"], "South");
        page.until("  South: watched no longer").await;
        pair.north.remove_link(&link(1, "Room 1", "due", 9)["id"]);
        let gone = watch.next().await;
        assert_eq!(gone["event"], "calendar_removed", "{gone}");
        assert_eq!(gone["calendar"]["calendar"], "Room 1");
        page.until("  Nord · Room 1: watched no longer").await;
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
    drop(door);
}

#[tokio::test]
async fn without_the_app_watch_tells_of_a_calendar_that_is_gone_by_the_counts() {
    let pair = Pair::start().await;
    pair.quit().await;
    let mut watch = Watch::start(&pair, &["--json"]);
    let read = async {
        assert_eq!(watch.next().await["event"], "status");
        pair.are_watched().await;
        pair.north.remove_link(&link(1, "Room 1", "due", 9)["id"]);
        let gone = watch.next().await;
        assert_eq!(gone["event"], "calendar_removed", "{gone}");
        assert_eq!(gone["calendar"]["receiver"], "North");
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
}

#[tokio::test]
async fn forgetting_says_what_goes_and_waits_for_a_yes() {
    let pair = Pair::start().await;
    let door = pair.door().await;
    let (ended, failure) = answer(pair.folder(), &["forget", "South"]).await;
    assert_eq!(ended, Ended::Misused);
    assert_eq!(failure["error"]["code"], "confirmation_missing");
    let (ended, _, err) = answering(pair.folder(), &["forget", "South"], "n\n").await;
    assert_eq!(ended, Ended::NeedsHand);
    for said in [
        pair.south.address.as_str(),
        "its token",
        "calendars (1)",
        "Nothing was forgotten.",
    ] {
        assert!(err.contains(said), "{said} in {err}");
    }
    assert_eq!(snapshot(&pair.agent).await.receivers.len(), 2);
    let (ended, out, _) = answering(pair.folder(), &["forget", "South"], "y\n").await;
    assert_eq!(
        (ended, out.as_str()),
        (Ended::Well, "South is forgotten.\n")
    );
    assert_eq!(snapshot(&pair.agent).await.receivers.len(), 1);
    drop(door);
}

#[tokio::test]
async fn without_the_app_forgetting_leaves_no_token_no_calendar_and_no_open_alert() {
    let pair = Pair::start().await;
    pair.silence_south();
    until(&pair.agent, a_receiver_is_told).await;
    pair.agent.clone().quit().await;
    let (ended, told) = answer(pair.folder(), &["forget", "South", "--yes"]).await;
    assert_eq!((ended, &told["calendars"]), (Ended::Well, &1.into()));
    let tokens = std::fs::read_to_string(pair.folder().join("tokens.json")).unwrap();
    assert!(!tokens.contains(&pair.south.address) && tokens.contains(&pair.north.address));
    let store = Store::open(pair.folder()).unwrap();
    assert!(store.links(&pair.south.address).is_empty() && store.left_tokens().is_empty());
    assert!(
        store.receivers()[0].current,
        "the one that is left is shown"
    );
    drop(store);

    let (options, _desktop) = options(pair.folder());
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, stand_in::connected).await;
    assert_eq!(
        (shown.receivers.len(), shown.alerts.len()),
        (1, 0),
        "{:?}",
        shown.alerts
    );
}
