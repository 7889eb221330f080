//! What comes: the renewals and calls of the next two weeks, and what an absence of the receiver would do.
//!
//! Assumes that everything goes well from now on: each channel is granted as asked for and proves itself, and a listing is
//! one call. Close polling, retries, people's requests and what notifications start are not in it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::link::{Channel, Pace, Phase, Stage, TroubleKind};
use crate::{Link, LinkId, Settings};

/// How far ahead is looked.
pub const HOURS: usize = 14 * 24;
/// Renewals foretold per link; only channels that live for minutes would have more.
const RENEWALS_MOST: usize = 400;
/// Opening the successor, and stopping the old channel.
const CALLS_OF_A_RENEWAL: u32 = 2;

/// A link, whose user it is, and whether it has a cursor.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub link: &'a Link,
    pub user: Uuid,
    pub has_cursor: bool,
}

/// The next two weeks.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Calls of all links, hour by hour from now.
    pub hours: Vec<Hour>,
    /// The hour with the most calls, by its place.
    pub peak: usize,
    /// The most calls that one user makes in one of the hours.
    pub busiest_user: u32,
    pub links: Vec<Planned>,
}

/// One hour's calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Calls that open and stop channels.
    pub renewals: u32,
    /// Safety checks beside push.
    pub checks: u32,
    pub polls: u32,
}

/// What one link is going to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub link: LinkId,
    pub renewals: Vec<Renewal>,
    /// Between two runs that nothing else asks for; none while the link stands still.
    pub run_every: Option<Duration>,
}

/// The opening of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Not before; the same as `latest` once the jitter is drawn.
    pub earliest: Timestamp,
    pub latest: Timestamp,
    /// When the channel that it replaces would expire, at the earliest.
    pub replaces_until: Option<Timestamp>,
}

/// What follows from an absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    pub links: Vec<Absent>,
    /// Calls that bring every link up to date again.
    pub calls: u32,
    /// Those of the user who needs the most.
    pub busiest_user: u32,
}

/// One link through an absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    pub link: LinkId,
    /// When its channel runs out meanwhile.
    pub lapses_at: Option<Timestamp>,
    /// How old what is known of the calendar can be at the end.
    pub staleness: Duration,
    pub catches_up: CatchUp,
    /// Calls from the receiver's return until the link is as before.
    pub calls: u32,
}

/// How a link learns what it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// From where it stopped.
    ByCursor,
    /// By listing everything.
    InFull,
}

impl Hour {
    /// All calls of the hour.
    pub fn calls(&self) -> u32 {
        self.renewals + self.checks + self.polls
    }
}

