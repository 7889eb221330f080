//! Receivers that sign for themselves: compared once by a person, known by their key from then on.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "receiver/gate.rs"]
mod gate;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/line.rs"]
mod line;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use gate::Gate;
use line::{answer, line};
use serde_json::Value;
use stand_in::{CODE, StandIn, connected, link, options, until};
use syncward_agent::Agent;
use syncward_agent::bridge::{
    Answer, ConnectionStatus, Fault, ReceiverEntry, Request, Response, Snapshot,
};
use syncward_agent::command::Ended;
use syncward_agent::door::Door;
use syncward_wire::{CertificateFault, Fingerprint};
use tempfile::TempDir;

async fn pair(agent: &Agent, gate: &Gate, pin: Option<Fingerprint>) -> Result<(), Fault> {
    let request = Request::Pair {
        address: gate.address.clone(),
        code: CODE.into(),
        pin,
    };
    match agent.ask(request).await {
        Response::Ok(Answer::Receivers(_)) => Ok(()),
        Response::Error(fault) => Err(fault),
        other => panic!("{other:?}"),
    }
}

async fn trust(agent: &Agent, fingerprint: Fingerprint) -> Result<Vec<ReceiverEntry>, Fault> {
    match agent.ask(Request::TrustCertificate { fingerprint }).await {
        Response::Ok(Answer::Receivers(receivers)) => Ok(receivers),
        Response::Error(fault) => Err(fault),
        other => panic!("{other:?}"),
    }
}

fn start(folder: &TempDir) -> Agent {
    let (options, _) = options(folder.path());
    Agent::start(options).unwrap()
}

fn distrusts(snapshot: &Snapshot) -> bool {
    snapshot.connection.certificate.is_some()
}

/// A receiver behind a gate, and an agent that holds to its key.
async fn pinned() -> (StandIn, Gate, TempDir, Agent) {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let gate = Gate::before(&receiver.address).await;
    let folder = TempDir::new().unwrap();
    let agent = start(&folder);
    pair(&agent, &gate, Some(gate.fingerprint())).await.unwrap();
    until(&agent, connected).await;
    (receiver, gate, folder, agent)
}

#[tokio::test]
async fn a_receiver_that_signs_for_itself_is_compared_once_and_known_after_a_restart() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let gate = Gate::before(&receiver.address).await;
    let folder = TempDir::new().unwrap();
    let agent = start(&folder);
    let fault = pair(&agent, &gate, None).await.unwrap_err();
    assert_eq!(fault.code, "certificate_untrusted");
    let shown = gate.fingerprint().to_string();
    assert!(fault.message.contains(&shown), "{}", fault.message);
    let strange = fault.certificate.unwrap();
    assert_eq!(strange.fault, CertificateFault::Unknown);
    assert_eq!((strange.found, strange.pinned), (gate.fingerprint(), None));
    assert_eq!((gate.trusted(), receiver.body("pair")), (0, None));

    pair(&agent, &gate, Some(strange.found)).await.unwrap();
    let live = until(&agent, |shown| connected(shown) && !shown.links.is_empty()).await;
    assert_eq!(live.connection.receiver.as_ref(), Some(&gate.address));
    receiver.tell_link(link(2, "Room 2", "live", 90));
    until(&agent, |shown| shown.links.len() == 2).await;
    agent.quit().await;
    until(&start(&folder), connected).await;
}

#[tokio::test]
async fn a_pairing_link_with_another_key_than_the_receivers_sends_no_code() {
    let receiver = StandIn::start(Vec::new()).await;
    let (gate, folder) = (
        Gate::before(&receiver.address).await,
        TempDir::new().unwrap(),
    );
    let linked = gate.fingerprint();
    let now = gate.change();
    let fault = pair(&start(&folder), &gate, Some(linked))
        .await
        .unwrap_err();
    assert_eq!(fault.code, "certificate_changed");
    let strange = fault.certificate.unwrap();
    assert_eq!((strange.pinned, strange.found), (Some(linked), now));
    assert_eq!((gate.trusted(), receiver.body("pair")), (0, None));
}

