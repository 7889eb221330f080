//! What the window asks of a month of a thousand calendars.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use syncward_engine::effect::Watching;
use syncward_engine::lag::Legs;
use syncward_engine::link::Link;
use syncward_engine::{Effect, Input, LinkId, NotificationKind, RunReport, Settings};
use syncward_receiver::entropy::SystemEntropy;
use syncward_receiver::store::clinic::Clinic;
use syncward_receiver::store::delivery_hour::Counts;
use syncward_receiver::store::google_grant::Grant;
use syncward_receiver::store::link::NewLink;
use syncward_receiver::store::notification::Arrived;
use syncward_receiver::store::{self, Store, sql};
use uuid::Uuid;

use crate::site::Site;
use crate::{Figure, processes};

const DAYS: i64 = 30;
/// Each question is asked so often.
const ASKED: usize = 40;

/// Asks `/lag`, `/delivery` and `/coverage` of `links` calendars over thirty days; the receiver's folder goes to `keep`.
pub async fn measure(
    links: usize,
    changes_a_day: i64,
    keep: Option<&Path>,
) -> anyhow::Result<Vec<Figure>> {
    let folder = processes::folder("questions")?;
    let site = Site::start(&folder, &[]).await?;
    seed(&folder.join("receiver"), links, changes_a_day, Past::Month).await?;
    let to = Timestamp::now();
    let from = to - SignedDuration::from_hours(24 * DAYS);
    let mut figures = Vec::new();
    for (path, target) in [
        ("lag", "< 50 ms"),
        ("delivery", "< 50 ms"),
        ("coverage", "< 50 ms"),
        ("overview", ""),
    ] {
        let question = match path {
            "overview" => path.to_owned(),
            _ => format!("{path}?from={from}&to={to}"),
        };
        let what = format!("/{path} over {DAYS} days and {links} links");
        figures.push(asked(&site, &question, &what, target, ASKED).await?);
    }
    drop(site);
    if let Some(keep) = keep {
        std::fs::rename(folder.join("receiver"), keep).with_context(|| {
            format!("failed to move the receiver's folder to {}", keep.display())
        })?;
    }
    std::fs::remove_dir_all(&folder).context("failed to remove the database")?;
    Ok(figures)
}

/// Asks one question again and again; until the last byte of the answer, which nobody reads.
pub async fn asked(
    site: &Site,
    question: &str,
    what: &str,
    target: &'static str,
    times: usize,
) -> anyhow::Result<Figure> {
    let mut took: Vec<Duration> = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        site.control.get_text(question).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let ms = |place: usize| took[place].as_secs_f64() * 1e3;
    Ok(Figure::new(
        format!("{what}, p50 (slowest of {times})"),
        format!("{:.1} ms ({:.1} ms)", ms(times / 2), ms(times - 1)),
        target,
    ))
}

/// How far back a fleet's changes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// Every day of a month has some; nothing watches any more.
    Month,
    /// Only the last day has; every link is live.
    Day,
}

/// A fleet with its past, through the store's own functions; how it was watched is known of a month.
pub async fn seed(
    folder: &Path,
    links: usize,
    changes_a_day: i64,
    past: Past,
) -> anyhow::Result<()> {
    let store = Store::open_beside(folder)?;
    let month_ago = Timestamp::now() - SignedDuration::from_hours(24 * DAYS);
    let mut grant_ids = (Uuid::nil(), Uuid::nil());
    for number in 0..links {
        if number.is_multiple_of(100) {
            grant_ids = (Uuid::now_v7(), Uuid::now_v7());
        }
        store
            .write(move |tx| seed_link(tx, number, changes_a_day, grant_ids, month_ago, past))
            .await?;
        eprint!("\r{} calendars with a past", number + 1);
    }
    eprintln!();
    Ok(())
}

