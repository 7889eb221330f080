//! The agent without a window, over a receiver: pairing, live changes, alerts, and what it still knows offline.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stand_in::{CODE, StandIn, because, connected, link, options, paired, snapshot, until};
use syncward_agent::Agent;
use syncward_agent::bridge::{
    AlertState, Answer, ConnectState, ConnectionStatus, KeychainKind, Request, Response,
};
use syncward_agent::browser::Browser;
use syncward_agent::options::PairAtStart;
use syncward_wire::At;
use tempfile::TempDir;

#[tokio::test]
async fn pairing_at_the_start_shows_the_receivers_links_and_keeps_the_token_in_a_labelled_private_file()
 {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let shown = snapshot(&agent).await;
    assert_eq!(shown.links.len(), 1);
    assert_eq!(shown.clinics.len(), 1);
    assert_eq!(shown.keychain.kind, KeychainKind::File);
    assert!(
        shown.keychain.note.contains("tokens.json"),
        "{}",
        shown.keychain.note
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(folder.path().join("tokens.json")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    let database = std::fs::read(folder.path().join("desktop.sqlite")).unwrap();
    let token = stand_in::TOKEN.as_bytes();
    assert!(!database.windows(token.len()).any(|bytes| bytes == token));
}

#[tokio::test]
async fn a_wrong_code_is_a_sentence_with_a_way_on() {
    let receiver = StandIn::start(Vec::new()).await;
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let address = receiver.address.clone();
    let answer = agent
        .ask(Request::Pair {
            address,
            code: "WRONG".into(),
            pin: None,
        })
        .await;
    let Response::Error(fault) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(fault.code, "code_wrong");
    assert!(!fault.action.is_empty());
    let answer = agent
        .ask(Request::Pair {
            address: "http://example.org".into(),
            code: CODE.into(),
            pin: None,
        })
        .await;
    let Response::Error(fault) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(fault.code, "address_invalid");
}

#[tokio::test]
async fn a_change_on_the_stream_reaches_the_window_by_a_hint() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let (_folder, agent, _desktop) = paired(&receiver).await;
    receiver.tell_link(link(1, "Room 1", "renewing", 100));
    until(&agent, |shown| {
        shown.links[0].state == syncward_wire::LinkState::Renewing
    })
    .await;
}

#[tokio::test]
async fn charts_that_were_looked_at_open_without_a_receiver_and_others_say_why_not() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    receiver.set_lag(1_300.0);
    let (folder, agent, _desktop) = paired(&receiver).await;
    let hours = |hours: i64, ago: i64| {
        let to = Timestamp::now() - SignedDuration::from_mins(ago);
        Request::Lag {
            link: None,
            from: At(to - SignedDuration::from_hours(hours)),
            to: At(to),
            buckets: 1,
            spread: None,
        }
    };
    let (day, past) = (|| hours(24, 0), hours(1, 90));
    let told = agent.ask(day()).await;
    let told_past = agent.ask(past.clone()).await;
    assert!(matches!(told, Response::Ok(Answer::Lag(_))), "{told:?}");
    agent.quit().await;
    receiver.stop();
    drop(receiver);

    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    assert_eq!(agent.ask(day()).await, told, "the last day, a moment later");
    assert_eq!(agent.ask(past).await, told_past, "the very same hour");
    for never in [hours(6, 0), hours(1, 95)] {
        let answer = agent.ask(never).await;
        assert!(matches!(answer, Response::Error(_)), "{answer:?}");
    }
}

#[tokio::test]
async fn the_last_known_state_opens_at_once_without_a_receiver() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let desk = snapshot(&agent).await.desk;
    agent.quit().await;
    receiver.stop();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let shown = snapshot(&agent).await;
    assert_eq!(shown.connection.status, ConnectionStatus::Connecting);
    assert_eq!(shown.links.len(), 1);
    assert_eq!(shown.desk, desk, "it is the same one's memory");
    assert!(shown.as_of.is_some());
    let shown = until(&agent, |shown| {
        shown.connection.status == ConnectionStatus::Offline
    })
    .await;
    assert!(shown.connection.retry_at.is_some());
    assert_eq!(shown.links.len(), 1);
}

