//! Columns over time, from stored minutes, hours and intervals.

use jiff::Timestamp;
use syncward_wire::{
    Coverage, CoverageSpan, DeliveryRate, DeliverySeries, LagSeries, LagSpread, Watching, WholeLag,
};
use uuid::Uuid;

use super::show;
use crate::store::coverage_span::{self, Sum};
use crate::store::lag_span::{self, Lags, Span};
use crate::store::sql::Connection;
use crate::store::{self, Result};

/// The sync latency a clinic aims at.
pub const TARGET_MS: f64 = 5_000.0;
/// Fewer samples say nothing of a p99.
const P99_FROM: u64 = 20;
const HOUR_S: f64 = 3_600.0;
const DAY_S: f64 = 86_400.0;

/// Whose columns.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// All links as one.
    Fleet,
    Clinic(Uuid),
    Link(Uuid),
}

impl Whose {
    /// The links that are meant; none when it is the fleet.
    fn links(self, connection: &Connection) -> Result<Option<Vec<Uuid>>> {
        Ok(match self {
            Self::Fleet => None,
            Self::Clinic(clinic_id) => Some(store::link::of_clinic(connection, clinic_id)?),
            Self::Link(link_id) => Some(vec![link_id]),
        })
    }

    /// Each of them, to be asked for one by one; the fleet as one.
    fn each(self, connection: &Connection) -> Result<Vec<Option<Uuid>>> {
        let links = self.links(connection)?;
        Ok(links.map_or(vec![None], |links| links.into_iter().map(Some).collect()))
    }
}

/// A range cut into buckets.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub whose: Whose,
    pub from: Timestamp,
    pub to: Timestamp,
    pub buckets: usize,
}

impl Range {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "buckets are few"
    )]
    fn bucket(&self, at_ms: i64) -> Option<usize> {
        let place = (at_ms - self.from.as_millisecond()) as f64 / 1000.0 / self.bucket_s();
        (place > -1.0).then(|| (place.max(0.0) as usize).min(self.buckets - 1))
    }

    #[expect(clippy::cast_precision_loss, reason = "buckets are few")]
    fn bucket_s(&self) -> f64 {
        (self.to.as_millisecond() - self.from.as_millisecond()) as f64
            / 1000.0
            / self.buckets as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "buckets are few")]
    fn starts(&self) -> Vec<f64> {
        let from_s = self.from.as_millisecond() as f64 / 1000.0;
        (0..self.buckets)
            .map(|place| from_s + place as f64 * self.bucket_s())
            .collect()
    }
}

/// Latency per bucket, and how the samples of each lie when `spread` is asked for.
pub fn lag(
    connection: &Connection,
    range: &Range,
    spread: bool,
    now: Timestamp,
) -> Result<LagSeries> {
    let mut buckets = vec![Lags::default(); range.buckets];
    let span = Span::for_buckets(range.bucket_s(), range.from, now);
    let whose = match range.whose.links(connection)? {
        None => vec![lag_span::Whose::Fleet],
        Some(links) => links.into_iter().map(lag_span::Whose::Link).collect(),
    };
    for one in whose {
        for (start_ms, lags) in lag_span::range(connection, one, span, range.from, range.to)? {
            if let Some(place) = range.bucket(start_ms) {
                buckets[place].merge(&lags);
            }
        }
    }
    let mut whole = Lags::default();
    buckets.iter().for_each(|lags| whole.merge(lags));
    let column = |pick: &dyn Fn(&Lags) -> Option<f64>| buckets.iter().map(pick).collect::<Vec<_>>();
    Ok(LagSeries {
        start_s: range.starts(),
        bucket_s: range.bucket_s(),
        p50_ms: column(&|lags| lags.whole.quantile_ms(0.5)),
        p95_ms: column(&|lags| lags.whole.quantile_ms(0.95)),
        p99_ms: column(&p99_ms),
        samples: buckets.iter().map(|lags| lags.whole.count()).collect(),
        delivery_p50_ms: column(&|lags| lags.delivery.quantile_ms(0.5)),
        pickup_p50_ms: column(&|lags| lags.pickup.quantile_ms(0.5)),
        apply_p50_ms: column(&|lags| lags.apply.quantile_ms(0.5)),
        target_ms: TARGET_MS,
        whole: WholeLag {
            samples: whole.whole.count(),
            p50_ms: whole.whole.quantile_ms(0.5),
            p95_ms: whole.whole.quantile_ms(0.95),
            p99_ms: p99_ms(&whole),
            delivery_p50_ms: whole.delivery.quantile_ms(0.5),
            pickup_p50_ms: whole.pickup.quantile_ms(0.5),
            apply_p50_ms: whole.apply.quantile_ms(0.5),
        },
        spread: spread.then(|| spread_of(&buckets)),
        renewals: renewals(connection, range)?,
        updates: store::activity::updates(connection, range.from, range.to)?,
    })
}

fn renewals(connection: &Connection, range: &Range) -> Result<Vec<u64>> {
    let mut times = vec![0; range.buckets];
    for one in range.whose.each(connection)? {
        let found =
            store::activity::renewals(connection, one, range.from, range.to, range.buckets)?;
        for (place, count) in found {
            times[place.min(range.buckets - 1)] += count;
        }
    }
    Ok(times)
}

fn p99_ms(lags: &Lags) -> Option<f64> {
    lags.whole
        .quantile_ms(0.99)
        .filter(|_| lags.whole.count() >= P99_FROM)
}

