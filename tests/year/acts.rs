//! What happens by itself in the year: people's and the clinic's edits, weather, consents, stepped clocks.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;
use syncward_google_sim::model::event::Fields;
use syncward_google_sim::model::people::object;
use syncward_google_sim::model::query::Query;
use syncward_receiver::app::appointments::Edit as Asked;
use syncward_receiver::app::{Actor, App};
use syncward_receiver::store::sql;
use syncward_wire::appointment::{AppointmentDraft, AppointmentPatch};
use syncward_wire::{GrantBegin, GrantComplete, LinkDraft};
use url::Url;
use uuid::Uuid;

use super::book::{Edit, Hand};
use super::weather::{Episode, Scope, YEARLY};
use super::world::{Shared, World, lock};
use super::{chance, time};

/// Imports per year and 300 links.
const IMPORTS: f64 = 30.0;

/// Something that is planned.
#[derive(Clone, Debug)]
pub enum Act {
    /// Somebody edits in Google Calendar.
    Person(usize),
    /// Somebody edits once more, while the first edit's run is under way, or while another link's call hangs.
    Again(usize),
    /// The clinic's own system edits through the receiver.
    System(usize),
    /// The kind of weather with this number begins.
    Ill(usize),
    WeatherPasses,
    /// A tool fills a calendar, and later deletes most of it at once.
    Import,
    DeleteMost(usize),
    /// Somebody puts back some of it.
    PutBack(usize),
    /// One link's cursors, or all, are gone.
    CursorsGone,
    /// A proved channel stops delivering, and nobody says so.
    FallsSilent,
    Revoke,
    Consent(usize),
    AccessEnds,
    StepClock,
    StepBack,
    /// An announced change must have been applied by now.
    Announced {
        link: usize,
        revision: u64,
    },
    /// Of the channels that were open when one was opened, one has been stopped by now.
    Channels(usize),
    Look,
    /// Somebody orders a fire drill.
    Drill,
    Alarms,
    /// Somebody looks at the alerts when something has gone wrong for long.
    Glance,
    /// The receiver goes, for so long.
    Absent(SignedDuration),
}

/// What the receiver is needed for.
pub enum Errand {
    System(usize),
    Consent(usize),
    Announced { link: usize, revision: u64 },
    Look,
    Drill(usize),
    Alarms,
    Absent(SignedDuration),
}

pub fn actor() -> Actor {
    Actor {
        who: "the year".to_owned(),
        what: "edit",
    }
}

impl World {
    /// Plans the first of everything that comes again and again.
    pub fn plan_year(&mut self) {
        let share = self.places.len() as f64 / 300.0;
        for link in 0..self.places.len() {
            let wait = chance::next(&mut self.rng, self.plan.persons_per_year);
            self.later(wait, Act::Person(link));
            let wait = chance::next(&mut self.rng, self.plan.systems_per_year);
            self.later(wait, Act::System(link));
        }
        self.later(SignedDuration::from_hours(24), Act::Look);
        self.later(SignedDuration::from_hours(1), Act::Alarms);
        self.later(SignedDuration::from_hours(30), Act::Drill);
        if !self.plan.rough {
            return;
        }
        for (number, (_, per_year, ..)) in YEARLY.iter().enumerate() {
            self.plan_again(*per_year, Act::Ill(number));
        }
        for (per_year, act) in [
            (60.0 * share, Act::CursorsGone),
            (IMPORTS * share, Act::Import),
            (60.0 * share, Act::FallsSilent),
            (25.0 * share, Act::Revoke),
            (60.0 * share, Act::AccessEnds),
            (20.0, Act::StepClock),
            (40.0, Act::Absent(SignedDuration::ZERO)),
        ] {
            self.plan_again(per_year, act);
        }
    }

    fn plan_again(&mut self, per_year: f64, act: Act) {
        let wait = chance::next(&mut self.rng, per_year * self.plan.storms);
        self.later(wait, act);
    }

