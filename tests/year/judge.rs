//! The promises, judged by what the world knows and by what stands in the store; never by the engine's own words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use syncward_receiver::store::sql::{self, Connection, OptionalExtension, params};
use syncward_receiver::store::{self, Store};
use uuid::Uuid;

use super::acts::{Act, start_ms};
use super::book::Hand;
use super::life::LOOK_EVERY;
use super::time;
use super::world::{Shared, World, lock};

/// What the store holds of an event.
struct Held {
    start_ms: i64,
    cancelled: bool,
    held: bool,
    waiting: bool,
}

/// A change that push announced is applied soon, whatever ails other links.
pub async fn announced(shared: &Shared, store: &Store, link: usize, revision: u64) {
    let shared = shared.clone();
    let read = store.read(move |connection| {
        let mut world = lock(&shared);
        let clear = world.clear_since(link);
        let ten_minutes = SignedDuration::from_mins(10);
        if world.has_no_quota_left(link) {
            let again = SignedDuration::from_mins(1);
            world.later(again, Act::Announced { link, revision });
            return Ok(());
        }
        if clear.is_some_and(|since| time::now().duration_since(since) > ten_minutes) {
            world.counts.looks += 1;
            world.reflects(connection, link, revision, "one bad link delays no other")?;
        }
        Ok(())
    });
    read.await.unwrap();
}

/// After a death: no cursor is ahead of what it covers.
pub async fn look_at_cursors(shared: &Shared, store: &Store) {
    let shared = shared.clone();
    let read = store.read(move |connection| lock(&shared).cursors(connection));
    read.await.unwrap();
}

/// The daily look at everything; the links of which a person is asked about held cancellations.
pub async fn look(shared: &Shared, store: &Store) -> Vec<Uuid> {
    let shared = shared.clone();
    let read = store.read(move |connection| {
        let mut world = lock(&shared);
        world.counts.looks += 1;
        world.cursors(connection)?;
        world.channels(connection)?;
        world.ledger(connection)?;
        world.drills_told(connection)?;
        world.freshness(connection)?;
        world.masses_wait(connection)?;
        let mut statement = connection.prepare_cached(
            "select link_id from link where held_cancellations > 0 order by link_id",
        )?;
        let held = statement.query_map([], |row| row.get::<_, String>(0))?;
        let held: sql::Result<Vec<String>> = held.collect();
        Ok(held?
            .iter()
            .filter_map(|id| Uuid::parse_str(id).ok())
            .collect())
    });
    read.await.unwrap()
}

/// The end of the year: after days of calm everything agrees, and every absence stands in the ledger.
pub async fn end(shared: &Shared, store: &Store) {
    let shared = shared.clone();
    let read = store.read(move |connection| {
        let mut world = lock(&shared);
        world.cursors(connection)?;
        world.ledger(connection)?;
        world.masses_answered(connection)?;
        world.agreement(connection)?;
        world.chains(connection)?;
        world.drills(connection)?;
        world.revisions(connection)
    });
    read.await.unwrap();
}

/// The receiver's own biography of the link in question.
pub async fn activity(shared: &Shared, store: &Store) -> String {
    let link = {
        let world = lock(shared);
        let link = world.broken.as_ref().and_then(|broken| broken.link);
        link.map(|link| world.places[link].link_id)
    };
    let Some(link_id) = link else {
        return String::new();
    };
    let read = store.read(move |connection| {
        let sql = "select * from (select activity_id, at_ms, text, detail from activity where link_id = ? \
                   order by activity_id desc limit 25) order by activity_id";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![link_id.to_string()], |row| {
            Ok((row.get::<_, i64>(1)?, row.get::<_, String>(2)?, row.get::<_, Option<String>>(3)?))
        })?;
        let mut text = "  its biography, by the receiver's clock:\n".to_owned();
        for row in rows {
            let (at_ms, line, detail) = row?;
            let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
            let _ = writeln!(text, "  {}  {line} {}", at.strftime("%Y-%m-%d %H:%M:%S%.3f"), detail.unwrap_or_default());
        }
        let sql = "select watching, cause, from_at_ms, until_at_ms from (select * from coverage_span where link_id = ? \
                   order by coverage_span_id desc limit 8) order by coverage_span_id";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![link_id.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, i64>(2)?, row.get::<_, Option<i64>>(3)?))
        })?;
        text.push_str("  its ledger:\n");
        for row in rows {
            let (watching, cause, from, until) = row?;
            let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d %H:%M:%S%.3f").to_string();
            let _ = writeln!(text, "  {} … {}  {watching} {}", at(from), until.map_or("now".to_owned(), at), cause.unwrap_or_default());
        }
        Ok(text)
    });
    read.await.unwrap_or_default()
}

