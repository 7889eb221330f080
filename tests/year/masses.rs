//! Masses: a tool fills a calendar and later deletes most of it at once. The guard holds that until a person answers,
//! and this hand of our own knows what must be so before the answer, after an approval, and after everything is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand::seq::SliceRandom;
use syncward_google_sim::model::people::object;
use syncward_receiver::app::{App, Ask};
use syncward_receiver::store;
use syncward_receiver::store::sql::{self, Connection, params};
use uuid::Uuid;

use super::acts::{Act, actor, start_ms};
use super::book::Hand;
use super::time;
use super::world::{Shared, World, lock};

const WAITS: &str = "a mass is cancelled only once approved";
const ANSWERED: &str = "what a person answers about a mass is so";
/// Fewer than this may be cancelled without a question.
const MASS_LEAST: usize = 6;
/// Written by the clinic longer ago than this, an appointment has nothing on its way to Google any more.
const SETTLED: SignedDuration = SignedDuration::from_hours(24 * 14);

/// Most of a calendar, deleted at once.
#[derive(Debug)]
pub struct Mass {
    link: usize,
    at: Timestamp,
    /// Those that the receiver had, and that nobody has touched or decided since.
    events: BTreeSet<String>,
}

/// What the store has of an appointment.
#[derive(Debug)]
struct Row {
    event: String,
    start_ms: i64,
    cancelled: bool,
    held: bool,
}

impl World {
    /// A tool fills a calendar; days later it takes most of it back.
    pub fn import(&mut self) {
        let link = self.rng.random_range(0..self.places.len());
        for _ in 0..self.rng.random_range(9..14) {
            self.person_books(link);
        }
        let wait = SignedDuration::from_hours(self.rng.random_range(26..100));
        self.later(wait, Act::DeleteMost(link));
    }

    /// Deletes all that is ahead in a calendar but one or two, unless an earlier mass still waits for its answer.
    pub fn delete_most(&mut self, link: usize) {
        let now = time::now();
        let calendar = self.places[link].calendar.clone();
        let mut ahead = self.ahead(link);
        let spared = self.rng.random_range(0..3).min(ahead.len());
        ahead.shuffle(&mut self.rng);
        ahead.truncate(ahead.len() - spared);
        let certain = ahead.iter().filter(|event| self.is_certain(link, event));
        let events: BTreeSet<String> = certain.cloned().collect();
        let waits = self.masses.iter().any(|mass| mass.link == link);
        if waits || events.len() <= MASS_LEAST {
            return;
        }
        for event in &ahead {
            self.sim.person_deletes(&calendar, event, now).unwrap();
            self.note(link, event, Hand::Person, None);
        }
        self.counts.masses += 1;
        self.tell(Some(link), format!("{} are deleted at once", ahead.len()));
        self.masses.push(Mass {
            link,
            at: now,
            events,
        });
        if self.rng.random_bool(0.3) {
            let wait = SignedDuration::from_mins(self.rng.random_range(10..2_000));
            self.later(wait, Act::PutBack(link));
        }
    }

    /// The receiver has this version of the event, and nothing of the clinic's is on its way to it.
    fn is_certain(&self, link: usize, event: &str) -> bool {
        let place = &self.places[link];
        let seen = self.sim.calendars[&place.calendar].events[event].revision <= place.checked;
        let settled = time::now() - SETTLED;
        let story = self.book.story(link, event);
        seen && story.is_some_and(|story| {
            let ours = |edit: &super::book::Edit| edit.by == Hand::System && edit.at > settled;
            !story.edits.iter().any(ours)
        })
    }

    /// Somebody finds one that they need and puts it back, as it was or elsewhere.
    pub fn put_back(&mut self, link: usize) {
        let Some(mass) = self.masses.iter().find(|mass| mass.link == link) else {
            return;
        };
        let Some(event) = mass.events.first().cloned() else {
            return;
        };
        let calendar = self.places[link].calendar.clone();
        let now = time::now();
        let kept = &self.sim.calendars[&calendar].events[&event];
        if !kept.is_cancelled() {
            return;
        }
        let mut start = start_ms(&kept.fields);
        let mut body = object(serde_json::json!({}));
        if self.rng.random_bool(0.5) {
            start = self.fresh_start_ms();
            body = super::acts::body(start);
        }
        body.insert("status".to_owned(), "confirmed".into());
        self.sim
            .person_patches(&calendar, &event, &body, now)
            .unwrap();
        self.note(link, &event, Hand::Person, Some(start));
    }

