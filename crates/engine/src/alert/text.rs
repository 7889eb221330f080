//! The words of alerts: title = thing and fact in 40 characters; body = consequence and what happens next.
//!
//! Names of clinics and calendars only: never an e-mail address, never a word of any appointment.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::incident::Incident;
use super::{EndingFacts, Facts, Kind, LinkFacts, ReceiverFacts, Rules};
use crate::grant::{Ailment, PUBLISH};
use crate::view::LinkState;

const TITLE_LIMIT: usize = 40;

/// The time from `from` to `to`, zero when it is negative.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// Of a receiver that does not answer; `lapses` are the expiries that fall into its silence or come, the first first.
pub(super) fn silence(
    now: Timestamp,
    since: Timestamp,
    receiver: &ReceiverFacts,
    lapses: &[(Timestamp, &LinkFacts)],
    zone: &TimeZone,
) -> (String, String) {
    let name = safe(&receiver.name, "The receiver");
    let lasted = span(between(since, now));
    let (gone, coming): (Vec<_>, Vec<_>) = lapses.iter().partition(|(at, _)| *at <= now);
    let lapsed = match gone.len() {
        0 => String::new(),
        count => {
            let channels = counted(count, "channel has", "channels have");
            format!(" {channels} run out since, unless the receiver renewed them unseen.")
        }
    };
    let meanwhile = match coming.first() {
        None if gone.is_empty() => " Changes in Google may not be read meanwhile.".to_owned(),
        None => String::new(),
        Some((next, link)) => {
            let rest = match coming.len() - 1 {
                0 => String::new(),
                rest => {
                    let last = coming.last().map_or(*next, |(at, _)| *at);
                    format!(", {rest} more by {}", moment(last, zone))
                }
            };
            let first = thing(link);
            let at = moment(*next, zone);
            format!(" Next to run out: {first}, {at}{rest}.")
        }
    };
    match receiver.shut_out {
        true => (
            titled(&name, "shut this computer out"),
            format!(
                "Nothing has been known for {lasted}.{lapsed}{meanwhile} Pair with it again in Syncward."
            ),
        ),
        false => (
            titled(&name, "is silent"),
            format!("No contact for {lasted}.{lapsed}{meanwhile} Syncward keeps trying."),
        ),
    }
}

/// Of changes that arrive late.
pub(super) fn lateness(p95: Duration, rules: &Rules) -> (String, String) {
    let title = titled("Changes", &format!("arrive late: {}", seconds(p95)));
    let body = format!(
        "One in twenty took longer than that in the last {}; {} is the limit. Latency shows which leg is slow.",
        span(rules.lag_for),
        seconds(rules.lag_over)
    );
    (title, body)
}

/// Of what was held back in quiet hours or a pause: titles of those that still hold, and of those that came and went.
pub(super) fn digest(told: &[String], passed: &[String]) -> (String, String) {
    let over = match passed.len() {
        0 => String::new(),
        count => format!(
            "{} came and went by itself",
            counted(count, "alert", "alerts")
        ),
    };
    if told.is_empty() {
        return (
            "All well after the quiet".into(),
            format!("{over}. Nothing is needed."),
        );
    }
    const NAMED: usize = 3;
    let mut parts: Vec<String> = told.iter().take(NAMED).cloned().collect();
    if told.len() > NAMED {
        parts.push(format!("{} more", told.len() - NAMED));
    }
    parts.extend((!over.is_empty()).then_some(over));
    (
        format!("{} from the quiet", counted(told.len(), "alert", "alerts")),
        format!("{}. Open Syncward to see them.", parts.join("; ")),
    )
}

