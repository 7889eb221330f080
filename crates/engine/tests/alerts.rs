//! The alert policy from outside: one incident per cause, shown once, repeated, replaced and ended as the rules say.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "alerts/alerting.rs"]
mod alerting;

use alerting::*;
use syncward_engine::alert::{
    Action, AttemptFacts, Attention, EndingFacts, Facts, IncidentState, LinkFacts, Notice,
    ReceiverFacts, Severity, Snooze,
};
use syncward_engine::failure::Cause;
use syncward_engine::grant::Ailment;
use syncward_engine::view::LinkState;
use uuid::Uuid;

#[test]
fn an_ordinary_renewal_alerts_nobody() {
    let mut desk = Desk::default();
    for state in [LinkState::Live, LinkState::Due, LinkState::Renewing] {
        assert_eq!(desk.observe(at(61), &facts(vec![link(1, state)])), []);
    }
    let brief = failing(1, 60, 2 * DAY);
    assert_eq!(desk.observe(at(61), &facts(vec![brief])), []);
}

#[test]
fn failing_renewal_is_shown_once_and_ends_with_the_renewal() {
    let mut desk = Desk::default();
    let now = facts(vec![failing(1, 0, 6 * HOUR)]);
    let notices = desk.observe(at(3), &now);
    assert_eq!(
        shown(&notices),
        [("renewal:r", "Nord · Room 1 expires in 6 h", false)]
    );
    let Notice::Show {
        actions, severity, ..
    } = &notices[0]
    else {
        panic!("shown above");
    };
    let link_id = Uuid::from_u128(1);
    assert_eq!(actions, &[Action::RenewNow { link_id }, Action::Snooze]);
    assert_eq!(*severity, Severity::Warning);
    assert_eq!(desk.observe(at(4), &now), []);
    let renewed = facts(vec![link(1, LinkState::Live)]);
    let notices = desk.observe(at(10), &renewed);
    assert_eq!(resolved(&notices), ["Nord · Room 1 renewed"]);
    assert_eq!(desk.observe(at(11), &renewed), []);
}

#[test]
fn it_repeats_after_twelve_hours() {
    let mut desk = Desk::default();
    let long = facts(vec![failing(1, 0, 40 * HOUR)]);
    assert_eq!(shown(&desk.observe(at(3), &long)).len(), 1);
    assert_eq!(desk.observe(at(12 * HOUR), &long), []);
    let again = desk.observe(at(12 * HOUR + 3), &long);
    assert!(shown(&again)[0].2, "the repeat replaces the earlier bubble");
}

#[test]
fn getting_worse_breaks_through_acknowledgement_and_snooze() {
    let mut desk = Desk::default();
    let now = facts(vec![failing(1, 0, 6 * HOUR)]);
    desk.observe(at(3), &now);
    assert!(desk.policy.acknowledge("renewal:r"));
    assert_eq!(desk.observe(at(3 * HOUR), &now), []);
    let urgent = desk.observe(at(4 * HOUR + 1), &now);
    assert_eq!(shown(&urgent).len(), 1);
    assert!(desk.policy.snooze("renewal:r", Snooze::Until(at(5 * HOUR))));
    assert_eq!(desk.observe(at(4 * HOUR + 30), &now), []);
    assert_eq!(shown(&desk.observe(at(5 * HOUR), &now)).len(), 1);
    assert!(!desk.policy.acknowledge("no such incident"));
}

#[test]
fn a_lost_grant_is_one_incident_for_its_many_links() {
    let mut desk = Desk::default();
    let links = (1..=12).map(|it| link(it, LinkState::ReconnectNeeded));
    let notices = desk.observe(at(0), &facts(links.collect()));
    let title = "Nord must reconnect Google";
    let id = format!("grant:{}", Uuid::from_u128(99));
    assert_eq!(shown(&notices), [(id.as_str(), title, false)]);
    assert_eq!(desk.policy.incidents()[0].links.len(), 12);
}

