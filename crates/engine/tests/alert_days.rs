//! Days and weekends of alerts with a clock of the test's own: small fleets, sleep, steps of the clock, quiet hours.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "alerts/alerting.rs"]
mod alerting;

use std::time::Duration;

use alerting::*;
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use syncward_engine::alert::{
    Attention, Change, Facts, IncidentState, Kind, Language, LinkFacts, Moment, Notice, Quiet,
    QuietHours, Reader, Rules, Severity, Snooze, backtest, next_morning,
};
use syncward_engine::view::LinkState;
use uuid::Uuid;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Every day from 20:00 to 07:00.
fn nights() -> QuietHours {
    let night = |weekday| Quiet {
        weekday,
        from: time(20, 0, 0, 0),
        until: time(7, 0, 0, 0),
    };
    QuietHours {
        days: (1..=7).map(night).collect(),
    }
}

fn polled(number: u128, since: i64) -> LinkFacts {
    LinkFacts {
        code: Some("watch_failing".into()),
        since_at: Some(at(since)),
        ..link(number, LinkState::Polling)
    }
}

fn live(number: u128) -> LinkFacts {
    LinkFacts {
        expires_at: Some(at(6 * DAY)),
        renews_at: Some(at(4 * DAY)),
        ..link(number, LinkState::Live)
    }
}

/// Minutes after the start at which each test's Monday has this civil time in Berlin (the start is 08:00 UTC, 09:00).
fn clock(day: i64, hour: i64) -> i64 {
    day * DAY + (hour - 9) * HOUR
}

#[test]
fn a_clinic_with_one_calendar_hears_of_its_trouble_once_and_by_name() {
    let mut desk = Desk::default();
    let told = desk.watch(at(29), &facts(vec![polled(1, 0)]));
    assert_eq!(bubbles(&told), [], "half an hour of polling is ordinary");
    let pending = desk.incident("polling:r").unwrap().state;
    assert_eq!(pending, IncidentState::Pending { fires_at: at(30) });
    let told = desk.watch(at(8 * HOUR), &facts(vec![polled(1, 0)]));
    let expected = (30, Severity::Notice, "Nord · Room 1 is polled only");
    assert_eq!(bubbles(&told), [expected]);
}

#[test]
fn what_heals_before_its_rule_is_patient_no_more_is_never_told() {
    let mut desk = Desk::default();
    let mut told = desk.watch(at(29), &facts(vec![polled(1, 0), live(2)]));
    told.extend(desk.watch(at(HOUR), &facts(vec![live(1), live(2)])));
    assert_eq!(told, []);
    assert_eq!(desk.policy.incidents().len(), 0);
}

#[test]
fn three_calendars_that_fall_ill_one_by_one_are_one_incident_told_twice() {
    let mut desk = Desk::default();
    let mut told = desk.watch(at(31), &facts(vec![polled(1, 0), live(2), live(3)]));
    let two = facts(vec![polled(1, 0), polled(2, 2), live(3)]);
    told.extend(desk.watch(at(33), &two));
    let three = facts(vec![polled(1, 0), polled(2, 2), polled(3, 4)]);
    told.extend(desk.watch(at(2 * HOUR), &three));
    let titles: Vec<&str> = bubbles(&told).iter().map(|it| it.2).collect();
    assert_eq!(
        titles,
        [
            "Nord · Room 1 is polled only",
            "3 calendars are polled only"
        ]
    );
}

