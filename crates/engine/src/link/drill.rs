//! The fire drill: the live channel is stopped on purpose, to see that polling takes over and that a successor proves itself.
//!
//! The coverage ledger says meanwhile what is so: polling. Whatever goes wrong ends the drill, and the ordinary rules go on.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::turn::{Turn, millis_between};
use super::{Link, Phase};
use crate::effect::Step;
use crate::{ChannelId, Effect, Fact, Failure, OperationId, RunId, Settings};

/// A drill that takes longer has failed.
pub const DRILL_MOST: Duration = Duration::from_secs(10 * 60);

/// A drill: what was seen, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    pub operation: OperationId,
    /// The channel that is stopped on purpose.
    pub channel: ChannelId,
    pub generation: u32,
    pub asked_at: Timestamp,
    /// Google said that it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// The first run without a channel began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polling_at: Option<Timestamp>,
    /// A run without a channel ended well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Timestamp>,
    /// The generation that took over, and when it was proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The run that began without a channel and is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
}

/// Why no drill is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrillRefusal {
    NotActive,
    /// There is no live channel to stop.
    NotPushed,
    Renewing,
    /// The next channel could not be opened lately: the live one is worth keeping.
    RenewalFailing,
    /// Polling would not work now.
    SyncFailing,
    TestUnderWay,
    DrillUnderWay,
}

impl DrillRefusal {
    /// What is in the way.
    pub fn message(self) -> &'static str {
        match self {
            Self::NotActive => "The calendar is not being watched now.",
            Self::NotPushed => {
                "The calendar has no live channel, so there is nothing to stop: it is polled already."
            }
            Self::Renewing => "A renewal is under way.",
            Self::RenewalFailing => {
                "Renewal does not work now, so the live channel must not be given up."
            }
            Self::SyncFailing => "Changes can't be read now, so polling could not take over.",
            Self::TestUnderWay => "A delivery test is under way.",
            Self::DrillUnderWay => "A fire drill is already under way.",
        }
    }
}

impl Link {
    /// Why no fire drill may begin at `now`; none when one may.
    pub fn refuses_drill(&self, now: Timestamp, settings: &Settings) -> Option<DrillRefusal> {
        let watched = self.subscription.watching(now).is_some();
        let refusals = [
            (self.phase != Phase::Active, DrillRefusal::NotActive),
            (self.drill.is_some(), DrillRefusal::DrillUnderWay),
            (self.canary.is_some(), DrillRefusal::TestUnderWay),
            (
                watched && self.subscription.renewing(),
                DrillRefusal::Renewing,
            ),
            (
                !settings.push || self.subscription.live().is_none(),
                DrillRefusal::NotPushed,
            ),
            (
                self.subscription.trouble.is_some(),
                DrillRefusal::RenewalFailing,
            ),
            (self.runs.trouble.is_some(), DrillRefusal::SyncFailing),
        ];
        refusals
            .into_iter()
            .find_map(|(holds, refusal)| holds.then_some(refusal))
    }

    pub(super) fn fire_drill_asked(&mut self, operation: OperationId, turn: &mut Turn<'_>) {
        let refusal = self.refuses_drill(turn.now, turn.settings);
        let live = self.subscription.live().cloned();
        let (None, Some(live)) = (refusal, live) else {
            let message = refusal.unwrap_or(DrillRefusal::NotPushed).message();
            let message = message.to_owned();
            turn.step(&[operation], &Step::Failed { message });
            return;
        };
        let generation = live.generation;
        turn.step(&[operation], &Step::Stopping);
        turn.record_for(Some(operation), Fact::FireDrillBegan { generation });
        self.drill = Some(Drill {
            operation,
            channel: live.id.clone(),
            generation,
            asked_at: turn.now,
            stopped_at: None,
            polling_at: None,
            run_at: None,
            successor: None,
            proved_at: None,
            ended_at: None,
            failure: None,
            run: None,
        });
        self.tell_drill(turn);
        if let Some(index) = self.subscription.index_of(&live.id) {
            self.stop_channel(index, turn);
        }
    }

    /// Whether the next channel must wait until polling was seen to work.
    pub(super) fn drill_holds(&self) -> bool {
        let drill = self.drill.as_ref();
        drill.is_some_and(|drill| drill.run_at.is_none())
    }

    pub(super) fn drill_ends_at(&self) -> Option<Timestamp> {
        let drill = self.drill.as_ref()?;
        Some(super::turn::later(drill.asked_at, DRILL_MOST))
    }

