//! One overview of several receivers: what can be added is added, and what can't is the worst of them.

use syncward_engine::delivery::lower_bound;
use syncward_wire::overview::{Counts, Coverage, DeliveryRate, Lag};
use syncward_wire::{At, Overview};

use super::post::Post;
use crate::words::Language;

/// The chosen receiver's overview with the figures of all; each receiver's own words stand behind its name.
pub(super) fn summed(chosen: &Post, posts: &[Post]) -> Option<Overview> {
    let told: Vec<(&Post, &Overview)> = posts
        .iter()
        .filter_map(|post| Some((post, post.told.overview.as_ref()?)))
        .collect();
    let base = chosen
        .told
        .overview
        .as_ref()
        .or(told.first().map(|(_, first)| *first))?;
    if told.len() < 2 {
        return Some(base.clone());
    }
    let each = || told.iter().map(|(_, overview)| *overview);
    let counts = each().fold(Counts::default(), |sum, next| sum + next.counts);
    Some(Overview {
        sentence: Language::En.overview(&counts, 0),
        detail: details(&told),
        counts,
        next_expiry_at: each().filter_map(|overview| overview.next_expiry_at).min(),
        delivery_24h: delivery(each().map(|overview| overview.delivery_24h)),
        lag_24h: slowest(each().map(|overview| overview.lag_24h)),
        coverage_30d: coverage(each().map(|overview| overview.coverage_30d)),
        endings: endings(each()),
        ..base.clone()
    })
}

fn details(told: &[(&Post, &Overview)]) -> String {
    let details: Vec<String> = told
        .iter()
        .filter(|(_, overview)| !overview.detail.is_empty())
        .map(|(post, overview)| format!("{}: {}", post.title(), overview.detail))
        .collect();
    details.join(" ")
}

#[expect(clippy::cast_precision_loss, reason = "far fewer changes than 2^52")]
fn delivery(rates: impl Iterator<Item = DeliveryRate>) -> DeliveryRate {
    let (changes, missed_changes) = rates.fold((0, 0), |(changes, missed), rate| {
        (changes + rate.changes, missed + rate.missed_changes)
    });
    let announced = changes.saturating_sub(missed_changes);
    DeliveryRate {
        rate: (changes > 0).then(|| announced as f64 / changes as f64),
        lower_bound: lower_bound(announced, changes),
        changes,
        missed_changes,
    }
}

/// Percentiles can't be added: all changes together are no later than those of the slowest receiver.
fn slowest(lags: impl Iterator<Item = Lag>) -> Lag {
    let p95 = |lag: &Lag| lag.p95_ms.or(lag.p50_ms).unwrap_or(-1.0);
    lags.max_by(|a, b| p95(a).total_cmp(&p95(b)))
        .unwrap_or_default()
}

fn coverage(parts: impl Iterator<Item = Coverage>) -> Coverage {
    let mut sum = Coverage::default();
    let mut watched_days = 0.0;
    for part in parts {
        watched_days += part.rate.unwrap_or(0.0) * part.link_days;
        sum.link_days += part.link_days;
        sum.gap_seconds += part.gap_seconds;
        sum.gaps += part.gaps;
        sum.push_seconds += part.push_seconds;
        sum.overlap_seconds += part.overlap_seconds;
        sum.polling_seconds += part.polling_seconds;
    }
    sum.rate = (sum.link_days > 0.0).then(|| watched_days / sum.link_days);
    sum
}

fn endings<'a>(overviews: impl Iterator<Item = &'a Overview>) -> Vec<syncward_wire::GrantEnding> {
    let mut endings: Vec<_> = overviews
        .flat_map(|overview| overview.endings.clone())
        .collect();
    endings.sort_by_key(|ending| -> At { ending.ends_at });
    endings
}
