//! Budgets in simulated minutes.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
use jiff::Timestamp;

use super::kept::Unsaved;
use super::*;
use crate::store::quota_pause::Pause;
use crate::store::quota_use::Use;

const ONE: Option<Uuid> = Some(Uuid::from_u128(1));
const OTHER: Option<Uuid> = Some(Uuid::from_u128(2));

fn quotas(project: u32, user: u32) -> Quotas {
    Quotas::new(Limits { project, user })
}

async fn pass(time: Duration) {
    tokio::time::advance(time).await;
}

fn refusal(status: u16, reason: &str, retry_after_s: Option<u64>) -> Result<(), Failure> {
    Err(Failure {
        class: FailureClass::Transient {
            retry_after: retry_after_s.map(Duration::from_secs),
        },
        reason: reason.to_owned(),
        status: Some(status),
    })
}

fn taken(quotas: &Quotas, grant: Option<Uuid>, urgency: Urgency) -> u32 {
    let mut count = 0;
    while quotas.take(grant, urgency) == Turn::Taken {
        count += 1;
    }
    count
}

#[tokio::test(start_paused = true)]
async fn no_sliding_minute_ever_holds_more_than_the_budget() {
    let quotas = quotas(100, 40);
    let mut made: Vec<Instant> = Vec::new();
    // Bursts at odd moments, for ten minutes.
    for step in 0..2000_u64 {
        pass(Duration::from_millis(37 + step * 7919 % 631)).await;
        for _ in 0..step % 5 {
            if quotas.take(ONE, Urgency::Channel) == Turn::Taken {
                made.push(Instant::now());
            }
        }
    }
    for (index, first) in made.iter().enumerate() {
        let within = made[index..].iter();
        let minute = within.take_while(|at| **at < *first + Duration::from_secs(60));
        assert!(minute.count() <= 40, "more than 40 from {first:?}");
    }
    assert!(made.len() > 380, "used up: {}", made.len());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_told_when_to_ask_again_is_served_then() {
    let quotas = quotas(100, 10);
    assert_eq!(taken(&quotas, ONE, Urgency::Channel), 10);
    let Turn::At(at) = quotas.take(ONE, Urgency::Channel) else {
        panic!("not told");
    };
    assert!(at > Instant::now() + Duration::from_secs(59));
    tokio::time::sleep_until(at - Duration::from_millis(1)).await;
    assert_ne!(quotas.take(ONE, Urgency::Channel), Turn::Taken);
    tokio::time::sleep_until(at).await;
    assert_eq!(quotas.take(ONE, Urgency::Channel), Turn::Taken);
}

#[tokio::test(start_paused = true)]
async fn a_greedy_user_delays_no_other() {
    let quotas = quotas(1000, 10);
    assert_eq!(taken(&quotas, ONE, Urgency::Channel), 10);
    assert_eq!(quotas.take(OTHER, Urgency::Spare), Turn::Taken);
}

#[tokio::test(start_paused = true)]
async fn what_can_wait_leaves_room_for_what_cannot() {
    let quotas = quotas(100, 1000);
    assert_eq!(taken(&quotas, ONE, Urgency::Spare), 50);
    assert!(quotas.until_spare(OTHER.unwrap()).is_some());
    assert_eq!(taken(&quotas, ONE, Urgency::Prompt), 40);
    assert_eq!(taken(&quotas, ONE, Urgency::Channel), 10);
    assert_eq!(
        quotas.used(),
        Used {
            project: 100,
            busiest_user: 100,
            paused: 0
        }
    );
    pass(Duration::from_secs(62)).await;
    assert_eq!(quotas.until_spare(OTHER.unwrap()), None);
    assert_eq!(quotas.used().project, 0);
}

#[tokio::test(start_paused = true)]
async fn the_smallest_budget_lets_everything_through_in_turn() {
    let quotas = quotas(1, 1);
    for urgency in [Urgency::Spare, Urgency::Prompt, Urgency::Channel] {
        assert_eq!(quotas.take(ONE, urgency), Turn::Taken);
        pass(Duration::from_secs(62)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_users_quota_pauses_that_user_as_long_as_google_says() {
    let quotas = quotas(100, 100);
    quotas.hear(ONE, &refusal(403, "userRateLimitExceeded", Some(30)));
    let until = Turn::At(Instant::now() + Duration::from_secs(30));
    assert_eq!(quotas.take(ONE, Urgency::Channel), until);
    assert_eq!(quotas.take(OTHER, Urgency::Channel), Turn::Taken);
    assert_eq!(quotas.used().paused, 1);
    pass(Duration::from_secs(30)).await;
    assert_eq!(quotas.take(ONE, Urgency::Channel), Turn::Taken);
}

#[tokio::test(start_paused = true)]
async fn the_projects_quota_pauses_everybody() {
    let quotas = quotas(100, 100);
    quotas.hear(ONE, &refusal(403, "dailyLimitExceeded", Some(20)));
    assert_ne!(quotas.take(OTHER, Urgency::Channel), Turn::Taken);
}

#[tokio::test(start_paused = true)]
async fn an_unnamed_quota_is_the_projects_once_two_users_hear_of_it() {
    let quotas = quotas(100, 100);
    let third = Some(Uuid::from_u128(3));
    quotas.hear(ONE, &refusal(403, "rateLimitExceeded", Some(20)));
    assert_ne!(quotas.take(ONE, Urgency::Channel), Turn::Taken);
    assert_eq!(quotas.take(third, Urgency::Channel), Turn::Taken);
    quotas.hear(OTHER, &refusal(403, "rateLimitExceeded", Some(20)));
    assert_ne!(quotas.take(third, Urgency::Channel), Turn::Taken);
}

#[tokio::test(start_paused = true)]
async fn a_calendars_own_limit_pauses_nobody() {
    let quotas = quotas(100, 100);
    quotas.hear(ONE, &refusal(403, "calendarUsageLimits", Some(20)));
    assert_eq!(quotas.take(ONE, Urgency::Spare), Turn::Taken);
}

#[tokio::test(start_paused = true)]
async fn pauses_double_until_google_is_content() {
    let quotas = quotas(100, 100);
    let mut waits = Vec::new();
    for _ in 0..8 {
        quotas.hear(ONE, &refusal(429, "rateLimitExceeded", None));
        // Answers to calls that were under way make it no longer.
        quotas.hear(ONE, &refusal(429, "rateLimitExceeded", None));
        let Turn::At(at) = quotas.take(ONE, Urgency::Channel) else {
            panic!("not paused");
        };
        waits.push(at - Instant::now());
        tokio::time::sleep_until(at).await;
    }
    for (index, wait) in waits.iter().enumerate() {
        let whole = Duration::from_secs((1 << index).min(60));
        assert!(*wait <= whole && *wait > whole * 3 / 4, "{waits:?}");
    }
    quotas.hear(ONE, &Ok(()));
    quotas.hear(ONE, &refusal(429, "rateLimitExceeded", None));
    let Turn::At(at) = quotas.take(ONE, Urgency::Channel) else {
        panic!("not paused");
    };
    assert!(at - Instant::now() <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_long_pause_is_answered_at_once_with_what_is_left_of_it() {
    let quotas = quotas(100, 100);
    quotas.hear(ONE, &refusal(429, "rateLimitExceeded", Some(600)));
    pass(Duration::from_secs(100)).await;
    let Turn::Refused(failure) = quotas.take(ONE, Urgency::Channel) else {
        panic!("made to wait");
    };
    let retry_after = Some(Duration::from_secs(500));
    assert_eq!(failure.class, FailureClass::Transient { retry_after });
    assert!(failure.is_a_quota());
}

#[tokio::test(start_paused = true)]
async fn a_restart_begins_with_what_is_left_of_the_minute_and_of_the_pause() {
    let now = Timestamp::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let used = |seconds_ago: i64, calls| Use {
        grant: ONE,
        second: now.as_second() - seconds_ago,
        calls,
    };
    let kept = Unsaved {
        uses: vec![used(5, 3), used(50, 4), used(62, 100)],
        pauses: vec![Pause {
            grant: OTHER,
            until: now + Duration::from_secs(40),
            reason: "userRateLimitExceeded".to_owned(),
            status: Some(403),
            refusals: 2,
        }],
    };
    let quotas = quotas(100, 10);
    quotas.learn(now, &kept);
    assert_eq!(quotas.used().project, 7, "one call has left the minute");
    assert_eq!(taken(&quotas, ONE, Urgency::Channel), 3);
    let Turn::At(at) = quotas.take(OTHER, Urgency::Channel) else {
        panic!("its pause lasts");
    };
    assert_eq!(at, Instant::now() + Duration::from_secs(40));
    pass(Duration::from_secs(13)).await;
    assert_eq!(taken(&quotas, ONE, Urgency::Channel), 4);
    pass(Duration::from_secs(28)).await;
    assert_eq!(quotas.take(OTHER, Urgency::Channel), Turn::Taken);
}

#[tokio::test(start_paused = true)]
async fn calls_of_others_are_counted_once_however_often_they_are_told() {
    let now = Timestamp::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let told = |calls: &[u32]| Unsaved {
        uses: calls
            .iter()
            .map(|&calls| Use {
                grant: ONE,
                second: now.as_second() - 5,
                calls,
            })
            .collect(),
        pauses: Vec::new(),
    };
    let quotas = quotas(100, 10);
    quotas.learn(now, &told(&[3]));
    quotas.learn(now, &told(&[3]));
    assert_eq!(quotas.used().project, 3);
    // Two others in the same second, one of them with more than before.
    quotas.learn(now, &told(&[4, 2]));
    assert_eq!(quotas.used().project, 6);
    assert_eq!(taken(&quotas, ONE, Urgency::Channel), 4);
    assert_eq!(
        quotas
            .unsaved(now)
            .uses
            .iter()
            .map(|one| one.calls)
            .sum::<u32>(),
        4
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_not_shortened_by_what_others_were_told() {
    let now = Timestamp::UNIX_EPOCH;
    let quotas = quotas(100, 10);
    quotas.hear(ONE, &refusal(403, "userRateLimitExceeded", Some(30)));
    let mut told = quotas.unsaved(now);
    told.pauses[0].until = now + Duration::from_secs(10);
    quotas.learn(now, &told);
    let Turn::At(at) = quotas.take(ONE, Urgency::Channel) else {
        panic!("its pause lasts");
    };
    assert_eq!(at, Instant::now() + Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_is_told_once_to_be_written_down() {
    let quotas = quotas(100, 10);
    let now = Timestamp::UNIX_EPOCH;
    for _ in 0..3 {
        assert_eq!(quotas.take(ONE, Urgency::Channel), Turn::Taken);
    }
    quotas.hear(ONE, &refusal(403, "userRateLimitExceeded", Some(30)));
    let unsaved = quotas.unsaved(now);
    let calls: u32 = unsaved.uses.iter().map(|one| one.calls).sum();
    assert_eq!(calls, 3);
    let [pause] = &unsaved.pauses[..] else {
        panic!("{unsaved:?}");
    };
    assert_eq!(
        (pause.grant, pause.until),
        (ONE, now + Duration::from_secs(30))
    );
    assert_eq!(quotas.unsaved(now), Unsaved::default());
}
