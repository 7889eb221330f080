//! Whether the link is at work at all: started, paused, cut off from its grant, ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::turn::Turn;
use super::{Link, Stage};
use crate::effect::Step;
use crate::{Fact, Trigger};

/// The link's standing; only an active link calls Google (an ended one only to stop its channels).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    New,
    Active,
    Paused {
        since_at: Timestamp,
    },
    GrantLost {
        since_at: Timestamp,
        reason: String,
        /// A person had paused it before, which a new consent does not undo.
        #[serde(default)]
        paused_at: Option<Timestamp>,
    },
    Ended,
}

impl Link {
    pub(super) fn start(&mut self, turn: &mut Turn<'_>) {
        if self.phase != Phase::New {
            return;
        }
        self.phase = Phase::Active;
        self.runs.full = true;
        self.runs.mark(Trigger::First);
        turn.record(Fact::Linked);
    }

    pub(super) fn pause(&mut self, turn: &mut Turn<'_>) {
        if self.phase != Phase::Active {
            return;
        }
        self.phase = Phase::Paused { since_at: turn.now };
        self.fail_operations("the calendar was paused", turn);
        turn.record(Fact::Paused);
    }

    pub(super) fn resume(&mut self, turn: &mut Turn<'_>) {
        let Phase::Paused { .. } = self.phase else {
            return;
        };
        self.phase = Phase::Active;
        self.runs.forgive();
        self.runs.mark(Trigger::Check);
        turn.record(Fact::Resumed);
    }

    pub(super) fn lose_grant(&mut self, reason: String, turn: &mut Turn<'_>) {
        let paused_at = match self.phase {
            Phase::New | Phase::Active => None,
            Phase::Paused { since_at } => Some(since_at),
            Phase::GrantLost { .. } | Phase::Ended => return,
        };
        self.fail_operations("Google no longer honours the grant", turn);
        turn.record(Fact::GrantLost {
            reason: reason.clone(),
        });
        self.phase = Phase::GrantLost {
            since_at: turn.now,
            reason,
            paused_at,
        };
    }

    /// A new consent: what was opened under the old one must prove itself again, beside a fresh channel.
    pub(super) fn restore_grant(&mut self, turn: &mut Turn<'_>) {
        let Phase::GrantLost { paused_at, .. } = self.phase else {
            return;
        };
        self.phase = match paused_at {
            Some(since_at) => Phase::Paused { since_at },
            None => Phase::Active,
        };
        for channel in &mut self.subscription.channels {
            if channel.stage.watches() || matches!(channel.stage, Stage::Proving { .. }) {
                channel.stage = Stage::Unproved { since_at: turn.now };
            }
        }
        self.stop_again(turn);
        self.subscription.try_again_at(turn.now);
        self.runs.forgive();
        self.runs.mark(Trigger::Check);
        turn.record(Fact::GrantRestored);
    }

    /// Another public address or Google client: what Google refused may now work, and what it granted may point
    /// to the old address, so a successor is opened. Spread a little, since it concerns every link at once.
    pub(super) fn configuration_changed(&mut self, turn: &mut Turn<'_>) {
        let spread = (turn.settings.channel_ttl / 50).min(std::time::Duration::from_secs(10));
        let spread = turn.jitter(spread);
        let at = turn.after(spread);
        self.subscription.try_again_at(at);
    }

    pub(super) fn end(&mut self, turn: &mut Turn<'_>) {
        if self.phase == Phase::Ended {
            return;
        }
        self.fail_operations("the calendar was disconnected", turn);
        self.phase = Phase::Ended;
        self.stop_again(turn);
        for index in 0..self.subscription.channels.len() {
            match self.subscription.channels[index].stage {
                Stage::Opening | Stage::Stopping { .. } => {}
                Stage::Proving { .. }
                | Stage::Unproved { .. }
                | Stage::Live
                | Stage::Superseded { .. }
                | Stage::Doubtful
                | Stage::Lost => self.stop_channel(index, turn),
                Stage::Stopped | Stage::Expired | Stage::Refused => {}
            }
        }
    }

    fn fail_operations(&mut self, why: &str, turn: &mut Turn<'_>) {
        let step = Step::Failed {
            message: why.to_owned(),
        };
        let renewals = std::mem::take(&mut self.subscription.operations);
        turn.step(&renewals, &step);
        let asked = std::mem::take(&mut self.runs.asked);
        turn.step(&asked, &step);
        self.fail_drill(&format!("{why}."), turn);
    }
}
