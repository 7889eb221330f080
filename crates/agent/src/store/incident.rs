//! Table `incident`: alerts that are over, newest first.

use jiff::Timestamp;
use rusqlite::params;

use super::{Store, logged};
use crate::bridge::Alert;

/// The newest that are kept.
const KEPT: i64 = 5_000;

impl Store {
    /// Keeps an alert that is over.
    pub fn put_incident(&mut self, alert: &Alert, resolved_at: Timestamp) {
        logged(self.write_incident(alert, resolved_at));
    }

    fn write_incident(&mut self, alert: &Alert, resolved_at: Timestamp) -> rusqlite::Result<()> {
        let json = serde_json::to_string(alert)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let step = self.sql.transaction()?;
        step.execute(
            "insert into incident (resolved_at_ms, json) values (?1, ?2)",
            params![resolved_at.as_millisecond(), json],
        )?;
        step.execute(
            "delete from incident where incident_id <= (select max(incident_id) from incident) - ?1",
            [KEPT],
        )?;
        step.commit()
    }

    /// Those that were over before `before` (or up to now), newest first, with the number that the next page begins at.
    pub fn incidents(&self, before: Option<i64>, limit: u32) -> Vec<(i64, Alert)> {
        let read = || -> rusqlite::Result<Vec<(i64, String)>> {
            self.sql
                .prepare_cached(
                    "select incident_id, json from incident where ?1 is null or incident_id < ?1
                     order by incident_id desc limit ?2",
                )?
                .query_map(params![before, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        };
        read()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(id, json)| Some((id, serde_json::from_str(&json).ok()?)))
            .collect()
    }
}
