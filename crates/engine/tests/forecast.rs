//! The forecast against the engine itself, driven through the same two weeks.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use syncward_engine::forecast::{CatchUp, HOURS, Known, absence, forecast};
use syncward_engine::{
    Effect, Entropy, Failure, FailureClass, Input, Link, LinkId, NotificationKind, RunReport,
    Settings,
};
use uuid::Uuid;

struct Seeded(u64);

impl Entropy for Seeded {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }
}

/// A call to Google, when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Open,
    Stop,
    List,
}

/// A link under a Google that answers at once and as asked.
struct Life {
    link: Link,
    now: Timestamp,
    settings: Settings,
    entropy: Seeded,
    calls: Vec<(Timestamp, Call)>,
    refuses: bool,
}

impl Life {
    fn new(settings: Settings, seed: u64, refuses: bool) -> Self {
        let mut entropy = Seeded(seed);
        let id =
            Uuid::from_u128(u128::from(entropy.next_u64()) << 64 | u128::from(entropy.next_u64()));
        let mut life = Self {
            link: Link::new(LinkId(id), Uuid::from_u128(2)),
            now: Timestamp::from_second(1_772_438_400).unwrap(),
            settings,
            entropy,
            calls: Vec::new(),
            refuses,
        };
        life.take(Input::Started);
        life
    }

    fn take(&mut self, input: Input) {
        let effects = self
            .link
            .handle(self.now, input, &self.settings, &mut self.entropy);
        for effect in effects {
            match effect {
                Effect::OpenChannel {
                    channel,
                    expires_at,
                    ..
                } => {
                    self.calls.push((self.now, Call::Open));
                    if self.refuses {
                        let failure = Failure {
                            class: FailureClass::Permanent,
                            reason: "webhookUrlUnauthorized".into(),
                            status: Some(401),
                        };
                        self.take(Input::WatchRefused { channel, failure });
                        continue;
                    }
                    self.take(Input::WatchOpened {
                        channel: channel.clone(),
                        resource_id: "resource".into(),
                        expires_at,
                    });
                    self.take(Input::Notified {
                        channel,
                        kind: NotificationKind::Handshake,
                        received_at: self.now,
                    });
                }
                Effect::StopChannel { channel, .. } => {
                    self.calls.push((self.now, Call::Stop));
                    self.take(Input::ChannelStopped { channel });
                }
                Effect::StartRun { run, .. } => {
                    self.calls.push((self.now, Call::List));
                    let report = RunReport::default();
                    self.take(Input::RunFinished { run, report });
                }
                Effect::Record { .. }
                | Effect::Step { .. }
                | Effect::Watch { .. }
                | Effect::Drill { .. } => {}
            }
        }
    }

    fn live_until(&mut self, until: Timestamp) {
        while let Some((at, _)) = self.link.next_deadline(&self.settings)
            && at < until
        {
            self.now = self.now.max(at);
            self.take(Input::DeadlineReached);
        }
        self.now = until;
    }

    fn known(&self) -> Known<'_> {
        Known {
            link: &self.link,
            user: Uuid::from_u128(3),
            has_cursor: true,
        }
    }

    fn calls_since(&self, from: Timestamp, call: Call) -> Vec<Timestamp> {
        let calls = self.calls.iter();
        calls
            .filter(|(at, made)| *at >= from && *made == call)
            .map(|(at, _)| *at)
            .collect()
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    (10_u64..240, 1_u64..120, 5_u64..90, 5_u64..90, 1_u64..60).prop_map(
        |(ttl_h, before_h, check_m, poll_m, overlap_m)| Settings {
            channel_ttl: Duration::from_secs(ttl_h * 3600),
            renew_before: Duration::from_secs(before_h * 3600),
            check_interval: Duration::from_secs(check_m * 60),
            poll_interval: Duration::from_secs(poll_m * 60),
            overlap: Duration::from_secs(overlap_m * 60),
            ..Settings::default()
        },
    )
}

