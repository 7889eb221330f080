//! A year in a minute: the real engine, executor and store, Google's client and the webhook's routes, over the
//! simulator's model, with the clock jumping to the next deadline. Seeded, so that every year can be lived again.
//!
//! Alone this lives a month of forty links. `cargo xtask year` builds it optimised and sets `SYNCWARD_YEAR_SEED` (which
//! year), `…_SEEDS` (how many), `…_DAYS`, `…_LINKS` (how large), `…_STORMS` (how rough) and `…_LINK` (whose
//! whole timeline is kept).
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::print_stderr,
    reason = "many years take long, and say how far they are"
)]

#[path = "year/acts.rs"]
mod acts;
#[path = "year/alarms.rs"]
mod alarms;
#[path = "year/book.rs"]
mod book;
#[path = "year/chance.rs"]
mod chance;
#[path = "year/drills.rs"]
mod drills;
#[path = "year/google.rs"]
mod google;
#[path = "year/judge.rs"]
mod judge;
#[path = "year/life.rs"]
mod life;
#[path = "year/masses.rs"]
mod masses;
#[path = "year/tale.rs"]
mod tale;
#[path = "year/time.rs"]
mod time;
#[path = "year/weather.rs"]
mod weather;
#[path = "year/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use syncward_engine::Settings;

use syncward_receiver::exec::quota::Limits;
use world::{Broken, Counts};

/// A year is mostly small allocations of one thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What kind of year it is.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub days: u32,
    pub clinics: usize,
    pub links: usize,
    /// Whether anything goes wrong.
    pub rough: bool,
    /// How many times rougher than usual.
    pub storms: f64,
    /// Edits per link.
    pub persons_per_year: f64,
    pub systems_per_year: f64,
    /// A crash comes within so many commits.
    pub commits_per_life: i64,
    pub alarms_every: SignedDuration,
    pub follows: Option<usize>,
    pub settings: Settings,
    pub quotas: Limits,
}

/// How a year ended.
#[derive(Debug)]
pub struct Ended {
    pub broken: Option<Broken>,
    pub counts: Counts,
    pub commits: i64,
    pub edits: u64,
    pub digest: u64,
    pub told: u64,
    pub shown: BTreeMap<String, usize>,
    pub timeline: String,
}

impl Plan {
    /// Everything goes wrong; `cargo xtask year` makes it a whole year of 300 links in 40 clinics.
    fn rough(seed: u64) -> Self {
        let links: usize = number("SYNCWARD_YEAR_LINKS").unwrap_or(40);
        Self {
            seed,
            days: number("SYNCWARD_YEAR_DAYS").unwrap_or(30),
            clinics: (links * 2).div_ceil(15),
            links,
            rough: true,
            storms: number("SYNCWARD_YEAR_STORMS").unwrap_or(4.0),
            persons_per_year: 40.0,
            systems_per_year: 20.0,
            commits_per_life: 12_000,
            alarms_every: SignedDuration::from_hours(24),
            follows: number("SYNCWARD_YEAR_LINK"),
            quotas: Limits::default(),
            // Checks are rarer than by default, so that a year fits into a minute; nothing else depends on them.
            settings: Settings {
                check_interval: Duration::from_secs(48 * 3600),
                poll_interval: Duration::from_secs(3 * 3600),
                ..Settings::default()
            },
        }
    }

    fn live(self) -> Ended {
        syncward_receiver::clock::install(time::receivers);
        syncward_receiver::entropy::install(chance::receivers);
        life::year(self)
    }
}

impl Ended {
    /// Panics with the promise, how to live the year again, and what happened.
    fn assert_kept(&self, plan: &Plan) {
        let Some(broken) = &self.broken else {
            return;
        };
        let link = broken
            .link
            .map_or(String::new(), |link| format!(" --link {link}"));
        let Plan {
            seed,
            days,
            links,
            storms,
            ..
        } = plan;
        panic!(
            "seed {seed}: broken promise: {} (link {:?}): {}\n\
             live it again: cargo xtask year --from {seed} --days {days} --links {links} --storms {storms}{link}\n{}",
            broken.promise, broken.link, broken.what, self.timeline
        );
    }
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_rough_year_breaks_no_promise() {
    let first = number("SYNCWARD_YEAR_SEED").unwrap_or(1);
    let seeds: u64 = number("SYNCWARD_YEAR_SEEDS").unwrap_or(1);
    for seed in first..first + seeds {
        let plan = Plan::rough(seed);
        let began = Instant::now();
        let ended = plan.clone().live();
        eprintln!(
            "seed {seed}: {:.1} s, {} commits, {} edits, {} lines, {:?}, alerts {:?}",
            began.elapsed().as_secs_f64(),
            ended.commits,
            ended.edits,
            ended.told,
            ended.counts,
            ended.shown
        );
        ended.assert_kept(&plan);
    }
}

#[test]
fn a_quiet_healthy_year_raises_no_alert() {
    let plan = Plan {
        clinics: 2,
        links: 6,
        days: 365,
        rough: false,
        alarms_every: SignedDuration::from_hours(1),
        ..Plan::rough(7)
    };
    plan.clone().live().assert_kept(&plan);
}

/// The year's checks are rare, so that it fits into a minute; here they are as often as in a clinic.
#[test]
fn a_rough_week_at_the_usual_intervals_breaks_no_promise() {
    let plan = Plan {
        clinics: 2,
        links: 8,
        days: 14,
        storms: 40.0,
        persons_per_year: 2_000.0,
        alarms_every: SignedDuration::from_hours(1),
        settings: Settings::default(),
        ..Plan::rough(23)
    };
    plan.clone().live().assert_kept(&plan);
}

#[test]
fn a_rough_month_with_hardly_any_quota_breaks_no_promise() {
    let plan = Plan {
        clinics: 3,
        links: 24,
        storms: 8.0,
        quotas: Limits {
            project: 40,
            user: 16,
        },
        ..Plan::rough(31)
    };
    let ended = plan.clone().live();
    ended.assert_kept(&plan);
    let fullest = ended.counts.fullest_minute;
    assert!(fullest >= 36, "the quota was never short: {fullest} calls");
}

#[test]
fn the_same_seed_lives_the_same_year() {
    let plan = Plan {
        clinics: 3,
        links: 9,
        days: 30,
        storms: 8.0,
        ..Plan::rough(11)
    };
    let (one, other) = (plan.clone().live(), plan.live());
    assert_eq!((one.told, one.digest), (other.told, other.digest));
}
