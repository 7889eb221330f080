//! Syncward's place on a computer: links that ask, updates that are only told of, diagnostics that give nothing away.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::json;
use stand_in::{CODE, StandIn, connected, link, options, snapshot, until};
use syncward_agent::Agent;
use syncward_agent::bridge::{
    Answer, ConnectionStatus, Diagnostics, Fault, Request, Response, Startup, UpdateState,
};
use syncward_agent::clock;
use syncward_agent::core::diagnostics_at_rest;
use syncward_agent::deep_link::{Arrival, Visit};
use syncward_agent::options::PairAtStart;
use syncward_agent::shell::{Package, Pending, Shell};
use tempfile::TempDir;

/// A shell that announces version 9.9.9, whose package is signed by somebody else.
#[derive(Default)]
struct Scripted {
    at_login: AtomicBool,
    asked: AtomicU32,
    unconfigured: bool,
}

impl Shell for Scripted {
    fn is_looked_at(&self) -> bool {
        false
    }

    fn starts_at_login(&self) -> Result<bool, String> {
        Ok(self.at_login.load(Ordering::SeqCst))
    }

    fn start_at_login(&self, on: bool) -> Result<(), String> {
        self.at_login.store(on, Ordering::SeqCst);
        Ok(())
    }

    fn update_address(&self) -> Option<String> {
        (!self.unconfigured).then(|| "https://updates.example/latest.json".into())
    }

    fn newer_version(&self) -> Pending<Option<String>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(Some("9.9.9".into())) })
    }

    fn fetch_update(&self) -> Pending<Package> {
        Box::pin(async {
            Err(Fault::new(
                "update_signature_wrong",
                "Not ours.",
                "Nothing.",
            ))
        })
    }
}

async fn done(agent: &Agent, request: Request) {
    let answer = agent.ask(request).await;
    assert_eq!(answer, Response::Ok(Answer::Done));
}

async fn startup(agent: &Agent, request: Request) -> Startup {
    match agent.ask(request).await {
        Response::Ok(Answer::Startup(startup)) => startup,
        other => panic!("{other:?}"),
    }
}

fn with_shell(folder: &TempDir, shell: &Arc<Scripted>) -> (Agent, stand_in::Desktop) {
    let (mut options, desktop) = options(folder.path());
    options.shell = Some(shell.clone());
    (Agent::start(options).unwrap(), desktop)
}

#[tokio::test]
async fn a_pairing_link_waits_for_a_person_and_is_gone_once_seen() {
    let receiver = StandIn::start(Vec::new()).await;
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let link = format!("syncward://pair?address={}&code={CODE}", receiver.address);
    done(&agent, Request::FollowLink { link }).await;
    let shown = snapshot(&agent).await;
    let wanted = Visit::Pair {
        address: receiver.address.clone(),
        code: CODE.into(),
        pin: None,
    };
    let arrival = shown.arrival.unwrap();
    assert_eq!(arrival.visit, wanted);
    assert_eq!(shown.connection.status, ConnectionStatus::Unpaired);
    assert_eq!(
        receiver.asked(),
        Vec::<String>::new(),
        "nothing acts by itself"
    );
    done(&agent, seen(&arrival)).await;
    assert_eq!(snapshot(&agent).await.arrival, None);
}

#[tokio::test]
async fn a_link_that_comes_while_another_is_shown_is_not_taken_for_seen() {
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let first = arrival(&agent, "syncward://open/settings").await;
    let second = arrival(&agent, "syncward://open/settings").await;
    done(&agent, seen(&first)).await;
    assert_eq!(snapshot(&agent).await.arrival.as_ref(), Some(&second));
    done(&agent, seen(&second)).await;
    assert_eq!(snapshot(&agent).await.arrival, None);
}

async fn arrival(agent: &Agent, link: &str) -> Arrival {
    done(agent, Request::FollowLink { link: link.into() }).await;
    snapshot(agent).await.arrival.unwrap()
}

fn seen(arrival: &Arrival) -> Request {
    Request::VisitSeen {
        arrival: arrival.id,
    }
}

#[tokio::test]
async fn starting_at_login_is_off_until_a_person_asks_for_it() {
    let (folder, shell) = (TempDir::new().unwrap(), Arc::new(Scripted::default()));
    let (agent, _desktop) = with_shell(&folder, &shell);
    assert!(!startup(&agent, Request::Startup).await.at_login);
    assert!(
        startup(&agent, Request::SetStartup { at_login: true })
            .await
            .at_login
    );
    assert!(
        !startup(&agent, Request::SetStartup { at_login: false })
            .await
            .at_login
    );
}

#[tokio::test]
async fn without_the_app_starting_at_login_says_why_not() {
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let answer = startup(&agent, Request::SetStartup { at_login: true }).await;
    assert!(!answer.at_login);
    assert!(answer.trouble.is_some());
}

