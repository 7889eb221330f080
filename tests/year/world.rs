//! The world around the receiver: Google's model, the weather, the people, and what they all know to be true.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use syncward_engine::alert::{Policy, QuietHours, Rules};
use syncward_google_sim::model;
use tokio::sync::Notify;
use uuid::Uuid;

use super::acts::Act;
use super::alarms::Seen;
use super::book::Book;
use super::masses::Mass;
use super::tale::Tale;
use super::weather::Weather;
use super::{Plan, chance, time};

/// A broken promise.
#[derive(Clone, Debug)]
pub struct Broken {
    pub promise: &'static str,
    pub link: Option<usize>,
    pub what: String,
}

/// When the receiver dies: after so many more commits.
#[derive(Default)]
pub struct Doom {
    pub commits_left: AtomicI64,
    pub dead: AtomicBool,
    pub died: Notify,
    pub commits: AtomicI64,
}

impl Doom {
    /// What SQLite asks before each commit; true undoes it.
    pub fn refuses_commit(&self) -> bool {
        if self.dead.load(Ordering::SeqCst) {
            return true;
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        if self.commits_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
        false
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }
}

/// A clinic, its account and its grant.
pub struct Office {
    pub account: String,
    pub clinic_id: Uuid,
    pub grant_id: Option<Uuid>,
    /// Since when Google does not honour the consent.
    pub revoked_at: Option<Timestamp>,
    /// Since when the consent was last given.
    pub consented_at: Timestamp,
}

/// A calendar, its link, and what is true of it.
pub struct Place {
    pub office: usize,
    pub calendar: String,
    pub link_id: Uuid,
    /// The last call that did not go well, or another cause to wait.
    pub troubled_at: Timestamp,
    /// When Google last said that it has no push for this calendar.
    pub pushless_at: Option<Timestamp>,
    /// The last listing that was answered to its end.
    pub listed_at: Timestamp,
    pub hour: i64,
    pub calls: u32,
    pub watches: u32,
    pub edits: u32,
    /// Changes up to this revision were found in the store.
    pub checked: u64,
    /// Since when, as far as anybody looked, no channel of it is open at Google.
    pub unwatched_since: Option<Timestamp>,
    /// Writes of the receiver per event.
    pub writes: BTreeMap<String, usize>,
}

/// Figures of a year.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub calls: u64,
    pub refused: u64,
    pub posts: u64,
    pub lives: u64,
    pub channels: u64,
    pub episodes: u64,
    pub looks: u64,
    pub compared: u64,
    /// Fire drills that began.
    pub drills: u64,
    /// Deletions of most of a calendar, and what was answered about them.
    pub masses: u64,
    pub approved: u64,
    pub kept: u64,
    /// The most calls of a sliding minute.
    pub fullest_minute: usize,
}

pub struct World {
    /// Calls of the last minute of this life, and whose they were.
    pub minute: VecDeque<(Timestamp, usize)>,
    pub rng: StdRng,
    pub sim: model::World,
    pub weather: Weather,
    pub book: Book,
    pub offices: Vec<Office>,
    pub places: Vec<Place>,
    pub by_calendar: BTreeMap<String, usize>,
    pub by_account: BTreeMap<String, usize>,
    pub tale: Tale,
    pub counts: Counts,
    pub broken: Option<Broken>,
    /// Where notifications go while the receiver lives.
    pub ear: Option<Router>,
    /// Channels on which the receiver has acknowledged something.
    pub proven: BTreeSet<String>,
    /// Channels of which the receiver knows that they were opened: one whose answer was lost is nobody's to rely on.
    pub answered: BTreeSet<String>,
    /// Channels that the receiver has asked Google to stop, whatever the answer.
    pub asked_to_stop: BTreeSet<String>,
    /// Links of which a fire drill is about to stop the channel, the channels that one stopped, and whose turn it was.
    pub drilling: BTreeSet<usize>,
    pub drilled: BTreeSet<String>,
    pub drill_next: usize,
    /// Masses that nobody has answered yet.
    pub masses: Vec<Mass>,
    /// Notifications that were held back once.
    pub late: BTreeSet<u64>,
    /// The receiver's absences, oldest first.
    pub absences: Vec<(Timestamp, Timestamp)>,
    pub absent: bool,
    pub born_at: Timestamp,
    /// The receiver's clock was last stepped, or stepped back.
    pub stepped_at: Timestamp,
    pub acts: BTreeMap<(Timestamp, u64), Act>,
    pub sequence: u64,
    pub policy: Policy,
    pub seen: Seen,
    pub shown: BTreeMap<String, usize>,
    /// Commits, calls and notifications when they were last compared.
    pub measured: (Timestamp, u64, u64),
    pub committed: i64,
    pub founded_at: Option<Timestamp>,
    pub end: Timestamp,
    pub plan: Plan,
    pub doom: Arc<Doom>,
    pub changed: Arc<Notify>,
}

