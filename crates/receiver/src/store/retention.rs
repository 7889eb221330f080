//! How long each kind of row that grows with time is kept; every table's own file says how.
//!
//! Appointments, the audit trail and the change feed are kept for good.

use jiff::{SignedDuration, Timestamp};

use super::row::Ms;
use super::sql::{self, Connection, Transaction, params};
use super::{
    Result, activity, channel, coverage_span, cursor_step, delivery_hour, fire_drill,
    idempotency_key, lag_span, missed_change, notification, old_key, operation, revision, sync_run,
};

/// Rows forgotten in one transaction.
pub const BATCH_MOST: u32 = 500;

/// Every kind that is forgotten with age.
pub const KINDS: [&Retention; 16] = [
    &notification::KEPT,
    &activity::KEPT,
    &revision::KEPT,
    &idempotency_key::KEPT,
    &operation::KEPT,
    &sync_run::KEPT,
    &lag_span::MINUTES_KEPT,
    &lag_span::HOURS_KEPT,
    &missed_change::KEPT,
    &coverage_span::KEPT,
    &cursor_step::KEPT,
    &fire_drill::KEPT,
    &delivery_hour::KEPT,
    &delivery_hour::FLEET_KEPT,
    &channel::KEPT,
    &old_key::KEPT,
];

/// A kind of row and how long it is kept.
#[derive(Debug)]
pub struct Retention {
    pub name: &'static str,
    pub days: i32,
    /// The row ids of at most `?2` rows from before `?1` that may go.
    pub older: &'static str,
    /// Forgets row `?`.
    pub forget: &'static str,
}

impl Retention {
    /// What is from before this is forgotten.
    pub fn before(&self, now: Timestamp) -> Timestamp {
        let kept = SignedDuration::from_hours(i64::from(self.days) * 24);
        now.checked_sub(kept).unwrap_or(Timestamp::MIN)
    }

    /// Row ids of what may go, a batch at the most.
    pub fn older(&self, connection: &Connection, before: Timestamp) -> Result<Vec<i64>> {
        let mut statement = connection.prepare_cached(self.older)?;
        let rows = statement.query_map(params![Ms(before), BATCH_MOST], |row| row.get(0))?;
        Ok(rows.collect::<sql::Result<_>>()?)
    }

    /// Forgets rows that [`Retention::older`] found; answers how many went.
    pub fn forget(&self, tx: &Transaction<'_>, rows: &[i64]) -> Result<usize> {
        let mut statement = tx.prepare_cached(self.forget)?;
        let mut forgotten = 0;
        for row in rows {
            forgotten += statement.execute(params![row])?;
        }
        Ok(forgotten)
    }
}
