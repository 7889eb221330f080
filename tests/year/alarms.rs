//! The desktop's alert policy over the year: one incident per cause, none of what is well, and one of what stays ill.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use syncward_engine::alert::{Facts, Incident, Language, LinkFacts, Notice, OutboundFacts, Reader};
use syncward_engine::link::Link as Machine;
use syncward_engine::view::LinkState;
use syncward_receiver::app::{App, stuck};
use syncward_receiver::store;
use syncward_receiver::store::row::id;
use syncward_receiver::store::sql::Connection;
use syncward_wire::OutboundWait;
use uuid::Uuid;

use super::time;
use super::world::{Place, Shared, World, lock};

const ONE_PER_CAUSE: &str = "alerts: one per cause";
/// What has been so for this long has been seen by everybody.
const SETTLED: SignedDuration = SignedDuration::from_hours(4);
/// What has been so for this long deserves a person.
const LASTING: SignedDuration = SignedDuration::from_hours(30);

/// The links as they were last seen; a state that stands as before is not read again.
#[derive(Default)]
pub struct Seen {
    links: BTreeMap<Uuid, SeenLink>,
    stuck: HashMap<Uuid, OutboundWait>,
}

struct SeenLink {
    clinic_id: String,
    google_grant_id: Uuid,
    calendar_name: String,
    text: String,
    engine: Machine,
    held: u32,
}

impl Seen {
    fn look(&mut self, connection: &Connection) -> store::Result<()> {
        let sql = "select link_id, clinic_id, google_grant_id, calendar_name, engine, held_cancellations from link where deleted_at_ms is null";
        self.stuck = stuck::stuck(connection, None, time::receivers())?;
        let mut before = std::mem::take(&mut self.links);
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let link_id = id(&row, "link_id")?;
            let text: String = row.get("engine")?;
            let known = before.remove(&link_id).filter(|link| link.text == text);
            let engine = match known {
                Some(known) => known.engine,
                None => serde_json::from_str(&text)?,
            };
            let link = SeenLink {
                clinic_id: row.get("clinic_id")?,
                google_grant_id: id(&row, "google_grant_id")?,
                calendar_name: row.get("calendar_name")?,
                text,
                engine,
                held: row.get("held_cancellations")?,
            };
            self.links.insert(link_id, link);
        }
        Ok(())
    }
}

/// What a desktop would be told, held against what is so.
pub async fn observe(shared: &Shared, app: &Arc<App>) {
    let mut seen = std::mem::take(&mut lock(shared).seen);
    let seen = app.store.read(move |connection| {
        seen.look(connection)?;
        Ok(seen)
    });
    let Ok(seen) = seen.await else {
        return;
    };
    let mut world = lock(shared);
    let (now, settings) = (time::receivers(), app.settings);
    let mut facts = Facts::default();
    let mut lost: BTreeSet<Uuid> = BTreeSet::new();
    let mut held: BTreeSet<Uuid> = BTreeSet::new();
    for (link_id, link) in &seen.links {
        let view = link.engine.view(now, &settings);
        if view.state == LinkState::ReconnectNeeded {
            lost.insert(link.google_grant_id);
        }
        if link.held > 0 {
            held.insert(*link_id);
        }
        let channel = view.channel.as_ref();
        facts.links.push(LinkFacts {
            link_id: *link_id,
            grant_id: link.google_grant_id,
            receiver: "the receiver".to_owned(),
            clinic: format!("Clinic {}", link.clinic_id),
            calendar: link.calendar_name.clone(),
            state: view.state,
            code: view.reason.as_ref().map(|why| why.code.clone()),
            cause: None,
            attempts: None,
            since_at: view.reason.as_ref().map(|why| why.since),
            registered_at: channel.and_then(|channel| channel.registered_at),
            expires_at: channel.and_then(|channel| channel.expires_at),
            renews_at: channel.and_then(|channel| channel.renews_at),
            missed_24h: 0,
            held: link.held,
            outbound: seen.stuck.get(link_id).map(|wait| OutboundFacts {
                since_at: *wait.since_at,
                edits: wait.edits,
                refused: wait.refused,
                next_start_at: wait.next_start_at.map(|at| *at),
            }),
            open_now: None,
        });
    }
    world.seen = seen;
    world.judge_grants(&lost);
    let reader = Reader {
        zone: &TimeZone::UTC,
        language: Language::En,
    };
    let notices = world.policy.observe(now, &facts, reader);
    for notice in notices {
        if let Notice::Show {
            incident,
            replaces: false,
            title,
            ..
        } = notice
        {
            let kind = incident.split(':').next().unwrap_or_default().to_owned();
            *world.shown.entry(kind).or_default() += 1;
            world.tell(None, format!("alert {title}"));
            if !world.plan.rough {
                world.breaks("alerts: none in a quiet year", None, title);
            }
        }
    }
    let open: Vec<Incident> = world.policy.incidents().into_iter().cloned().collect();
    let open: Vec<Incident> = open.into_iter().filter(Incident::is_open).collect();
    world.judge_incidents(&open, lost.len());
    world.judge_held(&open, &held);
    world.judge_stuck(&open, &facts.links);
    world.judge_silence(&open);
}

