//! Stored things as the wire shows them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::RunKind;
use syncward_engine::delivery::lower_bound;
use syncward_engine::lag::Sketch;
use syncward_engine::rhythm::Verdict;
use syncward_engine::view::{self, View};
use syncward_wire as wire;
use uuid::Uuid;

use super::extract::{Paging, Place};
use super::problem::Answer;
use crate::app::{App, stuck};
use crate::store::lag_span::{self, Whose};
use crate::store::sql;
use crate::{clock, store};

const HOURS: usize = 24;
const HOUR_MS: i64 = 3_600_000;

/// A page out of a list that is small enough to be read whole; its cursor is the place of its last item, so that
/// items that come and go between two pages move no other.
pub fn page<T>(
    items: Vec<T>,
    paging: &Paging,
    place: impl Fn(&T) -> Place,
) -> Answer<wire::Page<T>> {
    let limit = usize::try_from(paging.limit()?).unwrap_or(usize::MAX);
    let after = paging.place()?;
    let mut placed: Vec<(Place, T)> = items
        .into_iter()
        .map(|item| (place(&item), item))
        .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
        .collect();
    placed.sort_by(|one, other| one.0.cmp(&other.0));
    let more = placed.len() > limit;
    placed.truncate(limit);
    let next = placed
        .last()
        .filter(|_| more)
        .map(|(place, _)| place.cursor());
    Ok(wire::Page {
        items: placed.into_iter().map(|(_, item)| item).collect(),
        next,
    })
}

/// A page out of a table with growing numbers.
pub fn numbered<T>(items: Vec<T>, limit: u32, seq: impl Fn(&T) -> i64) -> wire::Page<T> {
    let full = items.len() >= limit as usize;
    let next = items
        .last()
        .filter(|_| full)
        .map(|last| seq(last).to_string());
    wire::Page { items, next }
}

/// A clinic.
pub fn clinic(one: store::clinic::Clinic) -> wire::Clinic {
    wire::Clinic {
        id: one.clinic_id,
        name: one.name,
        time_zone: one.time_zone,
        opening_hours: one.opening_hours,
        created_at: one.made_at.into(),
    }
}

/// A grant, without its token.
pub fn grant(one: store::google_grant::Grant) -> wire::Grant {
    wire::Grant {
        id: one.google_grant_id,
        clinic_id: one.clinic_id,
        account: one.account,
        state: if one.lost_at.is_some() {
            wire::GrantState::Lost
        } else {
            wire::GrantState::Working
        },
        lost_reason: one.lost_reason,
        lost_at: one.lost_at.map(Into::into),
        scopes: one.scopes,
        created_at: one.made_at.into(),
    }
}

/// An operation.
pub fn operation(one: store::operation::Operation) -> wire::OperationState {
    wire::OperationState {
        id: one.operation_id,
        link_id: one.link_id,
        kind: one.kind,
        step: one.step,
        message: one.message,
        finished: one.finished_at.is_some(),
        failed: one.failed,
        at: one.at.into(),
    }
}

/// Which links are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    Named(Vec<Uuid>),
    /// So many after the one that was made then and has that id.
    After(Option<(i64, String)>, u32),
}

impl Which {
    fn read(&self, connection: &sql::Connection) -> store::Result<Vec<store::link::Link>> {
        match self {
            Self::All => store::link::all(connection),
            Self::Named(ids) => {
                let found = ids.iter().map(|id| store::link::find(connection, *id));
                found.filter_map(Result::transpose).collect()
            }
            Self::After(place, most) => store::link::page(connection, place.clone(), *most),
        }
    }
}

/// What each link did in the last 24 hours.
#[derive(Default)]
struct Day {
    lags: HashMap<Uuid, Sketch>,
    hours: HashMap<Uuid, Vec<(i64, store::delivery_hour::Counts)>>,
}

impl Day {
    /// Of one link, or of every one.
    fn read(
        &mut self,
        connection: &sql::Connection,
        one: Option<Uuid>,
        now: Timestamp,
    ) -> store::Result<()> {
        let day_ago = now
            .checked_sub(SignedDuration::from_hours(24))
            .unwrap_or(now);
        let whose = one.map_or(Whose::Each, Whose::Link);
        for (link_id, hour) in lag_span::by_link(connection, whose, day_ago, now)? {
            self.lags.entry(link_id).or_default().merge(&hour);
        }
        for (link_id, hour, counts) in store::delivery_hour::range(connection, one, day_ago, now)? {
            self.hours.entry(link_id).or_default().push((hour, counts));
        }
        Ok(())
    }
}

