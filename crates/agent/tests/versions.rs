//! Receivers of other versions and with other clocks: each a sentence and a way on.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/line.rs"]
mod line;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use stand_in::{StandIn, connected, link, options, paired, until};
use syncward_agent::Agent;
use syncward_agent::bridge::ConnectionStatus;
use syncward_agent::compatibility::VersionFit;
use syncward_agent::door::Door;

async fn status(folder: &Path) -> String {
    let (_, out, err) = line::line(folder, &["status"]).await;
    out + &err
}

fn is_older(told: &mut Value) {
    told["receiver"]["version"] = "0.0.7".into();
}

fn is_newer(told: &mut Value) {
    told["receiver"]["version"] = "9.0.0".into();
    told["of_the_future"] = 1.into();
}

#[tokio::test]
async fn an_older_and_a_newer_receiver_work_and_are_named_with_what_to_update() {
    for (change, fit, way_on) in [
        (
            is_older as fn(&mut Value),
            VersionFit::OlderReceiver,
            "Update the receiver.",
        ),
        (
            is_newer,
            VersionFit::NewerReceiver,
            "Update Syncward on this computer.",
        ),
    ] {
        let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
        receiver.change_overview(change);
        let (folder, agent, _desktop) = paired(&receiver).await;
        let shown = until(&agent, |shown| connected(shown) && shown.links.len() == 1).await;
        assert_eq!(shown.connection.fit, Some(fit));
        let door = Door::open(agent.clone(), folder.path()).await.unwrap();
        let through_app = status(folder.path()).await;
        assert!(through_app.contains(way_on), "{through_app}");
        drop(door);
        agent.quit().await;
        let alone = status(folder.path()).await;
        assert!(alone.contains(way_on), "{alone}");
    }
}

#[tokio::test]
async fn a_receiver_too_new_to_be_understood_says_so_and_is_taken_once_it_is() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    agent.quit().await;
    receiver.change_overview(|told| {
        is_newer(told);
        told["sentence"] = Value::Null;
    });
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, |shown| {
        shown.connection.status == ConnectionStatus::Offline
    })
    .await;
    let message = &shown.connection.message;
    assert!(message.contains("9.0.0"), "{message}");
    assert!(
        message.contains("update Syncward on this computer"),
        "{message}"
    );
    assert_eq!(shown.links.len(), 1, "the last known state stays");
    receiver.change_overview(|_| ());
    let healed = until(&agent, connected).await;
    assert_eq!(healed.connection.fit, Some(VersionFit::Same));
}

#[tokio::test]
async fn the_command_line_names_a_clock_that_is_more_than_two_seconds_off() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    agent.quit().await;
    assert!(!status(folder.path()).await.contains("clock"));
    receiver.change_overview(|told| {
        let behind = Timestamp::now() - SignedDuration::from_secs(60);
        told["now_at"] = behind.to_string().into();
        told["google_ahead_ms"] = (-9_000).into();
    });
    let told = status(folder.path()).await;
    assert!(told.contains("s ahead of the receiver's"), "{told}");
    assert!(
        told.contains("receiver's clock is 9 s ahead of Google's"),
        "{told}"
    );
}