impl World {
    fn held(&self, connection: &Connection, link: usize, event: &str) -> sql::Result<Option<Held>> {
        let sql = "select from_at_ms, status, held, exists (select 1 from outbox o where o.appointment_id = a.appointment_id) \
                   from appointment a where link_id = ? and google_event_id = ?";
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_row(
            params![self.places[link].link_id.to_string(), event],
            |row| {
                Ok(Held {
                    start_ms: row.get(0)?,
                    cancelled: row.get::<_, String>(1)? == "cancelled",
                    held: row.get(2)?,
                    waiting: row.get(3)?,
                })
            },
        );
        found.optional()
    }

    /// Every change up to a revision is in the store, or an edit of the clinic's waits to go on top of it.
    fn reflects(
        &mut self,
        connection: &Connection,
        link: usize,
        revision: u64,
        promise: &'static str,
    ) -> sql::Result<()> {
        let from = self.places[link].checked;
        let calendar = self.places[link].calendar.clone();
        let events: Vec<(String, bool, i64)> = self.sim.calendars[&calendar]
            .events
            .iter()
            .filter(|(_, event)| event.revision > from && event.revision <= revision)
            .map(|(id, event)| (id.clone(), event.is_cancelled(), start_ms(&event.fields)))
            .collect();
        for (event, cancelled, start_ms) in events {
            self.counts.compared += 1;
            let held = self.held(connection, link, &event)?;
            let fits = match &held {
                None => cancelled,
                Some(held) if held.waiting => true,
                // What stands in Google is held no longer.
                Some(held) if held.held => cancelled,
                Some(held) => {
                    held.cancelled == cancelled && (cancelled || held.start_ms == start_ms)
                }
            };
            if !fits {
                let ours = held.map(|held| (held.start_ms, held.cancelled));
                let what =
                    format!("{event}: Google has ({start_ms}, {cancelled}), the store {ours:?}");
                self.breaks(promise, Some(link), what);
            }
        }
        Ok(())
    }

