//! What we write to an event: only the fields that are to change.

use serde_json::{Map, Value, json};

use super::{Attendee, EventStatus, EventTime, ExtendedProperties};

/// The fields to write; `None` leaves a field as it is, an empty text or list clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventEdit {
    pub status: Option<EventStatus>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub location: Option<String>,
    pub attendees: Option<Vec<Attendee>>,
    pub start: Option<EventTime>,
    /// Exclusive, also for whole days.
    pub end: Option<EventTime>,
    pub recurrence: Option<Vec<String>>,
    pub extended_properties: Option<ExtendedProperties>,
}

impl EventEdit {
    /// The body of an insert with the id we chose.
    pub(crate) fn insert_json(&self, id: &str) -> Value {
        let mut body = self.fields();
        body.insert("id".to_owned(), json!(id));
        set(&mut body, "start", self.start.as_ref().map(EventTime::json));
        set(&mut body, "end", self.end.as_ref().map(EventTime::json));
        Value::Object(body)
    }

    /// The body of a patch.
    pub(crate) fn patch_json(&self) -> Value {
        let mut body = self.fields();
        set(
            &mut body,
            "start",
            self.start.as_ref().map(EventTime::patch_json),
        );
        set(
            &mut body,
            "end",
            self.end.as_ref().map(EventTime::patch_json),
        );
        Value::Object(body)
    }

    fn fields(&self) -> Map<String, Value> {
        let mut body = Map::new();
        set(
            &mut body,
            "status",
            self.status.map(|status| json!(status.as_str())),
        );
        set(
            &mut body,
            "summary",
            self.summary.as_ref().map(|text| json!(text)),
        );
        set(
            &mut body,
            "description",
            self.description.as_ref().map(|text| json!(text)),
        );
        set(
            &mut body,
            "location",
            self.location.as_ref().map(|text| json!(text)),
        );
        set(
            &mut body,
            "attendees",
            self.attendees.as_ref().map(|list| json!(list)),
        );
        set(
            &mut body,
            "recurrence",
            self.recurrence.as_ref().map(|list| json!(list)),
        );
        let properties = self.extended_properties.as_ref();
        set(
            &mut body,
            "extendedProperties",
            properties.map(|named| json!(named)),
        );
        body
    }
}

fn set(body: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value);
    }
}