    /// Nothing of a mass that nobody answered yet is cancelled here.
    pub fn masses_wait(&mut self, connection: &Connection) -> store::Result<()> {
        for mut mass in std::mem::take(&mut self.masses) {
            let link = mass.link;
            mass.events.retain(|event| {
                let last = self.book.story(link, event).and_then(|it| it.edits.last());
                last.is_some_and(|edit| edit.at == mass.at)
            });
            if mass.events.len() < MASS_LEAST {
                continue;
            }
            let rows = rows(connection, self.places[link].link_id)?;
            for event in &mass.events {
                let row = rows.values().find(|row| row.event == *event);
                if row.is_none_or(|row| row.cancelled) {
                    let what = format!("{event} of {} is in the store as {row:?}", mass.at);
                    self.breaks(WAITS, Some(link), what);
                }
            }
            self.masses.push(mass);
        }
        Ok(())
    }

    /// Every mass was held, and so came to be answered.
    pub fn masses_answered(&mut self, connection: &Connection) -> store::Result<()> {
        self.masses_wait(connection)?;
        for mass in std::mem::take(&mut self.masses) {
            let office = self.places[mass.link].office;
            if self.offices[office].revoked_at.is_none() {
                let what = format!("nobody was asked about {mass:?}");
                self.breaks(WAITS, Some(mass.link), what);
            }
        }
        Ok(())
    }

    /// Holds what is in the store after an answer against what was held before it.
    fn judge_decision(
        &mut self,
        link: usize,
        keeps: bool,
        before: &BTreeMap<Uuid, Row>,
        after: &BTreeMap<Uuid, Row>,
    ) {
        for (appointment, was) in before {
            let story = self.book.story(link, &was.event);
            // It was put back, or edited here, and the receiver may have heard of it in this very moment.
            let stands = story.and_then(|story| story.edits.last()?.start_ms);
            let is = after.get(appointment);
            let fits = is.is_some_and(|is| match keeps {
                true => !is.cancelled && is.event != was.event && is.start_ms == was.start_ms,
                false => is.cancelled && is.event == was.event,
            });
            if stands.is_none() && (!fits || is.is_some_and(|is| is.held)) {
                let what = format!("kept {keeps}: {was:?} became {is:?}");
                self.breaks(ANSWERED, Some(link), what);
            }
            if let Some(is) = is.filter(|is| keeps && is.event != was.event) {
                self.note(link, &is.event, Hand::System, Some(is.start_ms));
                let of = (link, is.event.clone());
                self.book.stood_for.insert(of, was.event.clone());
            }
            for mass in self.masses.iter_mut().filter(|mass| mass.link == link) {
                mass.events.remove(&was.event);
            }
        }
        self.masses.retain(|mass| !mass.events.is_empty());
        let count = match keeps {
            true => &mut self.counts.kept,
            false => &mut self.counts.approved,
        };
        *count += 1;
    }
}

/// A person answers what is held of a link, one way and the other in turn, or leaves it for another day.
pub async fn answer(shared: &Shared, app: &Arc<App>, link_id: Uuid) {
    let (link, keeps) = {
        let mut world = lock(shared);
        if !world.healing() && world.rng.random_bool(0.4) {
            return;
        }
        let mut places = world.places.iter();
        let Some(link) = places.position(|place| place.link_id == link_id) else {
            return;
        };
        (link, world.counts.kept < world.counts.approved)
    };
    let read = async || {
        let read = app.store.read(move |connection| rows(connection, link_id));
        read.await.unwrap()
    };
    let mut before = read().await;
    before.retain(|_, row| row.held);
    let ask = match keeps {
        true => Ask::Reject,
        false => Ask::Approve,
    };
    // A receiver that dies over it may have stored it all the same.
    let _ = app.ask(actor(), link_id, ask).await;
    let after = read().await;
    let stored = |appointment: &Uuid| after.get(appointment).is_none_or(|row| !row.held);
    if before.keys().any(stored) {
        lock(shared).judge_decision(link, keeps, &before, &after);
    }
}

fn rows(connection: &Connection, link_id: Uuid) -> store::Result<BTreeMap<Uuid, Row>> {
    let sql = "select appointment_id, google_event_id, from_at_ms, status, held from appointment where link_id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![link_id.to_string()], |row| {
        let row_of = Row {
            event: row.get(1)?,
            start_ms: row.get(2)?,
            cancelled: row.get::<_, String>(3)? == "cancelled",
            held: row.get(4)?,
        };
        Ok((row.get::<_, String>(0)?, row_of))
    })?;
    let rows: Vec<(String, Row)> = rows.collect::<sql::Result<_>>()?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, row)| (Uuid::parse_str(&id).unwrap(), row))
        .collect())
}
