//! Sync runs: at most one under way and one pending mark; the same path for push, polling, checks and people.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pace::Pace;
use super::turn::Turn;
use super::{Link, Phase};
use crate::effect::Step;
use crate::{
    Backoff, Effect, Fact, Failure, FailureClass, OperationId, RunId, RunKind, RunReport, Settings,
    Trigger,
};

/// So many cursors may be gone one after another before a full run waits like any other failure.
const CURSORS_GONE_IN_A_ROW: u32 = 2;

/// The link's runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Runs {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Run>,
    /// The dirty mark: another run is wanted, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Trigger>,
    /// The next run lists in full.
    pub full: bool,
    /// Operations that wait for the next run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<OperationId>,
    pub failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<RunTrouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// End of the last run that worked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced_at: Option<Timestamp>,
    cursors_gone: u32,
    /// Not by interval before this: there was no spare quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_off: Option<Timestamp>,
    /// The start of the next appointment, as far as it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_appointment_at: Option<Timestamp>,
}

/// The run under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub id: RunId,
    pub kind: RunKind,
    pub trigger: Trigger,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationId>,
    /// None of one that an earlier version began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
}

/// Why runs fail, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunTrouble {
    pub failure: Failure,
    pub since_at: Timestamp,
}

impl Runs {
    /// Wants another run; the first reason stays.
    pub fn mark(&mut self, trigger: Trigger) {
        self.pending.get_or_insert(trigger);
    }

    /// Forgets the backoff: the cause is removed, or a person wants to see.
    pub fn forgive(&mut self) {
        self.failures = 0;
        self.retry_at = None;
    }

    /// When the next run starts; `None` while one is under way or before the first is wanted.
    pub fn due_at(&self, now: Timestamp, pace: Pace, settings: &Settings) -> Option<Timestamp> {
        if self.current.is_some() {
            return None;
        }
        if !self.asked.is_empty() {
            return Some(now);
        }
        if let Some(at) = self.retry_at {
            return Some(at);
        }
        if self.pending.is_some() {
            return Some(now);
        }
        self.by_interval(pace, settings)
    }

    /// Whether the run that starts now may wait for spare quota.
    fn may_wait(&self, now: Timestamp, pace: Pace, settings: &Settings) -> bool {
        let wanted = !self.asked.is_empty() || self.retry_at.is_some() || self.pending.is_some();
        !wanted && self.waits_until(pace, settings).is_some_and(|at| now < at)
    }

    fn next_trigger(&self, pace: Pace) -> Trigger {
        match self.pending {
            _ if !self.asked.is_empty() => Trigger::Asked,
            _ if self.retry_at.is_some() => Trigger::Retry,
            Some(trigger) => trigger,
            None => match pace {
                Pace::Checked => Trigger::Check,
                Pace::Polled | Pace::Troubled => Trigger::Poll,
            },
        }
    }
}

impl Link {
    pub(super) fn sync_asked(&mut self, operation: OperationId, turn: &mut Turn<'_>) {
        if self.phase == Phase::Active {
            self.runs.asked.push(operation);
        } else {
            let message = "The calendar is not being synced now.".to_owned();
            turn.step(&[operation], &Step::Failed { message });
        }
    }

    pub(super) fn run_if_due(&mut self, turn: &mut Turn<'_>) {
        let pushed = self.subscription.watching(turn.now).is_some();
        let pace = self.pace(pushed, turn.settings);
        let due = self.runs.due_at(turn.now, pace, turn.settings);
        if due.is_none_or(|at| at > turn.now) {
            return;
        }
        let trigger = self.runs.next_trigger(pace);
        let spare = self.runs.may_wait(turn.now, pace, turn.settings);
        let kind = match self.runs.full {
            true => RunKind::Full,
            false => RunKind::Incremental,
        };
        let run = RunId(turn.uuid());
        let operations = std::mem::take(&mut self.runs.asked);
        self.runs.pending = None;
        self.runs.retry_at = None;
        self.runs.put_off = None;
        turn.step(&operations, &Step::Running);
        self.runs.current = Some(Run {
            id: run,
            kind,
            trigger,
            operations,
            asked_at: Some(turn.now),
        });
        self.drill_run_began(run, turn);
        turn.emit(Effect::StartRun {
            run,
            kind,
            trigger,
            spare,
        });
    }

