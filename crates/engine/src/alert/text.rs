//! Which phrases an alert is told in: title = thing and fact in 40 characters; body = consequence and what happens next.
//!
//! Names of clinics and calendars only: never an e-mail address, never a word of any appointment.

use std::time::Duration;

use jiff::Timestamp;

use super::incident::Incident;
use super::words::{Language, Word};
use super::{AttemptFacts, EndingFacts, Facts, Kind, LinkFacts, Reader, ReceiverFacts, Rules};
use crate::grant::Ailment;
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
    reader: Reader<'_>,
) -> (String, String) {
    let language = reader.language;
    let name = safe(&receiver.name, Word::TheReceiver, language);
    let lasted = &*span(between(since, now), language);
    let (gone, coming): (Vec<_>, Vec<_>) = lapses.iter().partition(|(at, _)| *at <= now);
    let lapsed = match gone.len() {
        0 => String::new(),
        count => language.say(Word::RunOutSince(count)),
    };
    let meanwhile = match coming.first() {
        None if gone.is_empty() => language.say(Word::NotReadMeanwhile),
        None => String::new(),
        Some((next, link)) => {
            let (first, at) = (&*thing(link, language), &*moment(*next, reader));
            match coming.len() - 1 {
                0 => language.say(Word::NextToRunOut { first, at }),
                rest => {
                    let last = coming.last().map_or(*next, |(at, _)| *at);
                    let last = &*moment(last, reader);
                    language.say(Word::NextToRunOutAndMore {
                        first,
                        at,
                        rest,
                        last,
                    })
                }
            }
        }
    };
    let (fact, opening, closing) = match receiver.shut_out {
        true => (
            Word::ShutOut,
            Word::NothingKnownFor { lasted },
            Word::PairAgain,
        ),
        false => (
            Word::Silent,
            Word::NoContactFor { lasted },
            Word::KeepsTrying,
        ),
    };
    let body = [
        language.say(opening),
        lapsed,
        meanwhile,
        language.say(closing),
    ];
    (titled(&name, &language.say(fact)), joined(&body))
}

/// Of changes that arrive late.
pub(super) fn lateness(p95: Duration, rules: &Rules, language: Language) -> (String, String) {
    let by = &*seconds(p95, language);
    let title = titled(
        &language.say(Word::Changes),
        &language.say(Word::Late { by }),
    );
    let body = language.say(Word::Lateness {
        window: &span(rules.lag_for, language),
        limit: &seconds(rules.lag_over, language),
    });
    (title, body)
}

/// Of what was held back in quiet hours or a pause: titles of those that still hold, and of those that came and went.
pub(super) fn digest(told: &[String], passed: &[String], language: Language) -> (String, String) {
    let over = match passed.len() {
        0 => String::new(),
        count => language.say(Word::CameAndWent(count)),
    };
    if told.is_empty() {
        return (
            language.say(Word::AllWell),
            language.say(Word::NothingNeeded { over: &over }),
        );
    }
    const NAMED: usize = 3;
    let mut parts: Vec<String> = told.iter().take(NAMED).cloned().collect();
    if told.len() > NAMED {
        parts.push(language.say(Word::More(told.len() - NAMED)));
    }
    parts.extend((!over.is_empty()).then_some(over));
    let list = &*parts.join("; ");
    (
        language.say(Word::FromTheQuiet(told.len())),
        language.say(Word::OpenToSee { list }),
    )
}

/// The foretold end of a grant on which so many links rest.
pub(super) fn ending(
    now: Timestamp,
    end: &EndingFacts,
    clinic: &str,
    links: usize,
    language: Language,
) -> (String, String) {
    let left = &*span(between(now, end.ends_at), language);
    let (why, remedy) = match end.ailment {
        Ailment::TestingApp => (Word::TestingEnds { left }, Word::Publish),
        Ailment::None
        | Ailment::LimitedConsent
        | Ailment::MissingScope
        | Ailment::Revoked
        | Ailment::AdminBlock
        | Ailment::WrongClient
        | Ailment::Unused
        | Ailment::ClockSkew => (Word::LimitedEnds { left }, Word::ConnectBefore),
    };
    let body = [why, Word::StandStillThen(links), remedy].map(|word| language.say(word));
    (
        titled(
            &safe(clinic, Word::AClinic, language),
            &language.say(Word::LosesGoogle { left }),
        ),
        joined(&body),
    )
}