#[tokio::test]
async fn a_newer_version_is_told_of_and_a_wrong_signature_leaves_nothing() {
    let (folder, shell) = (TempDir::new().unwrap(), Arc::new(Scripted::default()));
    let (agent, _desktop) = with_shell(&folder, &shell);
    done(&agent, Request::CheckUpdate).await;
    let wanted = UpdateState::Available {
        version: "9.9.9".into(),
    };
    until(&agent, |shown| shown.updates.state == wanted).await;
    done(&agent, Request::FetchUpdate).await;
    let shown = until(&agent, |shown| {
        matches!(shown.updates.state, UpdateState::Failed { .. })
    })
    .await;
    let UpdateState::Failed { fault } = shown.updates.state else {
        panic!("it was taken");
    };
    assert_eq!(fault.code, "update_signature_wrong");
}

#[tokio::test]
async fn without_an_update_address_nobody_is_asked() {
    let shell = Arc::new(Scripted {
        unconfigured: true,
        ..Scripted::default()
    });
    let folder = TempDir::new().unwrap();
    let (agent, _desktop) = with_shell(&folder, &shell);
    done(&agent, Request::CheckUpdate).await;
    let shown = snapshot(&agent).await;
    assert_eq!(shown.updates.address, None);
    assert_eq!(shown.updates.state, UpdateState::NotAsked);
    assert_eq!(shell.asked.load(Ordering::SeqCst), 0);
}

/// Words that stand for what must not leave: planted wherever the receiver could have them.
const ADDRESS: &str = "anna.planted@clinic.example";
const SECRET: &str = "ya29.PlantedSecretPlantedSecret0123456789";

async fn planted() -> (StandIn, TempDir, Agent, stand_in::Desktop) {
    let mut calendar = link(1, "Plantedroom", "polling", 100);
    calendar["account"] = json!(ADDRESS);
    calendar["reason"] = json!({
        "code": "push_refused",
        "message": format!("Google refused {ADDRESS} on Plantedroom with {SECRET}."),
        "action": "Nothing to do.",
        "since_at": "2026-01-01T00:00:00Z",
    });
    let receiver = StandIn::start(vec![calendar]).await;
    let folder = TempDir::new().unwrap();
    let (mut options, desktop) = options(folder.path());
    options.pair = Some(PairAtStart {
        address: receiver.address.clone(),
        code: CODE.into(),
        pin: None,
    });
    let log = &options.sidecar.log;
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::fs::write(
        log,
        format!(
            "{{\"message\":\"call\",\"authorization\":\"Bearer short\",\"of\":\"{ADDRESS}\"}}\n"
        ),
    )
    .unwrap();
    let agent = Agent::start(options).unwrap();
    until(&agent, connected).await;
    (receiver, folder, agent, desktop)
}

async fn shown(agent: &Agent, with_names: bool) -> Diagnostics {
    match agent.ask(Request::Diagnostics { with_names }).await {
        Response::Ok(Answer::Diagnostics(shown)) => shown,
        other => panic!("{other:?}"),
    }
}

fn all_of(shown: &Diagnostics) -> String {
    let texts = shown.files.iter().map(|file| file.text.as_str());
    texts.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn diagnostics_hold_no_secret_no_address_and_no_name() {
    let (receiver, _folder, agent, _desktop) = planted().await;
    let clinic = snapshot(&agent).await.clinics[0].name.clone();
    let shown = shown(&agent, false).await;
    let names: Vec<&str> = shown.files.iter().map(|file| file.name.as_str()).collect();
    assert!(
        names.contains(&"calendars.json") && names.contains(&"receiver-log.txt"),
        "{names:?}"
    );
    let text = all_of(&shown);
    assert!(
        text.contains("push_refused"),
        "the useful part stays: {text}"
    );
    let place = receiver.address.trim_start_matches("http://");
    for planted in [
        ADDRESS,
        "anna",
        "Plantedroom",
        "PlantedSecret",
        "short",
        stand_in::TOKEN,
        place,
        &clinic,
    ] {
        assert!(!text.contains(planted), "{planted} is in\n{text}");
    }
}

#[tokio::test]
async fn names_stay_when_the_person_wants_them_and_secrets_still_go() {
    let (_receiver, _folder, agent, _desktop) = planted().await;
    let text = all_of(&shown(&agent, true).await);
    assert!(text.contains("Plantedroom"), "{text}");
    for planted in [ADDRESS, "PlantedSecret", "short", stand_in::TOKEN] {
        assert!(!text.contains(planted), "{planted} is in\n{text}");
    }
}

#[tokio::test]
async fn the_command_line_tells_the_same_from_what_is_remembered() {
    let (_receiver, folder, agent, _desktop) = planted().await;
    agent.quit().await;
    let bundle = diagnostics_at_rest(folder.path(), false, clock::now()).unwrap();
    let text = all_of(&bundle.shown());
    assert!(text.contains("push_refused"), "{text}");
    assert!(
        !text.contains("Plantedroom") && !text.contains(ADDRESS),
        "{text}"
    );
    let packed = bundle.zipped().unwrap();
    assert!(packed.starts_with(b"PK"), "a zip file");
}