    /// Does what needs no receiver; the rest is an errand.
    pub fn act(&mut self, act: Act) -> Option<Errand> {
        let share = self.places.len() as f64 / 300.0;
        let over = self.healing();
        match act {
            Act::Person(link) => {
                let wait = chance::next(&mut self.rng, self.plan.persons_per_year);
                self.later(wait, Act::Person(link));
                if !over {
                    self.person_edits(link);
                    if self.rng.random_bool(0.3) {
                        let soon = SignedDuration::from_millis(self.rng.random_range(50..1_500));
                        self.later(soon, Act::Again(link));
                    }
                }
            }
            Act::Again(link) => {
                if !over {
                    self.person_edits(link);
                }
            }
            Act::System(link) => {
                let wait = chance::next(&mut self.rng, self.plan.systems_per_year);
                self.later(wait, Act::System(link));
                return (!over).then_some(Errand::System(link));
            }
            Act::Ill(number) => {
                let (_, per_year, ..) = YEARLY[number];
                let per_year = match YEARLY[number].4 {
                    Scope::All => per_year,
                    Scope::Clinic(_) | Scope::Link(_) => per_year * share,
                };
                self.plan_again(per_year, Act::Ill(number));
                if !over {
                    self.fall_ill(number);
                }
            }
            Act::WeatherPasses => {
                let now = time::now();
                self.weather.pass(now);
                self.tell(None, "some weather passes".to_owned());
            }
            Act::Import => {
                self.plan_again(IMPORTS * share, Act::Import);
                if !over {
                    self.import();
                }
            }
            Act::DeleteMost(link) if !over => self.delete_most(link),
            Act::PutBack(link) if !over => self.put_back(link),
            Act::DeleteMost(_) | Act::PutBack(_) => {}
            Act::CursorsGone => {
                self.plan_again(60.0 * share, Act::CursorsGone);
                if !over {
                    let storm = self.rng.random_bool(0.1);
                    let one = self.rng.random_range(0..self.places.len());
                    self.tell((!storm).then_some(one), "cursors are gone".to_owned());
                    for link in 0..self.places.len() {
                        if storm || link == one {
                            self.forget_cursors(link);
                        }
                    }
                }
            }
            Act::FallsSilent => {
                self.plan_again(60.0 * share, Act::FallsSilent);
                let link = self.rng.random_range(0..self.places.len());
                let calendar = self.places[link].calendar.clone();
                for channel in self.sim.channels.by_id.values_mut() {
                    channel.silent |= !over && channel.calendar == calendar;
                }
                self.tell(Some(link), "its channels fall silent".to_owned());
            }
            Act::Revoke => {
                self.plan_again(25.0 * share, Act::Revoke);
                let office = self.rng.random_range(0..self.offices.len());
                if !over && self.offices[office].revoked_at.is_none() {
                    self.revoke(office);
                }
            }
            Act::Consent(office) => return Some(Errand::Consent(office)),
            Act::AccessEnds => {
                self.plan_again(60.0 * share, Act::AccessEnds);
                let office = self.rng.random_range(0..self.offices.len());
                let account = self.offices[office].account.clone();
                self.sim.consents.expire_access(&account);
            }
            Act::StepClock => {
                self.plan_again(20.0, Act::StepClock);
                if !over && time::step() == SignedDuration::ZERO {
                    let hour = Duration::from_secs(3 * 3600);
                    let step = chance::between(&mut self.rng, Duration::from_secs(2), hour);
                    let ahead = self.rng.random_bool(0.5);
                    time::set_step(if ahead { step } else { -step });
                    let day = Duration::from_secs(86_400);
                    let lasts = chance::between(&mut self.rng, Duration::from_secs(600), day);
                    self.later(lasts, Act::StepBack);
                    self.tell(
                        None,
                        format!("the receiver's clock steps by {:?}", time::step()),
                    );
                }
            }
            Act::StepBack => {
                time::set_step(SignedDuration::ZERO);
                self.stepped_at = time::now();
                self.tell(None, "the receiver's clock is right again".to_owned());
            }
            Act::Announced { link, revision } => return Some(Errand::Announced { link, revision }),
            Act::Channels(link) => self.judge_channels(link),
            Act::Look => {
                self.later(SignedDuration::from_hours(24), Act::Look);
                self.forget_channels();
                return Some(Errand::Look);
            }
            Act::Drill => {
                self.later(SignedDuration::from_hours(30), Act::Drill);
                self.drill_next = (self.drill_next + 7) % self.places.len();
                return (!over).then_some(Errand::Drill(self.drill_next));
            }
            Act::Alarms => {
                self.later(self.plan.alarms_every, Act::Alarms);
                self.judge_commits();
                self.note_unwatched();
                return Some(Errand::Alarms);
            }
            Act::Glance => {
                self.note_unwatched();
                return Some(Errand::Alarms);
            }
            Act::Absent(lasts) if lasts.is_zero() => {
                self.plan_again(40.0, Act::Absent(SignedDuration::ZERO));
                let days = Duration::from_secs(3 * 86_400);
                let lasts = chance::between(&mut self.rng, Duration::from_secs(60), days);
                return (!over).then_some(Errand::Absent(lasts));
            }
            Act::Absent(lasts) => return Some(Errand::Absent(lasts)),
        }
        None
    }

