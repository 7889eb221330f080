//! The overview: a sentence first, then the numbers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use syncward_wire::{Counts, Lag, Link, LinkState, Overview};

use super::pairing::identity;
use super::problem::Answer;
use super::{series, show};
use crate::app::App;
use crate::app::grant_health::endings;
use crate::{clock, store};

/// Edits that wait this long are worth a look; a desktop's own rule has the same until somebody edits it.
const UNSENT_AFTER: SignedDuration = SignedDuration::from_mins(20);
const NOT_WATCHABLE: &str = "push_not_supported";
const NO_PUBLIC_ADDRESS: &str = "no_public_address";

/// The state of everything at a glance.
#[utoipa::path(get, path = "/overview", responses((status = 200, body = Overview)))]
pub async fn overview(State(app): State<Arc<App>>) -> Answer<Json<Overview>> {
    Ok(Json(look(&app).await?))
}

/// The overview, for the API and the stream.
pub async fn look(app: &Arc<App>) -> Answer<Overview> {
    Ok(closer(app).await?.0)
}

/// The overview with what stands behind it.
pub async fn closer(app: &Arc<App>) -> Answer<(Overview, Vec<Link>)> {
    let links = show::links(app, show::Which::All).await?;
    let now = clock::now();
    let back = |hours: i64| {
        now.checked_sub(SignedDuration::from_hours(hours))
            .unwrap_or(now)
    };
    let (day_ago, month_ago) = (back(24), back(30 * 24));
    let client_id = app.google.oauth.id.clone();
    let (lags, watched, paused, endings) = app
        .store
        .read(move |connection| {
            let lags = series::lag_of(connection, day_ago, now)?;
            let watched = store::coverage_span::sums(connection, month_ago, now)?;
            let endings = endings(connection, &client_id, now)?;
            Ok((lags, watched, store::receiver::paused(connection)?, endings))
        })
        .await?;
    let counts: Counts = links.iter().map(|link| link.state).collect();
    let sum = |pick: fn(&Link) -> u64| links.iter().map(pick).sum();
    let overview = Overview {
        sentence: sentence(&counts, &links),
        detail: detail(&links, &counts, paused, now),
        counts,
        next_expiry_at: links
            .iter()
            .filter_map(|link| link.channel.as_ref()?.expires_at)
            .min(),
        delivery_24h: show::delivery_rate(
            sum(|link| link.delivery.changes),
            sum(|link| link.delivery.missed_changes),
        ),
        lag_24h: Lag {
            p50_ms: lags.whole.quantile_ms(0.5),
            p95_ms: lags.whole.quantile_ms(0.95),
            p99_ms: lags
                .whole
                .quantile_ms(0.99)
                .filter(|_| lags.whole.count() >= 20),
            samples: lags.whole.count(),
            target_ms: series::TARGET_MS,
        },
        coverage_30d: series::coverage_of(watched),
        receiver: identity(app),
        started_at: app.started_at.into(),
        now_at: now.into(),
        google_ahead_ms: app.google.clock_ahead_ms(),
        paused,
        endings,
    };
    Ok((overview, links))
}

/// A due or renewing link is live all the same: its channel still delivers.
fn sentence(counts: &Counts, links: &[Link]) -> String {
    let live = counts.live + counts.due + counts.renewing;
    let unwatchable = links.iter().filter(|link| is_unwatchable(link)).count();
    let well = live + u32::try_from(unwatchable).unwrap_or(u32::MAX);
    match (counts.total, live) {
        (1, 0) if well == 1 => "The calendar is polled, by design.".to_owned(),
        (total, live) if total == well && live < total => {
            let are = if live == 1 { "is" } else { "are" };
            let rest = total - live;
            let rest_are = if rest == 1 { "is" } else { "are" };
            format!("{live} of {total} calendars {are} live, {rest} {rest_are} polled by design.")
        }
        (0, _) => "No calendar is connected yet.".to_owned(),
        (1, 1) => "The calendar is live.".to_owned(),
        (1, 0) => "The calendar is not live.".to_owned(),
        (total, live) if total == live => format!("All {total} calendars are live."),
        (total, 1) => format!("1 of {total} calendars is live."),
        (total, live) => format!("{live} of {total} calendars are live."),
    }
}

fn detail(links: &[Link], counts: &Counts, paused: bool, now: Timestamp) -> String {
    if paused {
        return "The receiver is paused: notifications are kept, nothing is synced until it is resumed.".to_owned();
    }
    // The first of the worst: the window names the same one as what a person must act on.
    let worst = links
        .iter()
        .filter_map(|link| Some((ailment(link, now)?, link)))
        .rev()
        .max_by_key(|(ailment, _)| *ailment);
    let Some((ailment, link)) = worst else {
        return match links
            .iter()
            .filter_map(|link| link.channel.as_ref()?.renews_at)
            .min()
        {
            Some(at) => format!(
                "Nothing needs you. The next renewal happens by itself in {}.",
                ago(at.duration_since(now))
            ),
            None if counts.total == 0 => "Connect Google to start watching.".to_owned(),
            None => "Nothing needs you.".to_owned(),
        };
    };
    let others = links.iter().filter(|other| other.id != link.id);
    let more = match others.filter(|other| needs_a_look(other, now)).count() {
        0 => String::new(),
        1 => " One more calendar needs a look.".to_owned(),
        others => format!(" {others} more calendars need a look."),
    };
    format!("{}{more}", said(ailment, link, now))
}