    /// The channel is over at Google: from now on only polling watches.
    pub(super) fn drill_stopped(&mut self, id: &ChannelId, turn: &mut Turn<'_>) {
        let waits = |drill: &&mut Drill| drill.channel == *id && drill.stopped_at.is_none();
        if let Some(drill) = self.drill.as_mut().filter(waits) {
            drill.stopped_at = Some(turn.now);
            turn.step(&[drill.operation], &Step::Running);
            self.runs.mark(crate::Trigger::Poll);
            self.tell_drill(turn);
        }
    }

    /// Google will not stop it, and says why.
    pub(super) fn drill_not_stopped(
        &mut self,
        id: &ChannelId,
        failure: &Failure,
        turn: &mut Turn<'_>,
    ) {
        if self.drill.as_ref().is_some_and(|it| it.channel == *id) {
            let why = format!("Google did not stop the channel: {}.", failure.in_words());
            self.fail_drill(&why, turn);
        }
    }

    pub(super) fn drill_run_began(&mut self, run: RunId, turn: &mut Turn<'_>) {
        let waits = |drill: &&mut Drill| drill.stopped_at.is_some() && drill.run_at.is_none();
        if let Some(drill) = self.drill.as_mut().filter(waits) {
            drill.run = Some(run);
            drill.polling_at.get_or_insert(turn.now);
            self.tell_drill(turn);
        }
    }

    /// Polling works: now for the next channel.
    pub(super) fn drill_run_finished(&mut self, run: RunId, turn: &mut Turn<'_>) {
        let waits = |drill: &&mut Drill| drill.run == Some(run) && drill.run_at.is_none();
        if let Some(drill) = self.drill.as_mut().filter(waits) {
            drill.run_at = Some(turn.now);
            turn.step(&[drill.operation], &Step::Opening);
            self.subscription.try_again_at(turn.now);
            self.tell_drill(turn);
        }
    }

    pub(super) fn drill_opened(&self, turn: &mut Turn<'_>) {
        let operation = self.drill.as_ref().map(|drill| drill.operation);
        turn.step(operation.as_slice(), &Step::Proving);
    }

    /// The successor has proved itself: the drill is passed.
    pub(super) fn drill_proved(&mut self, generation: u32, turn: &mut Turn<'_>) {
        let Some(mut drill) = self.drill.take_if(|drill| drill.run_at.is_some()) else {
            return;
        };
        drill.successor = Some(generation);
        drill.proved_at = Some(turn.now);
        drill.ended_at = Some(turn.now);
        let after = |at: Option<Timestamp>| seconds(drill.asked_at, at.unwrap_or(turn.now));
        let message = format!(
            "Stopped after {}, polling worked after {}, push proved again after {}.",
            after(drill.stopped_at),
            after(drill.run_at),
            after(drill.proved_at)
        );
        let after_ms = millis_between(drill.asked_at, turn.now);
        let operation = drill.operation;
        turn.record_for(Some(operation), Fact::FireDrillPassed { after_ms });
        turn.step(&[operation], &Step::Done { message });
        turn.emit(Effect::Drill {
            drill: Box::new(drill),
        });
    }

    /// Ends the drill without success; what follows is what follows at any other time.
    pub(super) fn fail_drill(&mut self, why: &str, turn: &mut Turn<'_>) {
        let Some(mut drill) = self.drill.take() else {
            return;
        };
        drill.ended_at = Some(turn.now);
        drill.failure = Some(why.to_owned());
        let (operation, message) = (drill.operation, format!("The fire drill failed: {why}"));
        let why = why.to_owned();
        turn.record_for(Some(operation), Fact::FireDrillFailed { why });
        turn.step(&[operation], &Step::Failed { message });
        turn.emit(Effect::Drill {
            drill: Box::new(drill),
        });
    }

    pub(super) fn end_drill(&mut self, turn: &mut Turn<'_>) {
        if self.drill_ends_at().is_some_and(|at| at <= turn.now) {
            let minutes = DRILL_MOST.as_secs() / 60;
            self.fail_drill(&format!("it was not over within {minutes} minutes."), turn);
        }
    }

    fn tell_drill(&self, turn: &mut Turn<'_>) {
        if let Some(drill) = &self.drill {
            let drill = Box::new(drill.clone());
            turn.emit(Effect::Drill { drill });
        }
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> String {
    match millis_between(from, to) {
        ms @ 0..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
    }
}