    /// The last days of the year are calm, so that everything can come to rest.
    pub fn healing(&self) -> bool {
        time::now() > self.end - SignedDuration::from_hours(24 * 5)
    }

    fn fall_ill(&mut self, number: usize) {
        let (ill, _, least, most, scope) = YEARLY[number];
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let lasts = chance::between(&mut self.rng, minutes(least), minutes(most));
        let scope = match scope {
            Scope::All => Scope::All,
            Scope::Clinic(_) => Scope::Clinic(self.rng.random_range(0..self.offices.len())),
            Scope::Link(_) => Scope::Link(self.rng.random_range(0..self.places.len())),
        };
        let calm = self.end - SignedDuration::from_hours(24 * 5);
        let until = (time::now() + lasts).min(calm);
        self.counts.episodes += 1;
        let link = match scope {
            Scope::Link(link) => Some(link),
            Scope::All | Scope::Clinic(_) => None,
        };
        self.tell(link, format!("{ill:?} for {scope:?} until {until}"));
        self.weather.begin(Episode { ill, scope, until });
        self.plan_act(until - SignedDuration::from_secs(1), Act::Glance);
        self.plan_act(until, Act::WeatherPasses);
    }

    fn revoke(&mut self, office: usize) {
        let now = time::now();
        let account = self.offices[office].account.clone();
        self.sim.consents.withdraw(&account);
        self.offices[office].revoked_at = Some(now);
        let days = Duration::from_secs(10 * 86_400);
        let lasts = chance::between(&mut self.rng, Duration::from_secs(3600), days);
        let calm = self.end - SignedDuration::from_hours(24 * 5);
        self.plan_act((now + lasts).min(calm), Act::Consent(office));
        self.tell(None, format!("clinic {office} withdraws its consent"));
    }

    /// Channels that ended a day ago are of no interest any more.
    fn forget_channels(&mut self) {
        let horizon = time::now() - SignedDuration::from_hours(24);
        self.sim.channels.by_id.retain(|_, channel| {
            channel.expires_at > horizon && channel.stopped_at.is_none_or(|at| at > horizon)
        });
        let known = &self.sim.channels.by_id;
        self.proven.retain(|id| known.contains_key(id));
        self.answered.retain(|id| known.contains_key(id));
        self.asked_to_stop.retain(|id| known.contains_key(id));
    }

    /// A start that no other edit of the event has.
    pub fn fresh_start_ms(&mut self) -> i64 {
        let day_ms = 86_400_000;
        let days = self.rng.random_range(2..45);
        let midnight = time::now().as_millisecond() / day_ms * day_ms;
        let second = i64::try_from(self.book.edits % 86_400).unwrap_or_default();
        midnight + days * day_ms + second * 1000
    }

    /// The events of a calendar that have not begun, in the order of their ids.
    pub fn ahead(&self, link: usize) -> Vec<String> {
        let now_ms = time::now().as_millisecond();
        let events = &self.sim.calendars[&self.places[link].calendar].events;
        let stands = |event: &String| {
            let event = events.get(event);
            event.is_some_and(|event| !event.is_cancelled() && start_ms(&event.fields) > now_ms)
        };
        // Only what somebody ever put there can be there.
        let put_there = self.book.ever_after(link, now_ms);
        put_there.filter(|event| stands(event)).cloned().collect()
    }

