//! `/lag`, `/delivery`, `/coverage`: columns ready to plot.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use syncward_wire::{CoverageSeries, DeliverySeries, LagSeries, MissedChange, Page, Problem};
use uuid::Uuid;

use super::extract::{Asked, Paging};
use super::problem::{Answer, Refusal};
use super::series::{self, Range, Whose};
use super::show;
use crate::app::App;
use crate::{clock, store};

const BUCKETS: u32 = 96;
const BUCKETS_MOST: u32 = 2_000;

/// Which links, when, and how fine.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Window {
    /// All links when absent.
    pub link: Option<Uuid>,
    /// All links of this clinic; `link` says it closer.
    pub clinic: Option<Uuid>,
    /// RFC 3339; 24 hours before `to` when absent.
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// RFC 3339; now when absent.
    #[param(format = DateTime)]
    pub to: Option<String>,
    /// 1 to 2000; 96 when absent.
    #[param(minimum = 1, maximum = 2000)]
    pub buckets: Option<u32>,
    /// Of `/lag`: also how the samples of each bucket lie.
    pub spread: Option<bool>,
}

impl Window {
    fn range(&self) -> Answer<Range> {
        let wrong = |what: &str| {
            Refusal::new(
                422,
                "invalid_range",
                format!("{what}."),
                "Pass RFC 3339 times, from before to.",
            )
        };
        let read = |text: &String| {
            text.parse::<Timestamp>()
                .map_err(|_| wrong("from and to must be RFC 3339 times"))
        };
        let to = self
            .to
            .as_ref()
            .map(read)
            .transpose()?
            .unwrap_or_else(clock::now);
        let day_before = to
            .checked_sub(SignedDuration::from_hours(24))
            .map_err(|_| wrong("to is too early"))?;
        let from = self
            .from
            .as_ref()
            .map(read)
            .transpose()?
            .unwrap_or(day_before);
        let buckets = self.buckets.unwrap_or(BUCKETS);
        if from >= to || !(1..=BUCKETS_MOST).contains(&buckets) {
            return Err(wrong(
                "from must be before to, and buckets between 1 and 2000",
            ));
        }
        Ok(Range {
            whose: match (self.link, self.clinic) {
                (Some(link_id), _) => Whose::Link(link_id),
                (None, Some(clinic_id)) => Whose::Clinic(clinic_id),
                (None, None) => Whose::Fleet,
            },
            from,
            to,
            buckets: buckets as usize,
        })
    }
}

/// Sync latency.
#[utoipa::path(get, path = "/lag", params(Window), responses((status = 200, body = LagSeries), (status = 422, body = Problem)))]
pub async fn lag(
    State(app): State<Arc<App>>,
    Asked(window): Asked<Window>,
) -> Answer<Json<LagSeries>> {
    let range = window.range()?;
    let spread = window.spread.unwrap_or(false);
    Ok(Json(
        app.store
            .read(move |connection| series::lag(connection, &range, spread, clock::now()))
            .await?,
    ))
}

/// Notifications, changes, and missed changes.
#[utoipa::path(get, path = "/delivery", params(Window), responses((status = 200, body = DeliverySeries), (status = 422, body = Problem)))]
pub async fn delivery(
    State(app): State<Arc<App>>,
    Asked(window): Asked<Window>,
) -> Answer<Json<DeliverySeries>> {
    let range = window.range()?;
    Ok(Json(
        app.store
            .read(move |connection| series::delivery(connection, &range))
            .await?,
    ))
}

/// How links were watched.
#[utoipa::path(get, path = "/coverage", params(Window), responses((status = 200, body = CoverageSeries), (status = 422, body = Problem)))]
pub async fn coverage(
    State(app): State<Arc<App>>,
    Asked(window): Asked<Window>,
) -> Answer<Json<CoverageSeries>> {
    let range = window.range()?;
    let spans = app
        .store
        .read(move |connection| series::spans(connection, &range))
        .await?;
    let coverage = series::coverage(&spans, range.from, range.to.min(clock::now()));
    Ok(Json(CoverageSeries { spans, coverage }))
}

/// Whose missed changes.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Missed {
    /// All links when absent.
    pub link: Option<Uuid>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// Changes that no notification announced, newest first.
#[utoipa::path(get, path = "/missed-changes", params(Missed), responses((status = 200, body = Page<MissedChange>), (status = 422, body = Problem)))]
pub async fn missed_changes(
    State(app): State<Arc<App>>,
    Asked(missed): Asked<Missed>,
) -> Answer<Json<Page<MissedChange>>> {
    let paging = Paging {
        after: missed.after,
        limit: missed.limit,
    };
    let (limit, before) = (paging.limit()?, paging.after()?);
    let items = app
        .store
        .read(move |connection| store::missed_change::page(connection, missed.link, before, limit))
        .await?;
    Ok(Json(show::numbered(items, limit, |one| one.seq)))
}
