//! A calendar's rhythm: how often it changes at each hour of the week, so that silence can be called usual or not.
//!
//! Changes close together count as one sign. Old weeks fade, so that a new habit is learned within a month.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

const HOURS: usize = 7 * 24;
const HOUR_S: f64 = 3600.0;
const WEEK_S: f64 = 7.0 * 24.0 * HOUR_S;
/// Weeks after which what was seen counts half.
const HALF_LIFE_WEEKS: f64 = 4.0;
/// Changes within this are one visit to the calendar.
const ONE_SIGN: SignedDuration = SignedDuration::from_mins(2);
/// Longer stretches of not looking teach nothing.
const LOOKED_MOST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Fewer signs make no rhythm, …
const SIGNS_LEAST: f64 = 8.0;
/// … and so does less than a week.
const SEEN_LEAST_HOURS: f64 = 7.0 * 24.0;
/// Signs that an hour (with its neighbours) needs to speak for itself.
const OWN_LEAST: f64 = 3.0;
/// With so many signs expected, none at all has a chance below 1 %.
const UNUSUAL_FROM: f64 = 4.6;
/// Nobody looks further ahead than this.
const SILENT_WEEKS_MOST: i64 = 200;

/// What was seen in one hour of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Cell(f64, f64);

impl Cell {
    fn add(self, other: Self, share: f64) -> Self {
        Self(self.0 + other.0 * share, self.1 + other.1 * share)
    }

    /// Signs per hour.
    fn rate(self) -> f64 {
        if self.1 > 0.0 { self.0 / self.1 } else { 0.0 }
    }
}

/// What was learned of one calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Signs and hours seen, by hour of the week from Monday's midnight.
    cells: Vec<Cell>,
    last_sign_at: Option<Timestamp>,
    seen_until: Option<Timestamp>,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            cells: vec![Cell::default(); HOURS],
            last_sign_at: None,
            seen_until: None,
        }
    }
}

/// What a silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Usual,
    Unusual,
    /// Too little was seen to say.
    Unknown,
}

/// How often a calendar changes at some hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualGap {
    pub gap: SignedDuration,
    /// The signs it rests on, old ones counted less.
    pub signs: f64,
}

impl Rhythm {
    /// Learns that the calendar changed at these times, in order, and was watched until `now` but for `unseen`, which are
    /// in order and apart. What happened in these teaches nothing: of many changes only what was left of them is known.
    pub fn learn(
        &mut self,
        changed_at: &[Timestamp],
        unseen: &[(Timestamp, Timestamp)],
        now: Timestamp,
        zone: &TimeZone,
    ) {
        self.cells.resize(HOURS, Cell::default());
        self.see(unseen, now, zone);
        for at in changed_at {
            let apart = self
                .last_sign_at
                .is_none_or(|last| at.duration_since(last) > ONE_SIGN);
            let seen = unseen.iter().all(|(from, to)| at < from || to <= at);
            if apart && seen {
                self.cells[hour_of_week(*at, zone)].0 += 1.0;
            }
            self.last_sign_at = Some(self.last_sign_at.map_or(*at, |last| last.max(*at)));
        }
    }

    /// Until when it was looked; none before the first look.
    pub fn seen_until(&self) -> Option<Timestamp> {
        self.seen_until
    }

    /// The last change.
    pub fn last_sign_at(&self) -> Option<Timestamp> {
        self.last_sign_at
    }

    /// How often it changes at the hour of `at`: that hour with its neighbours, else its day, else the whole week.
    pub fn usual_gap(&self, at: Timestamp, zone: &TimeZone) -> Option<UsualGap> {
        if !self.is_known() {
            return None;
        }
        let cell = self.around(hour_of_week(at, zone));
        let rate = cell.rate();
        #[expect(clippy::cast_possible_truncation, reason = "a gap for people")]
        let gap = SignedDuration::from_secs((HOUR_S / rate.max(1e-6)) as i64);
        (rate > 0.0).then_some(UsualGap { gap, signs: cell.0 })
    }

    /// Whether having heard nothing until `now` is usual.
    pub fn verdict(&self, now: Timestamp, zone: &TimeZone) -> Verdict {
        match self.unusual_from(zone) {
            None => Verdict::Unknown,
            Some(at) if at <= now => Verdict::Unusual,
            Some(_) => Verdict::Usual,
        }
    }

