//! What this process counts for `/metrics`: since it started, in base units, never anything about a person.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use syncward_engine::FailureClass;

/// Upper bounds in seconds of the answers to notifications.
const ANSWER_BOUNDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Upper bounds in seconds of sync latencies.
const LATENCY_BOUNDS: &[f64] = &[
    0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0,
];

/// What a failure means, as [`Meters::run_failed`] finds it.
const FAILURES: [&str; 6] = [
    "transient",
    "permanent",
    "grant_lost",
    "cursor_gone",
    "gone",
    "conflict",
];

/// The counts of this process.
#[derive(Debug)]
pub struct Meters {
    /// Answers to notifications, by outcome.
    pub notifications: [(&'static str, AtomicU64); 7],
    /// How long the answers took.
    pub answers: Histogram,
    pub runs_done: AtomicU64,
    /// Runs that failed, by what that means.
    pub runs_failed: [(&'static str, AtomicU64); 6],
    pub changes: AtomicU64,
    pub missed_changes: AtomicU64,
    /// From Google's change to its being applied.
    pub latencies: Histogram,
    pub edits_pushed: AtomicU64,
    pub edits_postponed: AtomicU64,
    /// Runs that waited for spare quota.
    pub runs_put_off: AtomicU64,
    /// Calls to Google.
    pub google_calls: AtomicU64,
    /// Calls that had to wait for quota.
    pub quota_waits: AtomicU64,
    /// What was last foretold, and when.
    pub outlook: Mutex<Option<(Instant, Outlook)>>,
    /// When the certificate ends that clients are shown; none without TLS of its own.
    certificate_ends_at: Mutex<Option<Timestamp>>,
}

/// What the forecast says, in three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Renewals and calls to Google within a day.
    pub renewals_next_day: u32,
    pub calls_next_day: u32,
    /// Of the quota of the busiest hour within 14 days; 1 for all of it.
    pub peak_share: f64,
}

impl Default for Meters {
    fn default() -> Self {
        let outcomes = [
            "verified",
            "accepted",
            "duplicate",
            "superseded",
            "refused",
            "unavailable",
            "other",
        ];
        Self {
            notifications: outcomes.map(|outcome| (outcome, AtomicU64::new(0))),
            answers: Histogram::new(ANSWER_BOUNDS),
            runs_done: AtomicU64::new(0),
            runs_failed: FAILURES.map(|class| (class, AtomicU64::new(0))),
            changes: AtomicU64::new(0),
            missed_changes: AtomicU64::new(0),
            latencies: Histogram::new(LATENCY_BOUNDS),
            edits_pushed: AtomicU64::new(0),
            edits_postponed: AtomicU64::new(0),
            runs_put_off: AtomicU64::new(0),
            google_calls: AtomicU64::new(0),
            quota_waits: AtomicU64::new(0),
            outlook: Mutex::default(),
            certificate_ends_at: Mutex::default(),
        }
    }
}

impl Meters {
    /// Counts a run that failed.
    pub fn run_failed(&self, class: FailureClass) {
        let place = match class {
            FailureClass::Transient { .. } => 0,
            FailureClass::Permanent => 1,
            FailureClass::GrantLost => 2,
            FailureClass::CursorGone => 3,
            FailureClass::Gone => 4,
            FailureClass::Conflict => 5,
        };
        self.runs_failed[place].1.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on clients are shown a certificate that ends then.
    pub fn shows_certificate(&self, ends_at: Option<Timestamp>) {
        let shown = self.certificate_ends_at.lock();
        *shown.unwrap_or_else(PoisonError::into_inner) = ends_at;
    }

    /// When the certificate ends that clients are shown.
    pub fn certificate_ends_at(&self) -> Option<Timestamp> {
        let shown = self.certificate_ends_at.lock();
        *shown.unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an answer to a notification.
    pub fn notification(&self, outcome: &str, took: Duration) {
        let counted = self
            .notifications
            .iter()
            .find(|(known, _)| *known == outcome)
            .or(self.notifications.last());
        if let Some((_, count)) = counted {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.answers.observe(took);
    }
}

/// Counts per range, as Prometheus understands them.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One per bound, and one for what is beyond.
    counts: Vec<AtomicU64>,
    sum_us: AtomicU64,
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum_us: AtomicU64::new(0),
        }
    }

    /// Counts one duration.
    pub fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let place = self.bounds.partition_point(|bound| *bound < seconds);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// Each bound with how many were at or under it; the last is everything. Then the sum in seconds.
    pub fn read(&self) -> (Vec<(Option<f64>, u64)>, f64) {
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        let mut total = 0;
        let cumulated = self.counts.iter().map(|count| {
            total += count.load(Ordering::Relaxed);
            total
        });
        let sum = Duration::from_micros(self.sum_us.load(Ordering::Relaxed));
        (bounds.zip(cumulated).collect(), sum.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_counts_what_is_at_or_under_it() {
        let histogram = Histogram::new(&[0.1, 1.0]);
        for ms in [50, 100, 101, 1000, 9000] {
            histogram.observe(Duration::from_millis(ms));
        }
        let (cumulated, sum) = histogram.read();
        assert_eq!(cumulated, [(Some(0.1), 2), (Some(1.0), 4), (None, 5)]);
        assert!((sum - 10.251).abs() < 1e-9, "{sum}");
    }
}
