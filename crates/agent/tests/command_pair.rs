//! Pairing on the command line: with the app, which watches at once, and without it, for its next start.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/line.rs"]
mod line;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::path::Path;

use line::{answer, line};
use serde_json::json;
use stand_in::{CODE, StandIn, connected, link, options, paired, until};
use syncward_agent::Agent;
use syncward_agent::command::Ended;
use syncward_agent::door::Door;
use syncward_agent::store::Store;
use tempfile::TempDir;

async fn north() -> StandIn {
    StandIn::start(vec![link(1, "Room 1", "live", 100)]).await
}

async fn south() -> StandIn {
    let receiver = StandIn::start(vec![link(2, "Room 2", "live", 50)]).await;
    receiver.change_overview(|told| told["receiver"]["id"] = json!(uuid::Uuid::from_u128(5)));
    receiver
}

fn link_to(receiver: &StandIn) -> String {
    format!("syncward://pair?address={}&code={CODE}", receiver.address)
}

/// Addresses, and which one is shown.
fn known(folder: &Path) -> Vec<(String, bool)> {
    let receivers = Store::open(folder).unwrap().receivers().into_iter();
    receivers.map(|it| (it.address, it.current)).collect()
}

#[tokio::test]
async fn without_the_app_two_are_paired_and_the_next_start_watches_both() {
    let (north, south) = (north().await, south().await);
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("made");
    let (ended, out, err) = line(&folder, &["pair", &link_to(&north)]).await;
    assert_eq!(ended, Ended::Well, "{out}{err}");
    let host = north.address.trim_start_matches("http://");
    assert_eq!(out, format!("{host} is paired with this computer.\n"));
    let (ended, told) = answer(&folder, &["pair", &south.address, CODE]).await;
    assert_eq!(ended, Ended::Well, "{told}");
    assert_eq!(told["address"], south.address);
    let both = [
        (north.address.clone(), false),
        (south.address.clone(), true),
    ];
    assert_eq!(known(&folder), both, "whoever paired wants to see it");

    // Once more keeps what a person called it.
    let mut store = Store::open(&folder).unwrap();
    let mut named = store.receivers().remove(0);
    named.name = "North".into();
    store.put_receiver(&named);
    drop(store);
    let (_, out, _) = line(&folder, &["pair", &north.address, CODE]).await;
    assert_eq!(out, "North is paired with this computer.\n");

    let (options, _desktop) = options(&folder);
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, |shown| connected(shown) && shown.links.len() == 2).await;
    assert_eq!(shown.receivers.len(), 2);
}

#[tokio::test]
async fn the_running_app_watches_one_more_at_once() {
    let (north, south) = (north().await, south().await);
    let (folder, agent, _desktop) = paired(&north).await;
    let _door = Door::open(agent.clone(), folder.path()).await.unwrap();
    let (ended, out, _) = line(folder.path(), &["pair", &link_to(&south)]).await;
    assert_eq!(ended, Ended::Well);
    let host = south.address.trim_start_matches("http://");
    assert_eq!(out, format!("{host} is paired with this computer.\n"));
    until(&agent, |shown| shown.links.len() == 2).await;
}

#[tokio::test]
async fn what_does_not_pair_is_said_with_a_way_on_and_changes_nothing() {
    let north = north().await;
    let folder = TempDir::new().unwrap();
    let wrong = |words: &'static str| [vec!["pair"], words.split(' ').collect()].concat();
    for (words, ends, says) in [
        (
            vec!["pair", &north.address],
            Ended::Misused,
            "An address alone does not pair.",
        ),
        (
            vec!["pair", &link_to(&north), CODE],
            Ended::Misused,
            "A pairing link holds its code.",
        ),
        (
            wrong("syncward://open/alerts"),
            Ended::Misused,
            "leads to a screen",
        ),
        (
            wrong("syncward://pair?code=A"),
            Ended::Misused,
            "pairing link is not whole",
        ),
        (
            vec!["pair", &north.address, "WRONG"],
            Ended::NeedsHand,
            "code",
        ),
        (
            wrong("http://127.0.0.1:9 CODE"),
            Ended::Unreachable,
            "nothing answers there",
        ),
        (
            wrong("http://clinic.example CODE"),
            Ended::Misused,
            "Plain http",
        ),
    ] {
        let (ended, out, err) = line(folder.path(), &words).await;
        assert!(err.contains(says), "{words:?}: {out}{err}");
        assert_eq!(ended, ends, "{words:?}: {err}");
        assert_eq!(out, "");
    }
    assert!(known(folder.path()).is_empty());
}