/// The foretold end of a grant on which so many links rest.
pub(super) fn ending(
    now: Timestamp,
    end: &EndingFacts,
    clinic: &str,
    links: usize,
) -> (String, String) {
    let left = span(between(now, end.ends_at));
    let stand = counted(
        links,
        "calendar stands still then",
        "calendars stand still then",
    );
    let (why, remedy) = match end.ailment {
        Ailment::TestingApp => ("The app is in Google's Testing state", PUBLISH),
        Ailment::None
        | Ailment::LimitedConsent
        | Ailment::MissingScope
        | Ailment::Revoked
        | Ailment::AdminBlock
        | Ailment::WrongClient
        | Ailment::Unused
        | Ailment::ClockSkew => (
            "The Google connection was given for a limited time",
            "Connect Google again in Syncward before then.",
        ),
    };
    (
        titled(
            &safe(clinic, "A clinic"),
            &format!("loses Google in {left}"),
        ),
        format!("{why}, so the connection ends in {left}: {stand}. Nothing is deleted. {remedy}"),
    )
}

pub(super) fn trouble(now: Timestamp, kind: Kind, links: &[&LinkFacts]) -> (String, String) {
    let first = links[0];
    let count = links.len();
    let one = count == 1;
    let left = first.expires_at.map(|at| span(between(now, at)));
    let left = left.unwrap_or_else(|| "an unknown time".into());
    let failing = first.since_at.map_or(Duration::ZERO, |at| between(at, now));
    let thing = match one {
        true => thing(first),
        false => format!("{count} calendars"),
    };
    let say = |singular: &str, plural: &str| {
        let fact = if one { singular } else { plural };
        titled(&thing, fact)
    };
    match kind {
        Kind::Renewal => (
            match one {
                true => titled(&thing, &format!("expires in {left}")),
                false => format!("{count} channels expire, first in {left}"),
            },
            format!(
                "Automatic renewal has failed for {}. It is tried again by itself; after expiry changes arrive by polling.",
                span(failing)
            ),
        ),
        Kind::Expired => (
            say("has an expired channel", "have expired channels"),
            "Changes now arrive by polling, so later than usual. A new channel is tried by itself.".into(),
        ),
        Kind::Grant => (
            titled(&safe(&first.clinic, "A clinic"), "must reconnect Google"),
            format!(
                "Google no longer honours the connection, so {}. Nothing is deleted. Connect Google again in Syncward.",
                match one {
                    true => "1 calendar stands still".to_owned(),
                    false => format!("{count} calendars stand still"),
                }
            ),
        ),
        Kind::Unproved => (
            say("is not proved", "are not proved"),
            "Google opened the channel, but no message has arrived. Changes arrive by polling; another channel is tried by itself.".into(),
        ),
        Kind::Refused => (
            say("is polled: push refused", "are polled: push refused"),
            "Google refused the channel, so changes arrive by polling. It is tried again once a day.".into(),
        ),
        Kind::Polling => (
            say("is polled only", "are polled only"),
            format!(
                "No channel could be opened for {}. Changes arrive later than usual; it is tried again by itself.",
                span(failing)
            ),
        ),
        Kind::Sync => (
            say("can't be synced", "can't be synced"),
            format!(
                "Reading changes has failed for {}. Nothing is deleted; it is tried again by itself.",
                span(failing)
            ),
        ),
        Kind::Reminder => (
            titled(&thing, &format!("expires in {left}")),
            reminder_body(now, first),
        ),
        Kind::Held => (
            say("waits for your decision", "wait for your decision"),
            format!(
                "Google cancelled {} at once. They are kept until you approve or reject that.",
                counted(first.held as usize, "appointment", "appointments")
            ),
        ),
        Kind::Missed => (
            say("was not told of changes", "were not told of changes"),
            format!(
                "Push left out {} in 24 hours; the regular check found them. Nothing is lost. Test delivery shows whether push works now.",
                counted(usize::try_from(first.missed_24h).unwrap_or(usize::MAX), "change", "changes")
            ),
        ),
        Kind::Receiver | Kind::Lag | Kind::Ending => {
            (titled(&thing, "needs a look"), String::new())
        }
    }
}

fn reminder_body(now: Timestamp, link: &LinkFacts) -> String {
    match (link.state, link.renews_at) {
        (LinkState::Paused, _) => {
            "It is paused, so it is not renewed. Resume it to keep it watched.".into()
        }
        (_, Some(at)) if at > now => {
            let until = span(between(now, at));
            format!("Renewal is planned in {until}; nothing is needed.")
        }
        (_, Some(_) | None) => {
            "It should have been renewed by now. After expiry changes arrive by polling.".into()
        }
    }
}

