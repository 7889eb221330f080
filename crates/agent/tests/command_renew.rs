//! `renew` on the command line: each renewal is waited for, over the running app and over the receiver alone.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/line.rs"]
mod line;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::sync::Arc;

use line::{answer, line};
use serde_json::{Value, json};
use stand_in::{StandIn, link, paired, without_app};
use syncward_agent::command::Ended;
use syncward_agent::door::Door;

/// As soon as a renewal is ordered, the receiver tells how it went.
fn renews(receiver: Arc<StandIn>, failed: bool) {
    tokio::spawn(async move {
        while receiver.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        let id = stand_in::operation_id();
        let state = json!({"id": id, "link_id": link(1, "", "live", 1)["id"], "kind": "renew", "step": "done",
            "message": "Google said no.", "finished": true, "failed": failed, "at": jiff::Timestamp::now()});
        receiver.tell("operation", state);
    });
}

#[tokio::test]
async fn a_renewal_is_waited_for_through_the_app_and_without_it() {
    let links = || vec![link(1, "Room 1", "due", 9), link(2, "Room 12", "due", 9)];
    let receiver = Arc::new(StandIn::start(links()).await);
    let (folder, agent, _desktop) = paired(&receiver).await;
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    renews(receiver.clone(), false);
    let (ended, done) = answer(folder.path(), &["renew", "nord · room 12"]).await;
    assert_eq!((ended, &done["renewed"]), (Ended::Well, &true.into()));
    drop(door);
    agent.quit().await;

    let other = Arc::new(StandIn::start(links()).await);
    let folder = without_app(&other).await;
    renews(other.clone(), true);
    let (ended, out, _) = line(folder.path(), &["renew", "Room 12"]).await;
    assert_eq!(ended, Ended::NeedsHand);
    assert_eq!(
        out, "Nord · Room 12 is not renewed: Google said no.\n",
        "the receiver alone knows what stays in charge"
    );
}

#[tokio::test]
async fn all_that_are_due_are_waited_for_and_nothing_due_is_said() {
    let calm = Arc::new(StandIn::start(vec![link(1, "Room 1", "live", 90)]).await);
    let folder = without_app(&calm).await;
    let (ended, out, _) = line(folder.path(), &["renew", "--due"]).await;
    assert_eq!((ended, out.as_str()), (Ended::Well, "Nothing is due.\n"));
    let (_, told) = answer(folder.path(), &["renew", "--due"]).await;
    assert_eq!(told["calendar_id"], Value::Null);
    assert!(told["operation"].is_string(), "{told}");

    let links = || {
        vec![
            link(1, "Room 1", "due", 9),
            link(2, "Room 2", "live", 90),
            link(3, "Room 3", "expired", 9),
        ]
    };
    let receiver = Arc::new(StandIn::start(links()).await);
    let (folder, agent, _desktop) = paired(&receiver).await;
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    renews(receiver.clone(), false);
    let (ended, out, _) = line(folder.path(), &["renew", "--due"]).await;
    let renewed = "Nord · Room 1 is renewed.\nNord · Room 3 is renewed.\n";
    assert_eq!((ended, out.as_str()), (Ended::Well, renewed));
    drop(door);
    agent.quit().await;

    let refusing = Arc::new(StandIn::start(links()).await);
    let folder = without_app(&refusing).await;
    renews(refusing.clone(), true);
    let (ended, out, _) = line(folder.path(), &["renew", "--due"]).await;
    assert_eq!(ended, Ended::NeedsHand);
    assert_eq!(out.matches(" is not renewed: ").count(), 2, "{out}");
}

/// A renewal of that link whose successor is proved while the old channel still lives.
fn overlapping(number: u128) -> Value {
    json!({"id": stand_in::operation_id(), "link_id": link(number, "", "live", 1)["id"], "kind": "renew",
        "step": "overlapping", "message": "", "finished": false, "failed": false, "at": jiff::Timestamp::now()})
}

#[tokio::test]
async fn a_calendar_whose_old_channel_still_lives_is_renewed_at_once_with_and_without_the_app() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 160)]).await;
    // Nothing is told on the stream: that was before anybody listened.
    receiver.operation_stands(overlapping(1));
    let (folder, agent, _desktop) = paired(&receiver).await;
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    let asked_at = std::time::Instant::now();
    let (ended, out, err) = line(folder.path(), &["renew", "room 1"]).await;
    assert_eq!(
        (ended, out.as_str(), err.as_str()),
        (Ended::Well, "Nord · Room 1 is renewed.\n", "")
    );
    drop(door);
    agent.quit().await;
    let (ended, out, err) = line(folder.path(), &["renew", "room 1"]).await;
    assert_eq!(
        (ended, out.as_str(), err.as_str()),
        (Ended::Well, "Nord · Room 1 is renewed.\n", "")
    );
    assert!(
        asked_at.elapsed().as_secs() < 20,
        "nobody waited for an end"
    );
}

#[tokio::test]
async fn a_long_wait_is_explained_beside_the_outcome() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let receiver = StandIn::start(vec![link(1, "Room 1", "due", 9)]).await;
    let folder = without_app(&receiver).await;
    let mut renewing = tokio::process::Command::new(env!("CARGO_BIN_EXE_syncward-agent"))
        .args(["renew", "room 1", "--no-keychain", "--data-dir"])
        .arg(folder.path())
        .env("LC_ALL", "C")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut told = BufReader::new(renewing.stderr.take().unwrap()).lines();
    let patience = std::time::Duration::from_secs(20);
    let line = tokio::time::timeout(patience, told.next_line()).await;
    assert_eq!(
        line.unwrap().unwrap().unwrap(),
        "Waiting for the new channel of Nord · Room 1 to be proved, for two minutes at most."
    );
    receiver.tell("operation", overlapping(1));
    let output = tokio::time::timeout(patience, renewing.wait_with_output()).await;
    let output = output.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, "Nord · Room 1 is renewed.\n".as_bytes());
}
