//! One event as Google keeps it: what a writer may say, what the server adds, and its versions.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{
    moment::{self, stamp},
    refusal::Refusal,
    series,
};

/// The fields of an event, as in Google's JSON.
pub type Fields = Map<String, Value>;

/// What only the server writes.
const SERVER_FIELDS: [&str; 13] = [
    "kind",
    "etag",
    "id",
    "htmlLink",
    "created",
    "updated",
    "creator",
    "organizer",
    "iCalUID",
    "sequence",
    "recurringEventId",
    "originalStartTime",
    "eventType",
];

const PROPERTY_NAME_MAX: usize = 44;
const PROPERTY_VALUE_MAX: usize = 1024;
const PROPERTIES_MAX: usize = 300;
const PROPERTIES_BYTES_MAX: usize = 32 * 1024;

/// An event in a calendar.
#[derive(Debug, Clone)]
pub struct Event {
    /// Google's JSON, complete.
    pub fields: Fields,
    /// The calendar's revision of its last change.
    pub revision: u64,
    /// Its place in an unordered listing.
    pub ordinal: u64,
    /// When it last changed.
    pub updated: Timestamp,
}

/// Where and by whom an event is written.
pub struct Writing<'a> {
    /// The calendar's id.
    pub calendar: &'a str,
    /// The calendar's zone name.
    pub zone: &'a str,
    /// The same zone.
    pub tz: &'a TimeZone,
    /// The e-mail address of the writer.
    pub author: &'a str,
    /// When.
    pub now: Timestamp,
}

impl Event {
    /// A text field.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// Whether it is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.text("status") == Some("cancelled")
    }

    /// Whether it is a series.
    pub fn is_series(&self) -> bool {
        self.fields.contains_key("recurrence")
    }

    /// The version tag, quoted.
    pub fn etag(&self) -> &str {
        self.text("etag").unwrap_or_default()
    }

    /// Stamps a new version.
    pub fn touch(&mut self, now: Timestamp, revision: u64) {
        self.updated = now;
        self.revision = revision;
        self.fields.insert("updated".into(), json!(stamp(now)));
        self.fields.insert(
            "etag".into(),
            json!(format!(
                "\"{}{:05}\"",
                now.as_millisecond(),
                revision % 100_000
            )),
        );
    }

    /// What a listing with a cursor tells of a cancelled event.
    pub fn tombstone(&self) -> Fields {
        let kept = [
            "kind",
            "etag",
            "id",
            "status",
            "recurringEventId",
            "originalStartTime",
        ];
        self.fields
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// Refuses ids outside base32hex and 5 to 1024 characters.
pub fn check_id(id: &str) -> Result<(), Refusal> {
    let fits = (5..=1024).contains(&id.len())
        && id
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'v' | b'0'..=b'9'));
    if fits {
        Ok(())
    } else {
        Err(Refusal::invalid("Invalid resource id value."))
    }
}

/// Makes a new event of a body.
pub fn create(body: &Fields, id: &str, writing: &Writing<'_>) -> Result<Fields, Refusal> {
    let mut fields = writable(body);
    let someone = |email: &str| {
        let mut person = json!({ "email": email });
        if email == writing.calendar {
            person["self"] = json!(true);
        }
        person
    };
    let mut organizer = someone(writing.calendar);
    organizer["self"] = json!(true);
    for (name, value) in [
        ("kind", json!("calendar#event")),
        ("id", json!(id)),
        (
            "htmlLink",
            json!(format!("https://www.google.com/calendar/event?eid={id}")),
        ),
        ("created", json!(stamp(writing.now))),
        ("creator", someone(writing.author)),
        ("organizer", organizer),
        (
            "iCalUID",
            body.get("iCalUID")
                .cloned()
                .unwrap_or_else(|| json!(format!("{id}@google.com"))),
        ),
        ("sequence", json!(0)),
        (
            "eventType",
            body.get("eventType")
                .cloned()
                .unwrap_or_else(|| json!("default")),
        ),
    ] {
        fields.insert(name.into(), value);
    }
    settle(&mut fields, writing)?;
    Ok(fields)
}