#[test]
fn a_silent_receiver_is_one_incident_and_hides_what_is_unknown() {
    let mut desk = Desk::default();
    let known = facts(vec![failing(1, 0, 6 * HOUR), link(2, LinkState::Live)]);
    desk.observe(at(3), &known);
    assert_eq!(desk.observe(at(5), &silent(known.clone(), 4)), []);
    let notices = desk.observe(at(6), &silent(known.clone(), 4));
    assert_eq!(
        shown(&notices),
        [("receiver:r", "clinic.example is silent", false)]
    );
    let open = desk
        .policy
        .incidents()
        .iter()
        .filter(|it| it.is_open())
        .count();
    assert_eq!(open, 2, "the renewal's incident neither ended nor repeated");
    let hidden = desk.incident("renewal:r").unwrap();
    assert_eq!(hidden.unknown_since, Some(at(4)), "unknown, not bad");
    let back = desk.observe(at(20), &known);
    let incident = "receiver:r".to_owned();
    assert_eq!(
        back,
        [Notice::Close { incident }],
        "the bubble goes at once"
    );
    assert!(matches!(
        desk.incident("receiver:r").unwrap().state,
        IncidentState::Recovering { .. }
    ));
    let notices = desk.observe(at(21), &known);
    assert_eq!(resolved(&notices), ["clinic.example answers again"]);
}

#[test]
fn what_was_told_of_a_receiver_goes_with_it_and_nothing_else_does() {
    let mut desk = Desk::default();
    let mut known = facts(vec![failing(1, 0, 6 * HOUR)]);
    let elsewhere = LinkFacts {
        receiver: "other".into(),
        ..failing(2, 0, 6 * HOUR)
    };
    known.links.push(elsewhere);
    let other = ReceiverFacts {
        id: "other".into(),
        ..known.receivers[0].clone()
    };
    known.receivers.push(other);
    desk.observe(at(3), &known);
    desk.observe(at(6), &silent(known, 4));
    let gone = desk.policy.leave_out("r", &[Uuid::from_u128(1)]);
    let closed = ["receiver:r", "renewal:r"].map(|incident| Notice::Close {
        incident: incident.into(),
    });
    assert_eq!(gone, closed);
    let left: Vec<&str> = desk
        .policy
        .incidents()
        .into_iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(left, ["renewal:other"]);
}

#[test]
fn expired_refused_and_unproved_are_one_each() {
    let mut desk = Desk::default();
    let refused = LinkFacts {
        code: Some("webhook_url_unauthorized".into()),
        ..link(2, LinkState::Polling)
    };
    let by_design = ["no_public_address", "push_not_supported"].map(|code| LinkFacts {
        code: Some(code.into()),
        since_at: Some(at(-300)),
        ..link(3, LinkState::Polling)
    });
    let unproved = LinkFacts {
        code: Some("no_handshake".into()),
        since_at: Some(at(-5)),
        ..link(4, LinkState::Unproved)
    };
    let [without_address, unwatchable] = by_design;
    let links = vec![
        link(1, LinkState::Expired),
        refused,
        without_address,
        unwatchable,
        unproved,
    ];
    let notices = desk.observe(at(0), &facts(links));
    let titles: Vec<&str> = shown(&notices).iter().map(|it| it.1).collect();
    assert_eq!(
        titles,
        [
            "Nord · Room 1 has an expired channel",
            "Nord · Room 4 is not proved",
            "Nord · Room 2 is polled: push refused",
        ]
    );
}

#[test]
fn a_channel_that_nobody_can_renew_runs_out_without_an_alert() {
    let mut desk = Desk::default();
    let by_design = |state, expires_at| LinkFacts {
        code: Some("no_public_address".into()),
        since_at: Some(at(-6 * DAY)),
        expires_at,
        renews_at: None,
        ..link(1, state)
    };
    let last_hours = by_design(LinkState::Live, Some(at(20 * HOUR)));
    assert_eq!(desk.watch(at(19 * HOUR), &facts(vec![last_hours])), []);
    let over = by_design(LinkState::Polling, None);
    assert_eq!(desk.watch(at(40 * HOUR), &facts(vec![over])), []);
}

