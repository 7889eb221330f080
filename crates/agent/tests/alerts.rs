//! Alerts over the real agent: quiet as long as asked, rules that are kept, a history, and rules tried on it.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stand_in::{CODE, Seen, StandIn, because, connected, link, options, paired, snapshot, until};
use syncward_agent::Agent;
use syncward_agent::bridge::{
    AlertKind, AlertRules, AlertState, Answer, Backtest, QuietSpan, Request, Response, RuleSetting,
    Settings, SnoozeFor,
};
use syncward_agent::options::PairAtStart;
use syncward_agent::shell::{Package, Pending, Shell};
use syncward_agent::words::Language;

/// A shell whose window is looked at, or not.
struct Eyes(AtomicBool);

impl Shell for Eyes {
    fn is_looked_at(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn starts_at_login(&self) -> Result<bool, String> {
        Ok(false)
    }

    fn start_at_login(&self, _: bool) -> Result<(), String> {
        Ok(())
    }

    fn update_address(&self) -> Option<String> {
        None
    }

    fn newer_version(&self) -> Pending<Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn fetch_update(&self) -> Pending<Package> {
        Box::pin(std::future::pending())
    }
}

fn refused(number: u128) -> serde_json::Value {
    because(
        link(number, &format!("Room {number}"), "polling", 100),
        "webhook_url_unauthorized",
    )
}

async fn ok(agent: &Agent, request: Request) -> Answer {
    match agent.ask(request).await {
        Response::Ok(answer) => answer,
        Response::Error(fault) => panic!("{fault:?}"),
    }
}

async fn rules(agent: &Agent) -> AlertRules {
    match ok(agent, Request::AlertRules).await {
        Answer::AlertRules(rules) => rules,
        other => panic!("{other:?}"),
    }
}

async fn past(agent: &Agent, rule: RuleSetting) -> Backtest {
    match ok(agent, Request::Backtest { rule }).await {
        Answer::Backtest(past) => past,
        other => panic!("{other:?}"),
    }
}

fn setting(kind: AlertKind, values: &[u64]) -> RuleSetting {
    RuleSetting {
        kind,
        on: true,
        values: values.to_vec(),
    }
}

async fn speaks(agent: &Agent, language: Language) {
    let Answer::Settings(settings) = ok(agent, Request::Settings).await else {
        panic!("no settings");
    };
    let settings = Settings {
        language: Some(language),
        ..settings
    };
    ok(agent, Request::SetSettings { settings }).await;
}

#[tokio::test]
async fn bubbles_alerts_and_rules_speak_the_chosen_language() {
    let receiver = StandIn::start(Vec::new()).await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    speaks(&agent, Language::De).await;
    receiver.tell_link(refused(1));
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "Nord · Room 1 ohne Push: verweigert");
    let labels: Vec<&str> = bubble.actions.iter().map(|it| it.1.as_str()).collect();
    assert_eq!(labels, ["Jetzt erneuern", "1 h stumm"]);
    let sentence = &rules(&agent).await.rules[0].sentence;
    assert_eq!(sentence, "Der Empfänger schweigt seit {}.");
    speaks(&agent, Language::Es).await;
    let told = "Nord · Room 1 sin push: rechazado";
    until(&agent, |shown| {
        shown.alerts.iter().any(|it| it.title == told)
    })
    .await;
}

#[tokio::test]
async fn an_alert_that_is_over_stays_in_the_history_and_its_rule_can_be_tried_on_it() {
    let receiver = StandIn::start(vec![refused(1)]).await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    desktop.bubble().await;
    receiver.tell_link(link(1, "Room 1", "live", 100));
    until(&agent, |shown| {
        shown
            .alerts
            .iter()
            .any(|alert| alert.state == AlertState::Resolved)
    })
    .await;
    let request = Request::AlertHistory {
        before: None,
        limit: 1,
    };
    let Answer::AlertHistory(page) = ok(&agent, request).await else {
        panic!("no history");
    };
    let over = &page.items[0];
    assert_eq!(over.kind, AlertKind::Refused);
    assert!(over.body.starts_with("It lasted 10 min."), "{}", over.body);
    let before = page.next;
    assert!(before.is_some(), "the page is full");
    let Answer::AlertHistory(rest) = ok(&agent, Request::AlertHistory { before, limit: 1 }).await
    else {
        panic!("no history");
    };
    assert_eq!(rest.items, []);
    let lived = past(&agent, setting(AlertKind::Refused, &[])).await;
    assert_eq!(lived.count, 1);
    assert_eq!(
        lived.fired[0].title,
        "Nord · Room 1 is polled: push refused"
    );
    assert!(lived.fired[0].until.is_some());
    let never = past(&agent, setting(AlertKind::Polling, &[30])).await;
    assert_eq!((never.count, never.from.is_some()), (0, true));
}

