//! Several receivers at once: one overview, each with its own way, and actions that go where the link is.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::time::Duration;

use serde_json::{Value, json};
use stand_in::{CODE, Seen, StandIn, connected, link, options, paired, snapshot, until};
use syncward_agent::Agent;
use syncward_agent::bridge::{
    AlertKind, Answer, ConnectionStatus, ReceiverEntry, Request, Response, Snapshot,
};
use uuid::Uuid;

const ROOM_1: Uuid = Uuid::from_u128(101);
const ROOM_2: Uuid = Uuid::from_u128(102);

/// A second receiver, with another calendar.
async fn south() -> StandIn {
    let receiver = StandIn::start(vec![link(2, "Room 2", "live", 50)]).await;
    receiver.change_overview(|told| {
        told["receiver"]["id"] = json!(Uuid::from_u128(5));
        told["paused"] = true.into();
    });
    receiver
}

async fn north() -> StandIn {
    StandIn::start(vec![link(1, "Room 1", "live", 100)]).await
}

async fn pair(agent: &Agent, receiver: &StandIn) {
    receivers(
        agent,
        Request::Pair {
            address: receiver.address.clone(),
            code: CODE.into(),
            pin: None,
        },
    )
    .await;
}

async fn receivers(agent: &Agent, request: Request) -> Vec<ReceiverEntry> {
    match agent.ask(request).await {
        Response::Ok(Answer::Receivers(receivers)) => receivers,
        other => panic!("no receivers: {other:?}"),
    }
}

fn both(shown: &Snapshot) -> bool {
    let mut receivers = shown.receivers.iter();
    shown.links.len() == 2
        && receivers.all(|receiver| receiver.connection.status == ConnectionStatus::Connected)
}

fn status(shown: &Snapshot, of: &StandIn) -> ConnectionStatus {
    let mut receivers = shown.receivers.iter();
    let receiver = receivers.find(|receiver| receiver.entry.address == of.address);
    receiver.unwrap().connection.status
}

#[tokio::test]
async fn two_receivers_make_one_overview_and_an_action_goes_to_the_links_own() {
    let (north, south) = (north().await, south().await);
    let (_folder, agent, _desktop) = paired(&north).await;
    let alone = snapshot(&agent).await;
    assert_eq!(alone.receivers.len(), 1);
    assert!(alone.receivers[0].link_ids.is_empty());

    pair(&agent, &south).await;
    let shown = until(&agent, both).await;
    assert_eq!(shown.overview.unwrap().counts.total, 2);
    assert_eq!(shown.receivers[0].link_ids, [ROOM_1]);
    assert_eq!(shown.receivers[1].link_ids, [ROOM_2]);
    let paused = shown.receivers.iter().map(|receiver| receiver.paused);
    assert_eq!(paused.collect::<Vec<_>>(), [false, true]);
    assert!(
        shown.receivers[1].entry.current,
        "whoever paired wants to see it"
    );

    agent.ask(Request::Renew { link_id: ROOM_1 }).await;
    agent.ask(Request::Renew { link_id: ROOM_2 }).await;
    assert_eq!(north.asked(), [format!("renew {ROOM_1}")]);
    assert_eq!(south.asked(), [format!("renew {ROOM_2}")]);
}

#[tokio::test]
async fn the_biography_of_a_receiver_that_is_not_chosen_is_asked_by_its_address() {
    let (north, south) = (north().await, south().await);
    let (_folder, agent, _desktop) = paired(&north).await;
    pair(&agent, &south).await;
    until(&agent, both).await;
    north.tell("activity", line(ROOM_1, "North's line"));
    south.tell("activity", line(ROOM_2, "South's line"));
    for receiver in [&north, &south] {
        receiver.stop();
        receiver.tell_and_break("1");
    }
    let silent = |shown: &Snapshot| {
        [&north, &south]
            .iter()
            .all(|one| status(shown, one) != ConnectionStatus::Connected)
    };
    until(&agent, silent).await;

    assert_eq!(
        texts(&agent, None).await,
        ["South's line"],
        "the chosen one's"
    );
    assert_eq!(texts(&agent, Some(&north.address)).await, ["North's line"]);
    assert_eq!(texts(&agent, Some(&south.address)).await, ["South's line"]);
    let unknown = agent.ask(biography(Some("http://127.0.0.1:9"))).await;
    let Response::Error(fault) = unknown else {
        panic!("nobody watches it: {unknown:?}");
    };
    assert_eq!(fault.code, "receiver_unknown");
}

