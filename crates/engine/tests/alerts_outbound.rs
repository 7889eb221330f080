//! Edits that can't reach Google, from outside: one incident per cause, told in time for the appointments they are about.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "alerts/alerting.rs"]
mod alerting;

use alerting::*;
use syncward_engine::alert::{
    Action, Change, IncidentState, Kind, Language, LinkFacts, Moment, Notice, OutboundFacts,
    Reader, Rules, Severity, backtest,
};
use syncward_engine::view::LinkState;

/// An edit that has waited since then, of an appointment days away.
fn wait(since: i64) -> OutboundFacts {
    OutboundFacts {
        since_at: at(since),
        edits: 1,
        refused: false,
        next_start_at: Some(at(9 * DAY)),
    }
}

fn refused(since: i64) -> OutboundFacts {
    OutboundFacts {
        refused: true,
        ..wait(since)
    }
}

fn stuck(number: u128, wait: OutboundFacts) -> LinkFacts {
    LinkFacts {
        outbound: Some(wait),
        ..live(number)
    }
}

fn live(number: u128) -> LinkFacts {
    LinkFacts {
        expires_at: Some(at(6 * DAY)),
        renews_at: Some(at(4 * DAY)),
        ..link(number, LinkState::Live)
    }
}

fn body_of(desk: &Desk, id: &str) -> String {
    desk.incident(id).unwrap().body
}

#[test]
fn an_edit_that_waits_is_told_once_and_ends_when_it_is_sent() {
    let mut desk = Desk::default();
    let waits = facts(vec![stuck(1, refused(0)), live(2)]);
    let told = desk.watch(at(19), &waits);
    assert_eq!(bubbles(&told), [], "it is tried again meanwhile");
    let pending = desk.incident("outbound:r").unwrap().state;
    assert_eq!(pending, IncidentState::Pending { fires_at: at(20) });
    let told = desk.watch(at(8 * HOUR), &waits);
    let expected = (20, Severity::Notice, "Nord · Room 1 has unsent edits");
    assert_eq!(bubbles(&told), [expected]);
    let Notice::Show { body, actions, .. } = &told[0].1 else {
        panic!("shown above");
    };
    assert_eq!(actions, &[Action::Snooze]);
    assert_eq!(
        body,
        "1 edit of the clinic's system has waited for 20 min: Google refuses what was changed. The calendar's page says why. \
         The first of these appointments begins in 8 d. Nothing is lost, and it is tried again by itself; until then Google \
         shows the old state."
    );

    let sent = facts(vec![live(1), live(2)]);
    assert_eq!(resolved(&desk.observe(at(8 * HOUR + 1), &sent)), [""; 0]);
    assert!(matches!(
        desk.incident("outbound:r").unwrap().state,
        IncidentState::Recovering { .. }
    ));
    let ended = desk.observe(at(8 * HOUR + 3), &sent);
    assert_eq!(resolved(&ended), ["Nord · Room 1 has no unsent edits left"]);
}

#[test]
fn an_edit_that_is_sent_in_time_is_never_told() {
    let mut desk = Desk::default();
    let mut told = desk.watch(at(19), &facts(vec![stuck(1, wait(0))]));
    told.extend(desk.watch(at(HOUR), &facts(vec![live(1)])));
    assert_eq!(told, []);
    assert_eq!(desk.policy.incidents().len(), 0);
}

#[test]
fn the_calendars_of_one_outage_are_one_incident() {
    let mut desk = Desk::default();
    let all = facts((1..=3).map(|it| stuck(it, wait(0))).collect());
    let told = desk.watch(at(2 * HOUR), &all);
    let expected = (20, Severity::Notice, "3 calendars have unsent edits");
    assert_eq!(bubbles(&told), [expected]);
    assert!(body_of(&desk, "outbound:r").starts_with("3 edits of the clinic's system have waited"));
}

#[test]
fn what_begins_soon_is_told_sooner_and_is_urgent_while_the_clinic_is_open() {
    let soon = OutboundFacts {
        next_start_at: Some(at(40)),
        ..wait(0)
    };
    let open = |open_now| LinkFacts {
        open_now: Some(open_now),
        ..stuck(1, soon)
    };
    for (open_now, severity) in [(true, Severity::Urgent), (false, Severity::Warning)] {
        let mut desk = Desk::default();
        let told = desk.watch(at(39), &facts(vec![open(open_now)]));
        let expected = (10, severity, "Nord · Room 1 has unsent edits");
        assert_eq!(bubbles(&told), [expected]);
    }
    let mut desk = Desk::default();
    let today = OutboundFacts {
        next_start_at: Some(at(6 * HOUR)),
        ..wait(0)
    };
    let told = desk.watch(at(5 * HOUR), &facts(vec![stuck(1, today)]));
    let severities: Vec<Severity> = bubbles(&told).into_iter().map(|it| it.1).collect();
    assert_eq!(
        severities,
        [Severity::Warning, Severity::Urgent],
        "it draws near"
    );
}

#[test]
fn what_ripens_first_sets_the_time() {
    let mut desk = Desk::default();
    let soon = OutboundFacts {
        next_start_at: Some(at(15 + 40)),
        ..wait(15)
    };
    let told = desk.watch(at(19), &facts(vec![stuck(1, wait(5)), stuck(2, soon)]));
    assert_eq!(bubbles(&told), [], "neither has waited long");
    let pending = desk.incident("outbound:r").unwrap().state;
    assert_eq!(pending, IncidentState::Pending { fires_at: at(25) });
}