#[test]
fn an_acknowledged_cause_stays_quiet_through_day_and_night_and_clears_itself() {
    let mut desk = Desk::default();
    let lost = |open| {
        facts(vec![LinkFacts {
            open_now: Some(open),
            ..link(1, LinkState::ReconnectNeeded)
        }])
    };
    let id = format!("grant:{}", Uuid::from_u128(99));
    let told = desk.watch(at(1), &lost(true));
    assert_eq!(bubbles(&told).len(), 1);
    assert!(desk.policy.acknowledge(&id));
    let mut told = desk.watch(at(10 * HOUR), &lost(false));
    told.extend(desk.watch(at(20 * HOUR), &lost(true)));
    assert_eq!(told, [], "the morning is no news");
    let healed = desk.watch(at(20 * HOUR + 1), &facts(vec![live(1)]));
    let Notice::Resolve { body, .. } = &healed[0].1 else {
        panic!("{healed:?}");
    };
    assert!(body.starts_with("It lasted 20 h."), "{body}");
    assert!(!desk.incident(&id).unwrap().is_open());
}

#[test]
fn a_receiver_that_flaps_is_one_incident() {
    let mut desk = Desk::default();
    let known = facts(vec![live(1)]);
    let mut told = Vec::new();
    for turn in 0..4 {
        told.extend(desk.watch(at(turn * 4 + 3), &silent(known.clone(), turn * 4)));
        let back = at(turn * 4 + 3) + SignedDuration::from_secs(30);
        told.extend(desk.watch(back, &known));
        desk.jump(at(turn * 4 + 4));
    }
    assert_eq!(
        bubbles(&told).len(),
        3,
        "told at once, then no sooner than five minutes later: {told:?}"
    );
    let ends = told
        .iter()
        .filter(|(_, it)| matches!(it, Notice::Resolve { .. }));
    assert_eq!(ends.count(), 0, "it is not over before it has kept quiet");
    let incident = desk.incident("receiver:r").unwrap();
    assert_eq!(incident.since, at(0));
}

#[test]
fn a_receiver_that_is_silent_for_a_weekend_names_what_runs_out_and_when() {
    let mut desk = Desk::default();
    let closed = |number: u128, expires: i64| LinkFacts {
        expires_at: Some(at(expires)),
        open_now: Some(false),
        ..live(number)
    };
    let (saturday, sunday) = (clock(5, 9), clock(6, 18));
    let friday = clock(4, 20);
    desk.jump(at(friday));
    let weekend = facts(vec![
        closed(1, saturday),
        closed(2, sunday),
        closed(3, clock(9, 9)),
    ]);
    let told = desk.watch(at(clock(7, 7)), &silent(weekend, friday));
    let shown = bubbles(&told);
    assert_eq!(
        shown.iter().map(|it| (it.0, it.1)).collect::<Vec<_>>(),
        [
            (friday + 2, Severity::Warning),
            // Two hours before the first expiry, at it, and every twelve hours after.
            (clock(5, 7), Severity::Urgent),
            (saturday, Severity::Warning),
            (saturday + 12 * HOUR, Severity::Warning),
            (saturday + 24 * HOUR, Severity::Warning),
            (sunday, Severity::Warning),
            (sunday + 12 * HOUR, Severity::Warning),
        ]
    );
    let body = |minute: i64| {
        let mut notices = told.iter().filter(|(at_, _)| *at_ == at(minute));
        notices.find_map(|(_, notice)| match notice {
            Notice::Show { body, .. } => Some(body.clone()),
            _ => None,
        })
    };
    assert_eq!(
        body(friday + 2).unwrap(),
        "No contact for 2 min. Next to run out: Nord · Room 1, Sat 09:00, 2 more by Wed 09:00. Syncward keeps trying."
    );
    assert_eq!(
        body(sunday).unwrap(),
        "No contact for 46 h. 2 channels have run out since, unless the receiver renewed them unseen. \
         Next to run out: Nord · Room 3, Wed 09:00. Syncward keeps trying."
    );
    let lapses = desk.incident("receiver:r").unwrap().lapses;
    assert_eq!(lapses.len(), 3);
    assert_eq!(lapses[0].at, at(saturday));
}

