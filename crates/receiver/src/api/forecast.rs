//! `/forecast`: the next two weeks, and what an absence of the receiver would do.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use syncward_engine::forecast::{self, CatchUp, HOURS, Hour, Known};
use syncward_engine::view;
use syncward_wire as wire;
use syncward_wire::{AbsenceForecast, Forecast, Mode, Problem, Quota};
use uuid::Uuid;

use super::extract::Asked;
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::app::meters::Outlook;
use crate::exec::quota::{Limits, Urgency};
use crate::store::link::Link;
use crate::{clock, store};

const HOURS_A_DAY: usize = 24;
/// How long [`outlook`] stands.
const OUTLOOK_KEPT: Duration = Duration::from_secs(300);

/// An absence, if one is asked about.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Off {
    /// RFC 3339, within the next 14 days; together with `off_until`.
    #[param(format = DateTime)]
    pub off_from: Option<String>,
    /// RFC 3339, after `off_from`.
    #[param(format = DateTime)]
    pub off_until: Option<String>,
}

impl Off {
    fn range(&self, now: Timestamp) -> Answer<Option<(Timestamp, Timestamp)>> {
        let wrong = |what: &str| {
            let action = "Pass both off_from and off_until as RFC 3339 times, both ahead.";
            Refusal::new(422, "invalid_range", format!("{what}."), action)
        };
        let (from, until) = match (&self.off_from, &self.off_until) {
            (None, None) => return Ok(None),
            (Some(from), Some(until)) => (from, until),
            (Some(_), None) | (None, Some(_)) => {
                return Err(wrong("off_from and off_until belong together"));
            }
        };
        let read = |text: &String| {
            let at = text.parse::<Timestamp>();
            at.map_err(|_| wrong("off_from and off_until must be RFC 3339 times"))
        };
        let (from, until) = (read(from)?.max(now), read(until)?);
        if from >= until {
            return Err(wrong("off_until must be ahead, and after off_from"));
        }
        if until > end_of(now) {
            return Err(wrong("off_until is more than 14 days ahead"));
        }
        Ok(Some((from, until)))
    }
}

/// The next 14 days, and what happens when the receiver is off meanwhile.
#[utoipa::path(get, path = "/forecast", params(Off), responses((status = 200, body = Forecast), (status = 422, body = Problem)))]
pub async fn forecast(
    State(app): State<Arc<App>>,
    Asked(off): Asked<Off>,
) -> Answer<Json<Forecast>> {
    let now = clock::now();
    let off = off.range(now)?;
    foretell(&app, now, off).await.map(Json)
}

/// The forecast in three numbers, a few minutes old at the most: a fleet's is much to reckon at every scrape.
pub async fn outlook(app: &App) -> Answer<Outlook> {
    let kept = || {
        let kept = app.meters.outlook.lock();
        kept.unwrap_or_else(PoisonError::into_inner)
    };
    let known = *kept();
    if let Some((at, outlook)) = known
        && at.elapsed() < OUTLOOK_KEPT
    {
        return Ok(outlook);
    }
    let told = foretell(app, clock::now(), None).await?;
    let day = &told.hours[..HOURS_A_DAY.min(told.hours.len())];
    let outlook = Outlook {
        renewals_next_day: day.iter().map(|hour| hour.renewals).sum(),
        calls_next_day: day.iter().map(|hour| hour.calls).sum(),
        peak_share: told.peak_share,
    };
    *kept() = Some((Instant::now(), outlook));
    Ok(outlook)
}

async fn foretell(
    app: &App,
    now: Timestamp,
    off: Option<(Timestamp, Timestamp)>,
) -> Answer<Forecast> {
    let (links, clinics) = app
        .store
        .read(|connection| {
            Ok((
                store::link::all(connection)?,
                store::clinic::all(connection)?,
            ))
        })
        .await?;
    let clinics = clinics.into_iter().map(|one| (one.clinic_id, one.name));
    let fleet = Fleet {
        now,
        app,
        links: &links,
        clinics: clinics.collect(),
    };
    Ok(fleet.shown(off))
}

/// What is foretold about.
struct Fleet<'a> {
    now: Timestamp,
    app: &'a App,
    links: &'a [Link],
    clinics: HashMap<Uuid, String>,
}