/// From 10 ms to 11 min in steps of a sixth of a decade: finer than a screen shows, and the same for every range.
fn spread_of(buckets: &[Lags]) -> LagSpread {
    let edges_ms: Vec<f64> = (6..=35)
        .map(|step| 10_f64.powf(f64::from(step) / 6.0))
        .collect();
    let counts = buckets.iter().map(|lags| match lags.whole.count() {
        0 => Vec::new(),
        _ => lags.whole.spread(&edges_ms),
    });
    LagSpread {
        counts: counts.collect(),
        edges_ms,
    }
}

/// Everything of a range in one sketch.
pub fn lag_of(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Lags> {
    let mut whole = Lags::default();
    for (_, lags) in lag_span::range(connection, lag_span::Whose::Fleet, Span::Minute, from, to)? {
        whole.merge(&lags);
    }
    Ok(whole)
}

/// Notifications and changes per bucket.
pub fn delivery(connection: &Connection, range: &Range) -> Result<DeliverySeries> {
    let mut series = DeliverySeries {
        start_s: range.starts(),
        bucket_s: range.bucket_s(),
        notifications: vec![0; range.buckets],
        changes: vec![0; range.buckets],
        missed_changes: vec![0; range.buckets],
        rate: DeliveryRate::default(),
    };
    let links = range.whose.links(connection)?;
    let hours = match &links {
        Some(links) => {
            let mut hours = Vec::new();
            for &link_id in links {
                let found =
                    store::delivery_hour::range(connection, Some(link_id), range.from, range.to)?;
                hours.extend(
                    found
                        .into_iter()
                        .map(|(_, start_ms, counts)| (start_ms, counts)),
                );
            }
            hours
        }
        None => store::delivery_hour::fleet(connection, range.from, range.to)?,
    };
    let mut judged = (0, 0);
    for (start_ms, counts) in hours {
        judged = (
            judged.0 + counts.push_changes,
            judged.1 + counts.missed_changes,
        );
        if let Some(place) = range.bucket(start_ms) {
            series.changes[place] += counts.changes;
            series.missed_changes[place] += counts.missed_changes;
            series.notifications[place] += counts.notifications;
        }
    }
    series.rate = show::delivery_rate(judged.0, judged.1);
    if range.bucket_s() >= HOUR_S {
        return Ok(series);
    }
    // Finer than hours: each notification in its own bucket.
    series.notifications.fill(0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "buckets are a second at the least"
    )]
    let bucket_ms = ((range.bucket_s() * 1000.0) as i64).max(1);
    let each = match links {
        Some(links) => links.into_iter().map(Some).collect(),
        None => vec![None],
    };
    for one in each {
        let counts =
            store::notification::per_bucket(connection, one, range.from, range.to, bucket_ms)?;
        for (place, count) in counts {
            if let Some(bucket) = usize::try_from(place)
                .ok()
                .and_then(|place| series.notifications.get_mut(place))
            {
                *bucket += count;
            }
        }
    }
    Ok(series)
}

/// How the links were watched, oldest first.
pub fn spans(connection: &Connection, range: &Range) -> Result<Vec<CoverageSpan>> {
    let (from, to) = (range.from, range.to);
    let Some(links) = range.whose.links(connection)? else {
        return store::coverage_span::range(connection, None, from, to);
    };
    let mut spans = Vec::new();
    for link_id in links {
        let found = store::coverage_span::range(connection, Some(link_id), from, to)?;
        spans.extend(found);
    }
    spans.sort_by_key(|span| *span.from_at);
    Ok(spans)
}

/// How much of the spans, cut to the range, was watched.
pub fn coverage(spans: &[CoverageSpan], from: Timestamp, to: Timestamp) -> Coverage {
    let cut = spans.iter().map(|span| {
        let start = span.from_at.as_millisecond().max(from.as_millisecond());
        let end = span
            .until_at
            .map_or(to, |until| *until)
            .as_millisecond()
            .min(to.as_millisecond());
        Sum {
            watching: span.watching,
            unwanted: coverage_span::is_unwanted(span.cause.as_deref()),
            lasted_ms: (end - start).max(0),
            spans: u32::from(end > start),
        }
    });
    coverage_of(cut)
}

/// How much was watched.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub fn coverage_of(sums: impl IntoIterator<Item = Sum>) -> Coverage {
    let (mut push_ms, mut overlap_ms, mut polling_ms, mut gap_ms, mut gaps) = (0, 0, 0, 0, 0);
    for sum in sums {
        match sum.watching {
            Watching::Push => push_ms += sum.lasted_ms,
            Watching::Overlap => overlap_ms += sum.lasted_ms,
            Watching::Polling => polling_ms += sum.lasted_ms,
            // A person who pauses a calendar wants it unwatched.
            Watching::Gap if sum.unwanted => {}
            Watching::Gap => {
                gap_ms += sum.lasted_ms;
                gaps += sum.spans;
            }
        }
    }
    let watched_ms = push_ms + overlap_ms + polling_ms;
    let whole = (watched_ms + gap_ms) as f64;
    Coverage {
        rate: (whole > 0.0).then(|| watched_ms as f64 / whole),
        link_days: whole / 1000.0 / DAY_S,
        gap_seconds: gap_ms as f64 / 1000.0,
        gaps,
        push_seconds: push_ms as f64 / 1000.0,
        overlap_seconds: overlap_ms as f64 / 1000.0,
        polling_seconds: polling_ms as f64 / 1000.0,
    }
}