#[tokio::test]
async fn a_receiver_that_forgot_this_computer_asks_to_pair_again() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    agent.quit().await;
    let other = StandIn::start(Vec::new()).await;
    other.forget_device();
    // The same address with another token: what a revoked device meets.
    std::fs::write(
        folder.path().join("tokens.json"),
        json!({ receiver.address.as_str(): "revoked" }).to_string(),
    )
    .unwrap();
    let (options, mut desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, |shown| {
        shown.connection.status == ConnectionStatus::Unpaired
    })
    .await;
    assert!(
        shown.connection.message.contains("Pair with it again"),
        "{}",
        shown.connection.message
    );
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "The receiver shut this computer out");
}

#[tokio::test]
async fn a_failing_renewal_is_one_bubble_whose_button_works_and_reports_back_in_it() {
    let failing = because(link(1, "Room 2", "due", 3), "renewal_failing");
    let receiver = StandIn::start(vec![link(1, "Room 2", "live", 100)]).await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    receiver.tell_link(failing.clone());
    let bubble = desktop.bubble().await;
    assert!(
        bubble.title.starts_with("Nord · Room 2 expires in"),
        "{}",
        bubble.title
    );
    assert!(bubble.title.chars().count() <= 40);
    assert_eq!(bubble.actions[0].1, "Renew now");
    let alert = until(&agent, |shown| !shown.alerts.is_empty()).await.alerts[0].clone();
    assert_eq!(alert.id, bubble.key);

    desktop.press(&bubble, "renew").await;
    let renewed = link(1, "Room 2", "live", 168);
    let id = renewed["id"].as_str().unwrap().to_owned();
    let asked = async {
        while receiver.asked() != [format!("renew {id}")] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), asked)
        .await
        .unwrap();
    receiver.tell("operation", operation(&id, "done", false));
    receiver.tell_link(renewed);
    let report = desktop.bubble().await;
    assert_eq!(report.key, bubble.key, "the same bubble");
    assert_eq!(report.title, "Nord · Room 2 renewed");
    let resolved = until(&agent, |shown| {
        shown
            .alerts
            .iter()
            .any(|alert| alert.state == AlertState::Resolved)
    })
    .await;
    assert_eq!(resolved.alerts.len(), 1);
    assert!(
        desktop.seen.try_recv().is_err(),
        "the report is left to be read"
    );
}

#[tokio::test]
async fn the_foretold_end_of_a_connection_is_one_bubble_that_leads_to_connecting_again() {
    let receiver = StandIn::start(vec![
        link(1, "Room 2", "live", 100),
        link(2, "Room 3", "live", 100),
    ])
    .await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    let mut overview = stand_in::overview();
    // With fewer than there are links everything would be asked for again.
    overview["counts"]["total"] = json!(2);
    let healed = overview.clone();
    overview["endings"] = json!([{"grant_id": stand_in::grant_id(), "clinic_id": stand_in::clinic_id(), "ailment": "testing_app",
        "ends_at": Timestamp::now() + SignedDuration::from_hours(30), "remedy": "Publish the app."}]);
    receiver.tell("overview", overview);
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "Nord loses Google in 30 h");
    let alert = until(&agent, |shown| !shown.alerts.is_empty()).await.alerts[0].clone();
    let reconnect = &alert.actions[0];
    assert_eq!(reconnect.label, "Reconnect");
    assert_eq!(reconnect.clinic_id, Some(stand_in::clinic_id()));
    receiver.tell("overview", healed);
    until(&agent, |shown| {
        shown.alerts[0].state == AlertState::Resolved
    })
    .await;
}

#[tokio::test]
async fn changes_that_come_late_by_the_receivers_own_figures_are_told() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    receiver.set_lag(12_400.0);
    let (_folder, _agent, mut desktop) = paired(&receiver).await;
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "Changes arrive late: 12 s");
}

#[tokio::test]
async fn an_acknowledged_alert_stays_quiet_over_a_restart() {
    let failing = because(link(1, "Room 2", "due", 3), "renewal_failing");
    let receiver = StandIn::start(vec![failing]).await;
    let (folder, agent, mut desktop) = paired(&receiver).await;
    let bubble = desktop.bubble().await;
    let answer = agent
        .ask(Request::Acknowledge {
            incident: bubble.key.clone(),
        })
        .await;
    assert_eq!(answer, Response::Ok(Answer::Done));
    agent.quit().await;
    let (options, mut desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, connected).await;
    assert_eq!(shown.alerts[0].state, AlertState::Acknowledged);
    assert!(desktop.seen.try_recv().is_err());
    let unknown = agent
        .ask(Request::Acknowledge {
            incident: "expired:none".into(),
        })
        .await;
    assert!(matches!(unknown, Response::Error(_)));
}