#[tokio::test]
async fn a_snooze_lasts_as_long_as_asked_and_over_a_restart() {
    let receiver = StandIn::start(vec![refused(1), refused(2), refused(3)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let shown = until(&agent, |shown| shown.alerts.len() == 3).await;
    let ids: Vec<String> = shown.alerts.iter().map(|alert| alert.id.clone()).collect();
    for (incident, until) in
        ids.iter()
            .zip([SnoozeFor::Hour, SnoozeFor::Morning, SnoozeFor::Change])
    {
        let incident = incident.clone();
        ok(&agent, Request::Snooze { incident, until }).await;
    }
    agent.quit().await;
    let (options, mut desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, connected).await;
    let left = |id: &String| {
        let alert = shown.alerts.iter().find(|alert| alert.id == *id).unwrap();
        assert_eq!(alert.state, AlertState::Snoozed);
        let now = jiff::Timestamp::now();
        alert.until.map(|at| at.duration_since(now).as_mins())
    };
    assert!((58..=60).contains(&left(&ids[0]).unwrap()));
    assert!((0..=25 * 60).contains(&left(&ids[1]).unwrap()));
    assert_eq!(left(&ids[2]), None);
    assert!(desktop.seen.try_recv().is_err());
}

#[tokio::test]
async fn a_pause_holds_everything_back_and_its_end_tells_it_in_one_bubble() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    ok(&agent, Request::PauseAlerts).await;
    let paused = until(&agent, |shown| shown.hush.paused_until.is_some()).await;
    assert_eq!(paused.alerts, []);
    receiver.tell_link(refused(1));
    receiver.tell_link(refused(2));
    until(&agent, |shown| shown.alerts.len() == 2).await;
    assert!(desktop.seen.try_recv().is_err());
    ok(&agent, Request::ResumeAlerts).await;
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "2 alerts from the quiet");
    assert!(desktop.seen.try_recv().is_err());
}

#[tokio::test]
async fn rules_and_quiet_hours_are_kept_and_nonsense_is_refused_in_words() {
    let receiver = StandIn::start(Vec::new()).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let rule = RuleSetting {
        on: false,
        ..setting(AlertKind::Lag, &[8, 30])
    };
    ok(&agent, Request::SetAlertRule { rule }).await;
    assert_eq!(snapshot(&agent).await.unsent_after_s, 20 * 60);
    let rule = setting(AlertKind::Outbound, &[45]);
    ok(&agent, Request::SetAlertRule { rule }).await;
    until(&agent, |shown| shown.unsent_after_s == 45 * 60).await;
    let all_day = |weekday| QuietSpan {
        weekday,
        from: "00:00".into(),
        until: "00:00".into(),
    };
    let days: Vec<QuietSpan> = (1..=7).map(all_day).collect();
    ok(&agent, Request::SetQuietHours { days: days.clone() }).await;
    let nonsense = [
        Request::SetAlertRule {
            rule: setting(AlertKind::Polling, &[0]),
        },
        Request::SetAlertRule {
            rule: setting(AlertKind::Grant, &[1]),
        },
        Request::SetQuietHours {
            days: vec![QuietSpan {
                from: "25:00".into(),
                ..all_day(1)
            }],
        },
        Request::SetQuietHours {
            days: vec![all_day(8)],
        },
    ];
    for request in nonsense {
        let Response::Error(fault) = agent.ask(request.clone()).await else {
            panic!("{request:?} was taken");
        };
        assert_eq!(fault.code, "rule_unfit");
    }
    agent.quit().await;
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let shown = until(&agent, |shown| shown.hush.quiet_until.is_some()).await;
    assert!(shown.hush.paused_until.is_none());
    assert_eq!(shown.unsent_after_s, 45 * 60);
    let kept = rules(&agent).await;
    assert_eq!(kept.quiet_hours, days);
    let lag = kept.rules.iter().find(|rule| rule.kind == AlertKind::Lag);
    let lag = lag.unwrap();
    let values: Vec<u64> = lag.parts.iter().map(|part| part.value).collect();
    assert_eq!((lag.on, values), (false, vec![8, 30]));
}

