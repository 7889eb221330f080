//! Whether push announced a change: the delivery rate's numerator, denominator and grace.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How a change that a run found relates to the notifications of its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// A notification came after the change and before the run, or the change is too young to have been announced.
    Announced,
    /// Nothing announced it within the grace time.
    Missed,
    /// There is no push to judge.
    NotJudged,
}

/// Judges one change found by a run at `found_at`.
///
/// `changed_at` is Google's `updated`; `notified_at` is when the link's last notification arrived before the run
/// listed. A notification may come up to `grace` before Google's own time of change, since clocks differ.
pub fn judge(
    changed_at: Timestamp,
    found_at: Timestamp,
    notified_at: Option<Timestamp>,
    push: bool,
    grace: Duration,
) -> Delivery {
    if !push {
        return Delivery::NotJudged;
    }
    let grace = SignedDuration::try_from(grace).unwrap_or(SignedDuration::MAX);
    let announced = notified_at.is_some_and(|at| changed_at.duration_since(at) <= grace);
    let young = found_at.duration_since(changed_at) < grace;
    if announced || young {
        Delivery::Announced
    } else {
        Delivery::Missed
    }
}

/// Judges the echo of our own edit as [`judge`] does a change, but one too young to have been announced says nothing.
pub fn judge_echo(
    changed_at: Timestamp,
    found_at: Timestamp,
    notified_at: Option<Timestamp>,
    push: bool,
    grace: Duration,
) -> Delivery {
    // Found when the grace is just over, so that youth excuses nothing.
    let late = changed_at.checked_add(grace).unwrap_or(Timestamp::MAX);
    match judge(changed_at, found_at.max(late), notified_at, push, grace) {
        Delivery::Missed if found_at < late => Delivery::NotJudged,
        judged => judged,
    }
}

/// Changes announced and all changes, over some time; adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryCount {
    pub announced: u64,
    pub changes: u64,
}

impl DeliveryCount {
    /// Counts one judged change.
    pub fn count(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Announced => {
                self.announced += 1;
                self.changes += 1;
            }
            Delivery::Missed => self.changes += 1,
            Delivery::NotJudged => {}
        }
    }

    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        self.announced += other.announced;
        self.changes += other.changes;
    }

    /// The share announced, in 0…1; none without a change.
    pub fn rate(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let share = |part: u64, whole: u64| part as f64 / whole as f64;
        (self.changes > 0).then(|| share(self.announced, self.changes))
    }
}

/// What the share of `announced` in `changes` is at least, with 95 % confidence (Wilson's score interval, one-sided);
/// none without a change.
pub fn lower_bound(announced: u64, changes: u64) -> Option<f64> {
    /// The normal distribution's 95th percentile.
    const Z: f64 = 1.644_853_626_951_472_2;
    if changes == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let (n, share) = (
        changes as f64,
        announced.min(changes) as f64 / changes as f64,
    );
    let square = Z * Z;
    let middle = share + square / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    Some(((middle - half) / (1.0 + square / n)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    const GRACE: Duration = Duration::from_secs(60);

    #[test]
    fn a_change_older_than_the_grace_without_a_later_notification_is_missed() {
        assert_eq!(
            judge(at(1000), at(1100), None, true, GRACE),
            Delivery::Missed
        );
        assert_eq!(
            judge(at(1000), at(1100), Some(at(900)), true, GRACE),
            Delivery::Missed
        );
        assert_eq!(
            judge(at(1000), at(1060), None, true, GRACE),
            Delivery::Missed
        );
    }

    #[test]
    fn a_young_change_and_an_announced_one_are_not_missed() {
        assert_eq!(
            judge(at(1000), at(1059), None, true, GRACE),
            Delivery::Announced
        );
        assert_eq!(
            judge(at(1000), at(1900), Some(at(1002)), true, GRACE),
            Delivery::Announced
        );
        assert_eq!(
            judge(at(1000), at(1900), Some(at(940)), true, GRACE),
            Delivery::Announced
        );
    }

    #[test]
    fn an_echo_too_young_to_have_been_announced_says_nothing() {
        let echo = |found_at, notified_at| judge_echo(at(1000), found_at, notified_at, true, GRACE);
        assert_eq!(echo(at(1030), None), Delivery::NotJudged);
        assert_eq!(echo(at(1030), Some(at(1001))), Delivery::Announced);
        assert_eq!(echo(at(1060), None), Delivery::Missed);
        assert_eq!(
            judge_echo(at(1000), at(1900), Some(at(1001)), false, GRACE),
            Delivery::NotJudged
        );
    }

    #[test]
    fn the_bound_is_wilsons_and_far_from_the_rate_while_little_is_known() {
        let near = |bound: Option<f64>, wanted: f64| {
            assert!(
                bound.is_some_and(|it| (it - wanted).abs() < 1e-4),
                "{bound:?}"
            );
        };
        // With a share of one it is n / (n + z²).
        near(lower_bound(10, 10), 10.0 / 12.705_543);
        near(lower_bound(990, 1000), 0.983_3);
        near(lower_bound(0, 5), 0.0);
        assert_eq!(lower_bound(0, 0), None);
        assert!(lower_bound(99, 100) < lower_bound(990, 1000));
    }

    #[test]
    fn polling_is_not_judged_and_counts_nothing() {
        let delivery = judge(at(0), at(9999), None, false, GRACE);
        let mut count = DeliveryCount::default();
        count.count(delivery);
        assert_eq!(count.rate(), None);
        count.count(Delivery::Announced);
        count.count(Delivery::Missed);
        assert_eq!(count.rate(), Some(0.5));
    }
}
