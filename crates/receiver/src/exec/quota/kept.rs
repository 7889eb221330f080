//! The sliding minute's counts and Google's pauses in the store, so that a restart does not begin with whole budgets.
//!
//! Counting stays exact and in memory; what was counted is written down about once a second while there are calls, so a
//! sudden death forgets the calls of its last second at the most. Rows carry who wrote them: those of others are learnt.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::{Failure, FailureClass};
use uuid::Uuid;

use super::{Quotas, WINDOW_S};
use crate::app::App;
use crate::clock;
use crate::store::quota_pause::Pause;
use crate::store::quota_use::Use;
use crate::store::{self, quota_pause, quota_use};

const SAVE_EVERY: Duration = Duration::from_secs(1);

/// What was not written down yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsaved {
    pub uses: Vec<Use>,
    pub pauses: Vec<Pause>,
}

impl Quotas {
    /// What has changed since the last time this was asked.
    pub fn unsaved(&self, now: Timestamp) -> Unsaved {
        let at = self.now();
        let mut state = self.lock();
        let fresh = std::mem::take(&mut state.fresh).into_iter();
        let uses = fresh.map(|((grant, second), calls)| Use {
            grant,
            second,
            calls,
        });
        let uses = uses.collect();
        let paused = std::mem::take(&mut state.paused_anew);
        let pauses = paused.into_iter().filter_map(|grant| {
            let budget = match grant {
                None => &state.project,
                Some(grant) => state.users.get(&grant)?,
            };
            let (until, failure) = budget.paused.as_ref()?;
            Some(Pause {
                grant,
                until: now.checked_add(until.saturating_sub(at)).ok()?,
                reason: failure.reason.clone(),
                status: failure.status,
                refusals: budget.refusals,
            })
        });
        let pauses = pauses.collect();
        Unsaved { uses, pauses }
    }

    /// Takes back what could not be written down.
    fn keep(&self, unsaved: Unsaved) {
        let mut state = self.lock();
        for one in unsaved.uses {
            *state.fresh.entry((one.grant, one.second)).or_default() += one.calls;
        }
        let paused = unsaved.pauses.into_iter().map(|pause| pause.grant);
        state.paused_anew.extend(paused);
    }

    /// Counts calls that others made, each once however often it is told, and minds the pauses they were told of.
    pub fn learn(&self, now: Timestamp, others: &Unsaved) {
        let at = self.now();
        let mut state = self.lock();
        let mut told: BTreeMap<(Option<Uuid>, i64), u32> = BTreeMap::new();
        for one in &others.uses {
            *told.entry((one.grant, one.second)).or_default() += one.calls;
        }
        for (&(grant, second), &calls) in &told {
            let known = state.learnt.get(&(grant, second)).copied();
            let anew = calls.saturating_sub(known.unwrap_or_default());
            // It may lie anywhere in its second; the latest place leaves the minute last.
            let latest_ms = second.saturating_add(1).saturating_mul(1000);
            let age_ms = now.as_millisecond().saturating_sub(latest_ms).max(0);
            let age = Duration::from_millis(age_ms.unsigned_abs());
            if anew > 0 && age < Duration::from_secs(WINDOW_S) {
                let second = at.saturating_sub(age).as_secs();
                state.project.calls.insert(second, anew);
                if let Some(grant) = grant {
                    let user = state.users.entry(grant).or_default();
                    user.calls.insert(second, anew);
                }
            }
        }
        // What is told no more has left every minute.
        state.learnt = told;
        for one in &others.pauses {
            let left = Duration::try_from(one.until.duration_since(now)).unwrap_or_default();
            let budget = match one.grant {
                None => &mut state.project,
                Some(grant) => state.users.entry(grant).or_default(),
            };
            let class = FailureClass::Transient {
                retry_after: Some(left),
            };
            let failure = Failure {
                class,
                reason: one.reason.clone(),
                status: one.status,
            };
            let lasts_longer = |(before, _): &(Duration, Failure)| *before >= at + left;
            if !budget.paused.as_ref().is_some_and(lasts_longer) {
                budget.paused = Some((at + left, failure));
                budget.refusals = budget.refusals.max(one.refusals);
            }
        }
    }
}

/// Learns what an earlier life used, and what other replicas use meanwhile.
pub(in crate::exec) async fn learn(app: &Arc<App>) -> store::Result<()> {
    let (now, writer) = (clock::now(), app.exec.seats.quotas.writer);
    let read = app.store.read(move |connection| {
        Ok(Unsaved {
            uses: quota_use::of_others(connection, writer, now)?,
            pauses: quota_pause::lasting(connection, now)?,
        })
    });
    let others = read.await?;
    app.exec.seats.quotas.learn(now, &others);
    Ok(())
}

/// Writes down what is counted, about once a second while there are calls.
pub(in crate::exec) async fn attend(app: &Arc<App>) {
    loop {
        app.exec.seats.quotas.counted.notified().await;
        tokio::time::sleep(SAVE_EVERY).await;
        if let Err(error) = save(app).await {
            tracing::error!(error = %error, "could not note the calls of the last second");
        }
    }
}

/// Writes it down now.
pub(in crate::exec) async fn save(app: &Arc<App>) -> store::Result<()> {
    let (now, quotas) = (clock::now(), &app.exec.seats.quotas);
    let unsaved = quotas.unsaved(now);
    if unsaved == Unsaved::default() {
        return Ok(());
    }
    let (writer, written): (Uuid, Unsaved) = (quotas.writer, unsaved.clone());
    let done = app.store.write(move |tx| {
        quota_use::add(tx, writer, &written.uses, now)?;
        quota_pause::save(tx, &written.pauses, now)
    });
    let done = done.await;
    if done.is_err() {
        quotas.keep(unsaved);
    }
    done
}