/// What is wrong with a calendar, by how much it wants a person: first what nobody else can do, then what heals by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ailment {
    Polled,
    /// Renewal is late, or changes can't be read.
    Failing,
    Unproved,
    Expired,
    /// Cancellations wait for a decision, Google refuses edits, or a pause holds them.
    Hand,
    Lost,
}

fn ailment(link: &Link, now: Timestamp) -> Option<Ailment> {
    let own = match link.state {
        LinkState::Polling if is_unwatchable(link) => None,
        LinkState::Polling => Some(Ailment::Polled),
        LinkState::Unproved => Some(Ailment::Unproved),
        LinkState::Expired => Some(Ailment::Expired),
        LinkState::ReconnectNeeded => Some(Ailment::Lost),
        LinkState::Live | LinkState::Due | LinkState::Renewing | LinkState::Paused => {
            is_failing(link, now).then_some(Ailment::Failing)
        }
    };
    let stays = is_refused(link) || link.state == LinkState::Paused;
    let hand = link.held_cancellations > 0 || (stays && is_unsent(link, now));
    own.max(hand.then_some(Ailment::Hand))
}

/// A calendar of a receiver that Google can't reach is polled as it should be.
fn needs_a_look(link: &Link, now: Timestamp) -> bool {
    match ailment(link, now) {
        Some(Ailment::Polled) => !is_because(link, NO_PUBLIC_ADDRESS),
        ailment => ailment.is_some(),
    }
}

fn said(ailment: Ailment, link: &Link, now: Timestamp) -> String {
    let name = format!("{} · {}", link.clinic_name, link.calendar_name);
    match (ailment, link.held_cancellations, &link.reason) {
        (Ailment::Hand, 0, _) if !is_refused(link) => {
            format!("{name} is paused, and edits of the clinic's system wait for it to be resumed.")
        }
        (Ailment::Hand, 0, _) => {
            format!("{name}: Google refuses what the clinic's system changed.")
        }
        (Ailment::Hand, 1, _) => {
            format!("{name}: 1 cancellation waits for your decision, nothing was deleted.")
        }
        (Ailment::Hand, held, _) => {
            format!("{name}: {held} cancellations wait for your decision, nothing was deleted.")
        }
        (_, _, Some(reason)) => format!(
            "{name}, for {}: {}",
            ago(now.duration_since(*reason.since_at)),
            reason.message
        ),
        (Ailment::Lost, _, None) => format!("{name} needs Google connected again."),
        (_, _, None) => format!("{name} is not watched by push."),
    }
}

/// Its changes can't be read, or the time of its renewal has come and it does not work.
fn is_failing(link: &Link, now: Timestamp) -> bool {
    let planned = link.channel.as_ref().and_then(|it| it.renews_at);
    let late = planned.is_some_and(|at| *at < now) && link.state == LinkState::Due;
    is_because(link, "sync_failing") || (late && is_because(link, "renewal_failing"))
}

/// Google refuses an edit as it is, so that only a person can mend it.
fn is_refused(link: &Link) -> bool {
    link.outbound.as_ref().is_some_and(|wait| wait.refused)
}

/// Edits of the clinic's system have long waited for Google.
fn is_unsent(link: &Link, now: Timestamp) -> bool {
    let wait = link.outbound.as_ref();
    wait.is_some_and(|wait| now.duration_since(*wait.since_at) >= UNSENT_AFTER)
}

fn is_because(link: &Link, code: &str) -> bool {
    let reason = link.reason.as_ref();
    reason.is_some_and(|reason| reason.code == code)
}

/// Polled, since Google offers no push for it: as well as can be.
fn is_unwatchable(link: &Link) -> bool {
    is_because(link, NOT_WATCHABLE)
}

/// How many are polled though nothing is wrong: without push at Google, or without a public address here.
pub fn polled_by_design(links: &[Link]) -> u32 {
    let by_design = links.iter().filter(|link| {
        let is = |code| is_because(link, code);
        link.state == LinkState::Polling && (is(NOT_WATCHABLE) || is(NO_PUBLIC_ADDRESS))
    });
    u32::try_from(by_design.count()).unwrap_or(u32::MAX)
}

/// A duration in the words of people, with one or two units.
fn ago(duration: SignedDuration) -> String {
    let minutes = duration.as_secs().max(0) / 60;
    match minutes {
        0 => "under a minute".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1440 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} d {} h", minutes / 1440, minutes / 60 % 24),
    }
}