pub type Shared = Arc<Mutex<World>>;

/// The world, for a moment in which nobody waits.
pub fn lock(shared: &Shared) -> MutexGuard<'_, World> {
    shared
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl World {
    pub fn new(plan: Plan) -> Self {
        let start = Timestamp::from_second(1_772_438_400).unwrap();
        time::set_step(SignedDuration::ZERO);
        time::stand(start);
        let mut rng = chance::begin(plan.seed);
        let mut sim = model::World::new(plan.seed);
        sim.settings.retry_attempts_max = 6;
        let (mut offices, mut places) = (Vec::new(), Vec::new());
        let (mut by_calendar, mut by_account) = (BTreeMap::new(), BTreeMap::new());
        for office in 0..plan.clinics {
            let account = format!("desk@clinic{office}.example");
            sim.add_account(&account, "Desk", "Europe/London", start)
                .unwrap();
            by_account.insert(account.clone(), office);
            offices.push(Office {
                account,
                clinic_id: Uuid::from_u128(rand::Rng::random(&mut rng)),
                grant_id: None,
                revoked_at: None,
                consented_at: start,
            });
        }
        for link in 0..plan.links {
            let office = link % plan.clinics;
            let account = offices[office].account.clone();
            let calendar = match link < plan.clinics {
                true => account,
                false => {
                    let id = format!("chair{link}@group.calendar.google.com");
                    let made = model::calendar::Calendar::new(
                        &id,
                        &account,
                        "Chair",
                        "Europe/London",
                        start,
                    );
                    sim.add_calendar(made.unwrap()).unwrap();
                    id
                }
            };
            by_calendar.insert(calendar.clone(), link);
            places.push(Place {
                office,
                calendar,
                link_id: Uuid::nil(),
                troubled_at: start,
                pushless_at: None,
                listed_at: start,
                hour: 0,
                calls: 0,
                watches: 0,
                edits: 0,
                checked: 0,
                unwatched_since: None,
                writes: BTreeMap::new(),
            });
        }
        Self {
            minute: VecDeque::new(),
            rng,
            sim,
            weather: Weather::default(),
            book: Book::default(),
            offices,
            places,
            by_calendar,
            by_account,
            tale: Tale::new(plan.follows),
            counts: Counts::default(),
            broken: None,
            ear: None,
            proven: BTreeSet::new(),
            answered: BTreeSet::new(),
            asked_to_stop: BTreeSet::new(),
            drilling: BTreeSet::new(),
            drilled: BTreeSet::new(),
            drill_next: 0,
            masses: Vec::new(),
            late: BTreeSet::new(),
            absences: Vec::new(),
            absent: true,
            born_at: start,
            stepped_at: start,
            acts: BTreeMap::new(),
            sequence: 0,
            policy: Policy::new(Rules::default(), QuietHours::default()),
            seen: Seen::default(),
            shown: BTreeMap::new(),
            measured: (start, 0, 0),
            committed: 0,
            founded_at: None,
            end: start + SignedDuration::from_hours(24 * i64::from(plan.days)),
            plan,
            doom: Arc::default(),
            changed: Arc::default(),
        }
    }

    pub fn tell(&mut self, link: Option<usize>, line: String) {
        self.tale.tell(time::now(), link, line);
    }

    /// Notes a broken promise; the first one counts.
    pub fn breaks(&mut self, promise: &'static str, link: Option<usize>, what: String) {
        self.tell(link, format!("BROKEN {promise}: {what}"));
        self.broken.get_or_insert(Broken {
            promise,
            link,
            what,
        });
        self.changed.notify_one();
    }

    pub fn plan_act(&mut self, at: Timestamp, act: Act) {
        self.sequence += 1;
        self.acts.insert((at, self.sequence), act);
    }

    pub fn later(&mut self, wait: SignedDuration, act: Act) {
        self.plan_act(time::now() + wait, act);
    }

    /// A cause to wait for everything of a link, or of every link of a clinic.
    pub fn trouble(&mut self, office: Option<usize>, link: Option<usize>) {
        let now = time::now();
        for (index, place) in self.places.iter_mut().enumerate() {
            let touched = match (link, office) {
                (Some(link), _) => link == index,
                (None, Some(office)) => office == place.office,
                (None, None) => true,
            };
            if touched {
                place.troubled_at = now;
            }
        }
    }

    /// Since when nothing kept the receiver from this link.
    pub fn clear_since(&self, link: usize) -> Option<Timestamp> {
        let place = &self.places[link];
        let office = &self.offices[place.office];
        if self.absent || office.revoked_at.is_some() || time::step() != SignedDuration::ZERO {
            return None;
        }
        Some(
            place
                .troubled_at
                .max(self.born_at)
                .max(self.stepped_at)
                .max(office.consented_at),
        )
    }

    /// However much happens, the receiver writes in proportion: no loop that finds nothing to do and looks again.
    pub fn judge_commits(&mut self) {
        let commits = self.doom.commits.load(Ordering::SeqCst);
        let (since, calls, posts) = self.measured;
        let hours = time::now().duration_since(since).as_secs() / 3600;
        if hours < 6 {
            return;
        }
        let links = i64::try_from(self.places.len()).unwrap_or(i64::MAX);
        let grown = |now: u64, before: u64| i64::try_from(now - before).unwrap_or(i64::MAX);
        let work = grown(self.counts.calls, calls) + grown(self.counts.posts, posts);
        let most = 6 * work + 6 * hours + 12 * links + 200;
        let done = commits - self.committed;
        self.measured = (time::now(), self.counts.calls, self.counts.posts);
        self.committed = commits;
        if done > most {
            let what = format!("{done} commits in {hours} h for {work} calls and notifications");
            self.breaks("work bounded", None, what);
        }
    }

    /// However much there is to do, no sliding minute holds more calls than the quotas allow.
    pub fn judge_quota(&mut self, office: usize) {
        // Calls whose token Google has just refused are repeated at once.
        const REPEATED_MOST: u32 = 4;
        let now = time::now();
        self.minute.push_back((now, office));
        while self
            .minute
            .front()
            .is_some_and(|(at, _)| now.duration_since(*at) >= SignedDuration::from_mins(1))
        {
            self.minute.pop_front();
        }
        let all = self.minute.len();
        let mine = self.minute.iter().filter(|(_, of)| *of == office).count();
        self.counts.fullest_minute = self.counts.fullest_minute.max(all);
        let most = self.plan.quotas;
        let kept = |calls: usize, most: u32| calls <= (most + REPEATED_MOST) as usize;
        if !kept(all, most.project) || !kept(mine, most.user) {
            let what = format!("{all} calls in a minute, {mine} of clinic {office}");
            self.breaks("quotas are kept", None, what);
        }
    }

    /// Whether the last minute's calls leave nothing but what is kept for channels, so that runs have to wait.
    pub fn has_no_quota_left(&self, link: usize) -> bool {
        const FULL_PERCENT: usize = 80;
        let office = self.places[link].office;
        let since = time::now() - SignedDuration::from_mins(1);
        let lately = self.minute.iter().filter(|(at, _)| *at > since);
        let mine = lately.clone().filter(|(_, of)| *of == office).count();
        let full = |calls: usize, most: u32| calls * 100 >= most as usize * FULL_PERCENT;
        full(lately.count(), self.plan.quotas.project) || full(mine, self.plan.quotas.user)
    }

    /// Counts a call of this hour and checks that work stays bounded.
    pub fn count_call(&mut self, link: usize, watch: bool) {
        let hour = time::now().as_second() / 3600;
        let place = &mut self.places[link];
        if place.hour != hour {
            (place.hour, place.calls, place.watches, place.edits) = (hour, 0, 0, 0);
        }
        place.calls += 1;
        place.watches += u32::from(watch);
        let (calls, watches, edits) = (place.calls, place.watches, place.edits);
        // Retries by backoff from 5 s, checks, renewals, and so many calls per edit and its notifications.
        if calls > 90 + 12 * edits {
            self.breaks(
                "work bounded",
                Some(link),
                format!("{calls} calls in one hour, {edits} edits"),
            );
        }
        // In a channel's last hour the tries to replace it come closer: a share of what is left, down to a minute.
        if watches > 30 {
            self.breaks(
                "work bounded",
                Some(link),
                format!("{watches} channels asked for in one hour"),
            );
        }
    }
}
