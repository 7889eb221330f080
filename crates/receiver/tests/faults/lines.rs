//! Every line that the receiver writes of a fact, for the test that the window has words for it in each language;
//! `UPDATE_LINES=1` writes the page anew.

use std::{env, fs};

use jiff::Timestamp;
use serde_json::{Value, json};
use syncward_engine::activity::{Fact, Unrenewed};
use syncward_engine::link::FIRE_DRILL;
use syncward_engine::{Failure, FailureClass, RunReport, Trigger};
use syncward_receiver::exec::activity_text::{line, updated};
use syncward_receiver::store::activity::Line;

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../ui/src/lib/activity-lines.json"
);

const REASONS: [&str; 13] = [
    "rateLimitExceeded",
    "pushNotSupportedForRequestedResource",
    "webhookUrlNotHttps",
    "webhookUrlUnauthorized",
    "timeout",
    "unreachable",
    "malformed_answer",
    "backendError",
    "notFound",
    "forbidden",
    "invalid_grant",
    "no_public_url",
    "somethingNew",
];

const CAUSES: [&str; 10] = [
    "no_public_address",
    "push_not_supported",
    "webhook_url_not_https",
    "webhook_url_unauthorized",
    "watch_refused",
    "watch_failing",
    "no_handshake",
    "channel_expired",
    "opening",
    FIRE_DRILL,
];

#[test]
fn the_page_of_lines_is_what_the_receiver_writes() {
    let facts = facts();
    let own = [updated("0.3.0", "0.3.1")];
    let lines: Vec<Value> = (facts.iter().filter_map(line))
        .chain(own)
        .map(|line| told(&line))
        .collect();
    let page = format!("{}\n", serde_json::to_string_pretty(&lines).unwrap());
    if env::var_os("UPDATE_LINES").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let written = fs::read_to_string(PAGE).unwrap();
    assert!(
        page == written,
        "the lines changed: give the window words for them (ui/src/lib/told.ts), then run with UPDATE_LINES=1"
    );
}

fn told(line: &Line) -> Value {
    json!({ "kind": line.kind, "text": line.text, "detail": line.detail })
}

#[test]
fn a_channel_that_ran_out_is_bad_only_where_a_successor_was_due() {
    let tone = |unrenewed| {
        let fact = Fact::ChannelExpired {
            generation: 2,
            unrenewed,
        };
        line(&fact).unwrap().tone
    };
    assert_eq!(tone(Unrenewed::Failed), "bad");
    assert_eq!(tone(Unrenewed::GrantLost), "warn");
    assert_eq!(tone(Unrenewed::Paused), "quiet");
    assert_eq!(tone(Unrenewed::NoPublicAddress), "quiet");
    let fell_back = |cause: &str| {
        let cause = cause.to_owned();
        line(&Fact::FellBackToPolling { cause }).unwrap().tone
    };
    assert_eq!(fell_back("no_public_address"), "quiet");
    assert_eq!(fell_back("watch_failing"), "warn");
}

fn facts() -> Vec<Fact> {
    let at = Timestamp::from_second(1_795_700_000).unwrap();
    let drill = "Google did not stop the channel: Google had an internal error.";
    let mut facts = vec![
        Fact::Linked,
        Fact::ChannelOpening { generation: 3 },
        Fact::ChannelProved {
            generation: 3,
            after_ms: 820,
        },
        Fact::ChannelUnproved { generation: 3 },
        Fact::Renewed {
            generation: 3,
            expires_at: at,
        },
        Fact::RenewalDue { expires_at: at },
        Fact::OldStopped { generation: 2 },
        Fact::PushRestored,
        Fact::CursorGone,
        Fact::GrantLost {
            reason: "invalid_grant".into(),
        },
        Fact::GrantRestored,
        Fact::FireDrillBegan { generation: 3 },
        Fact::FireDrillPassed { after_ms: 12_340 },
        Fact::Paused,
        Fact::Resumed,
    ];
    facts.extend(
        [
            drill,
            "it was not over within 15 minutes.",
            "the calendar was paused.",
        ]
        .map(|why| Fact::FireDrillFailed { why: why.into() }),
    );
    facts.extend([true, false].map(|passed| Fact::DeliveryTested {
        passed,
        after_ms: 1500,
    }));
    let unrenewed = [
        Unrenewed::Failed,
        Unrenewed::NoPublicAddress,
        Unrenewed::Paused,
        Unrenewed::GrantLost,
    ];
    facts.extend(unrenewed.map(|unrenewed| Fact::ChannelExpired {
        generation: 2,
        unrenewed,
    }));
    facts.extend(CAUSES.map(|cause| Fact::FellBackToPolling {
        cause: cause.into(),
    }));
    for reason in REASONS {
        let failure = Failure {
            class: FailureClass::Permanent,
            reason: reason.into(),
            status: None,
        };
        facts.push(Fact::WatchRefused {
            failure: failure.clone(),
        });
        for retry_at in [None, Some(at)] {
            let failure = failure.clone();
            facts.push(Fact::RenewalFailed {
                failure: failure.clone(),
                retry_at,
            });
            facts.push(Fact::RunFailed { failure, retry_at });
        }
    }
    facts.extend(runs());
    facts
}

fn runs() -> Vec<Fact> {
    let run = |report, trigger, full| Fact::RunFinished {
        report,
        trigger,
        full,
    };
    let changes = |changed, latency_ms| RunReport {
        changed,
        latency_ms,
        ..RunReport::default()
    };
    let held = |held| RunReport {
        held,
        ..RunReport::default()
    };
    let missed = |missed| RunReport {
        missed,
        ..RunReport::default()
    };
    let listed = RunReport {
        listed: 4200,
        created: 12,
        ..RunReport::default()
    };
    vec![
        run(listed, Trigger::First, true),
        run(listed, Trigger::CursorGone, true),
        run(held(1), Trigger::Check, false),
        run(held(9), Trigger::Check, false),
        run(missed(1), Trigger::Check, false),
        run(missed(2), Trigger::Poll, false),
        run(changes(1, Some(640)), Trigger::Notification, false),
        run(changes(2, Some(1240)), Trigger::Notification, false),
        run(changes(2, Some(185_000)), Trigger::Poll, false),
        run(changes(2, None), Trigger::Poll, false),
        run(RunReport::default(), Trigger::Asked, false),
    ]
}