#[test]
fn a_computer_that_was_shut_out_is_told_at_once_what_it_no_longer_sees() {
    let mut desk = Desk::default();
    let mut out = silent(facts(vec![live(1)]), 0);
    out.receivers[0].shut_out = true;
    let told = desk.watch(at(1), &out);
    let title = "clinic.example shut this computer out";
    assert_eq!(bubbles(&told), [(1, Severity::Warning, title)]);
    assert_eq!(
        desk.incident("receiver:r").unwrap().body,
        "Nothing has been known for 1 min. Next to run out: Nord · Room 1, Sun 09:00. Pair with it again in Syncward."
    );
}

#[test]
fn a_laptop_that_slept_blames_nobody_before_it_has_heard_again() {
    let mut desk = Desk::default();
    let due = LinkFacts {
        expires_at: Some(at(20 * HOUR)),
        renews_at: Some(at(HOUR)),
        ..link(1, LinkState::Live)
    };
    desk.watch(at(10), &facts(vec![live(2)]));
    desk.jump(at(18 * HOUR));
    // What is known is eighteen hours old, and would have been a reminder long ago.
    let told = desk.watch(at(18 * HOUR + 1), &facts(vec![due, live(2)]));
    assert_eq!(told, []);
    let mut fresh = facts(vec![live(1), live(2)]);
    fresh.receivers[0].told_at = Some(at(18 * HOUR + 2));
    assert_eq!(desk.watch(at(19 * HOUR), &fresh), []);
}

#[test]
fn a_receiver_that_was_silent_before_the_sleep_gets_its_patience_anew() {
    let mut desk = Desk::default();
    let gone = silent(facts(vec![live(1)]), 9);
    desk.watch(at(10), &gone);
    desk.jump(at(8 * HOUR));
    let told = desk.watch(at(8 * HOUR + 10), &gone);
    let expected = (8 * HOUR + 3, Severity::Warning, "clinic.example is silent");
    assert_eq!(bubbles(&told), [expected]);
}

#[test]
fn a_clock_set_back_keeps_every_appointment_as_far_away_as_it_was() {
    let mut desk = Desk::default();
    let ill = facts(vec![polled(1, -60)]);
    let told = desk.watch(at(1), &ill);
    assert_eq!(bubbles(&told).len(), 1);
    desk.policy.snooze("polling:r", Snooze::Until(at(1 + 60)));
    // A day back: without care the snooze would last a day and an hour.
    desk.jump(at(1 - DAY));
    let told = desk.watch(at(1 - DAY + 2 * HOUR), &ill);
    assert_eq!(bubbles(&told).len(), 1, "told again after the hour");
    assert!(bubbles(&told)[0].0 <= 1 - DAY + HOUR + 2);
    desk.policy.pause_until(at(1 - DAY + 3 * HOUR));
    desk.jump(at(-3 * DAY));
    desk.watch(at(-3 * DAY + 61), &ill);
    assert_eq!(desk.policy.paused_until(), None);
}

#[test]
fn a_clock_set_forward_is_like_a_sleep() {
    let mut desk = Desk::default();
    desk.watch(at(5), &facts(vec![live(1)]));
    desk.jump(at(5 + 30 * DAY));
    let mut known = facts(vec![live(1)]);
    assert_eq!(desk.watch(at(5 + 30 * DAY + 1), &known), []);
    known.receivers[0].told_at = Some(at(5 + 30 * DAY + 1));
    known.links[0].state = LinkState::Expired;
    let told = desk.watch(at(5 + 30 * DAY + 3), &known);
    assert_eq!(bubbles(&told).len(), 1);
}

