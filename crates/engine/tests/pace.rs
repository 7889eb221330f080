//! How closely a link without push is polled, and what waits for spare quota.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::{
    Effect, Entropy, Failure, FailureClass, Input, Link, LinkId, OperationId, RunId, RunReport,
    Settings, Trigger,
};
use uuid::Uuid;

struct Counted(u64);

impl Entropy for Counted {
    fn next_u64(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// A link whose runs are answered as the test says.
struct Desk {
    link: Link,
    now: Timestamp,
    settings: Settings,
    entropy: Counted,
    running: Option<(RunId, Trigger, bool)>,
    refusal: &'static str,
}

impl Desk {
    fn new(settings: Settings, refusal: &'static str) -> Self {
        let mut desk = Self {
            link: Link::new(LinkId(Uuid::from_u128(1)), Uuid::from_u128(2)),
            now: Timestamp::from_second(1_772_438_400).unwrap(),
            settings,
            entropy: Counted(0),
            running: None,
            refusal,
        };
        desk.take(Input::Started);
        desk.finish(None);
        desk
    }

    fn take(&mut self, input: Input) {
        let (settings, entropy) = (self.settings, &mut self.entropy);
        let effects = self.link.handle(self.now, input, &settings, entropy);
        for effect in effects {
            match effect {
                Effect::StartRun {
                    run,
                    trigger,
                    spare,
                    ..
                } => self.running = Some((run, trigger, spare)),
                Effect::OpenChannel { channel, .. } => {
                    let failure = Failure {
                        class: FailureClass::Permanent,
                        reason: self.refusal.to_owned(),
                        status: Some(400),
                    };
                    self.take(Input::WatchRefused { channel, failure });
                }
                _ => {}
            }
        }
    }

    /// The run ends, and the next appointment starts so long from now.
    fn finish(&mut self, next: Option<Duration>) {
        let (run, ..) = self.running.take().expect("a run is under way");
        let report = RunReport::default();
        self.take(Input::RunFinished { run, report });
        self.know(next);
    }

    fn know(&mut self, next: Option<Duration>) {
        let next_at = next.map(|wait| self.now + wait);
        self.take(Input::AppointmentsKnown { next_at });
    }

    /// Goes on to the next run and says how long that took.
    fn next_run(&mut self) -> Duration {
        let from = self.now;
        while self.running.is_none() {
            let (at, _) = self.link.next_deadline(&self.settings).expect("a deadline");
            self.now = self.now.max(at);
            self.take(Input::DeadlineReached);
        }
        Duration::try_from(self.now.duration_since(from)).unwrap()
    }

    fn words(&self) -> String {
        let reason = self.link.view(self.now, &self.settings).reason;
        reason.expect("a reason").message
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const UNAUTHORIZED: &str = "webhookUrlUnauthorized";

#[test]
fn with_push_down_and_appointments_near_it_is_polled_every_minute() {
    let mut desk = Desk::new(Settings::default(), UNAUTHORIZED);
    assert_eq!(desk.next_run(), MINUTE * 15);
    desk.finish(Some(MINUTE * 50));
    assert!(
        desk.words()
            .contains("polled every minute, because appointments are near")
    );
    for minutes in (0..50).rev() {
        assert_eq!(desk.next_run(), MINUTE);
        // The same appointment, nearer each time.
        desk.finish(Some(MINUTE * minutes));
    }
    desk.know(None);
    assert_eq!(desk.next_run(), MINUTE * 15);
    desk.finish(None);
    assert!(!desk.words().contains("every minute"));
}

#[test]
fn it_becomes_near_between_two_runs() {
    let mut desk = Desk::new(Settings::default(), UNAUTHORIZED);
    desk.next_run();
    desk.finish(Some(MINUTE * 125));
    assert_eq!(desk.next_run(), MINUTE * 5, "two hours before it starts");
}

#[test]
fn an_appointment_that_began_is_looked_past_at_once() {
    let mut desk = Desk::new(Settings::default(), UNAUTHORIZED);
    desk.next_run();
    desk.finish(Some(Duration::from_secs(10)));
    assert_eq!(desk.next_run(), MINUTE, "what comes after it is not known");
}

#[test]
fn an_appointment_made_meanwhile_counts_at_once() {
    let mut desk = Desk::new(Settings::default(), UNAUTHORIZED);
    desk.next_run();
    desk.finish(None);
    desk.now += SignedDuration::from_mins(5);
    desk.know(Some(MINUTE * 30));
    assert_eq!(desk.next_run(), Duration::ZERO);
}

#[test]
fn polling_by_design_keeps_its_interval() {
    let without_address = Settings {
        push: false,
        ..Settings::default()
    };
    for mut desk in [
        Desk::new(without_address, ""),
        Desk::new(Settings::default(), "pushNotSupportedForRequestedResource"),
    ] {
        desk.next_run();
        assert!(!desk.link.wants_appointments(desk.now, &desk.settings));
        desk.finish(Some(MINUTE * 30));
        assert_eq!(desk.next_run(), MINUTE * 15);
    }
}

#[test]
fn a_close_poll_without_spare_quota_falls_back_to_the_interval() {
    let mut desk = Desk::new(Settings::default(), UNAUTHORIZED);
    desk.next_run();
    desk.finish(Some(MINUTE * 50));
    let ended_at = desk.now;
    let mut tries = 0;
    loop {
        desk.next_run();
        let (run, trigger, spare) = desk.running.take().unwrap();
        if !spare {
            assert_eq!(trigger, Trigger::Poll);
            break;
        }
        tries += 1;
        let wait = Duration::from_secs(40);
        desk.take(Input::RunPutOff { run, wait });
    }
    let since = desk.now.duration_since(ended_at);
    assert_eq!(since, SignedDuration::from_mins(15));
    assert!((10..25).contains(&tries), "{tries}");
}

#[test]
fn what_was_put_off_starts_at_once_when_somebody_asks() {
    let mut desk = Desk::new(Settings::default(), UNAUTHORIZED);
    desk.next_run();
    desk.finish(Some(MINUTE * 50));
    desk.next_run();
    let (run, _, spare) = desk.running.take().unwrap();
    assert!(spare);
    let wait = MINUTE;
    desk.take(Input::RunPutOff { run, wait });
    assert_eq!(desk.running, None);
    let operation = OperationId(Uuid::from_u128(9));
    desk.take(Input::SyncAsked { operation });
    let (_, trigger, spare) = desk.running.unwrap();
    assert_eq!((trigger, spare), (Trigger::Asked, false));
}