#[test]
fn the_plain_reminder_comes_a_day_ahead_and_names_no_address() {
    let mut desk = Desk::default();
    let late = LinkFacts {
        expires_at: Some(at(20 * HOUR)),
        renews_at: Some(at(10 * HOUR)),
        ..link(1, LinkState::Live)
    };
    let short_lived = LinkFacts {
        registered_at: Some(at(-10)),
        link_id: Uuid::from_u128(2),
        ..late.clone()
    };
    let paused = LinkFacts {
        expires_at: Some(at(HOUR)),
        calendar: "anna@clinic.example".into(),
        ..link(3, LinkState::Paused)
    };
    let notices = desk.observe(at(0), &facts(vec![late, short_lived, paused]));
    let titles: Vec<&str> = shown(&notices).iter().map(|it| it.1).collect();
    assert_eq!(
        titles,
        ["Nord · Room 1 expires in 20 h", "Nord expires in 1 h"]
    );
}

/// Two links on a grant that ends then.
fn ending(ailment: Ailment, ends: i64) -> Facts {
    let links = vec![link(1, LinkState::Live), link(2, LinkState::Live)];
    let end = EndingFacts {
        grant_id: links[0].grant_id,
        ailment,
        ends_at: at(ends),
    };
    Facts {
        endings: vec![end],
        ..facts(links)
    }
}

#[test]
fn the_foretold_end_of_a_grant_is_told_two_days_ahead_and_louder_as_it_comes() {
    let mut desk = Desk::default();
    let end = 5 * DAY;
    let known = ending(Ailment::TestingApp, end);
    assert_eq!(desk.observe(at(end - 2 * DAY - 1), &known), []);
    let notices = desk.observe(at(end - 2 * DAY), &known);
    let id = format!("ending:{}", Uuid::from_u128(99));
    assert_eq!(
        shown(&notices),
        [(id.as_str(), "Nord loses Google in 2 d", false)]
    );
    let [incident] = desk.policy.incidents()[..] else {
        panic!("one incident: {:?}", desk.policy.incidents())
    };
    assert_eq!(incident.severity, Severity::Notice);
    assert_eq!(incident.links.len(), 2);
    assert_eq!(
        incident.body,
        "The app is in Google's Testing state, so the connection ends in 2 d: 2 calendars stand still then. Nothing is deleted. \
         Publish the app in the Google Cloud console (OAuth consent screen, Publish app), then connect Google again."
    );
    desk.policy.acknowledge(&id);
    for (left, severity) in [(24, Severity::Warning), (2, Severity::Urgent)] {
        let notices = desk.observe(at(end - left * HOUR), &known);
        assert_eq!(shown(&notices).len(), 1, "{left} h before");
        assert_eq!(desk.policy.incidents()[0].severity, severity);
        desk.policy.acknowledge(&id);
    }
}

#[test]
fn connecting_anew_heals_a_foretold_end_and_its_coming_true_is_the_lost_grants_alert() {
    let mut desk = Desk::default();
    let known = ending(Ailment::LimitedConsent, 30 * HOUR);
    let notices = desk.observe(at(0), &known);
    assert_eq!(shown(&notices).len(), 1);
    let anew = Facts {
        endings: Vec::new(),
        ..known.clone()
    };
    assert_eq!(
        resolved(&desk.observe(at(5), &anew)),
        ["Nord is connected anew"]
    );
    desk.observe(at(10), &known);
    let mut over = known.clone();
    for link in &mut over.links {
        link.state = LinkState::ReconnectNeeded;
    }
    let notices = desk.observe(at(30 * HOUR), &over);
    assert_eq!(resolved(&notices)[0], "Nord has lost Google");
    let grant = format!("grant:{}", Uuid::from_u128(99));
    let last = shown(&notices).pop();
    assert_eq!(
        last,
        Some((grant.as_str(), "Nord must reconnect Google", false))
    );
}

#[test]
fn the_end_of_a_grant_on_which_nothing_rests_or_of_a_silent_receiver_is_not_told() {
    let known = ending(Ailment::TestingApp, 5 * HOUR);
    let bare = Facts {
        links: Vec::new(),
        ..known.clone()
    };
    assert_eq!(Desk::default().observe(at(0), &bare), []);
    let mut desk = Desk::default();
    desk.observe(at(0), &known);
    let notices = desk.observe(at(10), &silent(known, 0));
    assert_eq!(
        shown(&notices).first().map(|it| it.0),
        Some("receiver:r"),
        "and what was told neither ends nor repeats"
    );
    assert_eq!(notices.len(), 1);
}

