//! The canary: a throwaway channel whose handshake proves the way from Google to here, without touching the calendar.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::turn::{Turn, later, millis_between};
use super::{Link, Phase, Proof, ProofKind};
use crate::effect::Step;
use crate::{ChannelId, Effect, Fact, Failure, FailureClass, NotificationKind, OperationId};

const CANARY_LIFE: Duration = Duration::from_secs(120);
/// Without a rhythm to judge the silence by, a proof older than this is too old: once between two renewals, whose
/// handshakes prove as much.
const PROOF_MOST: Duration = Duration::from_secs(72 * 60 * 60);
/// A link tests its delivery by itself no more often than this.
const BY_ITSELF_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// A delivery test under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Canary {
    pub id: ChannelId,
    /// Who asked; none when the link did by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    pub asked_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The verdict is given; it only waits for its resource id, to be stopped.
    pub passed: bool,
    /// When it counts as failed, or is left to its own expiry.
    pub ends_at: Timestamp,
}

impl Link {
    pub(super) fn test_delivery_asked(&mut self, operation: OperationId, turn: &mut Turn<'_>) {
        let refusal = match self.phase {
            Phase::Active if !turn.settings.push => {
                Some("This receiver has no public address, so Google can't reach it.")
            }
            Phase::Active if self.subscription.renewing() => {
                Some("A renewal is under way; its handshake tests delivery.")
            }
            Phase::Active if self.drill.is_some() => {
                Some("A fire drill is under way; the new channel's handshake tests delivery.")
            }
            Phase::Active if self.canary.is_some() => Some("A delivery test is already under way."),
            Phase::Active => None,
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
        self.open_canary(Some(operation), turn);
    }

    /// The calendar is quiet for longer than it ever is: is it quiet, or is push dead?
    pub(super) fn silence_unusual(&mut self, turn: &mut Turn<'_>) {
        let rested = self
            .canary_at
            .is_none_or(|at| at + BY_ITSELF_EVERY <= turn.now);
        let pushed = self.phase == Phase::Active && self.subscription.live().is_some();
        let free = self.canary.is_none() && !self.subscription.renewing();
        if turn.settings.push && pushed && free && rested {
            self.open_canary(None, turn);
        }
    }

    /// Nobody knows yet what is usual for the calendar: it is tested when nothing has proved push for three days.
    pub(super) fn silence_unknown(&mut self, turn: &mut Turn<'_>) {
        let old = |proof: &Proof| later(proof.at, PROOF_MOST) <= turn.now;
        if self.proof.as_ref().is_some_and(old) {
            self.silence_unusual(turn);
        }
    }

    fn open_canary(&mut self, operation: Option<OperationId>, turn: &mut Turn<'_>) {
        let id = self.fresh_channel_id("canary", turn);
        let ends_at = turn.after(CANARY_LIFE);
        self.canary_at = Some(turn.now);
        self.canary = Some(Canary {
            id: id.clone(),
            operation,
            asked_at: turn.now,
            resource_id: None,
            passed: false,
            ends_at,
        });
        turn.step(operation.as_slice(), &Step::Opening);
        turn.emit(Effect::OpenChannel {
            channel: id,
            generation: 0,
            expires_at: ends_at,
            canary: true,
        });
    }

    /// Whether the answer was the canary's.
    pub(super) fn canary_opened(
        &mut self,
        id: &ChannelId,
        resource_id: &str,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(canary) = self.canary.as_mut().filter(|canary| canary.id == *id) else {
            return false;
        };
        canary.resource_id = Some(resource_id.to_owned());
        canary.ends_at = canary
            .ends_at
            .min(turn.after(turn.settings.handshake_timeout));
        if canary.passed || self.phase == Phase::Ended {
            self.stop_canary(turn);
        } else {
            turn.step(canary.operation.as_slice(), &Step::Proving);
        }
        true
    }

    pub(super) fn canary_refused(
        &mut self,
        id: &ChannelId,
        failure: &Failure,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(canary) = self.canary.take_if(|canary| canary.id == *id) else {
            return false;
        };
        if !canary.passed {
            let message = format!(
                "Google did not open the test channel: {}.",
                failure.in_words()
            );
            self.canary_failed(&canary, message, turn);
        }
        if failure.class == FailureClass::GrantLost {
            self.lose_grant(failure.reason.clone(), turn);
        }
        true
    }

    pub(super) fn canary_notified(
        &mut self,
        id: &ChannelId,
        kind: NotificationKind,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(canary) = self.canary.as_mut().filter(|canary| canary.id == *id) else {
            return false;
        };
        if kind == NotificationKind::Handshake && !canary.passed {
            canary.passed = true;
            let after_ms = millis_between(canary.asked_at, turn.now);
            let operation = canary.operation;
            let passed = true;
            turn.record_for(operation, Fact::DeliveryTested { passed, after_ms });
            let message = format!("Google reached this receiver after {after_ms} ms.");
            turn.step(operation.as_slice(), &Step::Done { message });
            let by = ProofKind::Canary;
            self.proof = Some(Proof { at: turn.now, by });
            if self.subscription.trouble.is_some() {
                self.subscription.try_again_at(turn.now);
            }
            self.stop_canary(turn);
        }
        true
    }

    pub(super) fn end_canary(&mut self, turn: &mut Turn<'_>) {
        let over = |canary: &Canary| canary.ends_at <= turn.now;
        if !self.canary.as_ref().is_some_and(over) {
            return;
        }
        if let Some(canary) = self.canary.clone()
            && !canary.passed
        {
            let message = "Google opened the test channel, but its handshake did not arrive.";
            self.canary_failed(&canary, message.to_owned(), turn);
        }
        self.stop_canary(turn);
        self.canary = None;
    }

    fn canary_failed(&mut self, canary: &Canary, message: String, turn: &mut Turn<'_>) {
        let after_ms = millis_between(canary.asked_at, turn.now);
        let passed = false;
        turn.record_for(canary.operation, Fact::DeliveryTested { passed, after_ms });
        turn.step(canary.operation.as_slice(), &Step::Failed { message });
        if canary.operation.is_none() {
            // Nobody looks at it now: a fresh channel is the next thing to try.
            self.subscription.try_again_at(turn.now);
        }
    }

    /// Stops it once, without retries: it is over in two minutes anyhow.
    fn stop_canary(&mut self, turn: &mut Turn<'_>) {
        let known = |canary: &mut Canary| canary.resource_id.is_some();
        if let Some(canary) = self.canary.take_if(known)
            && let Some(resource_id) = canary.resource_id
            && !matches!(self.phase, Phase::GrantLost { .. })
        {
            turn.emit(Effect::StopChannel {
                channel: canary.id,
                resource_id,
            });
        }
    }
}