fn after(at: Timestamp, duration: Duration) -> Timestamp {
    at + SignedDuration::try_from(duration).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_engine_does_what_was_foretold(
        settings in settings(),
        seed in any::<u64>(),
        aged_m in 1_u64..20_000,
        refuses in prop::bool::weighted(0.1),
    ) {
        let mut life = Life::new(settings, seed, refuses);
        life.live_until(after(life.now, Duration::from_secs(aged_m * 60)));
        let from = life.now;
        let told = forecast(from, &[life.known()], &settings);
        life.live_until(after(from, Duration::from_secs(HOURS as u64 * 3600)));

        let opened = life.calls_since(from, Call::Open);
        let renewals = &told.links[0].renewals;
        if refuses {
            prop_assert!(renewals.is_empty());
        } else {
            for (at, renewal) in opened.iter().zip(renewals) {
                prop_assert!((renewal.earliest..=renewal.latest).contains(at), "{at} is not in {renewal:?}");
            }
            // Only the last one may fall beyond the end by its jitter.
            let certain = renewals.iter().filter(|one| one.latest < life.now).count();
            prop_assert!((certain..=renewals.len()).contains(&opened.len()), "{opened:?} {renewals:?}");
        }
        // Listings hour by hour, within the one that falls on either side of an hour's end.
        let lists = life.calls_since(from, Call::List);
        for (place, hour) in told.hours.iter().enumerate() {
            let start = after(from, Duration::from_secs(place as u64 * 3600));
            let end = after(start, Duration::from_secs(3600));
            let made = lists.iter().filter(|at| **at >= start && **at < end).count();
            let foretold = (hour.checks + hour.polls) as usize;
            prop_assert!(made.abs_diff(foretold) <= 1, "hour {place}: {made} made, {foretold} foretold");
        }
        prop_assert_eq!(told.busiest_user, told.hours[told.peak].calls());
    }

    #[test]
    fn an_absence_does_what_was_foretold(
        settings in settings(),
        seed in any::<u64>(),
        aged_m in 1_u64..20_000,
        wait_m in 1_u64..10_000,
        off_m in 120_u64..10_000,
    ) {
        let mut life = Life::new(settings, seed, false);
        life.live_until(after(life.now, Duration::from_secs(aged_m * 60)));
        let off_from = after(life.now, Duration::from_secs(wait_m * 60));
        let off_until = after(off_from, Duration::from_secs(off_m * 60));
        let told = absence(life.now, (off_from, off_until), &[life.known()], &settings);
        let one = told.links[0];
        life.live_until(off_from);
        // What is under way around a renewal is not foretold to the minute.
        let view = life.link.view(off_from, &settings);
        let channel = view.channel.unwrap();
        prop_assume!(view.state == syncward_engine::view::LinkState::Live);
        let read_at = *life.calls_since(Timestamp::MIN, Call::List).last().unwrap();

        let expires_at = channel.expires_at.unwrap();
        prop_assert!(one.lapses_at.is_none_or(|at| at <= expires_at), "{one:?} {expires_at}");
        if expires_at < off_until {
            prop_assert!(one.lapses_at.is_some(), "{expires_at} was not foretold");
        }
        // Where no jitter lies between, to the second.
        let exact = channel.generation == 1;
        if exact {
            prop_assert_eq!(one.lapses_at, Some(expires_at).filter(|at| *at < off_until));
        }

        life.now = off_until;
        life.take(Input::Woke { asleep_from: off_from });
        let back = life.now;
        prop_assert!(!life.calls_since(back, Call::List).is_empty(), "caught up at once");
        prop_assert!(one.staleness >= Duration::try_from(back.duration_since(off_from)).unwrap());
        prop_assert!(back.duration_since(read_at) >= SignedDuration::ZERO);
        prop_assert_eq!(one.catches_up, CatchUp::ByCursor);
        let made = life.calls.iter().filter(|(at, _)| *at >= back).count();
        let stops_later = usize::from(one.calls == 3 && one.lapses_at.is_none());
        if exact {
            prop_assert_eq!(made + stops_later, one.calls as usize, "{:?} {:?}", one, &life.calls[life.calls.len() - made..]);
        }
    }
}

#[test]
fn a_fleet_is_spread_and_its_peak_is_named() {
    let settings = Settings::default();
    let lives: Vec<Life> = (0..300)
        .map(|seed| Life::new(settings, seed, false))
        .collect();
    let known: Vec<Known<'_>> = lives.iter().map(Life::known).collect();
    let told = forecast(lives[0].now, &known, &settings);
    let peak = told.hours[told.peak];
    assert!(told.hours.iter().all(|hour| hour.calls() <= peak.calls()));
    assert_eq!(peak.checks, 1200, "four an hour each");
    // All were connected in the same moment, and yet no hour renews more than a fraction of them.
    let most = told.hours.iter().map(|hour| hour.renewals).max().unwrap();
    assert!((2..=160).contains(&most), "{most}");
    let all: u32 = told.hours.iter().map(|hour| hour.renewals).sum();
    assert!(all >= 300 * 2 * 2, "{all}");
}

#[test]
fn a_weekend_off_outlives_no_channel_that_was_young() {
    let settings = Settings::default();
    let life = Life::new(settings, 1, false);
    let hours = |hours: u64| after(life.now, Duration::from_secs(hours * 3600));
    let weekend = absence(life.now, (hours(24), hours(60)), &[life.known()], &settings);
    let one = weekend.links[0];
    assert_eq!((one.lapses_at, one.calls), (None, 1));
    assert_eq!(one.staleness, Duration::from_secs(36 * 3600));
    let fortnight = absence(
        life.now,
        (hours(24), hours(300)),
        &[life.known()],
        &settings,
    );
    let one = fortnight.links[0];
    assert!(one.lapses_at.unwrap() < hours(7 * 24));
    assert_eq!(one.calls, 3);
}

#[test]
fn what_stands_still_is_foretold_as_such() {
    let settings = Settings::default();
    let mut life = Life::new(settings, 1, false);
    life.take(Input::PauseAsked);
    let told = forecast(life.now, &[life.known()], &settings);
    assert_eq!(told.hours[told.peak].calls(), 0);
    assert_eq!(
        (told.links[0].renewals.len(), told.links[0].run_every),
        (0, None)
    );
    let off = (life.now, after(life.now, Duration::from_secs(60)));
    assert!(
        absence(life.now, off, &[life.known()], &settings)
            .links
            .is_empty()
    );
}
