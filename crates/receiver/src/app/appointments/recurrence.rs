//! The rule of a series, read by the `rrule` crate.

use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rrule::RRuleSet;

use crate::exec::content;
use crate::store::appointment::Appointment as Row;

/// Instances of one series at the most.
const INSTANCES_MOST: u16 = 1000;

/// The instances of a series that begins at `from_at`; none when a line can't be read.
pub fn rule_set(
    lines: &[String],
    from_at: Timestamp,
    time_zone: Option<&str>,
    all_day: bool,
) -> Option<RRuleSet> {
    let zone = time_zone.filter(|_| !all_day).unwrap_or("UTC");
    let first = TimeZone::get(zone).ok()?.to_datetime(from_at);
    let mut text = format!("DTSTART;TZID={zone}:{}", first.strftime("%Y%m%dT%H%M%S"));
    for line in lines {
        text.push('\n');
        text.push_str(&timed(line, all_day));
    }
    RRuleSet::from_str(&text).ok()
}

/// The instants at which instances begin; a rule that can't be read has its first one only.
pub fn starts(row: &Row, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let zone = row.time_zone.as_deref();
    let Some(set) = rule_set(&row.recurrence, row.from_at, zone, row.all_day) else {
        return vec![row.from_at];
    };
    let bound = |at: Timestamp| {
        rrule::Tz::UTC
            .timestamp_millis_opt(at.as_millisecond())
            .single()
    };
    use chrono::TimeZone as _;
    let lasts = lasts(row);
    let earliest = from.checked_sub(lasts).unwrap_or(from);
    let (Some(after), Some(before)) = (bound(earliest), bound(to)) else {
        return Vec::new();
    };
    let dates = set.after(after).before(before).all(INSTANCES_MOST).dates;
    dates
        .iter()
        .filter_map(|date| Timestamp::from_millisecond(date.timestamp_millis()).ok())
        .collect()
}

/// How long each instance lasts.
pub fn lasts(row: &Row) -> SignedDuration {
    let end = content::parsed(&row.ends, row.all_day, None).map(|time| content::instant(&time));
    end.map_or(SignedDuration::ZERO, |end| end.duration_since(row.from_at))
}

/// Whole days as midnights in UTC, which is how they are counted here; other lines as they are.
fn timed(line: &str, all_day: bool) -> String {
    if let Some((name, dates)) = line.split_once(';').filter(|_| all_day)
        && let Some(dates) = dates.strip_prefix("VALUE=DATE:")
    {
        let dates: Vec<String> = dates
            .split(',')
            .map(|date| format!("{date}T000000Z"))
            .collect();
        return format!("{name}:{}", dates.join(","));
    }
    match line.split_once("UNTIL=") {
        Some((before, rest)) => {
            let (until, after) = rest
                .split_once(';')
                .map_or((rest, String::new()), |(until, after)| {
                    (until, format!(";{after}"))
                });
            let until = match until.len() {
                // A date includes that whole day.
                8 if all_day => format!("{until}T000000Z"),
                8 => format!("{until}T235959Z"),
                _ => until.to_owned(),
            };
            format!("{before}UNTIL={until}{after}")
        }
        None => line.to_owned(),
    }
}
