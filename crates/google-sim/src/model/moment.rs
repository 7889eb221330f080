//! The times of events: a civil date, or an instant with the zone it was written in.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::refusal::Refusal;

/// A start or an end of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// An all-day boundary.
    Day(civil::Date),
    /// A timed boundary.
    At {
        /// The instant.
        at: Timestamp,
        /// The zone name that the writer gave, if any.
        zone: Option<String>,
    },
}

/// How long an event lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Whole days.
    Days(i64),
    /// Elapsed time.
    Elapsed(SignedDuration),
}

/// The zone of a name, or 400.
pub fn zone(name: &str) -> Result<TimeZone, Refusal> {
    TimeZone::get(name)
        .map_err(|_| Refusal::invalid(format!("Invalid time zone definition: {name}.")))
}

/// An RFC 3339 query parameter with its mandatory offset.
pub fn instant_parameter(name: &str, text: &str) -> Result<Timestamp, Refusal> {
    text.parse()
        .map_err(|_| Refusal::new(400, "badRequest", "Bad Request").at_parameter(name))
}

/// RFC 3339 with milliseconds and `Z`, as Google writes `created` and `updated`.
pub fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// RFC 3339 with the offset that `tz` has at that instant.
pub fn local(at: Timestamp, tz: &TimeZone) -> String {
    let text = at
        .to_zoned_datetime(tz.clone())
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string();
    text.strip_suffix("+00:00")
        .map(|bare| format!("{bare}Z"))
        .unwrap_or(text)
}

impl Moment {
    /// Reads `start`, `end` or `originalStartTime`; `which` names it in refusals.
    pub fn read(value: Option<&Value>, which: &str) -> Result<Self, Refusal> {
        let fields = value
            .and_then(Value::as_object)
            .ok_or_else(|| Refusal::required(format!("Missing {which} time.")))?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        match (text("date"), text("dateTime")) {
            (Some(date), None) => date.parse().map(Self::Day).map_err(|_| {
                Refusal::invalid(format!("Invalid value for: Invalid {which} date {date}."))
            }),
            (None, Some(date_time)) => Self::read_timed(date_time, text("timeZone"), which),
            (Some(_), Some(_)) => Err(Refusal::invalid(format!("Invalid {which} time."))),
            (None, None) => Err(Refusal::required(format!("Missing {which} time."))),
        }
    }

    fn read_timed(text: &str, zone_name: Option<&str>, which: &str) -> Result<Self, Refusal> {
        let tz = zone_name.map(zone).transpose()?;
        let at = if let Ok(at) = text.parse::<Timestamp>() {
            at
        } else {
            let civil: civil::DateTime = text
                .parse()
                .map_err(|_| Refusal::invalid(format!("Invalid value for: {text}")))?;
            let tz = tz.ok_or_else(|| {
                Refusal::required(format!("Missing time zone definition for {which} time."))
            })?;
            tz.to_timestamp(civil)
                .map_err(|_| Refusal::invalid(format!("Invalid {which} time.")))?
        };
        Ok(Self::At {
            at,
            zone: zone_name.map(str::to_owned),
        })
    }

    /// The instant, taking days from midnight in `tz`.
    pub fn instant(&self, tz: &TimeZone) -> Timestamp {
        match self {
            Self::Day(date) => tz
                .to_timestamp(date.at(0, 0, 0, 0))
                .unwrap_or(Timestamp::UNIX_EPOCH),
            Self::At { at, .. } => *at,
        }
    }

    /// Google's JSON, written in the calendar's zone.
    pub fn json(&self, calendar_zone: &str, tz: &TimeZone) -> Value {
        match self {
            Self::Day(date) => json!({ "date": date.to_string() }),
            Self::At { at, zone } => {
                json!({ "dateTime": local(*at, tz), "timeZone": zone.as_deref().unwrap_or(calendar_zone) })
            }
        }
    }

    /// The suffix of an instance's id: `YYYYMMDD` or `YYYYMMDDTHHMMSSZ`.
    pub fn suffix(&self) -> String {
        match self {
            Self::Day(date) => date.strftime("%Y%m%d").to_string(),
            Self::At { at, .. } => at.strftime("%Y%m%dT%H%M%SZ").to_string(),
        }
    }

    /// The moment one length later.
    #[must_use]
    pub fn plus(&self, length: Length) -> Self {
        match (self, length) {
            (Self::Day(date), Length::Days(days)) => Self::Day(
                date.checked_add(SignedDuration::from_hours(24 * days))
                    .unwrap_or(*date),
            ),
            (Self::At { at, zone }, Length::Elapsed(elapsed)) => Self::At {
                at: *at + elapsed,
                zone: zone.clone(),
            },
            (same, _) => same.clone(),
        }
    }
}

/// Start and end of an event's fields, checked against each other.
pub fn span(fields: &Map<String, Value>) -> Result<(Moment, Moment), Refusal> {
    let start = Moment::read(fields.get("start"), "start")?;
    let end = Moment::read(fields.get("end"), "end")?;
    match length(&start, &end) {
        None => Err(Refusal::invalid(
            "Start and end times must either both be date or both be dateTime.",
        )),
        Some(Length::Days(days)) if days < 0 => Err(empty()),
        Some(Length::Elapsed(elapsed)) if elapsed.is_negative() => Err(empty()),
        Some(_) => Ok((start, end)),
    }
}

/// The distance of two moments of the same sort.
pub fn length(start: &Moment, end: &Moment) -> Option<Length> {
    match (start, end) {
        (Moment::Day(start), Moment::Day(end)) => {
            Some(Length::Days(end.duration_since(*start).as_hours() / 24))
        }
        (Moment::At { at: start, .. }, Moment::At { at: end, .. }) => {
            Some(Length::Elapsed(end.duration_since(*start)))
        }
        _ => None,
    }
}

fn empty() -> Refusal {
    Refusal::new(400, "timeRangeEmpty", "The specified time range is empty.")
}