fn seed_link(
    tx: &sql::Transaction<'_>,
    number: usize,
    changes_a_day: i64,
    (clinic_id, google_grant_id): (Uuid, Uuid),
    since: Timestamp,
    past: Past,
) -> store::Result<()> {
    if number.is_multiple_of(100) {
        seed_clinic(tx, clinic_id, google_grant_id, since)?;
    }
    let (link_id, calendar) = (Uuid::now_v7(), format!("chair{number}"));
    let link = NewLink {
        link_id,
        clinic_id,
        google_grant_id,
        google_calendar_id: &calendar,
        calendar_name: "Chair",
    };
    store::link::insert(tx, &link, since)?;
    let channel_id = format!("clinic_{clinic_id}_{number:08x}");
    store::channel::insert(tx, &channel_id, link_id, &[0; 32], since)?;
    let spread = i64::try_from(number).unwrap_or_default();
    for generation in 0..6 {
        let at = since + SignedDuration::from_hours(i64::from(generation) * 120 + spread % 24);
        let polling = Watching::Polling {
            cause: "watch_failing".to_owned(),
        };
        store::coverage_span::begin(tx, link_id, &Watching::Push { generation }, at)?;
        let fault = at + SignedDuration::from_hours(50);
        store::coverage_span::begin(tx, link_id, &polling, fault)?;
        let healed = fault + SignedDuration::from_mins(10);
        store::coverage_span::begin(tx, link_id, &Watching::Push { generation }, healed)?;
    }
    let first = match past {
        Past::Month => 0,
        Past::Day => {
            bring_to_life(tx, link_id, clinic_id)?;
            (DAYS - 1) * changes_a_day
        }
    };
    for change in first..DAYS * changes_a_day {
        let minutes = change * 24 * 60 / changes_a_day + (spread * 37 + change * 11) % 170;
        let at = since + SignedDuration::from_mins(minutes);
        let arrived = Arrived {
            channel_id: &channel_id,
            link_id,
            message_number: change + 1,
            kind: NotificationKind::Change,
            resource_id: "r",
            received_at: at,
        };
        store::notification::insert(tx, &arrived)?;
        let newest = "select max(notification_id) from notification";
        let notification = store::notification::Notification {
            notification_id: tx.query_row(newest, [], |row| row.get(0))?,
            channel_id: channel_id.clone(),
            link_id,
            kind: NotificationKind::Change,
            received_at: at,
        };
        store::notification::mark_processed(tx, &[notification], at)?;
        let late = u64::try_from((spread * 97 + change * 131) % 1900).unwrap_or_default();
        let legs = Legs {
            delivery_ms: Some(200 + late),
            pickup_ms: 1 + late % 7,
            apply_ms: 60 + late % 240,
            skew_ms: 0,
        };
        store::lag_span::add(tx, link_id, at, &[legs])?;
        let counts = Counts {
            notifications: 0,
            changes: 1,
            push_changes: 1,
            missed_changes: u64::from(change % 97 == 0),
        };
        store::delivery_hour::add(tx, link_id, at, counts)?;
    }
    Ok(())
}

/// The link's engine as it is after its first run and its channel's handshake.
fn bring_to_life(tx: &sql::Transaction<'_>, link_id: Uuid, clinic_id: Uuid) -> store::Result<()> {
    let (now, settings) = (Timestamp::now(), Settings::default());
    let mut machine = Link::new(LinkId(link_id), clinic_id);
    let mut inputs = vec![Input::Started];
    while let Some(input) = inputs.pop() {
        for effect in machine.handle(now, input, &settings, &mut SystemEntropy) {
            match effect {
                Effect::OpenChannel {
                    channel,
                    expires_at,
                    ..
                } => {
                    store::channel::insert(tx, &channel.0, link_id, &[0; 32], now)?;
                    inputs.push(Input::Notified {
                        channel: channel.clone(),
                        kind: NotificationKind::Handshake,
                        received_at: now,
                    });
                    inputs.push(Input::WatchOpened {
                        channel,
                        resource_id: "r".to_owned(),
                        expires_at,
                    });
                }
                Effect::StartRun { run, .. } => inputs.push(Input::RunFinished {
                    run,
                    report: RunReport::default(),
                }),
                Effect::StopChannel { .. }
                | Effect::Record { .. }
                | Effect::Step { .. }
                | Effect::Watch { .. }
                | Effect::Drill { .. } => {}
            }
        }
    }
    store::link::save_engine(tx, &machine, &settings)
}

fn seed_clinic(
    tx: &sql::Transaction<'_>,
    clinic_id: Uuid,
    google_grant_id: Uuid,
    since: Timestamp,
) -> store::Result<()> {
    let clinic = Clinic {
        clinic_id,
        name: "Elm Street".to_owned(),
        time_zone: "Europe/London".to_owned(),
        opening_hours: Vec::new(),
        made_at: since,
    };
    store::clinic::save(tx, &clinic)?;
    let grant = Grant {
        google_grant_id,
        clinic_id,
        account: "admin@clinic.example".to_owned(),
        refresh_token: None,
        scopes: Vec::new(),
        lost_reason: None,
        lost_at: None,
        ended_at: None,
        made_at: since,
    };
    store::google_grant::save(tx, &grant)
}
