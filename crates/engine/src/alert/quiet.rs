//! Quiet hours: by weekday and civil time, in the zone handed in, so that they are right on days of 23 and 25 hours.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// When a snooze "until the morning" ends.
const MORNING: Time = jiff::civil::time(8, 0, 0, 0);

/// Hours in which only urgent alerts are told; one entry for each weekday on which they begin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    pub days: Vec<Quiet>,
}

/// The quiet hours that begin on one weekday; `until` not later than `from` means on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// 1 is Monday, 7 is Sunday (ISO 8601).
    pub weekday: i8,
    pub from: Time,
    pub until: Time,
}

impl QuietHours {
    /// When the quiet that holds now ends; none when it is not quiet.
    pub fn end(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut end = self.end_of_one(now, zone)?;
        // One may begin where another ends; a week of them has no end worth waiting for.
        for _ in 0..7 {
            match self.end_of_one(end, zone) {
                Some(later) => end = later,
                None => break,
            }
        }
        Some(end)
    }

    fn end_of_one(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(now).date();
        let days = [today.checked_sub(1.day()).ok(), Some(today)];
        let spans = days
            .into_iter()
            .flatten()
            .flat_map(|day| self.on(day, zone));
        spans
            .filter(|(from, until)| *from <= now && now < *until)
            .map(|(_, until)| until)
            .max()
    }

    /// The quiet that begins on this date, as instants. A time that the clock skips is that much later; of one that it
    /// shows twice the first counts.
    fn on(&self, day: Date, zone: &TimeZone) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let of_day = self.days.iter().filter(move |quiet| {
            Weekday::from_monday_one_offset(quiet.weekday)
                .is_ok_and(|weekday| weekday == day.weekday())
        });
        of_day.filter_map(move |quiet| {
            let last = match quiet.until > quiet.from {
                true => day,
                false => day.checked_add(1.day()).ok()?,
            };
            Some((
                instant(day, quiet.from, zone)?,
                instant(last, quiet.until, zone)?,
            ))
        })
    }
}

/// The next time it is eight in the morning.
pub fn next_morning(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = zone.to_datetime(now).date();
    let days = [Some(today), today.checked_add(1.day()).ok()];
    let mornings = days.into_iter().flatten();
    let next = mornings
        .filter_map(|day| instant(day, MORNING, zone))
        .find(|at| *at > now);
    next.unwrap_or(now)
}

fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(day.to_datetime(time)).ok()
}