#[test]
fn the_state_survives_json() {
    let mut desk = Desk::default();
    let now = facts(vec![failing(1, 0, 6 * HOUR)]);
    desk.observe(at(3), &now);
    desk.policy.snooze("renewal:r", Snooze::Until(at(60)));
    let text = serde_json::to_string(&desk.policy).unwrap();
    desk.policy = serde_json::from_str(&text).unwrap();
    let state = desk.policy.incidents()[0].state;
    assert_eq!(
        state,
        IncidentState::Open(Attention::Snoozed(Snooze::Until(at(60))))
    );
    assert_eq!(desk.observe(at(59), &now), []);
}

#[test]
fn a_long_name_is_shortened_and_the_fact_is_kept() {
    let mut desk = Desk::default();
    let long = LinkFacts {
        clinic: "Zahnärztliche Gemeinschaftspraxis am Nordufer".into(),
        ..failing(1, 0, 6 * HOUR)
    };
    let notices = desk.observe(at(3), &facts(vec![long]));
    assert_eq!(
        shown(&notices)[0].1,
        "Zahnärztliche Gemeinscha… expires in 6 h"
    );
}

#[test]
fn a_failing_renewal_says_why_and_its_end_says_until_when_it_is_valid() {
    let because = |cause: Option<Cause>| LinkFacts {
        cause,
        ..failing(1, 0, 6 * HOUR)
    };
    let body = |links: Vec<LinkFacts>| {
        let mut desk = Desk::default();
        match &desk.observe(at(40), &facts(links))[0] {
            Notice::Show { body, .. } => body.clone(),
            other => panic!("{other:?}"),
        }
    };
    let said = body(vec![because(Some(Cause::RateLimit))]);
    let wanted = "Automatic renewal has failed for 40 min (Google: rate limit). It is tried again by itself.";
    assert!(said.starts_with(wanted), "{said}");
    let other = LinkFacts {
        cause: Some(Cause::Timeout),
        ..failing(2, 0, 6 * HOUR)
    };
    let said = body(vec![because(Some(Cause::RateLimit)), other]);
    assert!(said.contains("for 40 min. It is"), "{said}");

    let tried = |number: u128, failed: u32, next: i64| LinkFacts {
        attempts: Some(AttemptFacts {
            failed,
            next_at: Some(at(next)),
        }),
        cause: Some(Cause::RateLimit),
        ..failing(number, 0, 6 * HOUR)
    };
    assert_eq!(
        body(vec![tried(1, 2, 70)]),
        "Automatic renewal failed twice (Google: rate limit). Next try 10:10. \
         After expiry changes arrive by polling."
    );
    let said = body(vec![tried(1, 5, DAY)]);
    let wanted =
        "Automatic renewal failed 5 times in 40 min (Google: rate limit). Next try Tue 09:00. ";
    assert!(said.starts_with(wanted), "{said}");
    let said = body(vec![tried(1, 5, 39)]);
    assert!(
        said.contains(". It is tried again by itself. "),
        "an attempt is under way: {said}"
    );
    let said = body(vec![tried(1, 5, 90), tried(2, 3, 70)]);
    let wanted = "Automatic renewal has failed for 40 min (Google: rate limit). Next try 10:10. ";
    assert!(said.starts_with(wanted), "the first of both: {said}");

    let mut desk = Desk::default();
    desk.observe(at(3), &facts(vec![because(None)]));
    let renewed = facts(vec![link(1, LinkState::Live)]);
    let ends: Vec<String> = desk
        .observe(at(10), &renewed)
        .into_iter()
        .filter_map(|notice| match notice {
            Notice::Resolve { body, .. } => Some(body),
            Notice::Show { .. } | Notice::Digest { .. } | Notice::Close { .. } => None,
        })
        .collect();
    assert_eq!(ends, ["It lasted 10 min. Valid until Wed 4 Mar 09:00."]);
}