/// Of links with the same trouble; the first speaks for them.
pub(super) fn trouble(
    now: Timestamp,
    kind: Kind,
    links: &[&LinkFacts],
    reader: Reader<'_>,
) -> (String, String) {
    let language = reader.language;
    let first = links[0];
    let count = links.len();
    let one = count == 1;
    let left = first.expires_at.map(|at| span(between(now, at), language));
    let left = &*left.unwrap_or_else(|| language.say(Word::UnknownTime));
    let since = match kind {
        // The first speaks, but the oldest has waited longest.
        Kind::Outbound => links.iter().filter_map(|link| kind.since(link)).min(),
        _ => kind.since(first),
    };
    let failing = since.map_or(Duration::ZERO, |at| between(at, now));
    let lasted = &*span(failing, language);
    let thing = match one {
        true => thing(first, language),
        false => language.say(Word::CountedCalendars(count)),
    };
    let because = &*because(links, language);
    let missed = usize::try_from(first.missed_24h).unwrap_or(usize::MAX);
    let (fact, body) = match kind {
        Kind::Renewal => {
            let failed = first.attempts.filter(|attempts| one && attempts.failed > 0);
            let body = match failed {
                Some(AttemptFacts { failed: times, .. }) => Word::RenewalFailed {
                    times,
                    lasted,
                    because,
                },
                None => Word::RenewalFails { lasted, because },
            };
            (Word::ExpiresIn { left }, body)
        }
        Kind::Expired => (Word::Expired { one }, Word::ExpiredMeans),
        Kind::Grant => (Word::MustReconnect, Word::GrantLost(count)),
        Kind::Unproved => (Word::NotProved { one }, Word::UnprovedMeans),
        Kind::Refused => (Word::PushRefused { one }, Word::RefusedMeans { because }),
        Kind::Polling => (
            Word::PolledOnly { one },
            Word::NoChannelFor { lasted, because },
        ),
        Kind::Sync => (
            Word::NotSynced { one },
            Word::ReadingFails { lasted, because },
        ),
        Kind::Outbound => {
            let title = titled(&thing, &language.say(Word::Unsent { one }));
            return (title, unsent(now, links, lasted, language));
        }
        Kind::Held => (Word::Waits { one }, Word::Held(first.held as usize)),
        Kind::Missed => (Word::NotTold { one }, Word::LeftOut(missed)),
        Kind::Reminder => {
            let title = titled(&thing, &language.say(Word::ExpiresIn { left }));
            return (title, reminder_body(now, first, language));
        }
        Kind::Receiver | Kind::Lag | Kind::Ending => {
            return (
                titled(&thing, &language.say(Word::NeedsALook)),
                String::new(),
            );
        }
    };
    let clinic = || safe(&first.clinic, Word::AClinic, language);
    let title = match fact {
        Word::ExpiresIn { left } if !one => language.say(Word::ChannelsExpire { count, left }),
        Word::MustReconnect => titled(&clinic(), &language.say(fact)),
        fact => titled(&thing, &language.say(fact)),
    };
    let along = waiting(links.iter().filter(|link| {
        let wait = link.outbound;
        wait.is_some_and(|wait| kind.explains(wait))
    }));
    let along = match along {
        0 => String::new(),
        edits => language.say(Word::EditsWaitAlong(edits)),
    };
    let next = match kind {
        Kind::Renewal | Kind::Expired | Kind::Unproved | Kind::Polling => {
            next_try(now, links, reader)
        }
        Kind::Receiver
        | Kind::Grant
        | Kind::Ending
        | Kind::Refused
        | Kind::Sync
        | Kind::Outbound
        | Kind::Held
        | Kind::Lag
        | Kind::Missed
        | Kind::Reminder => String::new(),
    };
    let then = match kind {
        Kind::Renewal => language.say(Word::PollingThen),
        _ => String::new(),
    };
    (title, joined(&[language.say(body), next, then, along]))
}