#[test]
fn quiet_hours_hold_back_what_can_wait_and_end_with_one_digest() {
    let mut desk = Desk::default();
    desk.policy.quiet = nights();
    let evening = clock(0, 21);
    desk.jump(at(evening));
    let refused = LinkFacts {
        code: Some("webhook_url_unauthorized".into()),
        ..link(2, LinkState::Polling)
    };
    let ill = facts(vec![polled(1, evening), refused, live(3)]);
    let passing = facts(vec![
        polled(1, evening),
        link(2, LinkState::Expired),
        live(3),
    ]);
    let mut told = desk.watch(at(evening + HOUR), &passing);
    told.extend(desk.watch(at(clock(1, 12)), &ill));
    assert_eq!(
        bubbles(&told),
        [(clock(1, 7), Severity::Notice, "2 alerts from the quiet")]
    );
    let digest = told.iter().find_map(|(_, notice)| match notice {
        Notice::Digest { body, .. } => Some(body.as_str()),
        _ => None,
    });
    assert_eq!(
        digest,
        Some(
            "Nord · Room 2 is polled: push refused; Nord · Room 1 is polled only; \
             1 alert came and went by itself. Open Syncward to see them."
        )
    );
}

#[test]
fn a_single_alert_from_the_quiet_is_told_as_itself() {
    let mut desk = Desk::default();
    desk.policy.quiet = nights();
    desk.jump(at(clock(0, 21)));
    let told = desk.watch(at(clock(1, 9)), &facts(vec![polled(1, clock(0, 21))]));
    let expected = (
        clock(1, 7),
        Severity::Notice,
        "Nord · Room 1 is polled only",
    );
    assert_eq!(bubbles(&told), [expected]);
}

#[test]
fn what_is_urgent_breaks_through_quiet_hours() {
    let mut desk = Desk::default();
    desk.policy.quiet = nights();
    let night = clock(1, 2);
    desk.jump(at(clock(0, 22)));
    let late = facts(vec![failing(1, clock(0, 22), night + 2 * HOUR)]);
    let told = desk.watch(at(clock(1, 3)), &late);
    let expected = (night, Severity::Urgent, "Nord · Room 1 expires in 2 h");
    assert_eq!(bubbles(&told), [expected]);
}

#[test]
fn quiet_hours_are_civil_on_the_days_of_23_and_25_hours() {
    let quiet = nights();
    // 28 to 29 March 2026: the clock skips from 02:00 to 03:00.
    let end = quiet.end(instant("2026-03-28T19:00:00Z"), &berlin());
    assert_eq!(end, Some(instant("2026-03-29T05:00:00Z")));
    // 24 to 25 October 2026: the hour from 02:00 comes twice.
    let end = quiet.end(instant("2026-10-24T18:00:00Z"), &berlin());
    assert_eq!(end, Some(instant("2026-10-25T06:00:00Z")));
    let skipped = QuietHours {
        days: vec![Quiet {
            weekday: 7,
            from: time(2, 30, 0, 0),
            until: time(2, 45, 0, 0),
        }],
    };
    let at_skip = |text: &str| skipped.end(instant(text), &berlin());
    assert_eq!(at_skip("2026-03-29T00:59:59Z"), None);
    assert_eq!(
        at_skip("2026-03-29T01:30:00Z"),
        Some(instant("2026-03-29T01:45:00Z")),
        "half past two is half past three that day"
    );
    assert_eq!(
        at_skip("2026-10-25T00:30:00Z"),
        Some(instant("2026-10-25T00:45:00Z"))
    );
    assert_eq!(at_skip("2026-10-25T01:30:00Z"), None, "once only");
}

#[test]
fn quiet_hours_that_touch_are_one_and_each_day_has_its_own() {
    let weekend = QuietHours {
        days: vec![
            Quiet {
                weekday: 5,
                from: time(18, 0, 0, 0),
                until: time(0, 0, 0, 0),
            },
            Quiet {
                weekday: 6,
                from: time(0, 0, 0, 0),
                until: time(0, 0, 0, 0),
            },
            Quiet {
                weekday: 7,
                from: time(0, 0, 0, 0),
                until: time(20, 0, 0, 0),
            },
        ],
    };
    let zone = berlin();
    let friday = instant("2026-03-06T17:30:00Z");
    let sunday = instant("2026-03-08T19:00:00Z");
    assert_eq!(weekend.end(friday, &zone), Some(sunday));
    assert_eq!(weekend.end(sunday, &zone), None);
    assert_eq!(weekend.end(instant("2026-03-05T17:30:00Z"), &zone), None);
}