fn biography(receiver: Option<&str>) -> Request {
    Request::Activity {
        link: None,
        receiver: receiver.map(str::to_owned),
        after: None,
        limit: None,
    }
}

async fn texts(agent: &Agent, receiver: Option<&str>) -> Vec<String> {
    match agent.ask(biography(receiver)).await {
        Response::Ok(Answer::Activity(page)) => {
            page.items.into_iter().map(|line| line.text).collect()
        }
        other => panic!("no lines: {other:?}"),
    }
}

fn line(link: Uuid, text: &str) -> Value {
    json!({
        "id": Uuid::new_v4(), "seq": 1, "link_id": link, "clinic_id": null, "at": jiff::Timestamp::now(),
        "kind": "renewed", "tone": "good", "text": text, "detail": null, "operation_id": null,
    })
}

#[tokio::test]
async fn a_silent_receiver_is_one_alert_with_its_name_while_the_other_goes_on() {
    let (north, south) = (north().await, south().await);
    let folder = tempfile::TempDir::new().unwrap();
    let (mut options, _desktop) = options(folder.path());
    options.alert_after = Some(Duration::ZERO);
    let agent = Agent::start(options).unwrap();
    pair(&agent, &north).await;
    pair(&agent, &south).await;
    until(&agent, both).await;
    receivers(
        &agent,
        Request::RenameReceiver {
            address: south.address.clone(),
            name: "South".into(),
        },
    )
    .await;

    south.stop();
    south.tell_and_break("1");
    let told = |shown: &Snapshot| {
        shown
            .alerts
            .iter()
            .any(|alert| alert.kind == AlertKind::Receiver)
    };
    let shown = until(&agent, told).await;
    assert_ne!(status(&shown, &south), ConnectionStatus::Connected);
    assert_eq!(status(&shown, &north), ConnectionStatus::Connected);
    assert_eq!(shown.links.len(), 2, "its last known calendars stay");
    assert!(shown.receivers[1].as_of.is_some());
    assert_eq!(shown.alerts.len(), 1, "{:?}", shown.alerts);
    let alert = &shown.alerts[0];
    assert!(alert.title.contains("South"), "{}", alert.title);
    assert_eq!(alert.link_ids, [ROOM_2]);
    let tray = agent.tray().borrow().sentence.clone();
    assert!(tray.contains("South"), "{tray}");

    // The other one's news arrive as before.
    north.tell_link(link(1, "Room 1", "paused", 100));
    let paused = |shown: &Snapshot| {
        let mut links = shown.links.iter();
        links.any(|link| link.id == ROOM_1 && link.state == syncward_wire::LinkState::Paused)
    };
    until(&agent, paused).await;
}

#[tokio::test]
async fn each_stream_goes_on_after_its_own_last_event() {
    let (north, south) = (north().await, south().await);
    let (_folder, agent, _desktop) = paired(&north).await;
    pair(&agent, &south).await;
    until(&agent, both).await;
    north.tell_and_break("7");
    south.tell_and_break("31");
    until(&agent, |_| {
        !north.resumed().is_empty() && !south.resumed().is_empty()
    })
    .await;
    assert_eq!(north.resumed(), ["7"]);
    assert_eq!(south.resumed(), ["31"]);
}

