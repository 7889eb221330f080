//! Renewal in numbers: how far a fleet's expiries are spread, and how often a refused renewal is tried.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::{FailureClass, LinkId, Settings};
use uuid::Uuid;

use super::google::failure;
use super::script::Action;
use super::world::World;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Checks seldom: they are not looked at here.
fn settings() -> Settings {
    Settings {
        check_interval: Duration::from_secs(6 * 3600),
        ..Settings::default()
    }
}

fn world(number: u128) -> World {
    // As random as real ids are.
    let id = Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    let mut world = World::new(settings(), u64::try_from(number).unwrap());
    world.link.id = LinkId(id);
    world.act(Action::Start);
    world.run_until(Duration::from_secs(60));
    world
}

/// When the channel in charge expires, and when it is renewed.
fn times(world: &World) -> (Timestamp, Timestamp) {
    let channel = world
        .link
        .view(world.now, &world.settings)
        .channel
        .expect("a channel");
    (
        channel.expires_at.expect("granted"),
        channel.renews_at.expect("live"),
    )
}

#[test]
fn a_fleet_connected_in_one_moment_expires_and_renews_spread_over_hours() {
    let (mut lives, mut renewals) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..300 {
        let world = world(number);
        let (expires_at, renews_at) = times(&world);
        let life = expires_at.duration_since(world.start);
        let permille = life.as_millis() / (7 * 86_400);
        assert!(
            (900..=1000).contains(&permille),
            "{permille} ‰ of the life asked for"
        );
        let window = SignedDuration::from_hours(48);
        let jitter = renews_at.duration_since(expires_at - window);
        assert!(
            (SignedDuration::ZERO..=window / 10).contains(&jitter),
            "renewed {jitter} into its window"
        );
        lives.insert(permille);
        renewals.insert(renews_at.as_second() / 3600);
        assert_eq!(
            times(&self::world(number)),
            (expires_at, renews_at),
            "the same each time"
        );
    }
    assert!(lives.len() > 90, "{} of 101 steps are used", lives.len());
    assert!(
        renewals.len() >= 17,
        "renewed within {} hours",
        renewals.len()
    );
}

#[test]
fn a_refused_renewal_is_tried_from_each_minute_to_each_hour_through_its_window() {
    let mut world = world(1);
    let (expires_at, renews_at) = times(&world);
    let class = FailureClass::Transient { retry_after: None };
    world.act(Action::Open(Some(failure(class, "backendError"))));
    let opened_before = world.seen.opened.len();
    world.run_until(DAY * 7);
    let tries: Vec<Timestamp> = world.seen.opened[opened_before..]
        .iter()
        .copied()
        .filter(|at| *at < expires_at)
        .collect();
    let first = tries[0].duration_since(renews_at);
    assert!(
        first < SignedDuration::from_secs(1),
        "{first} after it is due"
    );
    let gaps: Vec<Duration> = tries
        .windows(2)
        .map(|pair| Duration::try_from(pair[1].duration_since(pair[0])).unwrap())
        .collect();
    assert!(
        (45..=61).contains(&gaps[0].as_secs()),
        "first after {:?}",
        gaps[0]
    );
    assert!(gaps[1] > gaps[0] && gaps[2] > gaps[1], "{gaps:?}");
    assert!(
        gaps.iter().all(|gap| *gap <= HOUR + Duration::from_secs(1)),
        "{gaps:?}"
    );
    // Over 43 h and more: six while it doubles, then an hourly one at least, denser in the last four hours.
    assert!((50..=90).contains(&tries.len()), "{} tries", tries.len());
    let last = expires_at.duration_since(*tries.last().unwrap());
    assert!(
        last <= SignedDuration::from_mins(2),
        "given up {last} before the end"
    );
    // The old one stays in charge to its very end, then the link is polled; nobody has been without either.
    let watched: Vec<String> = world
        .ledger
        .iter()
        .map(|(_, watching)| format!("{watching:?}"))
        .collect();
    assert!(
        !watched.iter().any(|one| one.contains("Gap")),
        "{watched:?}"
    );
    world.act(Action::Open(None));
    world.run_until(DAY * 8);
    assert!(times(&world).0 > expires_at, "renewed once Google is well");
}
