//! What a run counts: changes, missed ones, and how long each took.

use jiff::Timestamp;
use syncward_engine::delivery::{Delivery, DeliveryCount, judge, judge_echo};
use syncward_engine::lag::Legs;
use syncward_engine::{RunReport, Settings, Trigger};
use uuid::Uuid;

use super::apply::Applied;
use crate::store::delivery_hour::Counts;
use crate::store::sql::Transaction;
use crate::store::{self, Result};

/// The counts of one run so far.
#[derive(Clone, Debug)]
pub struct Tally {
    pub report: RunReport,
    started_at: Timestamp,
    /// A first or full listing finds old changes that say nothing of latency or delivery.
    judged: bool,
    changed_at: Vec<Timestamp>,
    missed_at: Vec<Timestamp>,
    trigger: Trigger,
    push_changes: u64,
    /// Echoes of our own edits that could be judged; they prove nothing, and count nowhere else.
    pub echoes: DeliveryCount,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(started_at: Timestamp, judged: bool, trigger: Trigger) -> Self {
        Self {
            report: RunReport::default(),
            started_at,
            judged,
            changed_at: Vec::new(),
            missed_at: Vec::new(),
            trigger,
            push_changes: 0,
            echoes: DeliveryCount::default(),
        }
    }

    /// Counts what became of an event.
    pub fn count(
        &mut self,
        tx: &Transaction<'_>,
        link_id: Uuid,
        applied: Applied,
        updated: Option<Timestamp>,
        settings: &Settings,
    ) -> Result<()> {
        match applied {
            Applied::Created => self.report.created += 1,
            Applied::Changed => self.report.changed += 1,
            Applied::Cancels => self.report.cancelled += 1,
            Applied::Echo => {
                self.report.echoes += 1;
                return self.count_echo(tx, link_id, updated, settings);
            }
            Applied::Same => return Ok(()),
        }
        let Some(updated) = updated.filter(|_| self.judged) else {
            return Ok(());
        };
        self.changed_at.push(updated);
        let push = store::coverage_span::pushed_since(tx, link_id, updated)?;
        let notified_at = store::notification::last_change(tx, link_id, self.started_at)?;
        match judge(updated, self.started_at, notified_at, push, settings.grace) {
            Delivery::Announced => self.push_changes += 1,
            Delivery::Missed => {
                self.push_changes += 1;
                self.report.missed += 1;
                self.missed_at.push(updated);
            }
            Delivery::NotJudged => {}
        }
        Ok(())
    }

    /// Whether a notification announced our own edit; one that is too young to tell is left out.
    fn count_echo(
        &mut self,
        tx: &Transaction<'_>,
        link_id: Uuid,
        updated: Option<Timestamp>,
        settings: &Settings,
    ) -> Result<()> {
        let Some(updated) = updated.filter(|_| self.judged) else {
            return Ok(());
        };
        let push = store::coverage_span::pushed_since(tx, link_id, updated)?;
        let notified_at = store::notification::last_change(tx, link_id, self.started_at)?;
        let echo = judge_echo(updated, self.started_at, notified_at, push, settings.grace);
        self.echoes.count(echo);
        Ok(())
    }

    /// Stores latencies and delivery counts, in the run's last transaction, and notes the longest in the report.
    pub fn store(
        &mut self,
        tx: &Transaction<'_>,
        link_id: Uuid,
        applied_at: Timestamp,
    ) -> Result<Vec<Legs>> {
        let mut legs = Vec::with_capacity(self.changed_at.len());
        for changed_at in &self.changed_at {
            let notified_at = store::notification::first_change_after(tx, link_id, *changed_at)?;
            legs.push(Legs::measure(
                *changed_at,
                notified_at,
                self.started_at,
                applied_at,
            ));
        }
        self.report.latency_ms = legs.iter().map(Legs::latency_ms).max();
        store::lag_span::add(tx, link_id, applied_at, &legs)?;
        let changes = u64::from(self.report.created + self.report.changed + self.report.cancelled);
        let counts = Counts {
            notifications: 0,
            changes,
            push_changes: self.push_changes,
            missed_changes: u64::from(self.report.missed),
        };
        store::rhythm::learn(tx, link_id, &self.changed_at, applied_at)?;
        store::missed_change::add(tx, link_id, &self.missed_at, applied_at, self.trigger)?;
        if self.judged {
            store::delivery_hour::add(tx, link_id, applied_at, counts)?;
        }
        Ok(legs)
    }
}
