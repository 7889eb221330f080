//! How often a link is listed when nothing else asks for it, and which of these runs may wait for spare quota.

use std::time::Duration;

use jiff::Timestamp;

use super::turn::{Turn, later};
use super::{Link, Runs, TroubleKind};
use crate::{RunId, Settings};

/// An appointment that starts within this makes a link that lost its push worth a closer look.
pub const APPOINTMENTS_NEAR: Duration = Duration::from_secs(2 * 60 * 60);
/// How often such a link is polled.
pub const NEAR_INTERVAL: Duration = Duration::from_secs(60);
/// A run that found no spare quota is put off for at least this, and at most twice as long beyond what it was told.
const PUT_OFF_LEAST: Duration = Duration::from_secs(15);

/// Google's word for a calendar that has no push at all.
pub(crate) const NOT_WATCHABLE: &str = "pushNotSupportedForRequestedResource";

/// What the interval between runs depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Checks beside push.
    Checked,
    /// Polling by design, or for a first moment.
    Polled,
    /// Polling because push is down: closer while appointments are near.
    Troubled,
}

impl Pace {
    pub fn interval(self, settings: &Settings) -> Duration {
        match self {
            Self::Checked => settings.check_interval,
            Self::Polled | Self::Troubled => settings.poll_interval,
        }
    }
}

impl Runs {
    /// When the next run is due though nothing asks for it; `None` before the first.
    pub fn by_interval(&self, pace: Pace, settings: &Settings) -> Option<Timestamp> {
        let ended_at = self.ended_at?;
        let ordinary = later(ended_at, pace.interval(settings));
        let due = match self.near_from() {
            Some(near_from) if pace == Pace::Troubled => {
                let near = later(ended_at, NEAR_INTERVAL);
                near.max(near_from).min(ordinary)
            }
            Some(_) | None => ordinary,
        };
        let latest = self.waits_until(pace, settings)?;
        Some(self.put_off.map_or(due, |at| due.max(at).min(latest)))
    }

    /// Until when a run that is due by interval may wait for spare quota: one safety check may be left out, and what
    /// is polled closer than the interval falls back to it.
    pub fn waits_until(&self, pace: Pace, settings: &Settings) -> Option<Timestamp> {
        let interval = pace.interval(settings);
        let wait = match pace {
            Pace::Checked => interval.saturating_mul(2),
            Pace::Polled | Pace::Troubled => interval,
        };
        self.ended_at.map(|at| later(at, wait))
    }

    /// From when on appointments are near. It stays so past their start, until the next run tells what comes then.
    fn near_from(&self) -> Option<Timestamp> {
        let starts_at = self.next_appointment_at?;
        Some(
            starts_at
                .checked_sub(APPOINTMENTS_NEAR)
                .unwrap_or(Timestamp::MIN),
        )
    }
}

impl Link {
    /// The link's pace, with a channel that watches or without.
    pub(crate) fn pace(&self, pushed: bool, settings: &Settings) -> Pace {
        match (pushed, self.without_push(settings)) {
            (true, _) => Pace::Checked,
            (false, "no_public_address" | "push_not_supported" | "opening") => Pace::Polled,
            (false, _) => Pace::Troubled,
        }
    }

    /// Whether Google offers no push for this calendar: polling by design, and no trouble.
    pub fn is_unwatchable(&self) -> bool {
        let trouble = self.subscription.trouble.as_ref();
        trouble.is_some_and(|trouble| match &trouble.kind {
            TroubleKind::Refused { failure } => failure.reason == NOT_WATCHABLE,
            TroubleKind::Failing { .. } | TroubleKind::Silent => false,
        })
    }

    /// Whether push is down, so that it matters when the next appointment starts.
    pub fn wants_appointments(&self, now: Timestamp, settings: &Settings) -> bool {
        let pushed = self.subscription.watching(now).is_some();
        self.pace(pushed, settings) == Pace::Troubled
    }

    /// The start of the next appointment, as it was last told.
    pub fn next_appointment_at(&self) -> Option<Timestamp> {
        self.runs.next_appointment_at
    }

    /// Whether the link is polled closer because appointments are near.
    pub(crate) fn is_polled_closely(&self, now: Timestamp, settings: &Settings) -> bool {
        let near = self.runs.near_from().is_some_and(|from| from <= now);
        near && settings.poll_interval > NEAR_INTERVAL && self.wants_appointments(now, settings)
    }

    /// There was no spare quota: the run has not happened, and is due again later.
    pub(super) fn run_put_off(&mut self, run: RunId, wait: Duration, turn: &mut Turn<'_>) {
        let Some(run) = self.runs.current.take_if(|current| current.id == run) else {
            return;
        };
        let least = PUT_OFF_LEAST.min(turn.settings.check_interval);
        let spread = turn.jitter(least);
        self.runs.put_off = Some(turn.after(wait.max(least) + spread));
        self.runs.asked.splice(0..0, run.operations);
    }
}