    pub fn person_edits(&mut self, link: usize) {
        let now = time::now();
        let calendar = self.places[link].calendar.clone();
        let ahead = self.ahead(link);
        let chosen = ahead.choose(&mut self.rng).cloned();
        let roll = self.rng.random_range(0..10);
        let (event, start_ms) = match chosen {
            Some(event) if roll < 5 => {
                let start_ms = self.fresh_start_ms();
                self.sim
                    .person_patches(&calendar, &event, &body(start_ms), now)
                    .unwrap();
                (event, Some(start_ms))
            }
            Some(event) if roll == 5 => {
                self.sim.person_deletes(&calendar, &event, now).unwrap();
                (event, None)
            }
            _ => return self.person_books(link),
        };
        self.note(link, &event, Hand::Person, start_ms);
    }

    pub fn person_books(&mut self, link: usize) {
        let calendar = self.places[link].calendar.clone();
        let start_ms = self.fresh_start_ms();
        let made = self
            .sim
            .person_inserts(&calendar, &body(start_ms), time::now());
        let event = made.unwrap()["id"].as_str().unwrap_or_default().to_owned();
        self.note(link, &event, Hand::Person, Some(start_ms));
    }

    pub fn note(&mut self, link: usize, event: &str, by: Hand, start_ms: Option<i64>) {
        let at = time::now();
        let stepped = time::step() != SignedDuration::ZERO
            || at.duration_since(self.stepped_at) < SignedDuration::from_hours(4);
        self.book.write(
            link,
            event,
            Edit {
                at,
                by,
                start_ms,
                stepped,
            },
        );
        let place = &mut self.places[link];
        if place.hour == at.as_second() / 3600 {
            place.edits += 1;
        } else {
            (place.hour, place.calls, place.watches, place.edits) =
                (at.as_second() / 3600, 0, 0, 1);
        }
        self.tell(Some(link), format!("{by:?} edits {event}: {start_ms:?}"));
        self.changed.notify_one();
    }
}

/// The start of an event, in milliseconds.
pub fn start_ms(fields: &Fields) -> i64 {
    let text = fields
        .get("start")
        .and_then(|start| start["dateTime"].as_str());
    let at = text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    at.map_or(0, |at| at.as_millisecond())
}

fn written(start_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(start_ms)
        .unwrap()
        .to_string()
}

pub fn body(start_ms: i64) -> Fields {
    let end_ms = start_ms + 1_800_000;
    object(json!({
        "summary": format!("visit {start_ms}"),
        "start": { "dateTime": written(start_ms), "timeZone": "Europe/London" },
        "end": { "dateTime": written(end_ms), "timeZone": "Europe/London" },
    }))
}