impl World {
    /// A link that is to be connected again is of a consent that was withdrawn.
    fn judge_grants(&mut self, lost: &BTreeSet<Uuid>) {
        for grant_id in lost {
            let office = self
                .offices
                .iter()
                .position(|office| office.grant_id == Some(*grant_id));
            let healthy = office.is_none_or(|office| self.offices[office].revoked_at.is_none());
            if healthy {
                let what = format!("clinic {office:?} is to reconnect, and its consent stands");
                self.breaks(ONE_PER_CAUSE, None, what);
            }
        }
    }

    /// One incident per lost grant, one per kind of trouble, each link in one of them, and none of a link that is well.
    fn judge_incidents(&mut self, open: &[Incident], lost: usize) {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let mut touched: BTreeMap<Uuid, &str> = BTreeMap::new();
        for incident in open {
            let kind = incident.id.split(':').next().unwrap_or_default();
            *kinds.entry(kind).or_default() += 1;
            // What happens to appointments has nothing to do with how they are watched.
            let of_watching = !matches!(kind, "held" | "outbound");
            for link_id in incident.links.iter().filter(|_| of_watching) {
                if let Some(other) = touched.insert(*link_id, &incident.id) {
                    let link = self.link_of(*link_id);
                    let what = format!("{} and {other} are open for one link", incident.id);
                    self.breaks(ONE_PER_CAUSE, link, what);
                }
                let unwatched = matches!(kind, "expired" | "polling" | "unproved" | "refused");
                if let Some(link) = self.link_of(*link_id).filter(|_| unwatched)
                    && self.delivers(link)
                {
                    let what = format!("{} is open, and its channel delivers", incident.id);
                    self.breaks("alerts: none of what is well", Some(link), what);
                }
            }
        }
        for (kind, count) in kinds {
            let most = match kind {
                "grant" => lost,
                "refused" | "reminder" | "held" => continue,
                _ => 1,
            };
            if count > most {
                let what = format!("{count} incidents of {kind} for {most} causes");
                self.breaks(ONE_PER_CAUSE, None, what);
            }
        }
        let grants = open
            .iter()
            .filter(|incident| incident.id.starts_with("grant:"))
            .count();
        if grants != lost {
            let what = format!("{lost} lost grants and {grants} incidents");
            self.breaks(ONE_PER_CAUSE, None, what);
        }
    }

    /// Each link of which a mass is held is one question, and nobody is asked about another.
    fn judge_held(&mut self, open: &[Incident], held: &BTreeSet<Uuid>) {
        let questions = open.iter().filter(|it| it.id.starts_with("held:"));
        let mut asked: Vec<Uuid> = questions.flat_map(|it| it.links.clone()).collect();
        asked.sort_unstable();
        if !asked.iter().eq(held) {
            let what = format!("asked about {asked:?}, and held is {held:?}");
            self.breaks(ONE_PER_CAUSE, None, what);
        }
    }

