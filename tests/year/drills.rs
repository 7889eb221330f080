//! Fire drills through the year, and what the receiver's own evidence says at its end, followed by a hand of our own.

use std::sync::Arc;

use syncward_receiver::app::{App, Ask};
use syncward_receiver::store;
use syncward_receiver::store::sql::{Connection, OptionalExtension, params};

use super::acts::actor;
use super::time;
use super::world::{Shared, World, lock};

const PROMISE: &str = "a fire drill ends, and the ledger tells of it";

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

    /// The ledger calls a drill's time polling; a gap only when runs failed as long as it lasts, or when nobody was there.
    pub fn drills_told(&mut self, connection: &Connection) -> store::Result<()> {
        let sql = "select link_id, c.watching, c.cause from fire_drill d join coverage_span c \
                   using (link_id) where d.ended_at_ms > ?1 and c.from_at_ms = d.asked_at_ms \
                   and coalesce(c.cause, '') not in ('fire_drill', 'receiver_asleep') \
                   and not exists (select 1 from sync_run r where r.link_id = d.link_id and r.outcome = c.cause \
                   and r.started_at_ms < coalesce(c.until_at_ms, ?3) and r.finished_at_ms > d.asked_at_ms - ?2) limit 1";
        let week_ms = 7 * 86_400_000_i64;
        let now_ms = time::now().as_millisecond();
        let since_ms = now_ms - week_ms;
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_row(params![since_ms, week_ms, now_ms], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Option<String>>(1)?,
                row.get::<_, Option<String>>(2)?,
            ))
        });
        if let Some((link_id, watching, cause)) = found.optional()? {
            let mut places = self.places.iter();
            let link = places.position(|place| place.link_id.to_string() == link_id);
            let what = format!("the ledger has {watching:?} by {cause:?}, and no run failed so");
            self.breaks(PROMISE, link, what);
        }
        Ok(())
    }

    /// Every drill has ended and begins an interval of the ledger, and drills do pass.
    pub fn drills(&mut self, connection: &Connection) -> store::Result<()> {
        let sql = "select count(*), sum(ended_at_ms is null), sum(failure is null), \
                   sum(not exists (select 1 from coverage_span c where c.link_id = d.link_id and c.from_at_ms = d.asked_at_ms)) \
                   from fire_drill d";
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
            self.breaks(PROMISE, None, what);
        }
        Ok(())
    }
}