/// When a channel is asked for again by itself, of the first of these.
fn next_try(now: Timestamp, links: &[&LinkFacts], reader: Reader<'_>) -> String {
    let attempts = links.iter().filter_map(|link| link.attempts);
    let next = attempts.filter_map(|it| it.next_at).min();
    match next.filter(|at| *at > now) {
        Some(next) => {
            let today = reader.zone.to_datetime(now).date();
            let at = match reader.zone.to_datetime(next) {
                at if at.date() == today => at.strftime("%H:%M").to_string(),
                _ => moment(next, reader),
            };
            reader.language.say(Word::NextTry { at: &at })
        }
        None => reader.language.say(Word::TriedByItself),
    }
}

/// The cause that all of them give, in brackets; empty when they give none, or several.
fn because(links: &[&LinkFacts], language: Language) -> String {
    let cause = links[0].cause.as_ref();
    let shared = cause.filter(|_| links.iter().all(|link| link.cause.as_ref() == cause));
    shared.map_or_else(String::new, |cause| {
        format!(" ({})", language.say(Word::Because(cause)))
    })
}

/// How many edits of these wait for Google.
fn waiting<'a>(links: impl Iterator<Item = &'a &'a LinkFacts>) -> usize {
    let edits = links.filter_map(|link| link.outbound);
    edits.map(|wait| wait.edits as usize).sum()
}

/// Of edits that wait: how many, how long, and how soon that matters.
fn unsent(now: Timestamp, links: &[&LinkFacts], lasted: &str, language: Language) -> String {
    let edits = waiting(links.iter());
    let mut waits = links.iter().filter_map(|link| link.outbound);
    let paused = links.iter().all(|link| link.state == LinkState::Paused);
    let why = match waits.clone().any(|wait| wait.refused) {
        true => Word::EditsRefused { edits, lasted },
        false if paused => Word::EditsPaused { edits, lasted },
        false => Word::EditsWait { edits, lasted },
    };
    let starts = waits.by_ref().filter_map(|wait| wait.next_start_at);
    let start = starts.min().filter(|at| *at > now).map(|at| {
        let left = &*span(between(now, at), language);
        language.say(Word::FirstStarts { left })
    });
    joined(&[
        language.say(why),
        start.unwrap_or_default(),
        language.say(match paused {
            true => Word::EditsGoOnResume,
            false => Word::EditsAreKept,
        }),
    ])
}

fn reminder_body(now: Timestamp, link: &LinkFacts, language: Language) -> String {
    match (link.state, link.renews_at) {
        (LinkState::Paused, _) => language.say(Word::PausedNotRenewed),
        (_, Some(at)) if at > now => {
            let until = &*span(between(now, at), language);
            language.say(Word::RenewalPlanned { until })
        }
        (_, Some(_) | None) => language.say(Word::RenewalOverdue),
    }
}