impl Fleet<'_> {
    fn shown(&self, off: Option<(Timestamp, Timestamp)>) -> Forecast {
        let known = self.links.iter().map(|link| Known {
            link: &link.engine,
            user: link.google_grant_id,
            has_cursor: link.cursor.is_some(),
        });
        let known: Vec<Known<'_>> = known.collect();
        let told = forecast::forecast(self.now, &known, &self.app.settings);
        let limits = self.app.exec.seats.quotas.limits();
        let hour = |place: usize| shown_hour(self.now, place, &told.hours[place]);
        let links = self.links.iter().zip(&told.links);
        Forecast {
            from_at: self.now.into(),
            until_at: end_of(self.now).into(),
            hours: (0..told.hours.len()).map(hour).collect(),
            peak: hour(told.peak),
            busiest_user_calls: told.busiest_user,
            quota: Quota {
                project_per_minute: limits.project,
                user_per_minute: limits.user,
            },
            peak_share: share(told.hours[told.peak].calls(), limits.project)
                .max(share(told.busiest_user, limits.user)),
            links: links
                .map(|(link, planned)| self.planned(link, planned))
                .collect(),
            absence: off.map(|off| self.absence(off, &known, limits)),
        }
    }

    fn planned(&self, link: &Link, planned: &forecast::Planned) -> wire::LinkForecast {
        let renewals = planned.renewals.iter().map(|one| wire::PlannedRenewal {
            earliest_at: one.earliest.into(),
            latest_at: one.latest.into(),
            replaces_until_at: one.replaces_until.map(Into::into),
        });
        let mode = link.engine.view(self.now, &self.app.settings).mode;
        wire::LinkForecast {
            link_id: link.link_id,
            clinic_name: self.clinic(link),
            calendar_name: link.calendar_name.clone(),
            mode: match mode {
                view::Mode::Push => Mode::Push,
                view::Mode::Polling => Mode::Polling,
            },
            renewals: renewals.collect(),
            run_every_seconds: planned.run_every.map(|every| every.as_secs_f64()),
        }
    }

    fn absence(
        &self,
        off: (Timestamp, Timestamp),
        known: &[Known<'_>],
        limits: Limits,
    ) -> AbsenceForecast {
        let told = forecast::absence(self.now, off, known, &self.app.settings);
        let by_id: HashMap<Uuid, &Link> =
            self.links.iter().map(|link| (link.link_id, link)).collect();
        let links = told.links.iter().filter_map(|one| {
            let link = by_id.get(&one.link.0)?;
            Some(wire::LinkAbsence {
                link_id: link.link_id,
                clinic_name: self.clinic(link),
                calendar_name: link.calendar_name.clone(),
                lapses_at: one.lapses_at.map(Into::into),
                staleness_seconds: one.staleness.as_secs_f64(),
                by_cursor: one.catches_up == CatchUp::ByCursor,
                calls: one.calls,
            })
        });
        let links: Vec<wire::LinkAbsence> = links.collect();
        let lapses = links.iter().filter_map(|one| one.lapses_at);
        let lapsing = lapses.clone().count();
        let staleness = told.links.iter().map(|one| one.staleness).max();
        let takes = takes(told.calls, limits.project).max(takes(told.busiest_user, limits.user));
        let by_cursor = links.iter().filter(|one| one.by_cursor).count();
        AbsenceForecast {
            off_from_at: off.0.into(),
            off_until_at: off.1.into(),
            sentence: sentence(links.len(), lapsing, staleness, told.calls, takes),
            lapsing: count(lapsing),
            first_lapse_at: lapses.min(),
            longest_staleness_seconds: staleness.unwrap_or_default().as_secs_f64(),
            catch_up_calls: told.calls,
            catch_up_seconds: takes.as_secs_f64(),
            by_cursor: count(by_cursor),
            links,
        }
    }

    fn clinic(&self, link: &Link) -> String {
        self.clinics
            .get(&link.clinic_id)
            .cloned()
            .unwrap_or_default()
    }
}

fn end_of(now: Timestamp) -> Timestamp {
    let days = Duration::from_secs(3600 * HOURS as u64);
    now.checked_add(days).unwrap_or(Timestamp::MAX)
}

fn shown_hour(now: Timestamp, place: usize, hour: &Hour) -> wire::ForecastHour {
    let begins = Duration::from_secs(3600 * place as u64);
    wire::ForecastHour {
        at: now.checked_add(begins).unwrap_or(Timestamp::MAX).into(),
        renewals: hour.renewals,
        checks: hour.checks,
        polls: hour.polls,
        calls: hour.calls(),
    }
}

/// What so many calls use of an hour of quota.
fn share(calls: u32, per_minute: u32) -> f64 {
    f64::from(calls) / (f64::from(per_minute) * 60.0)
}

/// How long so many calls that somebody waits for have to wait: nothing for the first minute's worth.
fn takes(calls: u32, per_minute: u32) -> Duration {
    let per_minute = Urgency::Prompt.share(per_minute);
    Duration::from_secs(60) * (calls.saturating_sub(1) / per_minute)
}

fn sentence(
    links: usize,
    lapsing: usize,
    staleness: Option<Duration>,
    calls: u32,
    takes: Duration,
) -> String {
    let Some(staleness) = staleness else {
        return "No calendar is kept up to date, so nothing changes.".to_owned();
    };
    let lapse = match (lapsing, links) {
        (0, _) => "No channel expires meanwhile".to_owned(),
        (1, 1) => "The channel expires meanwhile".to_owned(),
        (lapsing, links) => format!("{lapsing} of {links} channels expire meanwhile"),
    };
    let minutes = staleness.as_secs() / 60;
    let soon = match takes.as_secs() / 60 {
        0 => "within a minute".to_owned(),
        1 => "within two minutes".to_owned(),
        more => format!("within {} minutes", more + 1),
    };
    format!(
        "{lapse}; what is known gets up to {} h {} min old, and {calls} calls bring it up to date {soon}.",
        minutes / 60,
        minutes % 60
    )
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