#[test]
fn a_snooze_until_the_morning_ends_at_eight_by_the_clinics_clock() {
    let zone = berlin();
    let morning = |text: &str| next_morning(instant(text), &zone);
    assert_eq!(
        morning("2026-03-28T20:00:00Z"),
        instant("2026-03-29T06:00:00Z")
    );
    assert_eq!(
        morning("2026-10-24T20:00:00Z"),
        instant("2026-10-25T07:00:00Z")
    );
    assert_eq!(
        morning("2026-06-01T03:00:00Z"),
        instant("2026-06-01T06:00:00Z")
    );
    assert_eq!(
        morning("2026-06-01T06:00:00Z"),
        instant("2026-06-02T06:00:00Z")
    );
}

#[test]
fn a_snooze_until_it_changes_ends_when_it_grows() {
    let mut desk = Desk::default();
    desk.watch(at(31), &facts(vec![polled(1, 0), live(2)]));
    assert!(desk.policy.snooze("polling:r", Snooze::Change));
    let same = desk.watch(at(30 * HOUR), &facts(vec![polled(1, 0), live(2)]));
    assert_eq!(same, []);
    let grown = facts(vec![polled(1, 0), polled(2, 29 * HOUR)]);
    let told = desk.watch(at(31 * HOUR), &grown);
    assert_eq!(bubbles(&told).len(), 1);
}

#[test]
fn a_pause_silences_even_urgent_ones_and_ends_by_itself_with_what_was_missed() {
    let mut desk = Desk::default();
    desk.policy.pause_until(at(60));
    let lost = facts(vec![link(1, LinkState::ReconnectNeeded), polled(2, 0)]);
    assert_eq!(desk.watch(at(59), &lost), []);
    let told = desk.watch(at(2 * HOUR), &lost);
    assert_eq!(
        bubbles(&told),
        [(60, Severity::Urgent, "2 alerts from the quiet")]
    );
    let state = desk.incident("polling:r").unwrap().state;
    assert!(matches!(
        state,
        IncidentState::Open(Attention::Firing { .. })
    ));
}

#[test]
fn changes_that_arrive_late_are_told_and_a_rule_that_is_off_is_silent() {
    let mut desk = Desk::default();
    let mut late = facts(vec![live(1)]);
    late.receivers[0].lag_p95_ms = Some(12_400);
    let told = desk.watch(at(1), &late);
    let expected = (1, Severity::Notice, "Changes arrive late: 12 s");
    assert_eq!(bubbles(&told), [expected]);
    let mut other = Desk::default();
    other.policy.rules.switch(Kind::Lag, false);
    assert_eq!(other.watch(at(10), &late), []);
}

#[test]
fn what_waits_for_a_decision_and_what_push_left_out_are_told_beside_the_state() {
    let mut desk = Desk::default();
    let both = LinkFacts {
        held: 14,
        missed_24h: 5,
        ..failing(1, 0, 20 * HOUR)
    };
    let told = desk.watch(at(3), &facts(vec![both]));
    let titles: Vec<&str> = bubbles(&told).iter().map(|it| it.2).collect();
    assert_eq!(
        titles,
        [
            "Nord · Room 1 waits for your decision",
            "Nord · Room 1 was not told of changes",
            "Nord · Room 1 expires in 20 h",
        ]
    );
}

#[test]
fn a_part_of_a_rule_is_set_within_its_bounds() {
    let mut rules = Rules::default();
    rules.set(Kind::Lag, 1, 30).unwrap();
    assert_eq!(rules.lag_for, Duration::from_secs(30 * 60));
    assert!(rules.set(Kind::Lag, 2, 1).is_err());
    assert!(rules.set(Kind::Polling, 0, 0).is_err());
    assert!(rules.set(Kind::Grant, 0, 1).is_err());
    let languages = [Language::En, Language::De, Language::Es, Language::Fr];
    for rule in languages.map(|language| rules.sentences(language)).concat() {
        let places = rule.sentence.matches("{}").count();
        assert_eq!(places, rule.parts.len(), "{}", rule.sentence);
        assert!(
            rule.parts
                .iter()
                .all(|it| it.least <= it.value && it.value <= it.most)
        );
    }
}