/// The clinic's own system books, moves or cancels.
pub async fn system_edits(shared: &Shared, app: &Arc<App>, link: usize) {
    let (link_id, roll, start_ms) = {
        let mut world = lock(shared);
        let link_id = world.places[link].link_id;
        let roll = world.rng.random_range(0..10);
        (link_id, roll, world.fresh_start_ms())
    };
    let now_ms = time::now().as_millisecond();
    let standing = app.store.read(move |connection| {
        let sql = "select appointment_id, google_event_id from appointment where link_id = ? and status <> 'cancelled' \
                   and from_at_ms > ? order by google_event_id";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(sql::params![link_id.to_string(), now_ms], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        Ok(rows.collect::<sql::Result<Vec<_>>>()?)
    });
    let standing = standing.await.unwrap_or_default();
    let chosen = standing.choose(&mut lock(shared).rng).cloned();
    let (title, start, end) = (
        Some(format!("visit {start_ms}")),
        written(start_ms),
        written(start_ms + 1_800_000),
    );
    let id = |text: &str| Uuid::parse_str(text).unwrap();
    let (asked, event, start_ms) = match chosen {
        Some((appointment, event)) if roll < 5 => {
            let patch = AppointmentPatch {
                title,
                start: Some(start),
                end: Some(end),
                ..AppointmentPatch::default()
            };
            (
                Asked::Change(id(&appointment), patch),
                Some(event),
                Some(start_ms),
            )
        }
        Some((appointment, event)) if roll == 5 => {
            (Asked::Cancel(id(&appointment)), Some(event), None)
        }
        _ => {
            let draft = json!({ "link_id": link_id, "title": title, "start": start, "end": end, "time_zone": "Europe/London" });
            let draft: AppointmentDraft = serde_json::from_value(draft).unwrap();
            (Asked::Book(draft), None, Some(start_ms))
        }
    };
    let Ok(answer) = app.edit_appointment(actor(), None, asked).await else {
        // Cancelled by Google a moment ago, or the receiver is dying.
        return;
    };
    let shown: serde_json::Value = serde_json::from_slice(&answer.answer).unwrap_or_default();
    let made = shown["google_event_id"].as_str().map(str::to_owned);
    let event = event.or(made).unwrap();
    lock(shared).note(link, &event, Hand::System, start_ms);
}

/// A person gives consent in the browser; the receiver exchanges the code and its links go on.
pub async fn consent(shared: &Shared, app: &Arc<App>, office: usize) -> Option<Uuid> {
    let (clinic_id, account) = {
        let world = lock(shared);
        let office = &world.offices[office];
        (office.clinic_id, office.account.clone())
    };
    let redirect = "http://127.0.0.1:9999/back";
    let begin = GrantBegin {
        redirect_uri: redirect.to_owned(),
        login_hint: None,
    };
    let begun = app.begin_grant(actor(), clinic_id, begin).await.ok()?;
    let url = Url::parse(&begun.authorization_url).unwrap();
    let code = {
        let mut world = lock(shared);
        let asked = world
            .sim
            .consents
            .check(&Query::parse(url.query().unwrap_or_default()));
        let asked = asked.unwrap_or_else(|fault| panic!("{}", fault.sentence));
        let (scopes, code) = (asked.scopes.clone(), world.sim.fresh());
        let now = time::now();
        world
            .sim
            .consents
            .allow(asked, redirect, &account, &scopes, code.clone(), now);
        code
    };
    let complete = GrantComplete {
        state: begun.state,
        code: Some(code),
        error: None,
    };
    let completed = app.complete_grant(actor(), complete).await;
    let mut world = lock(shared);
    match completed {
        Ok((grant_id, _)) => {
            let now = time::now();
            let office_of = &mut world.offices[office];
            (
                office_of.grant_id,
                office_of.revoked_at,
                office_of.consented_at,
            ) = (Some(grant_id), None, now);
            world.tell(None, format!("clinic {office} has given its consent"));
            Some(grant_id)
        }
        Err(error) => {
            world.tell(
                None,
                format!("clinic {office} could not give its consent: {}", error.code),
            );
            None
        }
    }
}

/// Everything before the year begins: clinics, consents, links, and the appointments there already are.
pub async fn found(shared: &Shared, app: &Arc<App>) {
    let offices = lock(shared).offices.len();
    let links = lock(shared).places.len();
    for link in 0..links {
        for _ in 0..3 {
            lock(shared).person_edits(link);
        }
    }
    for office in 0..offices {
        let clinic = syncward_receiver::store::clinic::Clinic {
            clinic_id: lock(shared).offices[office].clinic_id,
            name: format!("Clinic {office}"),
            time_zone: "Europe/London".to_owned(),
            opening_hours: Vec::new(),
            made_at: time::now(),
        };
        let clinic_id = clinic.clinic_id;
        let saved = app
            .store
            .write(move |tx| syncward_receiver::store::clinic::save(tx, &clinic));
        saved.await.unwrap();
        let grant_id = consent(shared, app, office).await.unwrap();
        let mine: Vec<usize> = (0..links)
            .filter(|link| lock(shared).places[*link].office == office)
            .collect();
        for link in mine {
            let google_calendar_id = lock(shared).places[link].calendar.clone();
            let known = google_calendar_id.clone();
            let linked = app.store.read(move |connection| {
                syncward_receiver::store::link::of_calendar(connection, clinic_id, &known)
            });
            let link_id = match linked.await.unwrap() {
                Some(link_id) => link_id,
                None => {
                    let draft = LinkDraft {
                        grant_id,
                        google_calendar_id,
                    };
                    app.add_link(actor(), clinic_id, draft).await.unwrap()
                }
            };
            lock(shared).places[link].link_id = link_id;
        }
    }
}