#[tokio::test]
async fn a_changed_certificate_stops_everything_until_a_person_accepts_the_new_one() {
    let (receiver, gate, folder, agent) = pinned().await;
    let was = gate.fingerprint();
    let now = gate.change();
    let before = gate.trusted();
    let shown = until(&agent, distrusts).await;
    assert_eq!(shown.connection.status, ConnectionStatus::Offline);
    let message = &shown.connection.message;
    assert!(message.contains(&was.to_string()) && message.contains(&now.to_string()));
    assert_eq!(shown.links.len(), 1, "the last known state stays");
    assert_eq!(
        trust(&agent, was).await.unwrap_err().code,
        "certificate_other"
    );
    assert_eq!(gate.trusted(), before, "nothing was sent");

    let receivers = trust(&agent, now).await.unwrap();
    assert_eq!(receivers[0].pin, Some(now));
    let again = until(&agent, connected).await;
    assert_eq!(again.connection.certificate, None);
    receiver.tell_link(link(2, "Room 2", "live", 90));
    until(&agent, |shown| shown.links.len() == 2).await;
    agent.quit().await;
    until(&start(&folder), connected).await;
}

#[tokio::test]
async fn the_command_line_shows_what_it_was_and_is_and_accepts_only_that() {
    let (_receiver, gate, folder, agent) = pinned().await;
    agent.quit().await;
    let (ended, told) = answer(folder.path(), &["trust"]).await;
    assert_eq!((ended, &told["certificate"]), (Ended::Well, &Value::Null));

    let was = gate.fingerprint();
    let now = gate.change();
    let (ended, failure) = answer(folder.path(), &["status"]).await;
    assert_eq!(ended, Ended::NeedsHand);
    assert_eq!(failure["error"]["code"], "certificate_changed");
    let (ended, told) = answer(folder.path(), &["trust"]).await;
    assert_eq!(ended, Ended::NeedsHand);
    assert_eq!(told["certificate"]["pinned"], was.hex());
    assert_eq!(told["certificate"]["found"], now.hex());
    let (_, failure) = answer(folder.path(), &["trust", &was.hex()]).await;
    assert_eq!(failure["error"]["code"], "certificate_other");
    let (ended, told) = answer(folder.path(), &["trust", &now.to_string()]).await;
    assert_eq!((ended, &told["accepted"]), (Ended::Well, &true.into()));
    assert_eq!(answer(folder.path(), &["status"]).await.0, Ended::Well);
}

#[tokio::test]
async fn the_command_line_accepts_a_certificate_for_the_running_app() {
    let (_receiver, gate, folder, agent) = pinned().await;
    let _door = Door::open(agent.clone(), folder.path()).await.unwrap();
    let now = gate.change();
    until(&agent, distrusts).await;
    let (_, status) = answer(folder.path(), &["status"]).await;
    let sentence = status["sentence"].as_str().unwrap();
    assert!(sentence.contains("another certificate"), "{sentence}");
    let (ended, _) = answer(folder.path(), &["trust", &now.hex()]).await;
    assert_eq!(ended, Ended::Well);
    until(&agent, connected).await;
}

#[tokio::test]
async fn nothing_is_called_trusted_while_nobody_answers() {
    let (_receiver, gate, folder, agent) = pinned().await;
    let print = gate.fingerprint();
    agent.quit().await;
    let (ended, _, _) = line(folder.path(), &["trust", &print.hex()]).await;
    assert_eq!(ended, Ended::Well, "it is the one that was compared");
    let (ended, failure) = answer(folder.path(), &["trust", &"ab".repeat(32)]).await;
    assert_eq!(
        (ended, &failure["error"]["code"]),
        (Ended::NeedsHand, &"certificate_other".into())
    );
    gate.close();
    let agent = start(&folder);
    let door = Door::open(agent.clone(), folder.path()).await.unwrap();
    until(&agent, |shown| {
        shown.connection.status == ConnectionStatus::Offline
    })
    .await;
    for from in ["app", "receiver"] {
        let given = print.hex();
        for words in [["trust"].as_slice(), &["trust", given.as_str()]] {
            let (ended, out, err) = line(folder.path(), words).await;
            assert_eq!(ended, Ended::Unreachable, "{from}: {out}{err}");
            assert!(err.contains("Nothing was compared."), "{err}");
            assert!(!out.contains("trusted"), "{out}");
        }
        if from == "app" {
            agent.quit().await;
            std::fs::remove_file(folder.path().join("door.json")).unwrap();
        }
    }
    drop(door);
}