    pub(super) fn run_finished(&mut self, run: RunId, report: RunReport, turn: &mut Turn<'_>) {
        let Some(run) = self.runs.current.take_if(|current| current.id == run) else {
            return;
        };
        let runs = &mut self.runs;
        runs.full = false;
        runs.cursors_gone = 0;
        runs.trouble = None;
        runs.forgive();
        runs.ended_at = Some(turn.now);
        runs.synced_at = Some(turn.now);
        turn.record_for(
            run.operations.first().copied(),
            Fact::RunFinished {
                report,
                trigger: run.trigger,
                full: run.kind == RunKind::Full,
            },
        );
        let changes = report.created + report.changed + report.cancelled;
        let message = match changes {
            0 => "Up to date; nothing had changed.".to_owned(),
            1 => "Up to date; one change applied.".to_owned(),
            _ => format!("Up to date; {changes} changes applied."),
        };
        turn.step(&run.operations, &Step::Done { message });
        self.drill_run_finished(run.id, turn);
    }

    pub(super) fn run_failed(&mut self, run: RunId, failure: Failure, turn: &mut Turn<'_>) {
        let Some(run) = self.runs.current.take_if(|current| current.id == run) else {
            return;
        };
        self.runs.ended_at = Some(turn.now);
        match failure.class {
            FailureClass::GrantLost => {
                self.fail_run(&run, &failure, turn);
                self.lose_grant(failure.reason, turn);
            }
            FailureClass::CursorGone if self.runs.cursors_gone < CURSORS_GONE_IN_A_ROW => {
                self.runs.cursors_gone += 1;
                self.runs.full = true;
                self.runs.pending = Some(Trigger::CursorGone);
                self.runs.asked.splice(0..0, run.operations);
                turn.record(Fact::CursorGone);
            }
            FailureClass::CursorGone => {
                self.runs.full = true;
                self.fail_run_for_now(&run, failure, None, turn);
            }
            FailureClass::Transient { retry_after } => {
                self.fail_run_for_now(&run, failure, retry_after, turn);
            }
            FailureClass::Conflict => self.fail_run_for_now(&run, failure, None, turn),
            FailureClass::Permanent | FailureClass::Gone => {
                let wait = Some(turn.settings.poll_interval);
                self.fail_run_for_now(&run, failure, wait, turn);
            }
        }
    }

    fn fail_run(&mut self, run: &Run, failure: &Failure, turn: &mut Turn<'_>) {
        let message = format!("The sync did not work: {}.", failure.in_words());
        turn.step(&run.operations, &Step::Failed { message });
    }

    /// Waits by backoff from min(5 s, check interval) up to the poll interval, not before `wait` within it.
    fn fail_run_for_now(
        &mut self,
        run: &Run,
        failure: Failure,
        wait: Option<Duration>,
        turn: &mut Turn<'_>,
    ) {
        self.fail_run(run, &failure, turn);
        let most = turn.settings.poll_interval;
        let backoff = Backoff {
            first: Duration::from_secs(5)
                .min(turn.settings.check_interval)
                .min(most),
            most,
            attempts: None,
        };
        self.runs.failures += 1;
        let delay = backoff.next(self.runs.failures, turn.entropy);
        let delay = delay.unwrap_or(most).max(wait.unwrap_or_default());
        let retry_at = turn.after(delay.min(most));
        self.runs.retry_at = Some(retry_at);
        let since_at = match &self.runs.trouble {
            Some(trouble) => trouble.since_at,
            None => turn.now,
        };
        turn.record(Fact::RunFailed {
            failure: failure.clone(),
            retry_at: Some(retry_at),
        });
        self.runs.trouble = Some(RunTrouble { failure, since_at });
    }
}