    /// From when on its silence is unusual, if nothing is heard; none while too little was seen to say. It changes only
    /// when something is learned.
    pub fn unusual_from(&self, zone: &TimeZone) -> Option<Timestamp> {
        let last = self.last_sign_at.filter(|_| self.is_known())?;
        let rates: Vec<f64> = (0..HOURS).map(|hour| self.around(hour).rate()).collect();
        let weekly: f64 = rates.iter().sum();
        // Whole weeks are alike.
        #[expect(clippy::cast_possible_truncation, reason = "a few years at the most")]
        let weeks = ((UNUSUAL_FROM / weekly).floor() as i64).clamp(0, SILENT_WEEKS_MOST);
        let mut missing = UNUSUAL_FROM - weekly * weeks as f64;
        let mut at = zone.to_datetime(last);
        at = at.checked_add(weeks.weeks()).unwrap_or(at);
        let mut at = zone.to_timestamp(at).unwrap_or(last).max(last);
        let latest = at + SignedDuration::from_hours(24 * 8);
        while at < latest {
            let (next, hours) = next_hour(at, latest);
            let expected = rates[hour_of_week(at, zone)] * hours;
            if expected >= missing {
                let share = missing.max(0.0) / expected.max(f64::MIN_POSITIVE);
                return Some(at + next.duration_since(at).mul_f64(share.min(1.0)));
            }
            missing -= expected;
            at = next;
        }
        Some(at)
    }

    fn is_known(&self) -> bool {
        let whole = self
            .cells
            .iter()
            .fold(Cell::default(), |sum, cell| sum.add(*cell, 1.0));
        whole.0 >= SIGNS_LEAST && whole.1 >= SEEN_LEAST_HOURS
    }

    /// The hour with its neighbours at half weight; the whole day or week where that says too little.
    fn around(&self, hour: usize) -> Cell {
        let at = |hour: usize| self.cells[hour % HOURS];
        let near = at(hour)
            .add(at(hour + 1), 0.5)
            .add(at(hour + HOURS - 1), 0.5);
        // Seen often enough and always silent is knowledge too.
        if near.0 >= OWN_LEAST || near.1 >= OWN_LEAST * 2.0 {
            return near;
        }
        let day = hour / 24 * 24;
        let of_day = (day..day + 24).fold(Cell::default(), |sum, hour| sum.add(at(hour), 1.0));
        if of_day.0 >= OWN_LEAST {
            return of_day;
        }
        self.cells
            .iter()
            .fold(Cell::default(), |sum, cell| sum.add(*cell, 1.0))
    }

    /// Counts the hours since the last look but for the unseen ones, after letting the old ones fade.
    fn see(&mut self, unseen: &[(Timestamp, Timestamp)], now: Timestamp, zone: &TimeZone) {
        let Some(until) = self.seen_until else {
            self.seen_until = Some(now);
            return;
        };
        let since = now.duration_since(until);
        if since <= SignedDuration::ZERO {
            return;
        }
        self.seen_until = Some(now);
        let fade = 0.5_f64.powf(since.as_secs_f64() / WEEK_S / HALF_LIFE_WEEKS);
        for cell in &mut self.cells {
            *cell = Cell(cell.0 * fade, cell.1 * fade);
        }
        if since <= LOOKED_MOST {
            let cells = &mut self.cells;
            let mut seen_from = until;
            for (from, to) in unseen.iter().chain([&(now, now)]) {
                let seen_to = (*from).min(now);
                each_hour(seen_from, seen_to, zone, |hour, hours| {
                    cells[hour].1 += hours
                });
                seen_from = seen_from.max(*to);
            }
        }
    }
}

/// The hour of the week on the clinic's clock, from Monday's midnight.
fn hour_of_week(at: Timestamp, zone: &TimeZone) -> usize {
    let there = zone.to_datetime(at);
    let day = usize::try_from(there.weekday().to_monday_zero_offset()).unwrap_or_default();
    let hour = usize::try_from(there.hour()).unwrap_or_default();
    (day * 24 + hour) % HOURS
}

/// Each hour of the week between two times, with how much of it lies there.
fn each_hour(from: Timestamp, to: Timestamp, zone: &TimeZone, mut take: impl FnMut(usize, f64)) {
    let mut at = from;
    while at < to {
        let (end, hours) = next_hour(at, to);
        take(hour_of_week(at, zone), hours);
        at = end;
    }
}