/// Links with their numbers of the last 24 hours.
pub async fn links(app: &Arc<App>, which: Which) -> Answer<Vec<wire::Link>> {
    let settings = app.settings;
    let links = app.store.read(move |connection| {
        let now = clock::now();
        let chosen = which.read(connection)?;
        let one = match &which {
            Which::Named(ids) => ids.first().copied().filter(|_| ids.len() == 1),
            Which::All | Which::After(..) => None,
        };
        let clinics: HashMap<Uuid, String> = store::clinic::all(connection)?
            .into_iter()
            .map(|c| (c.clinic_id, c.name))
            .collect();
        let accounts: HashMap<Uuid, String> = store::google_grant::all(connection)?
            .into_iter()
            .map(|g| (g.google_grant_id, g.account))
            .collect();
        let mut day = Day::default();
        let mut stuck = HashMap::new();
        match which {
            Which::All => {
                day.read(connection, None, now)?;
                stuck = stuck::stuck(connection, None, now)?;
            }
            // Each by its index: a page is a small part of a large fleet.
            Which::Named(_) | Which::After(..) => {
                for link in &chosen {
                    day.read(connection, Some(link.link_id), now)?;
                    stuck.extend(stuck::stuck(connection, Some(link.link_id), now)?);
                }
            }
        }
        chosen
            .into_iter()
            .map(|row| {
                let view = row.engine.view(now, &settings);
                let mut channels = Vec::with_capacity(view.channels.len());
                for channel in &view.channels {
                    channels.push(shown(
                        channel,
                        store::channel::notifications(connection, &channel.id)?,
                    ));
                }
                let run = running(connection, &view)?;
                let counted = day.hours.remove(&row.link_id).unwrap_or_default();
                let p95 = day
                    .lags
                    .get(&row.link_id)
                    .and_then(|lags| lags.quantile_ms(0.95));
                let names = (
                    clinics.get(&row.clinic_id).cloned().unwrap_or_default(),
                    accounts
                        .get(&row.google_grant_id)
                        .cloned()
                        .unwrap_or_default(),
                );
                let rhythm = match one {
                    Some(link_id) => rhythm(connection, link_id, now)?,
                    None => None,
                };
                Ok(wire::Link {
                    run,
                    rhythm,
                    outbound: stuck.remove(&row.link_id),
                    ..link(row, view, channels, names, &counted, p95, now)
                })
            })
            .collect::<store::Result<Vec<_>>>()
    });
    Ok(links.await?)
}

fn rhythm(
    connection: &sql::Connection,
    link_id: Uuid,
    now: Timestamp,
) -> store::Result<Option<wire::Rhythm>> {
    let found = store::rhythm::find(connection, link_id)?;
    Ok(found.map(|(rhythm, zone)| {
        let usual = rhythm.usual_gap(now, &zone);
        wire::Rhythm {
            last_change_at: rhythm.last_sign_at().map(Into::into),
            usual_gap_ms: usual.and_then(|usual| u64::try_from(usual.gap.as_millis()).ok()),
            samples: usual.map_or(0.0, |usual| usual.signs),
            silence: match rhythm.verdict(now, &zone) {
                Verdict::Usual => wire::Silence::Usual,
                Verdict::Unusual => wire::Silence::Unusual,
                Verdict::Unknown => wire::Silence::Unknown,
            },
        }
    }))
}

fn running(connection: &sql::Connection, view: &View) -> store::Result<Option<wire::Run>> {
    let Some(run) = view.run else {
        return Ok(None);
    };
    // A listing is noted with its first part; before that it is only known when it was asked for.
    let noted = store::sync_run::progress(connection, run.id.0)?;
    let progress = noted.or(run.asked_at.map(|asked_at| (asked_at, 0)));
    Ok(progress.map(|(started_at, listed)| wire::Run {
        full: run.kind == RunKind::Full,
        started_at: started_at.into(),
        listed,
    }))
}

