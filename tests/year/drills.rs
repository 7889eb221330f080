//! Fire drills through the year, and what the receiver's own evidence says at its end, followed by a hand of our own.

use std::sync::Arc;

use syncward_receiver::app::{App, Ask};
use syncward_receiver::store;
use syncward_receiver::store::sql::{Connection, params};

use super::acts::actor;
use super::world::{Shared, World, lock};

/// Somebody orders a drill of a link; the receiver may find that it does not fit.
pub async fn order(shared: &Shared, app: &Arc<App>, link: usize) {
    let link_id = {
        let mut world = lock(shared);
        // What is stopped next of it may be stopped without a successor.
        world.drilling.insert(link);
        world.places[link].link_id
    };
    let begun = app.ask(actor(), link_id, Ask::FireDrill).await.is_ok();
    let mut world = lock(shared);
    if begun {
        world.counts.drills += 1;
        world.tell(Some(link), "a fire drill began".to_owned());
    } else {
        world.drilling.remove(&link);
    }
}

impl World {
    /// Whether a channel is stopped on purpose; a stop that is repeated is the same one.
    pub fn is_drilled(&mut self, link: Option<usize>, channel: &str) -> bool {
        if link.is_some_and(|link| self.drilling.remove(&link)) {
            self.drilled.insert(channel.to_owned());
        }
        self.drilled.contains(channel)
    }

    /// Every run began where the one before had ended, or listed everything; the last ended with the cursor in use.
    pub fn chains(&mut self, connection: &Connection) -> store::Result<()> {
        let promise = "the chain of cursors is whole";
        for link in 0..self.places.len() {
            let id = self.places[link].link_id.to_string();
            let sql = "select kind, cursor_in, cursor_out from cursor_step where link_id = ? order by cursor_step_id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![id], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, Option<String>>(1)?,
                    row.get::<_, String>(2)?,
                ))
            })?;
            let mut last: Option<String> = None;
            for row in rows {
                let (kind, began, ended) = row?;
                if kind != "full" && began != last {
                    let what =
                        format!("a run began with {began:?}, the last had ended with {last:?}");
                    self.breaks(promise, Some(link), what);
                }
                last = Some(ended);
            }
            let sql = "select cursor from link where link_id = ?";
            let cursor: Option<String> =
                connection.query_row(sql, params![id], |row| row.get(0))?;
            let held = cursor.as_deref().map(store::cursor_step::hash);
            if held != last {
                let what = format!("the chain ends with {last:?}, and the cursor is {held:?}");
                self.breaks(promise, Some(link), what);
            }
        }
        Ok(())
    }

    /// Every drill has ended, the ledger calls its time polling, or a gap when no run went well, and drills do pass.
    pub fn drills(&mut self, connection: &Connection) -> store::Result<()> {
        let promise = "a fire drill ends, and the ledger tells of it";
        let sql = "select count(*), sum(ended_at_ms is null), sum(failure is null), \
                   sum(not exists (select 1 from coverage_span c where c.link_id = d.link_id and c.from_at_ms = d.asked_at_ms \
                   and (c.cause = 'fire_drill' or c.watching = 'gap'))) from fire_drill d";
        let (all, open, passed, untold): (i64, i64, i64, i64) =
            connection.query_row(sql, [], |row| {
                let count =
                    |at: usize| row.get::<_, Option<i64>>(at).map(Option::unwrap_or_default);
                Ok((row.get(0)?, count(1)?, count(2)?, count(3)?))
            })?;
        let begun = i64::try_from(self.counts.drills).unwrap_or_default();
        let too_few = begun >= 10 && passed * 3 < begun;
        if open > 0 || untold > 0 || all < begun || too_few {
            let what = format!(
                "{begun} drills began, {all} are kept, {open} never ended, {passed} passed, {untold} are not in the ledger"
            );
            self.breaks(promise, None, what);
        }
        Ok(())
    }
}