/// The end of the hour that `at` is in, or `to`, and how much of an hour is left until then.
fn next_hour(at: Timestamp, to: Timestamp) -> (Timestamp, f64) {
    let into_s = at.as_second().rem_euclid(3600);
    let next = Timestamp::from_second(at.as_second() - into_s + 3600).unwrap_or(to);
    let end = next.min(to);
    (end, end.duration_since(at).as_secs_f64() / HOUR_S)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn london() -> TimeZone {
        TimeZone::get("Europe/London").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        london().to_timestamp(civil).unwrap()
    }

    /// Weeks of a clinic: each weekday from 9 to 17 a change every half hour, on Sundays none.
    fn clinic(from: &str, weeks: i64) -> Rhythm {
        let mut rhythm = Rhythm::default();
        let start = at(from);
        for half_hour in 0..weeks * 7 * 48 {
            let now = start + SignedDuration::from_mins(30 * half_hour);
            let there = london().to_datetime(now);
            let works =
                there.weekday().to_monday_zero_offset() < 5 && (9..17).contains(&there.hour());
            let changed: &[Timestamp] = if works { &[now] } else { &[] };
            rhythm.learn(changed, &[], now, &london());
        }
        rhythm
    }

    #[test]
    fn two_hours_of_silence_are_usual_on_sunday_and_not_on_tuesday_at_ten() {
        // Monday.
        let rhythm = clinic("2026-01-05T00:00", 5);
        let tuesday = at("2026-02-10T10:00");
        let mut heard = rhythm.clone();
        heard.learn(
            &[at("2026-02-10T09:55")],
            &[],
            at("2026-02-10T09:55"),
            &london(),
        );
        let gap = heard.usual_gap(tuesday, &london()).unwrap();
        assert!((25..=36).contains(&(gap.gap.as_secs() / 60)), "{gap:?}");
        assert_eq!(
            heard.verdict(at("2026-02-10T10:20"), &london()),
            Verdict::Usual
        );
        assert_eq!(
            heard.verdict(at("2026-02-10T13:00"), &london()),
            Verdict::Unusual
        );
        // From Friday's last change over the whole of Sunday.
        let mut friday = rhythm;
        friday.learn(
            &[at("2026-02-13T16:30")],
            &[],
            at("2026-02-13T16:30"),
            &london(),
        );
        assert_eq!(
            friday.verdict(at("2026-02-15T20:00"), &london()),
            Verdict::Usual
        );
        assert_eq!(
            friday.verdict(at("2026-02-16T13:00"), &london()),
            Verdict::Unusual
        );
    }

    /// Two changes a week, on Mondays and Thursdays at ten.
    fn slow(weeks: i64) -> Rhythm {
        let mut rhythm = Rhythm::default();
        for week in 0..weeks {
            for day in [0, 3] {
                let now =
                    at("2025-09-01T10:00") + SignedDuration::from_hours(24 * (7 * week + day));
                rhythm.learn(&[now], &[], now, &london());
            }
        }
        rhythm
    }

    #[test]
    fn a_silence_is_unusual_once_as_much_was_expected_and_not_before() {
        // Over a change of the clocks, and over whole weeks.
        let slow_since = slow(30);
        for (rhythm, least_hours) in [(clinic("2026-01-05T00:00", 12), 2), (slow_since, 14 * 24)] {
            let last = rhythm.last_sign_at().unwrap();
            let from = rhythm.unusual_from(&london()).unwrap();
            assert!(
                from.duration_since(last).as_hours() >= least_hours,
                "{last} {from}"
            );
            let expected = |until: Timestamp| {
                let mut sum = 0.0;
                each_hour(last, until, &london(), |hour, hours| {
                    sum += rhythm.around(hour).rate() * hours;
                });
                sum
            };
            assert!(
                (expected(from) - UNUSUAL_FROM).abs() < 0.01,
                "{}",
                expected(from)
            );
            let hour = SignedDuration::from_hours(1);
            assert_eq!(rhythm.verdict(from - hour, &london()), Verdict::Usual);
            assert_eq!(rhythm.verdict(from + hour, &london()), Verdict::Unusual);
        }
    }

    #[test]
    fn little_seen_says_nothing() {
        let mut rhythm = Rhythm::default();
        assert_eq!(
            rhythm.verdict(at("2026-02-10T10:00"), &london()),
            Verdict::Unknown
        );
        for minute in 0..20 {
            let now = at("2026-02-10T10:00") + SignedDuration::from_mins(10 * minute);
            rhythm.learn(&[now], &[], now, &london());
        }
        assert_eq!(
            rhythm.verdict(at("2026-02-11T10:00"), &london()),
            Verdict::Unknown
        );
        assert_eq!(rhythm.usual_gap(at("2026-02-11T10:00"), &london()), None);
    }

    #[test]
    fn hours_in_which_nobody_looked_teach_nothing() {
        let hours = |rhythm: &Rhythm| rhythm.cells.iter().map(|cell| cell.1).sum::<f64>();
        let signs = |rhythm: &Rhythm| rhythm.cells.iter().map(|cell| cell.0).sum::<f64>();
        let mut rhythm = Rhythm::default();
        let (from, to) = (at("2026-02-10T08:00"), at("2026-02-10T18:00"));
        rhythm.learn(&[], &[], from, &london());
        // Paused before the first look already, and once more from noon to three.
        let unseen = [
            (at("2026-02-10T07:00"), at("2026-02-10T08:30")),
            (at("2026-02-10T12:00"), at("2026-02-10T15:00")),
        ];
        let changed = [at("2026-02-10T11:00"), at("2026-02-10T13:00")];
        rhythm.learn(&changed, &unseen, to, &london());
        assert!((hours(&rhythm) - 6.5).abs() < 1e-9, "{}", hours(&rhythm));
        assert!((signs(&rhythm) - 1.0).abs() < 1e-9, "{}", signs(&rhythm));
        assert_eq!(rhythm.last_sign_at(), Some(changed[1]));
        // A gap that still lasts.
        let since = at("2026-02-10T19:00");
        rhythm.learn(
            &[],
            &[(since, Timestamp::MAX)],
            at("2026-02-10T23:00"),
            &london(),
        );
        assert!((hours(&rhythm) - 7.5).abs() < 0.05, "{}", hours(&rhythm));
    }

    #[test]
    fn changes_in_one_visit_are_one_sign() {
        let mut rhythm = Rhythm::default();
        let start = at("2026-02-10T10:00");
        let burst: Vec<_> = (0..5)
            .map(|second| start + SignedDuration::from_secs(second))
            .collect();
        rhythm.learn(&burst, &[], start, &london());
        let signs: f64 = rhythm.cells.iter().map(|cell| cell.0).sum();
        assert!((signs - 1.0).abs() < 1e-9, "{signs}");
    }

    #[test]
    fn nine_stays_nine_on_the_clinics_clock_when_the_clocks_change() {
        // Learned in winter; on 29 March 2026 London goes to summer time.
        let mut rhythm = clinic("2026-02-16T00:00", 5);
        rhythm.learn(
            &[at("2026-03-30T08:58")],
            &[],
            at("2026-03-30T08:58"),
            &london(),
        );
        let (early, open) = (at("2026-03-31T07:30"), at("2026-03-31T10:30"));
        let gap = |when| {
            rhythm
                .usual_gap(when, &london())
                .map(|gap| gap.gap.as_secs() / 60)
        };
        assert!(gap(open).unwrap() < 45, "{:?}", gap(open));
        assert!(
            gap(early).is_none_or(|minutes| minutes > 60),
            "{:?}",
            gap(early)
        );
        let night: usize = hour_of_week(at("2026-03-29T00:30"), &london());
        assert_eq!(night, 6 * 24);
        let mut seen = 0.0;
        let (from, to) = (at("2026-03-29T00:00"), at("2026-03-30T00:00"));
        each_hour(from, to, &london(), |_, hours| seen += hours);
        assert!(
            (seen - 23.0_f64).abs() < 1e-9,
            "the day has 23 hours: {seen}"
        );
    }

    #[test]
    fn a_new_habit_is_learned_and_the_old_one_fades() {
        let mut rhythm = clinic("2026-01-05T00:00", 5);
        let tuesday = at("2026-02-10T10:00");
        // Then eight weeks of nothing at all.
        for day in 0..56 {
            rhythm.learn(
                &[],
                &[],
                tuesday + SignedDuration::from_hours(24 * day),
                &london(),
            );
        }
        let later = tuesday + SignedDuration::from_hours(24 * 56);
        let gap = rhythm.usual_gap(later, &london());
        assert!(
            gap.is_none_or(|gap| gap.gap > SignedDuration::from_mins(60)),
            "{gap:?}"
        );
    }
}
