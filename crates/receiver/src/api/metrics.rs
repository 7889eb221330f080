//! `/metrics` in Prometheus's text format.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::auth::{Need, caller};
use super::{overview, show};
use crate::app::App;
use crate::store;

/// The metrics, for any token, or for all when opened by configuration.
pub async fn metrics(State((app, open)): State<(Arc<App>, bool)>, headers: HeaderMap) -> Response {
    if !open && let Err(refusal) = caller(&app, &headers, Need::Any).await {
        return refusal.into_response();
    }
    match text(&app).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn text(app: &Arc<App>) -> super::problem::Answer<String> {
    let overview = overview::look(app).await?;
    let links = show::links(app, None).await?;
    let inbox = app.store.read(store::notification::waiting).await?;
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, f64)]| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let counts = overview.counts;
    let states = [
        ("live", counts.live),
        ("due", counts.due),
        ("renewing", counts.renewing),
        ("unproved", counts.unproved),
        ("polling", counts.polling),
        ("expired", counts.expired),
        ("reconnect_needed", counts.reconnect_needed),
        ("paused", counts.paused),
    ];
    let states = states.map(|(state, count)| (format!("{{state=\"{state}\"}}"), f64::from(count)));
    family(
        "syncward_links",
        "gauge",
        "Calendar links by state.",
        &states,
    );
    #[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats")]
    let total = |pick: fn(&syncward_wire::Counters) -> u64| {
        vec![(
            String::new(),
            links.iter().map(|link| pick(&link.counters)).sum::<u64>() as f64,
        )]
    };
    family(
        "syncward_notifications_total",
        "counter",
        "Notifications stored.",
        &total(|c| c.notifications),
    );
    family(
        "syncward_duplicate_notifications_total",
        "counter",
        "Notifications that came before.",
        &total(|c| c.duplicates),
    );
    family(
        "syncward_changes_total",
        "counter",
        "Changes applied.",
        &total(|c| c.changes),
    );
    family(
        "syncward_missed_changes_total",
        "counter",
        "Changes that no notification announced.",
        &total(|c| c.missed_changes),
    );
    family(
        "syncward_sync_runs_total",
        "counter",
        "Sync runs finished.",
        &total(|c| c.runs),
    );
    #[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats")]
    family(
        "syncward_inbox_notifications",
        "gauge",
        "Notifications that wait for their run.",
        &[(String::new(), inbox as f64)],
    );
    let lag = overview.lag_24h;
    let quantiles = [
        ("0.5", lag.p50_ms),
        ("0.95", lag.p95_ms),
        ("0.99", lag.p99_ms),
    ];
    let quantiles: Vec<_> = quantiles
        .into_iter()
        .filter_map(|(q, ms)| Some((format!("{{quantile=\"{q}\"}}"), ms? / 1000.0)))
        .collect();
    family(
        "syncward_sync_latency_seconds",
        "gauge",
        "Google's change to applied, last 24 hours.",
        &quantiles,
    );
    if let Some(at) = overview.next_expiry_at {
        #[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats")]
        family(
            "syncward_next_expiry_timestamp_seconds",
            "gauge",
            "The soonest channel expiry.",
            &[(String::new(), at.as_second() as f64)],
        );
    }
    family(
        "syncward_build_info",
        "gauge",
        "The version.",
        &[(format!("{{version=\"{}\"}}", app.version), 1.0)],
    );
    Ok(text)
}