/// How an incident ended.
pub(super) fn resolved(
    incident: &Incident,
    now: Timestamp,
    facts: &Facts,
    reader: Reader<'_>,
) -> (String, String) {
    let language = reader.language;
    let mut links = facts.links.iter();
    let touched = links.find(|link| incident.links.contains(&link.link_id));
    let named = match touched {
        Some(link) if incident.links.len() == 1 => thing(link, language),
        Some(_) | None => language.say(Word::Calendars),
    };
    let clinic = touched.map_or("", |link| &link.clinic);
    let clinic = safe(clinic, Word::AClinic, language);
    let one = incident.links.len() == 1;
    let healthy = |link: &LinkFacts| matches!(link.state, LinkState::Live | LinkState::Renewing);
    let connected = |link: &LinkFacts| link.state != LinkState::ReconnectNeeded;
    let (thing, fact) = match incident.kind {
        Kind::Ending if touched.is_some_and(connected) => (clinic, Word::ConnectedAnew),
        Kind::Ending => (clinic, Word::HasLostGoogle),
        Kind::Receiver => (receiver_of(incident, facts, language), Word::AnswersAgain),
        Kind::Lag => (language.say(Word::Changes), Word::InTimeAgain),
        Kind::Held => (named, Word::Decided),
        Kind::Missed => (named, Word::ToldAgain),
        Kind::Outbound if !waits_on(incident, facts) => (named, Word::AllSent { one }),
        Kind::Outbound => (named, Word::ChangedState),
        _ if !touched.is_some_and(healthy) => (named, Word::ChangedState),
        Kind::Grant => (clinic, Word::ConnectedAgain),
        Kind::Renewal | Kind::Expired | Kind::Reminder => (named, Word::Renewed { one }),
        Kind::Unproved | Kind::Refused | Kind::Polling => (named, Word::LiveAgain { one }),
        Kind::Sync => (named, Word::SyncedAgain { one }),
    };
    let lasted = &*span(between(incident.since, now), language);
    let expires = touched.filter(|_| one).and_then(|link| link.expires_at);
    let valid = match expires {
        Some(at) if at > now => {
            let at = reader.zone.to_datetime(at);
            language.say(Word::ValidUntil(at))
        }
        Some(_) | None => String::new(),
    };
    (
        titled(&thing, &language.say(fact)),
        joined(&[language.say(Word::Lasted { lasted }), valid]),
    )
}

/// Whether edits of the links that an incident touched wait on, so that something else explains it now.
fn waits_on(incident: &Incident, facts: &Facts) -> bool {
    let mut links = facts.links.iter();
    links.any(|link| link.outbound.is_some() && incident.links.contains(&link.link_id))
}

/// The receiver that an incident was about.
fn receiver_of(incident: &Incident, facts: &Facts, language: Language) -> String {
    let is_it = |it: &&ReceiverFacts| incident.id == format!("{}:{}", incident.kind.word(), it.id);
    let found = facts.receivers.iter().find(is_it);
    safe(found.map_or("", |it| &it.name), Word::TheReceiver, language)
}

/// A calendar's name for people: clinic and calendar, without anything that looks like an address.
fn thing(link: &LinkFacts, language: Language) -> String {
    match (plain(&link.clinic), plain(&link.calendar)) {
        (Some(clinic), Some(calendar)) => format!("{clinic} · {calendar}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => language.say(Word::ACalendar),
    }
}

fn safe(name: &str, otherwise: Word<'_>, language: Language) -> String {
    plain(name).map_or_else(|| language.say(otherwise), str::to_owned)
}

/// A name that can be said aloud.
fn plain(name: &str) -> Option<&str> {
    let name = name.trim();
    (!name.is_empty() && !name.contains('@')).then_some(name)
}

/// The sentences that are there.
fn joined(sentences: &[String]) -> String {
    let said: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let said: Vec<&str> = said.into_iter().filter(|it| !it.is_empty()).collect();
    said.join(" ")
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

/// "Sat 14:10" on the clock that people read.
fn moment(at: Timestamp, reader: Reader<'_>) -> String {
    let at = reader.zone.to_datetime(at);
    let day = reader.language.say(Word::Day(at.weekday()));
    format!("{day} {}", at.strftime("%H:%M"))
}

fn seconds(duration: Duration, language: Language) -> String {
    match duration.as_secs() {
        secs @ 0..100 => language.say(Word::Seconds(secs)),
        _ => span(duration, language),
    }
}

/// A duration in the largest unit that tells enough.
fn span(duration: Duration, language: Language) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let secs = duration.as_secs();
    language.say(match secs {
        0..MINUTE => Word::Seconds(secs),
        MINUTE..HOUR => Word::Minutes(secs / MINUTE),
        HOUR..172_800 => Word::Hours((secs + HOUR / 2) / HOUR),
        _ => Word::Days(secs / DAY),
    })
}
