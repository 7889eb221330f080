//! Stopping a channel at Google: asked once, repeated while Google can't be reached, over at its expiry.

use std::time::Duration;

use super::turn::Turn;
use super::{Link, Phase, Stage};
use crate::{Backoff, ChannelId, Effect, Fact, Failure, FailureClass};

const STOP_BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(5),
    most: Duration::from_secs(60 * 60),
    attempts: None,
};

impl Link {
    /// Asks Google to stop it; one whose resource id nobody knows is left to expire.
    pub(super) fn stop_channel(&mut self, index: usize, turn: &mut Turn<'_>) {
        let known = self.resource_id().map(str::to_owned);
        let channel = &mut self.subscription.channels[index];
        let Some(resource_id) = channel.resource_id.clone().or(known) else {
            channel.stage = Stage::Stopped;
            return;
        };
        let failures = match channel.stage {
            Stage::Stopping { failures, .. } => failures,
            _ => 0,
        };
        channel.stage = Stage::Stopping {
            failures,
            retry_at: None,
        };
        turn.emit(Effect::StopChannel {
            channel: channel.id.clone(),
            resource_id,
        });
    }

    pub(super) fn channel_stopped(&mut self, id: &ChannelId, turn: &mut Turn<'_>) {
        self.drill_stopped(id, turn);
        let Some(index) = self.subscription.index_of(id) else {
            return;
        };
        let channel = &mut self.subscription.channels[index];
        if let Stage::Stopping { .. } = channel.stage {
            channel.stage = Stage::Stopped;
            let generation = channel.generation;
            turn.record(Fact::OldStopped { generation });
        }
        self.finish_renewal(turn);
    }

    pub(super) fn stop_failed(&mut self, id: &ChannelId, failure: &Failure, turn: &mut Turn<'_>) {
        let Some(index) = self.subscription.index_of(id) else {
            return;
        };
        let channel = &mut self.subscription.channels[index];
        let Stage::Stopping { failures, .. } = channel.stage else {
            return;
        };
        channel.stage = match failure.class {
            FailureClass::Transient { retry_after } => {
                let failures = failures + 1;
                let delay = STOP_BACKOFF.next(failures, turn.entropy);
                let delay = delay.unwrap_or(STOP_BACKOFF.most);
                let delay = delay.max(retry_after.unwrap_or_default());
                Stage::Stopping {
                    failures,
                    retry_at: Some(turn.after(delay)),
                }
            }
            // The channel may live on; a new consent can stop it (see `stop_again`).
            FailureClass::GrantLost if self.phase != Phase::Ended => Stage::Stopping {
                failures,
                retry_at: Some(turn.after(STOP_BACKOFF.most)),
            },
            FailureClass::Permanent
            | FailureClass::GrantLost
            | FailureClass::CursorGone
            | FailureClass::Gone
            | FailureClass::Conflict => Stage::Stopped,
        };
        if channel.stage == Stage::Stopped {
            self.drill_not_stopped(id, failure, turn);
        }
        self.finish_renewal(turn);
    }

    /// What could not be stopped under a lost consent is stopped as soon as there is a new one.
    pub(super) fn stop_again(&mut self, turn: &mut Turn<'_>) {
        for channel in &mut self.subscription.channels {
            if let Stage::Stopping { retry_at, .. } = &mut channel.stage
                && retry_at.is_some()
            {
                *retry_at = Some(turn.now);
            }
        }
    }

    pub(super) fn retry_stops(&mut self, turn: &mut Turn<'_>) {
        if !matches!(self.phase, Phase::Active | Phase::Ended) {
            return;
        }
        for index in 0..self.subscription.channels.len() {
            let Stage::Stopping {
                retry_at: Some(at), ..
            } = self.subscription.channels[index].stage
            else {
                continue;
            };
            if at <= turn.now {
                self.stop_channel(index, turn);
            }
        }
    }
}