#[test]
fn a_lost_grant_explains_what_waits_and_says_how_much() {
    let mut desk = Desk::default();
    let lost = |wait| LinkFacts {
        outbound: Some(wait),
        ..link(1, LinkState::ReconnectNeeded)
    };
    let told = desk.watch(at(8 * HOUR), &facts(vec![lost(refused(0))]));
    let titles: Vec<&str> = bubbles(&told).into_iter().map(|it| it.2).collect();
    assert_eq!(titles, ["Nord must reconnect Google"], "no second bubble");
    let grant = format!("grant:{}", uuid::Uuid::from_u128(99));
    assert!(
        body_of(&desk, &grant)
            .ends_with("1 edit of the clinic's system waits for Google meanwhile.")
    );

    desk.policy.rules.switch(Kind::Grant, false);
    let told = desk.watch(at(9 * HOUR), &facts(vec![lost(refused(0))]));
    let titles: Vec<&str> = bubbles(&told).into_iter().map(|it| it.2).collect();
    assert_eq!(
        titles,
        ["Nord · Room 1 has unsent edits"],
        "that rule is off"
    );
}

#[test]
fn a_google_that_does_not_answer_explains_all_but_what_it_refused() {
    for (code, incident) in [("sync_failing", "sync:r"), ("renewal_failing", "renewal:r")] {
        let down = |wait| LinkFacts {
            code: Some(code.into()),
            since_at: Some(at(10)),
            outbound: Some(wait),
            ..live(1)
        };
        let mut desk = Desk::default();
        desk.watch(at(3 * HOUR), &facts(vec![down(wait(0))]));
        assert!(desk.incident("outbound:r").is_none(), "{code}");
        assert!(
            body_of(&desk, incident).contains("waits for Google meanwhile"),
            "{code}"
        );
        let mut desk = Desk::default();
        desk.watch(at(3 * HOUR), &facts(vec![down(refused(0))]));
        assert!(desk.incident("outbound:r").unwrap().is_open(), "{code}");
        assert!(!body_of(&desk, incident).contains("meanwhile"), "{code}");
    }
}

#[test]
fn an_outage_is_as_urgent_as_the_edits_that_wait_for_its_end() {
    let mut desk = Desk::default();
    let soon = OutboundFacts {
        next_start_at: Some(at(2 * HOUR)),
        ..wait(0)
    };
    let down = LinkFacts {
        code: Some("sync_failing".into()),
        since_at: Some(at(10)),
        outbound: Some(soon),
        ..live(1)
    };
    let told = desk.watch(at(HOUR), &facts(vec![down]));
    let expected = (25, Severity::Urgent, "Nord · Room 1 can't be synced");
    assert_eq!(bubbles(&told), [expected]);
}

#[test]
fn what_an_outage_takes_over_is_not_told_as_sent() {
    let mut desk = Desk::default();
    desk.watch(at(30), &facts(vec![stuck(1, wait(0))]));
    let down = LinkFacts {
        code: Some("sync_failing".into()),
        since_at: Some(at(30)),
        ..stuck(1, wait(0))
    };
    let told = desk.watch(at(40), &facts(vec![down]));
    let told: Vec<Notice> = told.into_iter().map(|it| it.1).collect();
    assert_eq!(resolved(&told), ["Nord · Room 1 changed state"]);
}

#[test]
fn a_silent_receiver_leaves_it_unknown() {
    let mut desk = Desk::default();
    let waits = facts(vec![stuck(1, wait(0))]);
    desk.watch(at(30), &waits);
    desk.watch(at(HOUR), &silent(waits, 30));
    let hidden = desk.incident("outbound:r").unwrap();
    assert!(hidden.is_open());
    assert_eq!(hidden.unknown_since, Some(at(30)));
}

#[test]
fn the_rule_is_set_switched_off_and_tried_on_the_past() {
    let mut rules = Rules::default();
    let rule = |rules: &Rules| {
        let all = rules.sentences(Language::En);
        all.into_iter()
            .find(|it| it.kind == Kind::Outbound)
            .unwrap()
    };
    assert_eq!(rule(&rules).parts[0].value, 20);
    let history = [
        (0, Change::Link(Box::new(stuck(1, wait(0))))),
        (40, Change::Link(Box::new(live(1)))),
    ];
    let history = history.map(|(minute, change)| Moment {
        at: at(minute),
        change,
    });
    let desk = Desk::default();
    let reader = Reader {
        zone: &desk.zone,
        language: Language::En,
    };
    let fired = |rules: &Rules| {
        let fired = backtest(rules, &history, at(2 * HOUR), reader);
        let outbound = fired.into_iter().filter(|it| it.kind == Kind::Outbound);
        outbound
            .map(|it| (it.at, it.until.is_some()))
            .collect::<Vec<_>>()
    };
    assert_eq!(fired(&rules), [(at(20), true)]);
    rules.set(Kind::Outbound, 0, 45).unwrap();
    assert_eq!(fired(&rules), []);
    rules.set(Kind::Outbound, 0, 5).unwrap();
    rules.switch(Kind::Outbound, false);
    assert_eq!(fired(&rules), []);
}
