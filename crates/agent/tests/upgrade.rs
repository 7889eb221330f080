//! A store that an earlier version wrote is gone on with: nothing that a person would miss is lost.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::path::Path;

use serde_json::json;
use stand_in::{StandIn, TOKEN, connected, link, options, snapshot, until};
use syncward_agent::Agent;
use syncward_agent::bridge::{AlertKind, AlertState, Answer, Request, Response};
use syncward_agent::store::Store;
use uuid::{Uuid, uuid};

/// Paired once and replaced by another; it is watched no longer.
const LEFT_OUT: &str = "http://before.example";
const SURGERY: Uuid = uuid!("01a2170b-c346-7ee7-9a8c-8345940764c9");

/// The files of an app that watched one receiver, at this address.
fn written_at_0003(folder: &Path, address: &str) {
    let dump = include_str!("upgrade/desktop_0003.sql").replace("http://receiver.example", address);
    let sql = rusqlite::Connection::open(folder.join("desktop.sqlite")).unwrap();
    sql.execute_batch(&dump).unwrap();
    let tokens = json!({ address: TOKEN, LEFT_OUT: "left" }).to_string();
    std::fs::write(folder.join("tokens.json"), tokens).unwrap();
}

#[test]
fn what_the_one_receiver_told_is_kept_under_its_name() {
    let folder = tempfile::TempDir::new().unwrap();
    let address = "http://127.0.0.1:9";
    written_at_0003(folder.path(), address);
    let store = Store::open(folder.path()).unwrap();
    let receivers = store.receivers();
    assert_eq!(receivers.len(), 1, "the one that was watched");
    assert_eq!(receivers[0].address, address);
    assert!(receivers[0].current && receivers[0].name.is_empty());
    assert_eq!(store.links(address)[0].calendar_name, "surgery");
    for told in ["overview", "clinics", "grants"] {
        let known = store.recall_told::<serde_json::Value>(address, told);
        assert!(known.is_some(), "{told}");
    }
    let lines = store.activity(address, Some(SURGERY), None, 10);
    let said: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(said, ["First sync", "Calendar connected"]);
    assert_eq!(store.incidents(None, 10).len(), 1);
}

#[tokio::test]
async fn the_app_opens_with_what_it_knew_and_reaches_the_receiver_with_the_token_it_had() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let folder = tempfile::TempDir::new().unwrap();
    written_at_0003(folder.path(), &receiver.address);
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();

    let at_once = snapshot(&agent).await;
    assert_eq!(at_once.receivers.len(), 1);
    assert_eq!(at_once.links[0].id, SURGERY);
    assert_eq!(at_once.clinics[0].name, "Southgate");
    assert!(at_once.as_of.is_some(), "what is shown has its age");
    let open = &at_once.alerts[0];
    assert_eq!(
        (open.kind, open.state),
        (AlertKind::Receiver, AlertState::Firing)
    );
    let history = Request::AlertHistory {
        before: None,
        limit: 10,
    };
    let Response::Ok(Answer::AlertHistory(past)) = agent.ask(history).await else {
        panic!("no history");
    };
    assert_eq!(past.items[0].title, "The receiver answers again");

    let shown = until(&agent, connected).await;
    assert_eq!(shown.receivers[0].entry.address, receiver.address);
}

#[tokio::test]
async fn the_token_of_a_receiver_that_is_left_out_goes_and_no_other() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let folder = tempfile::TempDir::new().unwrap();
    written_at_0003(folder.path(), &receiver.address);
    let left = || Store::open(folder.path()).unwrap().left_tokens();
    assert_eq!(left(), [LEFT_OUT], "kept in mind until it is done");

    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let done = async {
        while !left().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), done)
        .await
        .unwrap();
    let tokens = std::fs::read_to_string(folder.path().join("tokens.json")).unwrap();
    let tokens: serde_json::Value = serde_json::from_str(&tokens).unwrap();
    assert_eq!(tokens, json!({ receiver.address.as_str(): TOKEN }));
    agent.quit().await;
}
