//! Every deadline of a link in one small table, each with its reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Link, Phase, Stage, TroubleKind};
use crate::Settings;

/// What a link waits for at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    Renewal,
    RenewalRetry,
    Handshake,
    OverlapEnds,
    Expiry,
    Check,
    Poll,
    RunRetry,
    StopRetry,
    RefusalRetry,
    CanaryEnds,
    DrillEnds,
}

impl Link {
    pub(super) fn deadlines(&self, settings: &Settings) -> Vec<(Timestamp, Reason)> {
        let mut deadlines = Vec::new();
        let calls = matches!(self.phase, Phase::Active | Phase::Ended);
        for channel in &self.subscription.channels {
            match channel.stage {
                Stage::Proving { until } if self.phase == Phase::Active => {
                    deadlines.push((until, Reason::Handshake));
                }
                Stage::Superseded { stops_at } if self.phase == Phase::Active => {
                    deadlines.push((stops_at, Reason::OverlapEnds));
                }
                Stage::Stopping {
                    retry_at: Some(at), ..
                } if calls => deadlines.push((at, Reason::StopRetry)),
                Stage::Opening
                | Stage::Doubtful
                | Stage::Proving { .. }
                | Stage::Unproved { .. }
                | Stage::Live
                | Stage::Superseded { .. }
                | Stage::Stopping { .. }
                | Stage::Lost
                | Stage::Stopped
                | Stage::Expired
                | Stage::Refused => {}
            }
            if !channel.stage.is_over() && !channel.stage.is_being_asked() {
                deadlines.push((channel.expires_at, Reason::Expiry));
            }
        }
        if let Some(canary) = &self.canary {
            deadlines.push((canary.ends_at, Reason::CanaryEnds));
        }
        if self.phase == Phase::Active {
            deadlines.extend(self.drill_ends_at().map(|at| (at, Reason::DrillEnds)));
            deadlines.extend(self.opening_deadline(settings));
            deadlines.extend(self.run_deadline(settings));
        }
        deadlines
    }

    fn opening_deadline(&self, settings: &Settings) -> Option<(Timestamp, Reason)> {
        let subscription = &self.subscription;
        if !settings.push || subscription.must_wait() || self.drill_holds() {
            return None;
        }
        let refused = subscription
            .trouble
            .as_ref()
            .is_some_and(|trouble| matches!(trouble.kind, TroubleKind::Refused { .. }));
        match (subscription.retry_at, subscription.live()) {
            (Some(at), _) if refused => Some((at, Reason::RefusalRetry)),
            (Some(at), _) => Some((at, Reason::RenewalRetry)),
            (None, Some(live)) => Some((live.renews_at, Reason::Renewal)),
            (None, None) => None,
        }
    }

    fn run_deadline(&self, settings: &Settings) -> Option<(Timestamp, Reason)> {
        if self.runs.current.is_some() {
            return None;
        }
        if let Some(at) = self.runs.retry_at {
            return Some((at, Reason::RunRetry));
        }
        let mut channels = self.subscription.channels.iter();
        let pushed = channels.any(|channel| channel.stage.watches());
        let reason = if pushed { Reason::Check } else { Reason::Poll };
        let at = self
            .runs
            .by_interval(self.pace(pushed, settings), settings)?;
        Some((at, reason))
    }
}
