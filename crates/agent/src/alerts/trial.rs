//! Tries a rule on the past: the recorded facts, and for latency the receiver's own history.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use syncward_engine::alert::{Change, Kind, Moment, Reader, ReceiverFacts, Rules, backtest};
use syncward_wire::LagSeries;

use super::{Alerts, Refused};
use crate::bridge::{Backtest, BacktestAlert, RuleSetting};
use crate::store::Store;
use crate::store::fact::HISTORY;
use crate::words::Language;

/// Alerts named in an answer.
const NAMED: usize = 100;
/// As few samples say nothing of a p95.
const SAMPLES_LEAST: u64 = 20;

/// Everything that a trial needs, away from the agent's loop.
#[derive(Debug)]
pub struct Trial {
    rules: Rules,
    kind: Kind,
    history: Vec<Moment>,
    zone: TimeZone,
    language: Language,
    now: Timestamp,
}

impl Alerts {
    /// A trial of a rule, set so.
    ///
    /// # Errors
    /// When a value does not fit.
    pub fn trial(
        &self,
        setting: &RuleSetting,
        store: &Store,
        now: Timestamp,
    ) -> Result<Trial, Refused> {
        let kind = setting.kind.into();
        let mut rules = self.with(setting)?;
        // What it would have told is asked of a rule that is off, too.
        rules.switch(kind, true);
        Ok(Trial {
            rules,
            kind,
            history: store.facts(),
            zone: self.zone.clone(),
            language: self.language,
            now,
        })
    }
}

impl Trial {
    /// The buckets of latency that the trial wants from the receiver: from, to, how many; none for other rules.
    pub fn wants_lag(&self) -> Option<(Timestamp, Timestamp, u32)> {
        if self.kind != Kind::Lag {
            return None;
        }
        const BUCKETS_MOST: i64 = 2000;
        let window_s = i64::try_from(self.rules.lag_for.as_secs()).unwrap_or(i64::MAX);
        let buckets = (HISTORY.as_secs() / window_s.max(1)).clamp(1, BUCKETS_MOST);
        let buckets = u32::try_from(buckets).unwrap_or(1);
        Some((self.now - HISTORY, self.now, buckets))
    }

    /// Lives through latency as the receiver keeps it.
    pub fn with_lag(mut self, lag: &LagSeries) -> Self {
        self.history = lag
            .start_s
            .iter()
            .zip(&lag.p95_ms)
            .zip(&lag.samples)
            .filter_map(|((start_s, p95_ms), samples)| {
                // A bucket is known when it is over.
                let at = second(start_s + lag.bucket_s)?;
                let change = Change::Receiver(ReceiverFacts {
                    id: "receiver".into(),
                    name: "The receiver".into(),
                    silent_since: None,
                    shut_out: false,
                    told_at: None,
                    lag_p95_ms: worth_saying(*p95_ms, *samples),
                });
                Some(Moment { at, change })
            })
            .collect();
        self
    }

    /// The answer; takes a while, so it is asked on a thread of its own.
    pub fn run(self) -> Backtest {
        let from = self.now - HISTORY;
        let began = self.history.first().map(|moment| moment.at.max(from));
        let reader = Reader {
            zone: &self.zone,
            language: self.language.into(),
        };
        let mut fired = backtest(&self.rules, &self.history, self.now, reader);
        fired.retain(|it| it.kind == self.kind && it.at >= from);
        let named = fired.iter().rev().take(NAMED).map(|it| BacktestAlert {
            at: it.at.into(),
            until: it.until.map(Into::into),
            title: it.title.clone(),
        });
        Backtest {
            from: began.map(Into::into),
            until: self.now.into(),
            fired: named.collect(),
            count: u32::try_from(fired.len()).unwrap_or(u32::MAX),
        }
    }
}

/// The latency of a series with one bucket, if there was enough to say.
pub fn p95_of(lag: &LagSeries) -> Option<u64> {
    let p95_ms = lag.p95_ms.first().copied().flatten();
    worth_saying(p95_ms, lag.samples.first().copied()?)
}

fn worth_saying(p95_ms: Option<f64>, samples: u64) -> Option<u64> {
    p95_ms.filter(|_| samples >= SAMPLES_LEAST).map(whole)
}

fn second(at_s: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(at_s).ok()?;
    Timestamp::from_duration(since).ok()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a latency is positive and far from the end of the range"
)]
fn whole(ms: f64) -> u64 {
    ms.max(0.0).round() as u64
}