#[tokio::test]
async fn a_test_is_a_real_bubble() {
    let receiver = StandIn::start(Vec::new()).await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    until(&agent, |shown| shown.notifier.available).await;
    ok(&agent, Request::TestAlert).await;
    assert_eq!(desktop.bubble().await.title, "Syncward can reach you here");
}

#[tokio::test]
async fn edits_that_google_does_not_take_are_an_alert_until_they_are_sent() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let (_folder, agent, mut desktop) = paired(&receiver).await;
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(30);
    let mut stuck = link(1, "Room 1", "live", 100);
    stuck["outbound"] = serde_json::json!({"since_at": since, "edits": 2, "failure": "forbidden", "refused": true,
        "next_start_at": null});
    receiver.tell_link(stuck);
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "Nord · Room 1 has unsent edits");
    assert!(bubble.body.starts_with("2 edits"), "{}", bubble.body);
    let stands = |wanted| {
        until(&agent, move |shown| {
            let mut alerts = shown.alerts.iter();
            alerts.any(|it| it.kind == AlertKind::Outbound && it.state == wanted)
        })
    };
    let shown = stands(AlertState::Firing).await;
    let wait = shown.links[0].outbound.as_ref().unwrap();
    assert_eq!(wait.failure.as_deref(), Some("forbidden"));
    assert_eq!(
        past(&agent, setting(AlertKind::Outbound, &[20]))
            .await
            .count,
        1
    );
    assert_eq!(
        past(&agent, setting(AlertKind::Outbound, &[60]))
            .await
            .count,
        0
    );

    receiver.tell_link(link(1, "Room 1", "live", 100));
    stands(AlertState::Recovering).await;
}

#[tokio::test]
async fn who_looks_at_the_window_reads_a_banner_there_and_sees_no_bubble() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 100)]).await;
    let folder = tempfile::TempDir::new().unwrap();
    let eyes = Arc::new(Eyes(AtomicBool::new(true)));
    let (mut options, mut desktop) = options(folder.path());
    options.shell = Some(eyes.clone());
    options.pair = Some(PairAtStart {
        address: receiver.address.clone(),
        code: CODE.into(),
        pin: None,
    });
    let agent = Agent::start(options).unwrap();
    until(&agent, connected).await;

    receiver.tell_link(refused(1));
    let shown = until(&agent, |shown| !shown.banners.is_empty()).await;
    let banner = &shown.banners[0];
    assert_eq!(banner.title, "Nord · Room 1 is polled: push refused");
    assert_eq!(banner.incident.as_ref(), Some(&shown.alerts[0].id));
    ok(&agent, Request::BannerRead { banner: banner.id }).await;
    assert_eq!(snapshot(&agent).await.banners, []);

    receiver.tell_link(refused(2));
    until(&agent, |shown| shown.banners.len() == 1).await;
    receiver.tell_link(link(2, "Room 2", "live", 100));
    until(&agent, |shown| shown.banners.is_empty()).await;
    let mut bubbles = std::iter::from_fn(|| desktop.seen.try_recv().ok());
    assert!(bubbles.all(|seen| matches!(seen, Seen::Closed(_))));

    eyes.0.store(false, Ordering::SeqCst);
    receiver.tell_link(refused(3));
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "Nord · Room 3 is polled: push refused");
    assert_eq!(snapshot(&agent).await.banners, []);
}

#[tokio::test]
async fn the_first_close_into_the_tray_says_once_that_it_goes_on_there() {
    let receiver = StandIn::start(vec![
        link(1, "Room 1", "live", 100),
        link(2, "Room 2", "live", 100),
    ])
    .await;
    let (folder, agent, mut desktop) = paired(&receiver).await;
    until(&agent, |shown| shown.notifier.available).await;
    ok(&agent, Request::ClosedToTray).await;
    let bubble = desktop.bubble().await;
    assert_eq!(bubble.title, "Syncward goes on in the tray");
    let body =
        "It goes on watching 2 calendars. Click its icon to come back; Quit in its menu ends that.";
    assert_eq!(bubble.body, body);
    ok(&agent, Request::ClosedToTray).await;
    agent.quit().await;

    let (options, mut later) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    until(&agent, |shown| connected(shown) && shown.notifier.available).await;
    ok(&agent, Request::ClosedToTray).await;
    ok(&agent, Request::TestAlert).await;
    assert_eq!(later.bubble().await.title, "Syncward can reach you here");
    let again = desktop.seen.try_recv();
    assert!(again.is_err(), "{again:?}");
}
