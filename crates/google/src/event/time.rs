//! When an event starts or ends: a whole day, or an instant with the zone it was made in.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// A start or an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventTime {
    /// A whole day, wherever the reader is.
    Day(Date),
    /// An instant; series repeat by the civil time of `time_zone` (an IANA name).
    At {
        instant: Timestamp,
        time_zone: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    date: Option<Date>,
    date_time: Option<String>,
    time_zone: Option<String>,
}

impl EventTime {
    /// The zone's IANA name, if Google gave one.
    pub fn time_zone(&self) -> Option<&str> {
        match self {
            Self::Day(_) => None,
            Self::At { time_zone, .. } => time_zone.as_deref(),
        }
    }

    /// As an insert writes it.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Day(date) => json!({ "date": date }),
            Self::At {
                instant,
                time_zone: None,
            } => json!({ "dateTime": instant }),
            Self::At {
                instant,
                time_zone: Some(zone),
            } => json!({ "dateTime": instant, "timeZone": zone }),
        }
    }

    /// As a patch writes it: the other kind is cleared, since Google merges objects.
    pub(crate) fn patch_json(&self) -> Value {
        let mut value = self.json();
        match self {
            Self::Day(_) => {
                value["dateTime"] = Value::Null;
                value["timeZone"] = Value::Null;
            }
            Self::At { .. } => value["date"] = Value::Null,
        }
        value
    }
}

impl<'de> Deserialize<'de> for EventTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        if let Some(date) = written.date {
            return Ok(Self::Day(date));
        }
        let text = written
            .date_time
            .ok_or_else(|| serde::de::Error::custom("neither date nor dateTime"))?;
        let instant =
            instant(&text, written.time_zone.as_deref()).map_err(serde::de::Error::custom)?;
        Ok(Self::At {
            instant,
            time_zone: written.time_zone,
        })
    }
}

/// RFC 3339; the offset may be left out when a zone is named.
fn instant(text: &str, time_zone: Option<&str>) -> Result<Timestamp, jiff::Error> {
    match (text.parse::<Timestamp>(), time_zone) {
        (Ok(instant), _) => Ok(instant),
        (Err(error), None) => Err(error),
        (Err(_), Some(zone)) => {
            let civil: DateTime = text.parse()?;
            Ok(civil.in_tz(zone)?.timestamp())
        }
    }
}