    /// Edits that wait are told, and not beside the lost consent that explains it.
    fn judge_stuck(&mut self, open: &[Incident], links: &[LinkFacts]) {
        let now = time::receivers();
        for facts in links {
            let Some(wait) = facts.outbound else { continue };
            let mut of_link = open
                .iter()
                .filter(|incident| incident.links.contains(&facts.link_id));
            let told = of_link.clone().next().is_some();
            let beside = of_link.any(|incident| incident.id.starts_with("outbound:"));
            let link = self.link_of(facts.link_id);
            if beside && facts.state == LinkState::ReconnectNeeded {
                let what = "edits wait for a consent, and that is told twice".to_owned();
                self.breaks(ONE_PER_CAUSE, link, what);
            }
            let awake = !self.absent && time::step().is_zero();
            let lasts = now.duration_since(wait.since_at) > LASTING;
            if awake && lasts && !told {
                let what = format!("edits have waited since {}, and no alert", wait.since_at);
                self.breaks("alerts: what stays ill is told", link, what);
            }
        }
    }

    /// A link that nobody has delivered to for long, without being pushless by nature, is somebody's business.
    fn judge_silence(&mut self, open: &[Incident]) {
        let now = time::now();
        for link in 0..self.places.len() {
            let place = &self.places[link];
            let known = open
                .iter()
                .any(|incident| incident.links.contains(&place.link_id));
            let awake = !self.absent
                && time::step().is_zero()
                && now.duration_since(self.born_at.max(self.stepped_at)) > SETTLED;
            // The receiver asks again once a day.
            let pushless = place
                .pushless_at
                .is_some_and(|at| now.duration_since(at) < SignedDuration::from_hours(25));
            let lasts = place
                .unwatched_since
                .is_some_and(|since| now.duration_since(since) > LASTING);
            if awake && !known && lasts && !pushless {
                let what = format!("no channel since {:?}, and no alert", place.unwatched_since);
                self.breaks("alerts: what stays ill is told", Some(link), what);
            }
        }
    }

    /// Whether a channel of the link has delivered, is open, and has been for long.
    fn delivers(&self, link: usize) -> bool {
        let now = time::now();
        let steady = now.duration_since(self.born_at.max(self.stepped_at)) > SETTLED;
        let Place {
            calendar, office, ..
        } = &self.places[link];
        // Those of a consent that was withdrawn are nobody's any more.
        let consented_at = self.offices[*office].consented_at;
        // A drill's stop may wait for Google to answer again.
        let drilling = self.drilling.contains(&link);
        let open = self.sim.channels.by_id.values().any(|channel| {
            channel.calendar == *calendar
                && !drilling
                && channel.is_live(now)
                && !channel.silent
                && channel.opened_at > consented_at
                && now.duration_since(channel.opened_at) > SETTLED
                && self.proven.contains(&channel.id)
                && self.answered.contains(&channel.id)
                && !self.asked_to_stop.contains(&channel.id)
        });
        open && steady && !self.absent && time::step().is_zero()
    }

    /// Notes since when a link has had no open channel at Google.
    pub fn note_unwatched(&mut self) {
        let now = time::now();
        let open: BTreeSet<String> = self
            .sim
            .channels
            .by_id
            .values()
            .filter(|channel| channel.is_live(now))
            .map(|channel| channel.calendar.clone())
            .collect();
        for place in &mut self.places {
            match open.contains(&place.calendar) {
                true => place.unwatched_since = None,
                false => {
                    place.unwatched_since.get_or_insert(now);
                }
            }
        }
    }

    fn link_of(&self, link_id: Uuid) -> Option<usize> {
        self.places
            .iter()
            .position(|place| place.link_id == link_id)
    }
}
