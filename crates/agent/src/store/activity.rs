//! Table `activity`: lines of the biography seen so far, kept for reading without a receiver.

use rusqlite::params;
use syncward_wire::Activity;
use uuid::Uuid;

use super::{Store, logged};

/// The newest lines of each receiver that are kept.
const KEPT: i64 = 20_000;

impl Store {
    /// Keeps lines of a receiver; one seen before is replaced.
    pub fn put_activity(&mut self, receiver: &str, lines: &[Activity]) {
        logged(self.write_activity(receiver, lines));
    }

    fn write_activity(&mut self, receiver: &str, lines: &[Activity]) -> rusqlite::Result<()> {
        let step = self.sql.transaction()?;
        for line in lines {
            let json = serde_json::to_string(line)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            step.prepare_cached(
                "insert or replace into activity (receiver, seq, link_id, json) values (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                receiver,
                line.seq,
                line.link_id.map(|id| id.to_string()),
                json
            ])?;
        }
        step.execute(
            "delete from activity where receiver = ?1
               and seq <= (select max(seq) from activity where receiver = ?1) - ?2",
            params![receiver, KEPT],
        )?;
        step.commit()
    }

    /// Lines of a receiver older than `before` (or the newest), newest first.
    pub fn activity(
        &self,
        receiver: &str,
        link: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Vec<Activity> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.sql
                .prepare_cached(
                    "select json from activity
                     where receiver = ?1 and (?2 is null or link_id = ?2) and (?3 is null or seq < ?3)
                     order by seq desc limit ?4",
                )?
                .query_map(
                    params![receiver, link.map(|id| id.to_string()), before, limit],
                    |row| row.get(0),
                )?
                .collect()
        };
        read()
            .unwrap_or_default()
            .iter()
            .filter_map(|json| serde_json::from_str(json).ok())
            .collect()
    }
}
