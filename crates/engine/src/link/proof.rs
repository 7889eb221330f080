//! Evidence that push works: handshakes and changes that arrive, and what follows from a channel's first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::subscription::proof_took_ms;
use super::turn::Turn;
use super::{Link, Phase, Stage, TroubleKind};
use crate::effect::Step;
use crate::{ChannelId, Fact, NotificationKind, Trigger};

/// The last evidence that push works for the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub at: Timestamp,
    pub by: ProofKind,
}

/// What proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProofKind {
    Handshake,
    Change,
    Canary,
}

impl Link {
    pub(super) fn notified(&mut self, id: &ChannelId, kind: NotificationKind, turn: &mut Turn<'_>) {
        if self.phase == Phase::Ended || self.canary_notified(id, kind, turn) {
            return;
        }
        let by = match kind {
            NotificationKind::Handshake => ProofKind::Handshake,
            NotificationKind::Change => {
                self.runs.mark(Trigger::Notification);
                ProofKind::Change
            }
        };
        let Some(index) = self.subscription.index_of(id) else {
            return;
        };
        let channel = &mut self.subscription.channels[index];
        match channel.stage {
            Stage::Opening => {
                channel.verified_at.get_or_insert(turn.now);
            }
            Stage::Doubtful => {
                // Google opened it after all; its terms are known to nobody, so another follows at once.
                channel.stage = Stage::Lost;
                self.subscription.retry_at = Some(turn.now);
                return;
            }
            Stage::Proving { .. } | Stage::Unproved { .. } => self.proved(index, turn),
            Stage::Live | Stage::Superseded { .. } => {}
            Stage::Refused => {
                // The call that a crash repeated was refused, the one before the crash was not.
                channel.stage = Stage::Lost;
                return;
            }
            Stage::Stopping { .. } | Stage::Lost | Stage::Stopped | Stage::Expired => return,
        }
        self.proof = Some(Proof { at: turn.now, by });
    }

    /// The channel watches from now on; its predecessors live on for the overlap, then they are stopped.
    pub(super) fn proved(&mut self, index: usize, turn: &mut Turn<'_>) {
        let channel = &mut self.subscription.channels[index];
        channel.stage = Stage::Live;
        channel.verified_at.get_or_insert(turn.now);
        let (generation, expires_at, renews_at) =
            (channel.generation, channel.expires_at, channel.renews_at);
        turn.record(Fact::ChannelProved {
            generation,
            after_ms: proof_took_ms(channel, turn.now),
        });
        let stops_at = turn.after(turn.settings.overlap).min(renews_at);
        let mut renewed = false;
        for (other, channel) in self.subscription.channels.iter_mut().enumerate() {
            let replaced = match channel.stage {
                Stage::Live | Stage::Unproved { .. } | Stage::Lost => other != index,
                Stage::Opening
                | Stage::Doubtful
                | Stage::Proving { .. }
                | Stage::Superseded { .. }
                | Stage::Stopping { .. }
                | Stage::Stopped
                | Stage::Expired
                | Stage::Refused => false,
            };
            if replaced {
                renewed |= channel.stage == Stage::Live;
                let stops_at = stops_at.min(channel.expires_at).max(turn.now);
                channel.stage = Stage::Superseded { stops_at };
            }
        }
        self.subscription.failures = 0;
        self.subscription.retry_at = None;
        self.subscription.trouble = None;
        self.drill_proved(generation, turn);
        if renewed {
            turn.record(Fact::Renewed {
                generation,
                expires_at,
            });
        }
        if self.subscription.overlapping() {
            turn.step(&self.subscription.operations, &Step::Overlapping);
        }
        self.finish_renewal(turn);
    }

    /// A channel whose handshake is overdue is doubted: the link is polled beside it and another is tried.
    pub(super) fn doubt_silent_channels(&mut self, turn: &mut Turn<'_>) {
        for index in 0..self.subscription.channels.len() {
            let channel = &mut self.subscription.channels[index];
            let Stage::Proving { until } = channel.stage else {
                continue;
            };
            if until > turn.now {
                continue;
            }
            let generation = channel.generation;
            channel.stage = Stage::Unproved { since_at: turn.now };
            self.subscription.failures += 1;
            let delay = self.opening_delay(self.subscription.failures, turn);
            self.subscription.retry_at = Some(turn.after(delay));
            turn.record(Fact::ChannelUnproved { generation });
            self.attempt_failed(TroubleKind::Silent, turn);
        }
    }
}
