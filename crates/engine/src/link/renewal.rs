//! Renewal as a person follows it: asked for, overlapping, done.

use jiff::Timestamp;

use super::turn::Turn;
use super::{Channel, Link, Phase, Stage, Subscription};
use crate::OperationId;
use crate::effect::Step;

impl Subscription {
    pub(super) fn overlapping(&self) -> bool {
        let mut channels = self.channels.iter();
        channels.any(|channel| matches!(channel.stage, Stage::Superseded { .. }))
    }

    /// Whether the channel in charge and a proved predecessor both deliver.
    pub(super) fn both_deliver(&self, now: Timestamp) -> bool {
        let delivers = |channel: &&Channel| {
            channel.stage.watches() && channel.verified_at.is_some() && channel.expires_at > now
        };
        self.channels.iter().filter(delivers).count() > 1
    }

    /// The step at which a renewal under way stands.
    fn step_under_way(&self) -> Option<Step> {
        self.channels.iter().rev().find_map(|channel| {
            Some(match channel.stage {
                Stage::Opening => Step::Opening,
                Stage::Proving { .. } => Step::Proving,
                Stage::Superseded { .. } => Step::Overlapping,
                Stage::Doubtful
                | Stage::Unproved { .. }
                | Stage::Live
                | Stage::Stopping { .. }
                | Stage::Lost
                | Stage::Stopped
                | Stage::Expired
                | Stage::Refused => return None,
            })
        })
    }
}

impl Link {
    /// Opens a successor now, or joins the renewal under way.
    pub(super) fn renew_asked(&mut self, operation: OperationId, turn: &mut Turn<'_>) {
        let refusal = match self.phase {
            Phase::Active if turn.settings.push => None,
            Phase::Active => Some(
                "This receiver has no public address, so it polls; there is no channel to renew.",
            ),
            Phase::New => Some("The calendar has not started yet."),
            Phase::Paused { .. } => Some("The calendar is paused; resume it first."),
            Phase::GrantLost { .. } => Some("Google must be connected again first."),
            Phase::Ended => Some("The calendar was disconnected."),
        };
        if let Some(message) = refusal {
            let message = message.to_owned();
            turn.step(&[operation], &Step::Failed { message });
            return;
        }
        self.subscription.operations.push(operation);
        match self.subscription.step_under_way() {
            Some(step) => turn.step(&[operation], &step),
            None => self.subscription.try_again_at(turn.now),
        }
    }

    pub(super) fn end_overlaps(&mut self, turn: &mut Turn<'_>) {
        for index in 0..self.subscription.channels.len() {
            let Stage::Superseded { stops_at } = self.subscription.channels[index].stage else {
                continue;
            };
            if stops_at <= turn.now {
                turn.step(&self.subscription.operations, &Step::Stopping);
                self.stop_channel(index, turn);
            }
        }
    }

    /// Tells the operations that the renewal is whole, once the successor is proved and its predecessors are over.
    pub(super) fn finish_renewal(&mut self, turn: &mut Turn<'_>) {
        let mut channels = self.subscription.channels.iter();
        let stopping =
            channels.any(|channel| matches!(channel.stage, Stage::Stopping { retry_at: None, .. }));
        if self.subscription.operations.is_empty() || stopping || self.subscription.renewing() {
            return;
        }
        let Some(live) = self.subscription.live() else {
            return;
        };
        if self.subscription.retry_at.is_some_and(|at| at <= turn.now) {
            return;
        }
        let expires = live.expires_at.strftime("%-d %b %H:%M UTC");
        let message = format!("Valid until {expires}.");
        let operations = std::mem::take(&mut self.subscription.operations);
        turn.step(&operations, &Step::Done { message });
    }
}