#[tokio::test]
async fn a_storm_of_causes_is_three_bubbles_at_most() {
    let receiver = StandIn::start(Vec::new()).await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    agent.quit().await;
    drop(agent);
    let links = (1..=9).map(|n| {
        let mut refused = because(
            link(n, &format!("Room {n}"), "polling", 100),
            "webhook_url_unauthorized",
        );
        refused["mode"] = json!("polling");
        refused
    });
    let receiver = StandIn::start(links.collect()).await;
    let (_folder, _agent, mut fresh) = paired(&receiver).await;
    let titles = [
        fresh.bubble().await.title,
        fresh.bubble().await.title,
        fresh.bubble().await.title,
    ];
    assert_eq!(titles[2], "7 more alerts");
    assert!(fresh.seen.try_recv().is_err());
    assert!(desktop.seen.try_recv().is_err());
}

#[tokio::test]
async fn allowing_on_googles_page_connects_the_account() {
    let receiver = StandIn::start(Vec::new()).await;
    let (agent, attempt, redirect) = connecting(&receiver).await;
    let page = reqwest::get(format!("{redirect}?state=the-state&code=the-code"))
        .await
        .unwrap();
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("You can close this page")
    );
    until(&agent, |shown| {
        shown.attempt.as_ref().is_some_and(|now| {
            now.id == attempt && matches!(&now.state, ConnectState::Connected { account, .. } if account == "admin@clinic.example")
        })
    })
    .await;
    let handed = receiver.body("complete").unwrap();
    assert_eq!(handed, json!({"state": "the-state", "code": "the-code"}));
}

#[tokio::test]
async fn denying_is_passed_on_and_told() {
    let receiver = StandIn::start(Vec::new()).await;
    let (agent, _attempt, redirect) = connecting(&receiver).await;
    reqwest::get(format!("{redirect}?state=the-state&error=access_denied"))
        .await
        .unwrap();
    let shown = until(&agent, |shown| {
        shown
            .attempt
            .as_ref()
            .is_some_and(|now| matches!(now.state, ConnectState::Failed { .. }))
    })
    .await;
    let Some(ConnectState::Failed { fault }) = shown.attempt.map(|attempt| attempt.state) else {
        panic!("not failed");
    };
    assert_eq!(fault.code, "consent_denied");
    assert_eq!(receiver.body("complete").unwrap()["error"], "access_denied");
}

#[tokio::test]
async fn a_cancelled_attempt_no_longer_listens() {
    let receiver = StandIn::start(Vec::new()).await;
    let (agent, attempt, redirect) = connecting(&receiver).await;
    agent.ask(Request::ConnectCancel { attempt }).await;
    until(&agent, |shown| {
        shown
            .attempt
            .as_ref()
            .is_some_and(|now| now.state == ConnectState::Cancelled)
    })
    .await;
    let closed = async {
        let client = reqwest::Client::new();
        let late = format!("{redirect}?state=the-state&code=late");
        while let Ok(page) = client.get(&late).send().await {
            assert_ne!(page.status(), 200);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), closed)
        .await
        .unwrap();
    assert!(receiver.body("complete").is_none());
}

async fn connecting(receiver: &StandIn) -> (Agent, uuid::Uuid, String) {
    let folder = TempDir::new().unwrap();
    let (mut options, _desktop) = options(folder.path());
    let (opened, mut pages) = tokio::sync::mpsc::unbounded_channel();
    options.browser = Browser::new(move |url| {
        opened
            .send(url.to_owned())
            .map_err(|error| error.to_string())
    });
    options.pair = Some(PairAtStart {
        address: receiver.address.clone(),
        code: CODE.into(),
        pin: None,
    });
    let agent = Agent::start(options).unwrap();
    until(&agent, connected).await;
    let clinic_id = stand_in::clinic_id();
    let answer = agent
        .ask(Request::ConnectGoogle {
            clinic_id,
            login_hint: None,
        })
        .await;
    let Response::Ok(Answer::Connect(attempt)) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(attempt.state, ConnectState::Waiting);
    assert_eq!(pages.recv().await.unwrap(), attempt.authorization_url);
    let begun: Value = receiver.body("begin").unwrap();
    (
        agent,
        attempt.id,
        begun["redirect_uri"].as_str().unwrap().to_owned(),
    )
}

fn operation(link_id: &str, step: &str, failed: bool) -> Value {
    json!({"id": stand_in::operation_id(), "link_id": link_id, "kind": "renew", "step": step, "message": "Renewed.",
        "finished": true, "failed": failed, "at": jiff::Timestamp::now()})
}
