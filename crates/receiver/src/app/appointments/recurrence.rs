//! The rule of a series, read by the `rrule` crate.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rrule::RRuleSet;

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
