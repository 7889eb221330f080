//! `/metrics` in Prometheus's text format (version 0.0.4): counters and histograms since the process started, gauges of
//! how things stand.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use syncward_wire::{GrantAilment, GrantEnding};

use super::auth::{Need, caller};
use super::{forecast, overview};
use crate::app::App;
use crate::app::meters::{Histogram, Outlook};
use crate::store;

/// The metrics, for any token, or for all when opened by configuration.
pub async fn metrics(State((app, open)): State<(Arc<App>, bool)>, headers: HeaderMap) -> Response {
    if !open && let Err(refusal) = caller(&app, &headers, Need::Any).await {
        return refusal.into_response();
    }
    match text(&app).await {
        Ok(text) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn text(app: &Arc<App>) -> super::problem::Answer<String> {
    let (overview, links) = overview::closer(app).await?;
    let by_design = overview::polled_by_design(&links);
    let waiting = app.store.read(|connection| {
        Ok((
            store::notification::waiting(connection)?,
            store::outbox::count(connection)?,
            store::channel::by_state(connection)?,
        ))
    });
    let (inbox, outbox, channels) = waiting.await?;
    let mut page = Page::default();
    counts(&mut page, app);
    let counts = overview.counts;
    let states = [
        ("live", counts.live),
        ("due", counts.due),
        ("renewing", counts.renewing),
        ("unproved", counts.unproved),
        ("polling", counts.polling - by_design),
        ("polling_by_design", by_design),
        ("expired", counts.expired),
        ("reconnect_needed", counts.reconnect_needed),
        ("paused", counts.paused),
    ];
    page.family("syncward_links", "gauge", "Calendar links by state.");
    for (state, count) in states {
        page.sample("syncward_links", &label("state", state), f64::from(count));
    }
    let gauges = [
        (
            "syncward_inbox_notifications",
            "Notifications that wait for their run.",
            whole(inbox),
        ),
        (
            "syncward_outbox_edits",
            "Outbound edits that wait for Google.",
            whole(outbox),
        ),
        (
            "syncward_paused",
            "1 while a person holds the receiver.",
            f64::from(u8::from(overview.paused)),
        ),
        (
            "process_start_time_seconds",
            "When the process started, in seconds since 1970.",
            seconds(*overview.started_at),
        ),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        page.sample(name, "", value);
    }
    let name = "syncward_channels";
    page.family(
        name,
        "gauge",
        "Push channels by state, ended ones for 400 days.",
    );
    for (state, count) in channels {
        page.sample(name, &label("state", state), whole(count));
    }
    quota(&mut page, app);
    outlook(&mut page, forecast::outlook(app).await?);
    endings(&mut page, &overview.endings);
    if let Some((pass, _)) = app.renewal_pass() {
        let name = "syncward_renewal_pass_timestamp_seconds";
        page.family(
            name,
            "gauge",
            "When the deadlines were last looked at to the end, in seconds since 1970.",
        );
        page.sample(name, "", seconds(pass.at));
    }
    if let Some(at) = overview.next_expiry_at {
        let name = "syncward_next_expiry_timestamp_seconds";
        page.family(
            name,
            "gauge",
            "The soonest channel expiry, in seconds since 1970.",
        );
        page.sample(name, "", seconds(*at));
    }
    if let Some(at) = app.meters.certificate_ends_at() {
        let name = "syncward_certificate_end_timestamp_seconds";
        page.family(
            name,
            "gauge",
            "When the certificate ends that clients are shown, in seconds since 1970.",
        );
        page.sample(name, "", seconds(at));
    }
    page.family("syncward_build_info", "gauge", "The version.");
    page.sample("syncward_build_info", &label("version", app.version), 1.0);
    let name = "syncward_secret_key_info";
    page.family(name, "gauge", "The id of the key that seals.");
    let key_id = app.seal.key_id().to_string();
    page.sample(name, &label("key_id", &key_id), 1.0);
    let name = "syncward_secret_keys_older";
    page.family(
        name,
        "gauge",
        "Keys whose place was taken and that still open.",
    );
    let older = u32::try_from(app.seal.older_ids().len()).unwrap_or(u32::MAX);
    page.sample(name, "", f64::from(older));
    Ok(page.0)
}

/// What the next days bring if everything goes well.
fn outlook(page: &mut Page, outlook: Outlook) {
    let gauges = [
        (
            "syncward_forecast_renewals_next_day",
            "Renewals foretold for the next 24 hours.",
            f64::from(outlook.renewals_next_day),
        ),
        (
            "syncward_forecast_google_calls_next_day",
            "Calls to Google foretold for the next 24 hours.",
            f64::from(outlook.calls_next_day),
        ),
        (
            "syncward_forecast_google_quota_peak_ratio",
            "Of Google's quota, what the busiest hour of the next 14 days uses.",
            outlook.peak_share,
        ),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        page.sample(name, "", value);
    }
}

/// Google connections whose end within three days is foretold.
fn endings(page: &mut Page, endings: &[GrantEnding]) {
    let name = "syncward_grants_ending";
    page.family(
        name,
        "gauge",
        "Google connections that end within three days, by why.",
    );
    let counted = [
        (GrantAilment::TestingApp, "testing_app"),
        (GrantAilment::LimitedConsent, "limited_consent"),
    ];
    for (ailment, word) in counted {
        let count = endings.iter().filter(|one| one.ailment == ailment).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        page.sample(name, &label("reason", word), f64::from(count));
    }
    if let Some(soonest) = endings.first() {
        let name = "syncward_next_grant_end_timestamp_seconds";
        page.family(
            name,
            "gauge",
            "The soonest foretold end of a Google connection, in seconds since 1970.",
        );
        page.sample(name, "", seconds(*soonest.ends_at));
    }
}

fn quota(page: &mut Page, app: &App) {
    let quotas = &app.exec.seats.quotas;
    let (used, limits) = (quotas.used(), quotas.limits());
    let name = "syncward_google_calls_last_minute";
    page.family(
        name,
        "gauge",
        "Calls to Google in the last minute: of the project, and of the user who made the most.",
    );
    page.sample(name, &label("of", "project"), f64::from(used.project));
    page.sample(name, &label("of", "user"), f64::from(used.busiest_user));
    let name = "syncward_google_quota_calls_per_minute";
    page.family(
        name,
        "gauge",
        "Calls to Google that may be made per minute.",
    );
    page.sample(name, &label("of", "project"), f64::from(limits.project));
    page.sample(name, &label("of", "user"), f64::from(limits.user));
    let name = "syncward_google_quota_paused";
    page.family(name, "gauge", "Budgets of calls that Google has paused.");
    page.sample(name, "", f64::from(used.paused));
}

fn counts(page: &mut Page, app: &App) {
    let meters = &app.meters;
    let name = "syncward_notifications_total";
    page.family(
        name,
        "counter",
        "Answers to Google's notifications, by outcome.",
    );
    for (outcome, count) in &meters.notifications {
        page.sample(name, &label("outcome", outcome), loaded(count));
    }
    let name = "syncward_sync_runs_total";
    page.family(name, "counter", "Sync runs, by how they ended.");
    page.sample(name, &label("outcome", "done"), loaded(&meters.runs_done));
    let failed = meters.runs_failed.iter();
    let failed = failed.map(|(_, count)| loaded(count)).sum();
    page.sample(name, &label("outcome", "failed"), failed);
    let name = "syncward_sync_run_failures_total";
    page.family(
        name,
        "counter",
        "Sync runs that failed, by what Google's answer means.",
    );
    for (class, count) in &meters.runs_failed {
        page.sample(name, &label("class", class), loaded(count));
    }
    let name = "syncward_outbound_edits_total";
    page.family(
        name,
        "counter",
        "Tries to push an outbound edit, by how they ended.",
    );
    page.sample(
        name,
        &label("outcome", "pushed"),
        loaded(&meters.edits_pushed),
    );
    page.sample(
        name,
        &label("outcome", "postponed"),
        loaded(&meters.edits_postponed),
    );
    let counters = [
        (
            "syncward_changes_total",
            "Changes of Google's that were applied.",
            &meters.changes,
        ),
        (
            "syncward_missed_changes_total",
            "Applied changes that no notification announced.",
            &meters.missed_changes,
        ),
        (
            "syncward_sync_runs_put_off_total",
            "Runs that were put off because there was no spare quota.",
            &meters.runs_put_off,
        ),
        (
            "syncward_google_calls_total",
            "Calls to Google's calendar API.",
            &meters.google_calls,
        ),
        (
            "syncward_google_quota_waits_total",
            "Calls to Google that had to wait for quota.",
            &meters.quota_waits,
        ),
    ];
    for (name, help, count) in counters {
        page.family(name, "counter", help);
        page.sample(name, "", loaded(count));
    }
    page.histogram(
        "syncward_notification_answer_seconds",
        "How long the answer to a notification took.",
        &meters.answers,
    );
    page.histogram(
        "syncward_sync_latency_seconds",
        "From a change at Google to its being applied.",
        &meters.latencies,
    );
}

/// The page being written.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: f64) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        let (buckets, sum) = histogram.read();
        let total = buckets.last().map_or(0, |(_, count)| *count);
        self.family(name, "histogram", help);
        for (bound, count) in buckets {
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| bound.to_string());
            self.sample(
                &format!("{name}_bucket"),
                &label("le", &bound),
                whole(count),
            );
        }
        self.sample(&format!("{name}_sum"), "", sum);
        self.sample(&format!("{name}_count"), "", whole(total));
    }
}

/// Our label values hold nothing to escape.
fn label(name: &str, value: &str) -> String {
    format!("{{{name}=\"{value}\"}}")
}

fn loaded(count: &AtomicU64) -> f64 {
    whole(count.load(Ordering::Relaxed))
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats")]
fn whole(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floats")]
fn seconds(at: jiff::Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