/// Replaces what a writer may say and keeps what the server says.
pub fn replace(old: &Fields, body: &Fields, writing: &Writing<'_>) -> Result<Fields, Refusal> {
    let mut fields = writable(body);
    for name in SERVER_FIELDS {
        if let Some(value) = old.get(name) {
            fields.insert(name.into(), value.clone());
        }
    }
    finish(old, fields, writing)
}

/// Merges a patch: null removes, objects merge, the rest replaces.
pub fn patch(old: &Fields, body: &Fields, writing: &Writing<'_>) -> Result<Fields, Refusal> {
    let mut fields = old.clone();
    merge(&mut fields, &writable(body));
    finish(old, fields, writing)
}

fn finish(old: &Fields, mut fields: Fields, writing: &Writing<'_>) -> Result<Fields, Refusal> {
    settle(&mut fields, writing)?;
    let moved = ["start", "end", "recurrence"]
        .iter()
        .any(|name| fields.get(*name) != old.get(*name));
    if moved {
        let next = old.get("sequence").and_then(Value::as_u64).unwrap_or(0) + 1;
        fields.insert("sequence".into(), json!(next));
    }
    Ok(fields)
}

fn writable(body: &Fields) -> Fields {
    body.iter()
        .filter(|(name, _)| !SERVER_FIELDS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn merge(into: &mut Fields, patch: &Fields) {
    for (name, value) in patch {
        match (into.get_mut(name), value) {
            (_, Value::Null) => {
                into.remove(name);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Checks the whole and writes it the way Google does.
fn settle(fields: &mut Fields, writing: &Writing<'_>) -> Result<(), Refusal> {
    fields.retain(|_, value| !value.is_null());
    let (start, end) = moment::span(fields)?;
    let status = fields.entry("status").or_insert_with(|| json!("confirmed"));
    if !matches!(
        status.as_str(),
        Some("confirmed" | "tentative" | "cancelled")
    ) {
        return Err(Refusal::invalid("Invalid value for: status"));
    }
    if fields
        .get("recurrence")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
    {
        fields.remove("recurrence");
    }
    if fields.contains_key("recurrence") {
        series::check(fields)?;
    }
    fields.insert("start".into(), start.json(writing.zone, writing.tz));
    fields.insert("end".into(), end.json(writing.zone, writing.tz));
    fields
        .entry("reminders")
        .or_insert_with(|| json!({ "useDefault": true }));
    settle_attendees(fields, writing)?;
    check_properties(fields)
}

fn settle_attendees(fields: &mut Fields, writing: &Writing<'_>) -> Result<(), Refusal> {
    let Some(attendees) = fields.get_mut("attendees") else {
        return Ok(());
    };
    let attendees = attendees
        .as_array_mut()
        .ok_or_else(|| Refusal::invalid("Invalid value for: attendees"))?;
    for attendee in attendees {
        let email = attendee
            .get("email")
            .and_then(Value::as_str)
            .filter(|email| email.contains('@'));
        let Some(email) = email else {
            return Err(Refusal::invalid("Invalid attendee email."));
        };
        let own = email == writing.calendar;
        if own {
            attendee["self"] = json!(true);
        }
        if attendee.get("responseStatus").is_none() {
            attendee["responseStatus"] = json!("needsAction");
        }
    }
    Ok(())
}

fn check_properties(fields: &Fields) -> Result<(), Refusal> {
    let Some(extended) = fields.get("extendedProperties").and_then(Value::as_object) else {
        return Ok(());
    };
    let all: Vec<(&String, &Value)> = ["private", "shared"]
        .iter()
        .filter_map(|kind| extended.get(*kind)?.as_object())
        .flat_map(Map::iter)
        .collect();
    let length = |value: &Value| value.as_str().map(str::len);
    let too_long = all.iter().any(|(name, value)| {
        name.len() > PROPERTY_NAME_MAX
            || length(value).is_none_or(|length| length > PROPERTY_VALUE_MAX)
    });
    let bytes: usize = all
        .iter()
        .map(|(name, value)| name.len() + length(value).unwrap_or(0))
        .sum();
    if too_long || all.len() > PROPERTIES_MAX || bytes > PROPERTIES_BYTES_MAX {
        return Err(Refusal::invalid("Invalid extended properties."));
    }
    Ok(())
}