fn link(
    row: store::link::Link,
    view: View,
    channels: Vec<wire::Channel>,
    (clinic_name, account): (String, String),
    hours: &[(i64, store::delivery_hour::Counts)],
    latency_p95_ms: Option<f64>,
    now: Timestamp,
) -> wire::Link {
    let mut activity_24h = vec![0; HOURS];
    let this_hour = now.as_millisecond().div_euclid(HOUR_MS);
    let mut delivery = (0, 0);
    for (start_ms, counts) in hours {
        delivery = (
            delivery.0 + counts.push_changes,
            delivery.1 + counts.missed_changes,
        );
        let ago = usize::try_from(this_hour - start_ms.div_euclid(HOUR_MS)).unwrap_or(HOURS);
        if let Some(place) = HOURS.checked_sub(ago + 1) {
            activity_24h[place] = u32::try_from(counts.changes).unwrap_or(u32::MAX);
        }
    }
    let channel = view
        .channel
        .as_ref()
        .and_then(|watching| channels.iter().find(|one| one.id == watching.id))
        .cloned();
    wire::Link {
        id: row.link_id,
        clinic_id: row.clinic_id,
        clinic_name,
        grant_id: row.google_grant_id,
        account,
        google_calendar_id: row.google_calendar_id,
        calendar_name: row.calendar_name,
        state: state(view.state),
        mode: match view.mode {
            view::Mode::Push => wire::Mode::Push,
            view::Mode::Polling => wire::Mode::Polling,
        },
        reason: view.reason.map(|why| wire::Reason {
            code: why.code,
            message: why.message,
            action: why.action,
            since_at: why.since.into(),
        }),
        attempts: (view.failed_attempts > 0).then(|| wire::ChannelAttempts {
            failed: view.failed_attempts,
            next_at: view.next_attempt_at.map(Into::into),
        }),
        channel,
        channels,
        proof: view.proof.map(store::link::shown),
        counters: wire::Counters {
            notifications: row.notifications,
            duplicates: row.duplicates,
            changes: row.changes,
            missed_changes: row.missed_changes,
            runs: row.runs,
            echoes: row.echoes,
            echoes_announced: row.echoes_announced,
        },
        activity_24h,
        latency_p95_ms,
        delivery: delivery_rate(delivery.0, delivery.1),
        next_run_at: view.next_run_at.map(Into::into),
        run: None,
        rhythm: None,
        outbound: None,
        synced_at: row.synced_at.map(Into::into),
        held_cancellations: row.held_cancellations,
        created_at: row.made_at.into(),
    }
}

/// Changes announced ÷ changes found.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub fn delivery_rate(changes: u64, missed_changes: u64) -> wire::DeliveryRate {
    let rate =
        (changes > 0).then(|| changes.saturating_sub(missed_changes) as f64 / changes as f64);
    wire::DeliveryRate {
        rate,
        lower_bound: lower_bound(changes.saturating_sub(missed_changes), changes),
        changes,
        missed_changes,
    }
}

fn shown(channel: &view::ChannelView, notifications: u64) -> wire::Channel {
    wire::Channel {
        id: channel.id.clone(),
        resource_id: channel.resource_id.clone(),
        generation: channel.generation,
        state: match channel.state {
            view::ChannelState::Opening => wire::ChannelState::Opening,
            view::ChannelState::Unproved => wire::ChannelState::Unproved,
            view::ChannelState::Live => wire::ChannelState::Live,
            view::ChannelState::Superseded => wire::ChannelState::Superseded,
            view::ChannelState::Stopped => wire::ChannelState::Stopped,
            view::ChannelState::Expired => wire::ChannelState::Expired,
            view::ChannelState::Refused => wire::ChannelState::Refused,
        },
        registered_at: channel.registered_at.map(Into::into),
        verified_at: channel.verified_at.map(Into::into),
        expires_at: channel.expires_at.map(Into::into),
        renews_at: channel.renews_at.map(Into::into),
        notifications,
    }
}

/// The engine's word on the wire.
pub fn state(state: view::LinkState) -> wire::LinkState {
    match state {
        view::LinkState::Live => wire::LinkState::Live,
        view::LinkState::Due => wire::LinkState::Due,
        view::LinkState::Renewing => wire::LinkState::Renewing,
        view::LinkState::Unproved => wire::LinkState::Unproved,
        view::LinkState::Polling => wire::LinkState::Polling,
        view::LinkState::Expired => wire::LinkState::Expired,
        view::LinkState::ReconnectNeeded => wire::LinkState::ReconnectNeeded,
        view::LinkState::Paused => wire::LinkState::Paused,
    }
}