#[test]
fn a_desk_is_told_in_its_language_and_its_list_follows_another_one() {
    let mut desk = Desk::default();
    desk.language = Language::De;
    let lost = facts(vec![link(1, LinkState::ReconnectNeeded)]);
    let told = desk.observe(at(0), &lost);
    let [(_, title, _)] = shown(&told)[..] else {
        panic!("{told:?}");
    };
    assert!(title.ends_with("muss Google neu verbinden"), "{title}");
    desk.language = Language::Fr;
    assert_eq!(desk.observe(at(1), &lost), [], "nothing new is told");
    let incidents = desk.policy.incidents();
    assert!(
        incidents[0].title.ends_with("doit reconnecter Google"),
        "{incidents:?}"
    );
}

#[test]
fn a_back_test_counts_what_other_rules_would_have_told() {
    let mut receiver = facts(Vec::new()).receivers.remove(0);
    let link_at = |minute, link| Moment {
        at: at(minute),
        change: Change::Link(Box::new(link)),
    };
    receiver.silent_since = None;
    let history = [
        Moment {
            at: at(0),
            change: Change::Receiver(receiver),
        },
        link_at(0, live(1)),
        link_at(DAY, polled(1, DAY)),
        link_at(DAY + 20, live(1)),
        link_at(2 * DAY, polled(1, 2 * DAY)),
        link_at(2 * DAY + 50, live(1)),
        link_at(2 * DAY + 55, polled(1, 2 * DAY + 55)),
        // Nobody looked while this one lasted and went.
        Moment {
            at: at(2 * DAY + 60),
            change: Change::Blind,
        },
        link_at(2 * DAY + 600, live(1)),
        link_at(3 * DAY, polled(1, 3 * DAY)),
        link_at(3 * DAY + 10, live(1)),
    ];
    let counted = |minutes| {
        let mut rules = Rules::default();
        rules.set(Kind::Polling, 0, minutes).unwrap();
        let zone = berlin();
        let reader = Reader {
            zone: &zone,
            language: Language::En,
        };
        let fired = backtest(&rules, &history, at(4 * DAY), reader);
        fired
            .iter()
            .map(|it| (it.kind, it.at.duration_since(at(0)).as_mins()))
            .collect::<Vec<_>>()
    };
    assert_eq!(counted(30), [(Kind::Polling, 2 * DAY + 30)]);
    assert_eq!(
        counted(5),
        [
            (Kind::Polling, DAY + 5),
            (Kind::Polling, 2 * DAY + 5),
            (Kind::Polling, 3 * DAY + 5),
        ]
    );
    assert_eq!(counted(60), []);
}

#[test]
fn a_fleet_without_trouble_is_never_told_anything_in_a_week() {
    let mut desk = Desk::default();
    let mut told = Vec::new();
    // Each day everything is known anew: renewals come and go as planned.
    for day in 0..7 {
        let renewing = LinkFacts {
            state: LinkState::Renewing,
            expires_at: Some(at(day * DAY + 40 * HOUR)),
            ..link(1, LinkState::Due)
        };
        let others: Vec<LinkFacts> = (2..=3)
            .map(|number| LinkFacts {
                expires_at: Some(at(day * DAY + 5 * DAY)),
                renews_at: Some(at(day * DAY + 3 * DAY)),
                ..link(number, LinkState::Live)
            })
            .collect();
        let all = [vec![renewing], others].concat();
        told.extend(desk.watch(at((day + 1) * DAY), &Facts { ..facts(all) }));
    }
    assert_eq!(told, []);
}
