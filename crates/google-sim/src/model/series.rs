//! Recurring events: which starts a series has, and the instances made of them.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rrule::RRuleSet;
use serde_json::{Value, json};

use super::{
    event::Fields,
    moment::{self, Moment},
    refusal::Refusal,
};

/// No series is followed further than this many starts.
const STARTS_MAX: usize = 20_000;
/// Without `timeMax` a series is expanded this far past the present.
const HORIZON_DAYS: i64 = 730;

/// The starts of a series from its first to `until`.
pub fn starts(fields: &Fields, until: Timestamp) -> Result<Vec<Moment>, Refusal> {
    let first = Moment::read(fields.get("start"), "start")?;
    let set = rule_set(fields, &first)?;
    let mut found = Vec::new();
    for date in set.into_iter().take(STARTS_MAX) {
        let at = Timestamp::from_second(date.timestamp()).map_err(|_| bad_rule())?;
        if at > until {
            break;
        }
        found.push(match &first {
            Moment::Day(_) => Moment::Day(TimeZone::UTC.to_datetime(at).date()),
            Moment::At { zone, .. } => Moment::At {
                at,
                zone: zone.clone(),
            },
        });
    }
    Ok(found)
}

/// Refuses rules that cannot be read.
pub fn check(fields: &Fields) -> Result<(), Refusal> {
    let first = Moment::read(fields.get("start"), "start")?;
    if let Moment::At { zone: None, .. } = first {
        return Err(Refusal::required(
            "Missing time zone definition for start time.",
        ));
    }
    rule_set(fields, &first).map(drop)
}

/// How far a listing without `timeMax` follows a series.
pub fn horizon(now: Timestamp) -> Timestamp {
    now + SignedDuration::from_hours(24 * HORIZON_DAYS)
}

/// The instance of `master` that starts at `start`.
pub fn instance(master: &Fields, start: &Moment, zone: &str, tz: &TimeZone) -> Fields {
    let mut fields = master.clone();
    let id = master.get("id").and_then(Value::as_str).unwrap_or_default();
    fields.remove("recurrence");
    fields.insert("id".into(), json!(format!("{id}_{}", start.suffix())));
    fields.insert("recurringEventId".into(), json!(id));
    fields.insert("originalStartTime".into(), start.json(zone, tz));
    if let Ok((first, end)) = moment::span(master)
        && let Some(length) = moment::length(&first, &end)
    {
        fields.insert("start".into(), start.json(zone, tz));
        fields.insert("end".into(), start.plus(length).json(zone, tz));
    }
    fields
}

fn bad_rule() -> Refusal {
    Refusal::invalid("Invalid recurrence rule.")
}

fn rule_set(fields: &Fields, first: &Moment) -> Result<RRuleSet, Refusal> {
    let lines = fields
        .get("recurrence")
        .and_then(Value::as_array)
        .ok_or_else(bad_rule)?;
    let zone = match first {
        Moment::At {
            zone: Some(zone), ..
        } => zone.clone(),
        _ => "UTC".to_owned(),
    };
    let mut text = match first {
        Moment::Day(date) => format!("DTSTART:{}T000000Z", date.strftime("%Y%m%d")),
        Moment::At { at, .. } => {
            let civil = moment::zone(&zone)?.to_datetime(*at);
            format!("DTSTART;TZID={zone}:{}", civil.strftime("%Y%m%dT%H%M%S"))
        }
    };
    for line in lines {
        let line = line.as_str().ok_or_else(bad_rule)?;
        text.push('\n');
        text.push_str(&plain_line(line, first));
    }
    text.parse().map_err(|_| bad_rule())
}

/// Rewrites dates into the instants that the rule reader asks for.
fn plain_line(line: &str, first: &Moment) -> String {
    if let Some((head, values)) = line.split_once(':')
        && (head.starts_with("EXDATE") || head.starts_with("RDATE"))
        && head.contains("VALUE=DATE")
    {
        let name = head.split(';').next().unwrap_or(head);
        let days: Vec<String> = values
            .split(',')
            .map(|day| format!("{day}T000000Z"))
            .collect();
        return format!("{name}:{}", days.join(","));
    }
    let parts = line.split(';').map(|part| match part.split_once("UNTIL=") {
        Some((before, until)) if until.len() == 8 => format!("{before}UNTIL={until}T235959Z"),
        Some((before, until)) if matches!(first, Moment::At { .. }) && !until.ends_with('Z') => {
            format!("{before}UNTIL={until}Z")
        }
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}