/// How an incident ended.
pub(super) fn resolved(incident: &Incident, now: Timestamp, facts: &Facts) -> (String, String) {
    let lasted = span(between(incident.since, now));
    let mut links = facts.links.iter();
    let touched = links.find(|link| incident.links.contains(&link.link_id));
    let named = match touched {
        Some(link) if incident.links.len() == 1 => thing(link),
        Some(_) | None => "Calendars".to_owned(),
    };
    let clinic = touched.map_or("A clinic".into(), |link| safe(&link.clinic, "A clinic"));
    let one = incident.links.len() == 1;
    let healthy = |link: &LinkFacts| matches!(link.state, LinkState::Live | LinkState::Renewing);
    let connected = |link: &LinkFacts| link.state != LinkState::ReconnectNeeded;
    let (thing, fact) = match incident.kind {
        Kind::Ending if touched.is_some_and(connected) => (clinic, "is connected anew"),
        Kind::Ending => (clinic, "has lost Google"),
        Kind::Receiver => ("The receiver".into(), "answers again"),
        Kind::Lag => ("Changes".into(), "arrive in time again"),
        Kind::Held => (named, "is decided"),
        Kind::Missed => (named, "is told of changes again"),
        _ if !touched.is_some_and(healthy) => (named, "changed state"),
        Kind::Grant => (clinic, "is connected again"),
        Kind::Renewal | Kind::Expired | Kind::Reminder if one => (named, "renewed"),
        Kind::Renewal | Kind::Expired | Kind::Reminder => (named, "are renewed"),
        Kind::Unproved | Kind::Refused | Kind::Polling if one => (named, "is live again"),
        Kind::Unproved | Kind::Refused | Kind::Polling => (named, "are live again"),
        Kind::Sync if one => (named, "is synced again"),
        Kind::Sync => (named, "are synced again"),
    };
    let expires = touched.filter(|_| one).and_then(|link| link.expires_at);
    let valid = match expires {
        Some(at) if at > now => format!(" Valid for {}.", span(between(now, at))),
        Some(_) | None => String::new(),
    };
    (titled(&thing, fact), format!("It lasted {lasted}.{valid}"))
}

/// A calendar's name for people: clinic and calendar, without anything that looks like an address.
fn thing(link: &LinkFacts) -> String {
    let clinic = safe(&link.clinic, "");
    let calendar = safe(&link.calendar, "");
    match (clinic.is_empty(), calendar.is_empty()) {
        (false, false) => format!("{clinic} · {calendar}"),
        (false, true) => clinic,
        (true, false) => calendar,
        (true, true) => "A calendar".into(),
    }
}

fn safe(name: &str, otherwise: &str) -> String {
    let name = name.trim();
    match name.is_empty() || name.contains('@') {
        true => otherwise.to_owned(),
        false => name.to_owned(),
    }
}

/// Thing and fact within the limit; the thing is shortened, never the fact.
fn titled(thing: &str, fact: &str) -> String {
    let room = TITLE_LIMIT.saturating_sub(fact.chars().count() + 1);
    let thing = match thing.chars().count() > room {
        true => {
            let kept: String = thing.chars().take(room.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
        false => thing.to_owned(),
    };
    format!("{thing} {fact}")
}

fn counted(count: usize, singular: &str, plural: &str) -> String {
    match count {
        1 => format!("1 {singular}"),
        _ => format!("{count} {plural}"),
    }
}

/// "Sat 14:10" on the clock that people read.
fn moment(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%a %H:%M").to_string()
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        secs @ 0..100 => format!("{secs} s"),
        _ => span(duration),
    }
}

/// A duration in the largest unit that tells enough.
fn span(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let secs = duration.as_secs();
    match secs {
        0..MINUTE => format!("{secs} s"),
        MINUTE..HOUR => format!("{} min", secs / MINUTE),
        HOUR..172_800 => format!("{} h", (secs + HOUR / 2) / HOUR),
        _ => format!("{} d", secs / DAY),
    }
}