    fn cursors(&mut self, connection: &Connection) -> store::Result<()> {
        let mut statement = connection.prepare_cached("select link_id, cursor from link")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })?;
        let cursors: BTreeMap<String, Option<String>> = rows.collect::<sql::Result<_>>()?;
        for link in 0..self.places.len() {
            let id = self.places[link].link_id.to_string();
            let Some(Some(cursor)) = cursors.get(&id) else {
                continue;
            };
            let cursor = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
            let cursor: Value = serde_json::from_slice(&cursor).unwrap_or_default();
            let revision = cursor["revision"].as_u64().unwrap_or_default();
            if revision > self.places[link].checked {
                self.reflects(connection, link, revision, "cursor never ahead of data")?;
                self.places[link].checked = revision;
            }
        }
        Ok(())
    }

    /// Every live channel at Google is known to the receiver.
    fn channels(&mut self, connection: &Connection) -> store::Result<()> {
        let now = time::now();
        let live: Vec<(String, String)> = self
            .sim
            .channels
            .by_id
            .values()
            .filter(|channel| channel.is_live(now))
            .map(|channel| (channel.id.clone(), channel.calendar.clone()))
            .collect();
        for (id, calendar) in live {
            let mut statement =
                connection.prepare_cached("select 1 from channel where channel_id = ?")?;
            let known = statement.exists(params![id])?;
            if !known {
                let link = self.by_calendar.get(&calendar).copied();
                self.breaks(
                    "no channel unaccounted for",
                    link,
                    format!("{id} lives at Google and has no row"),
                );
            }
        }
        Ok(())
    }

    /// The ledger has no hole, and says nothing that is not so.
    fn ledger(&mut self, connection: &Connection) -> store::Result<()> {
        let newest = |which: &str| {
            format!(
                "select link_id, watching, cause, from_at_ms, until_at_ms, coverage_span_id \
                 from coverage_span indexed by coverage_span_until where until_at_ms {which}"
            )
        };
        let (open, closed) = (newest("is null"), newest("> ?"));
        let sql =
            &format!("{open} union all {closed} order by link_id, from_at_ms, coverage_span_id");
        let mut statement = connection.prepare_cached(sql)?;
        // The older ones were judged on the days before.
        let since = time::now() - SignedDuration::from_hours(24 * 5);
        let rows = statement.query_map(params![since.as_millisecond()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                Span {
                    watching: row.get(1)?,
                    cause: row.get(2)?,
                    from_ms: row.get(3)?,
                    until_ms: row.get(4)?,
                },
            ))
        })?;
        let mut spans: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        for row in rows {
            let (id, span) = row?;
            spans.entry(id).or_default().push(span);
        }
        for link in 0..self.places.len() {
            let spans = spans
                .remove(&self.places[link].link_id.to_string())
                .unwrap_or_default();
            self.judge_spans(link, &spans);
        }
        let month = time::now() - SignedDuration::from_hours(24 * 2);
        self.absences.retain(|(_, until)| *until > month);
        Ok(())
    }

    fn judge_spans(&mut self, link: usize, spans: &[Span]) {
        for pair in spans.windows(2) {
            if pair[0].until_ms != Some(pair[1].from_ms) {
                let what = format!(
                    "the ledger has a hole or a fold between {:?} and {:?}",
                    pair[0], pair[1]
                );
                return self.breaks("no silent gap", Some(link), what);
            }
        }
        let Some(last) = spans.last().filter(|last| last.until_ms.is_none()) else {
            return self.breaks("no silent gap", Some(link), "the ledger ends".to_owned());
        };
        if spans
            .iter()
            .any(|span| span.watching == "gap" && span.cause.is_none())
        {
            return self.breaks(
                "no silent gap",
                Some(link),
                "a gap without a cause".to_owned(),
            );
        }
        self.judge_absences(link, spans);
        self.judge_claim(link, last);
    }

    /// While the receiver was away nobody watched, and the ledger says so, but for the time between two looks at the clock.
    fn judge_absences(&mut self, link: usize, spans: &[Span]) {
        let blind =
            SignedDuration::try_from(LOOK_EVERY).unwrap_or_default() + SignedDuration::from_mins(2);
        let broken = self.absences.iter().find_map(|(from, until)| {
            if until.duration_since(*from) < blind + blind {
                return None;
            }
            let (from_ms, until_ms) = (from.as_millisecond(), until.as_millisecond());
            let watched_ms: i64 = spans
                .iter()
                .filter(|span| span.watching != "gap")
                .map(|span| (span.until_ms.unwrap_or(i64::MAX).min(until_ms) - span.from_ms.max(from_ms)).max(0))
                .sum();
            (i128::from(watched_ms) > blind.as_millis()).then(|| {
                format!("the receiver was away from {from} to {until}; the ledger says it watched {} s of it", watched_ms / 1000)
            })
        });
        if let Some(what) = broken {
            self.breaks("no silent gap", Some(link), what);
        }
    }

    /// What the ledger says of now is so.
    fn judge_claim(&mut self, link: usize, last: &Span) {
        let now = time::now();
        let minute = SignedDuration::from_mins(1);
        let place = &self.places[link];
        let settled = |at: Timestamp| now.duration_since(at) > SignedDuration::from_mins(40);
        if self.absent
            || time::step() != SignedDuration::ZERO
            || !settled(self.born_at)
            || !settled(self.stepped_at)
        {
            return;
        }
        let poll = SignedDuration::try_from(self.plan.settings.poll_interval).unwrap_or_default();
        match last.watching.as_str() {
            "push" | "overlap" => {
                let open = self.sim.channels.by_id.values().any(|channel| {
                    channel.calendar == place.calendar
                        && channel.expires_at > now - minute
                        && channel.stopped_at.is_none_or(|at| at > now - minute)
                });
                if !open {
                    self.breaks(
                        "no silent gap",
                        Some(link),
                        "the ledger says push, and no channel is open at Google".to_owned(),
                    );
                }
            }
            "polling" => {
                let quiet = now.duration_since(place.listed_at.max(self.born_at));
                if quiet > poll * 3 + SignedDuration::from_mins(20)
                    && now.timestamp_since(last.from_ms) > poll * 3
                {
                    let what =
                        format!("the ledger says polling, and nothing was listed for {quiet:#}");
                    self.breaks("no silent gap", Some(link), what);
                }
            }
            _ => {}
        }
    }

    /// What was changed long enough ago, with nothing in the way since, has been applied.
    fn freshness(&mut self, connection: &Connection) -> store::Result<()> {
        let now = time::now();
        let settings = self.plan.settings;
        let within = settings.check_interval.max(settings.poll_interval) + settings.poll_interval;
        let within =
            SignedDuration::try_from(within).unwrap_or_default() + SignedDuration::from_mins(30);
        for link in 0..self.places.len() {
            if self
                .clear_since(link)
                .is_none_or(|since| now.duration_since(since) < within)
            {
                continue;
            }
            let place = &self.places[link];
            let calendar = &self.sim.calendars[&place.calendar];
            let old = calendar
                .events
                .values()
                .filter(|event| now.duration_since(event.updated) > within);
            let revision = old.map(|event| event.revision).max().unwrap_or_default();
            self.reflects(
                connection,
                link,
                revision,
                "no appointment lost or invented",
            )?;
        }
        Ok(())
    }

    /// Google, the store and the book agree on every event.
    fn agreement(&mut self, connection: &Connection) -> store::Result<()> {
        for link in 0..self.places.len() {
            if self.offices[self.places[link].office].revoked_at.is_some() {
                continue;
            }
            let sql = "select google_event_id, from_at_ms, status from appointment where link_id = ? order by google_event_id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows =
                statement.query_map(params![self.places[link].link_id.to_string()], |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        (
                            row.get::<_, i64>(1)?,
                            row.get::<_, String>(2)? == "cancelled",
                        ),
                    ))
                })?;
            let ours: BTreeMap<String, (i64, bool)> = rows.collect::<sql::Result<_>>()?;
            self.agrees(link, &ours);
        }
        Ok(())
    }

    fn agrees(&mut self, link: usize, ours: &BTreeMap<String, (i64, bool)>) {
        let promise = "no appointment lost or invented";
        let calendar = self.places[link].calendar.clone();
        let theirs: BTreeMap<String, Option<i64>> = self.sim.calendars[&calendar]
            .events
            .iter()
            .map(|(id, event)| {
                (
                    id.clone(),
                    (!event.is_cancelled()).then(|| start_ms(&event.fields)),
                )
            })
            .collect();
        for (event, start) in &theirs {
            self.counts.compared += 1;
            let held = ours
                .get(event)
                .and_then(|(at, cancelled)| (!cancelled).then_some(*at));
            if held != *start {
                let what =
                    format!("{event} stands at {start:?} in Google and at {held:?} in the store");
                self.breaks(promise, Some(link), what);
            }
            let told = self
                .book
                .story(link, event)
                .is_some_and(|story| story.may_end(*start));
            if !told {
                let story = self.book.story(link, event);
                let what = format!("{event} ends at {start:?}, and the book says {story:?}");
                self.breaks(promise, Some(link), what);
            }
        }
        for (event, (at, cancelled)) in ours {
            if !theirs.contains_key(event) && !cancelled {
                self.breaks(
                    promise,
                    Some(link),
                    format!("{event} at {at} stands in the store, and Google never had it"),
                );
            }
        }
        let missing = self
            .book
            .stories
            .keys()
            .find(|(of, event)| *of == link && !theirs.contains_key(event));
        if let Some((_, event)) = missing.cloned() {
            // Booked by the clinic and cancelled before it reached Google.
            let cancelled = ours.get(&event).is_some_and(|(_, cancelled)| *cancelled);
            if !cancelled {
                self.breaks(
                    promise,
                    Some(link),
                    format!("{event} was written and is nowhere"),
                );
            }
        }
    }

    /// No version of Google's is applied twice: as many as people wrote, at the most.
    fn revisions(&mut self, connection: &Connection) -> store::Result<()> {
        let sql = "select a.link_id, a.google_event_id, count(*) from revision r join appointment a using (appointment_id) \
                   where r.source = 'google' and r.lost = 0 group by a.appointment_id order by 1, 2";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        let links: BTreeMap<String, usize> = self
            .places
            .iter()
            .enumerate()
            .map(|(link, place)| (place.link_id.to_string(), link))
            .collect();
        for row in rows {
            let (id, event, applied) = row?;
            let link = links[&id];
            let written = self.book.edits_by(Hand::Person, link, &event);
            if usize::try_from(applied).unwrap_or(usize::MAX) > written {
                let what = format!(
                    "{event} was written {written} times by people and applied {applied} times"
                );
                self.breaks("every change applied once", Some(link), what);
            }
        }
        Ok(())
    }
}

/// One line of the ledger.
#[derive(Clone, Debug)]
struct Span {
    watching: String,
    cause: Option<String>,
    from_ms: i64,
    until_ms: Option<i64>,
}

trait Since {
    fn timestamp_since(&self, ms: i64) -> SignedDuration;
}

impl Since for Timestamp {
    fn timestamp_since(&self, ms: i64) -> SignedDuration {
        SignedDuration::from_millis(self.as_millisecond() - ms)
    }
}