#[tokio::test]
async fn a_forgotten_receiver_leaves_nothing_behind_and_the_other_goes_on() {
    let (north, south) = (north().await, south().await);
    let (folder, agent, _desktop) = paired(&north).await;
    pair(&agent, &south).await;
    until(&agent, both).await;
    let address = south.address.clone();
    let tokens = || std::fs::read_to_string(folder.path().join("tokens.json")).unwrap();
    assert!(tokens().contains(&address));

    let left = receivers(&agent, Request::ForgetReceiver { address }).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].address, north.address);
    assert!(left[0].current, "the one that is left is shown");
    let shown = snapshot(&agent).await;
    assert_eq!(shown.links.len(), 1);
    assert!(connected(&shown));
    agent.quit().await;
    assert!(!tokens().contains(&south.address));

    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, connected).await;
    assert_eq!(shown.receivers.len(), 1);
    assert_eq!(shown.links[0].id, ROOM_1);
}

#[tokio::test]
async fn a_forgotten_receiver_takes_its_open_alerts_along_even_as_the_last_one() {
    let (north, south) = (north().await, south().await);
    let folder = tempfile::TempDir::new().unwrap();
    let (mut options, mut desktop) = options(folder.path());
    options.alert_after = Some(Duration::ZERO);
    let agent = Agent::start(options).unwrap();
    pair(&agent, &north).await;
    pair(&agent, &south).await;
    until(&agent, both).await;
    for receiver in [&north, &south] {
        receiver.stop();
        receiver.tell_and_break("1");
    }
    let shown = until(&agent, |shown| shown.alerts.len() == 2).await;
    let of = |link: Uuid| {
        let mut alerts = shown.alerts.iter();
        alerts
            .find(|alert| alert.link_ids == [link])
            .unwrap()
            .id
            .clone()
    };
    for (receiver, alert, left) in [(&south, of(ROOM_2), 1), (&north, of(ROOM_1), 0)] {
        let address = receiver.address.clone();
        receivers(&agent, Request::ForgetReceiver { address }).await;
        assert_eq!(snapshot(&agent).await.alerts.len(), left);
        while desktop.seen.recv().await.unwrap() != Seen::Closed(alert.clone()) {}
    }
    let history = Request::AlertHistory {
        before: None,
        limit: 10,
    };
    match agent.ask(history).await {
        Response::Ok(Answer::AlertHistory(past)) => assert_eq!(past.items, [], "nobody recovered"),
        other => panic!("no history: {other:?}"),
    }
}

#[tokio::test]
async fn both_are_known_at_once_after_a_restart_and_reached_again() {
    let (north, south) = (north().await, south().await);
    let (folder, agent, _desktop) = paired(&north).await;
    pair(&agent, &south).await;
    until(&agent, both).await;
    let address = north.address.clone();
    receivers(&agent, Request::ChooseReceiver { address }).await;
    agent.quit().await;

    south.stop();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let at_once = snapshot(&agent).await;
    assert_eq!(
        at_once.links.len(),
        2,
        "the last known state is there at once"
    );
    let settled = |shown: &Snapshot| {
        status(shown, &north) == ConnectionStatus::Connected
            && status(shown, &south) == ConnectionStatus::Offline
    };
    let shown = until(&agent, settled).await;
    assert!(shown.receivers[0].entry.current, "the choice is kept");
    assert_eq!(shown.links.len(), 2);
}

#[tokio::test]
async fn the_same_receiver_under_another_address_is_watched_once() {
    let (north, moved) = (north().await, north().await);
    let (_folder, agent, _desktop) = paired(&north).await;
    pair(&agent, &moved).await;
    let alone = |shown: &Snapshot| connected(shown) && shown.receivers.len() == 1;
    let shown = until(&agent, alone).await;
    assert_eq!(shown.receivers[0].entry.address, moved.address);
    assert_eq!(shown.links.len(), 1);
}