/// Looks two weeks ahead.
pub fn forecast(now: Timestamp, links: &[Known<'_>], settings: &Settings) -> Forecast {
    let until = hour_after(now, HOURS);
    let mut hours = vec![Hour::default(); HOURS];
    let mut users: BTreeMap<Uuid, Vec<u32>> = BTreeMap::new();
    let mut planned = Vec::with_capacity(links.len());
    for Known { link, user, .. } in links {
        let mine = hours_of(link, now, until, settings);
        let of_user = users.entry(*user).or_insert_with(|| vec![0; HOURS]);
        for (place, hour) in mine.iter().enumerate() {
            hours[place].renewals += hour.renewals;
            hours[place].checks += hour.checks;
            hours[place].polls += hour.polls;
            of_user[place] += hour.calls();
        }
        planned.push(Planned {
            link: link.id,
            renewals: renewals(link, now, until, settings),
            run_every: runs(link, now, settings).map(|(_, every, _)| every),
        });
    }
    let peak = (0..HOURS).rev().max_by_key(|place| hours[*place].calls());
    Forecast {
        peak: peak.unwrap_or_default(),
        busiest_user: users.into_values().flatten().max().unwrap_or_default(),
        hours,
        links: planned,
    }
}

/// What happens when nobody acts from `off_from` until `off_until`, both ahead of `now`.
pub fn absence(
    now: Timestamp,
    (off_from, off_until): (Timestamp, Timestamp),
    links: &[Known<'_>],
    settings: &Settings,
) -> Absence {
    let standing = links
        .iter()
        .filter(|known| runs(known.link, now, settings).is_some());
    let mut users: BTreeMap<Uuid, u32> = BTreeMap::new();
    let mut absent = Vec::with_capacity(links.len());
    for known in standing {
        let one = absent_link(now, (off_from, off_until), known, settings);
        *users.entry(known.user).or_default() += one.calls;
        absent.push(one);
    }
    Absence {
        calls: absent.iter().map(|one| one.calls).sum(),
        busiest_user: users.into_values().max().unwrap_or_default(),
        links: absent,
    }
}

fn absent_link(
    now: Timestamp,
    (off_from, off_until): (Timestamp, Timestamp),
    known: &Known<'_>,
    settings: &Settings,
) -> Absent {
    let link = known.link;
    let planned = renewals(link, now, off_until, settings);
    let expires_at = channel_at(link, now, off_from, &planned, settings);
    let lapses_at = expires_at.filter(|at| *at < off_until);
    let due = planned.iter().any(|one| one.latest >= off_from);
    let off = between(off_from, off_until);
    let (staleness, calls) = match (expires_at, lapses_at) {
        // A listing for what was missed, a new channel, and a listing that closes the seam.
        (Some(_), Some(_)) => (off, 3),
        (Some(_), None) if due => (off, 1 + CALLS_OF_A_RENEWAL),
        (Some(_), None) => (off, 1),
        // It was last read up to an interval before.
        (None, _) => (off.saturating_add(settings.poll_interval), 1),
    };
    Absent {
        link: link.id,
        lapses_at,
        staleness,
        catches_up: match known.has_cursor {
            true => CatchUp::ByCursor,
            false => CatchUp::InFull,
        },
        calls,
    }
}

/// When the channel that is in charge at `at` expires, at the earliest; none when there is none.
fn channel_at(
    link: &Link,
    now: Timestamp,
    at: Timestamp,
    planned: &[Renewal],
    settings: &Settings,
) -> Option<Timestamp> {
    let before = planned.iter().rev().find(|one| one.latest < at);
    match before {
        Some(renewal) => Some(later(renewal.earliest, link.asked_life(settings))),
        None => link
            .subscription
            .watching(now)
            .map(|channel| channel.expires_at),
    }
}

/// The openings of channels before `until`.
fn renewals(link: &Link, now: Timestamp, until: Timestamp, settings: &Settings) -> Vec<Renewal> {
    let Some(mut next) = first_renewal(link, now, settings) else {
        return Vec::new();
    };
    let life = link.asked_life(settings);
    let window = settings.renew_before.min(life / 3);
    let mut renewals = Vec::new();
    while next.earliest < until && renewals.len() < RENEWALS_MOST {
        renewals.push(next);
        let expires_at = later(next.earliest, life);
        next = Renewal {
            earliest: later(next.earliest, life - window),
            latest: later(later(next.latest, life - window), window / 10),
            replaces_until: Some(expires_at),
        };
    }
    renewals
}

/// When the next channel is opened, if push is there at all.
fn first_renewal(link: &Link, now: Timestamp, settings: &Settings) -> Option<Renewal> {
    let subscription = &link.subscription;
    let refused = subscription.trouble.as_ref().is_some_and(|trouble| {
        matches!(trouble.kind, TroubleKind::Refused { .. }) && subscription.live().is_none()
    });
    if link.phase != Phase::Active || !settings.push || refused {
        return None;
    }
    let mut newest_first = subscription.channels.iter().rev();
    let newest = newest_first.find(|channel| {
        matches!(
            channel.stage,
            Stage::Opening | Stage::Proving { .. } | Stage::Live
        )
    });
    let (earliest, latest) = match (subscription.retry_at, newest) {
        (Some(at), _) => (at, at),
        (None, Some(channel)) => renewed(channel, settings),
        (None, None) => (now, now),
    };
    Some(Renewal {
        earliest: earliest.max(now),
        latest: latest.max(now),
        replaces_until: newest.map(|channel| channel.expires_at),
    })
}

/// When a channel is renewed: known once Google has granted it.
fn renewed(channel: &Channel, settings: &Settings) -> (Timestamp, Timestamp) {
    match channel.stage {
        Stage::Opening => {
            let due_at = channel.due_at(settings);
            let jitter = channel.renewal_window(settings) / 10;
            (due_at, later(due_at, jitter))
        }
        _ => (channel.renews_at, channel.renews_at),
    }
}

/// When the next run by interval starts, how often one does, and at what pace; none while the link stands still.
fn runs(link: &Link, now: Timestamp, settings: &Settings) -> Option<(Timestamp, Duration, Pace)> {
    if link.phase != Phase::Active {
        return None;
    }
    let pushed = link.subscription.watching(now).is_some();
    let pace = link.pace(pushed, settings);
    let due_at = link.runs.due_at(now, pace, settings);
    Some((
        due_at.unwrap_or(now).max(now),
        pace.interval(settings),
        pace,
    ))
}

fn hours_of(link: &Link, now: Timestamp, until: Timestamp, settings: &Settings) -> Vec<Hour> {
    let mut hours = vec![Hour::default(); HOURS];
    for renewal in renewals(link, now, until, settings) {
        let half = between(renewal.earliest, renewal.latest) / 2;
        let middle = between(now, later(renewal.earliest, half));
        let place = usize::try_from(middle.as_secs() / 3600).unwrap_or(HOURS);
        if let Some(hour) = hours.get_mut(place) {
            hour.renewals += CALLS_OF_A_RENEWAL;
        }
    }
    let Some((first, every, pace)) = runs(link, now, settings) else {
        return hours;
    };
    let first_ms = between(now, first).as_millis();
    let every_ms = every.as_millis().max(1);
    let mut before = 0;
    for (place, hour) in (1_u128..).zip(hours.iter_mut()) {
        let end_ms = place * 3_600_000;
        let so_far = match end_ms > first_ms {
            true => (end_ms - 1 - first_ms) / every_ms + 1,
            false => 0,
        };
        let calls = u32::try_from(so_far - before).unwrap_or(u32::MAX);
        before = so_far;
        match pace {
            Pace::Checked => hour.checks = calls,
            Pace::Polled | Pace::Troubled => hour.polls = calls,
        }
    }
    hours
}

fn hour_after(now: Timestamp, hours: usize) -> Timestamp {
    let hours = i64::try_from(hours).unwrap_or(i64::MAX);
    now.checked_add(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::MAX)
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
