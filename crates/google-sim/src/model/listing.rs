//! `events.list` and `events.instances`: filters, order, pages, and the cursor that a last page carries.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    calendar::{Calendar, Role},
    event::{Event, Fields},
    moment::{self, Moment, instant_parameter},
    query::{Query, invalid_parameter},
    refusal::Refusal,
    series,
};

const PAGE_DEFAULT: usize = 250;
const PAGE_MAX: usize = 2500;
/// `updatedMin` may reach back this far.
const UPDATED_MIN_DAYS: i64 = 28;
/// What may not stand beside `syncToken`.
const FORBIDDEN_WITH_TOKEN: [&str; 8] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];
/// What a first listing may not carry if it is to end with a cursor.
const WITHOUT_CURSOR: [&str; 6] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "updatedMin",
];
/// What must stay the same beside a cursor.
const KEPT_BESIDE_CURSOR: [&str; 5] = [
    "singleEvents",
    "eventTypes",
    "maxAttendees",
    "showHiddenInvitations",
    "timeZone",
];

/// What a `nextSyncToken` stands for.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    calendar: String,
    revision: u64,
    generation: u64,
    parameters: String,
    min: Option<Timestamp>,
    max: Option<Timestamp>,
}

/// What a `nextPageToken` stands for.
#[derive(Debug, Serialize, Deserialize)]
struct Bookmark {
    after: String,
    revision: u64,
    parameters: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Unordered,
    StartTime,
    Updated,
}

struct Listing<'a> {
    calendar: &'a Calendar,
    query: &'a Query,
    now: Timestamp,
    single: bool,
    show_deleted: bool,
    order: Order,
    since: Option<u64>,
    updated_min: Option<Timestamp>,
    min: Option<Timestamp>,
    max: Option<Timestamp>,
}

/// Answers `events.list`; `empty_page` makes a page without items that is not the last.
pub fn list(
    calendar: &Calendar,
    role: Role,
    query: &Query,
    now: Timestamp,
    empty_page: bool,
) -> Result<Value, Refusal> {
    let size = query.count("maxResults", PAGE_DEFAULT, PAGE_MAX)?;
    let parameters = digest(query, &KEPT_BESIDE_CURSOR);
    let cursor = query
        .get("syncToken")
        .map(|text| read_cursor(calendar, query, text, &parameters))
        .transpose()?;
    let page_parameters = page_digest(query);
    let bookmark = query
        .get("pageToken")
        .map(|text| read_bookmark(text, &page_parameters))
        .transpose()?;
    let listing = Listing::read(calendar, query, now, cursor.as_ref())?;
    let mut rows = listing.rows()?;
    rows.sort_by(|left, right| left.0.cmp(&right.0));
    if let Some(bookmark) = &bookmark {
        rows.retain(|(key, _)| *key > bookmark.after);
    }
    let size = if empty_page { 0 } else { size };
    let more = rows.len() > size || empty_page;
    let revision = bookmark
        .as_ref()
        .map_or(calendar.revision, |bookmark| bookmark.revision);
    rows.truncate(size);
    let mut page = envelope(calendar, role);
    if more {
        let after = rows
            .last()
            .map(|(key, _)| key.clone())
            .or(bookmark.map(|bookmark| bookmark.after))
            .unwrap_or_default();
        page["nextPageToken"] = json!(write(&Bookmark {
            after,
            revision,
            parameters: page_parameters
        }));
    } else if WITHOUT_CURSOR.iter().all(|name| query.get(name).is_none()) {
        let (min, max) = (listing.min, listing.max);
        let cursor = Cursor {
            calendar: calendar.id.clone(),
            revision,
            generation: calendar.generation,
            parameters,
            min,
            max,
        };
        page["nextSyncToken"] = json!(write(&cursor));
    }
    page["items"] = rows
        .into_iter()
        .map(|(_, fields)| Value::Object(fields))
        .collect();
    Ok(page)
}

/// Answers `events.instances`.
pub fn instances(
    calendar: &Calendar,
    role: Role,
    id: &str,
    query: &Query,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let master = calendar.events.get(id).ok_or_else(Refusal::not_found)?;
    let size = query.count("maxResults", PAGE_DEFAULT, PAGE_MAX)?;
    let parameters = page_digest(query);
    let bookmark = query
        .get("pageToken")
        .map(|text| read_bookmark(text, &parameters))
        .transpose()?;
    let mut listing = Listing::read(calendar, query, now, None)?;
    listing.order = Order::StartTime;
    let mut rows = listing.expanded(master)?;
    rows.sort_by(|left, right| left.0.cmp(&right.0));
    if let Some(bookmark) = &bookmark {
        rows.retain(|(key, _)| *key > bookmark.after);
    }
    let more = rows.len() > size;
    rows.truncate(size);
    let mut page = envelope(calendar, role);
    if let (true, Some((after, _))) = (more, rows.last()) {
        page["nextPageToken"] = json!(write(&Bookmark {
            after: after.clone(),
            revision: calendar.revision,
            parameters
        }));
    }
    page["items"] = rows
        .into_iter()
        .map(|(_, fields)| Value::Object(fields))
        .collect();
    Ok(page)
}

impl<'a> Listing<'a> {
    fn read(
        calendar: &'a Calendar,
        query: &'a Query,
        now: Timestamp,
        cursor: Option<&Cursor>,
    ) -> Result<Self, Refusal> {
        let single = query.flag("singleEvents")?;
        let order = match query.get("orderBy") {
            None => Order::Unordered,
            Some("updated") => Order::Updated,
            Some("startTime") if single => Order::StartTime,
            Some("startTime") => {
                let message = "The requested ordering is not available for the particular query.";
                return Err(Refusal::new(400, "badRequest", message).at_parameter("orderBy"));
            }
            Some(other) => return Err(invalid_parameter("orderBy", other)),
        };
        let instant = |name: &str| {
            query
                .get(name)
                .map(|text| instant_parameter(name, text))
                .transpose()
        };
        let (min, max) = match cursor {
            Some(cursor) => (cursor.min, cursor.max),
            None => (instant("timeMin")?, instant("timeMax")?),
        };
        if let (Some(min), Some(max)) = (min, max)
            && max <= min
        {
            return Err(
                Refusal::new(400, "timeRangeEmpty", "The specified time range is empty.")
                    .at_parameter("timeMax"),
            );
        }
        let updated_min = instant("updatedMin")?;
        if updated_min
            .is_some_and(|min| min < now - SignedDuration::from_hours(24 * UPDATED_MIN_DAYS))
        {
            let message = "The requested minimum modification time lies too far in the past.";
            return Err(
                Refusal::new(410, "updatedMinTooLongAgo", message).at_parameter("updatedMin")
            );
        }
        let show_deleted = query.flag("showDeleted")?;
        let since = cursor.map(|cursor| cursor.revision);
        Ok(Self {
            calendar,
            query,
            now,
            single,
            show_deleted,
            order,
            since,
            updated_min,
            min,
            max,
        })
    }

    fn rows(&self) -> Result<Vec<(String, Fields)>, Refusal> {
        let mut rows = Vec::new();
        for event in self
            .calendar
            .events
            .values()
            .filter(|event| self.changed(event))
        {
            if self.single && event.is_series() && !event.is_cancelled() {
                rows.extend(self.expanded(event)?);
            } else if self.shown(event)? {
                let tombstone = event.is_cancelled()
                    && (self.since.is_some() || event.text("recurringEventId").is_some());
                rows.push(self.row(
                    event,
                    if tombstone {
                        event.tombstone()
                    } else {
                        event.fields.clone()
                    },
                ));
            }
        }
        rows.retain(|(_, fields)| self.matches(fields));
        Ok(rows)
    }

    fn changed(&self, event: &Event) -> bool {
        let past_cursor = self.since.is_none_or(|since| event.revision > since);
        past_cursor && self.updated_min.is_none_or(|min| event.updated >= min)
    }

    /// Whether an event that stands for itself belongs into the listing.
    fn shown(&self, event: &Event) -> Result<bool, Refusal> {
        if event.is_cancelled() {
            let exception = event.text("recurringEventId").is_some()
                && !self.single
                && self.master_stands(event);
            return Ok(self.since.is_some()
                || self.updated_min.is_some()
                || self.show_deleted
                || exception);
        }
        if self.single && event.text("recurringEventId").is_some() && self.master_listed(event) {
            return Ok(false);
        }
        // A cursor tells of every change, wherever the event moved to.
        if self.since.is_some() || (self.min.is_none() && self.max.is_none()) {
            return Ok(true);
        }
        if event.is_series() {
            return Ok(!self.expanded(event)?.is_empty());
        }
        Ok(self.overlaps(&event.fields))
    }

    fn master<'b>(&'b self, event: &Event) -> Option<&'b Event> {
        self.calendar.events.get(event.text("recurringEventId")?)
    }

    fn master_stands(&self, event: &Event) -> bool {
        self.master(event)
            .is_some_and(|master| !master.is_cancelled())
    }

    /// Whether the series itself is in this listing and brings its exceptions along.
    fn master_listed(&self, event: &Event) -> bool {
        self.master(event)
            .is_some_and(|master| !master.is_cancelled() && self.changed(master))
    }

    fn overlaps(&self, fields: &Fields) -> bool {
        let Ok((start, end)) = moment::span(fields) else {
            return true;
        };
        let (start, end) = (
            start.instant(&self.calendar.tz),
            end.instant(&self.calendar.tz),
        );
        self.min.is_none_or(|min| end > min) && self.max.is_none_or(|max| start < max)
    }

    /// The instances of a series in the window, exceptions in their places.
    fn expanded(&self, master: &Event) -> Result<Vec<(String, Fields)>, Refusal> {
        let until = self.max.unwrap_or_else(|| series::horizon(self.now));
        let tells_cancelled = self.show_deleted || self.since.is_some();
        let mut rows = Vec::new();
        for start in series::starts(&master.fields, until)? {
            let synthetic = self.calendar.instance(&master.fields, &start);
            let id = synthetic
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or_default();
            match self.calendar.events.get(id) {
                Some(exception) if exception.is_cancelled() && !tells_cancelled => {}
                Some(exception) if exception.is_cancelled() => {
                    rows.push(self.row(exception, exception.tombstone()));
                }
                Some(exception) if self.overlaps(&exception.fields) => {
                    rows.push(self.row(exception, exception.fields.clone()))
                }
                Some(_) => {}
                None if self.overlaps(&synthetic) => rows.push(self.row(master, synthetic)),
                None => {}
            }
        }
        Ok(rows)
    }

    fn row(&self, event: &Event, mut fields: Fields) -> (String, Fields) {
        let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
        let start = Moment::read(event_start(&fields, event), "start")
            .map(|start| start.instant(&self.calendar.tz).as_millisecond());
        let start = start.unwrap_or(0);
        let key = match self.order {
            Order::Unordered => format!("{:020}/{start:020}/{id}", event.ordinal),
            Order::StartTime => format!("{start:020}/{id}"),
            Order::Updated => format!("{:020}/{id}", event.updated.as_millisecond()),
        };
        self.localise(&mut fields);
        (key, fields)
    }

    /// Writes the times in the zone that the reader asked for.
    fn localise(&self, fields: &mut Fields) {
        let Some(name) = self.query.get("timeZone") else {
            return;
        };
        let Ok(tz) = moment::zone(name) else { return };
        for which in ["start", "end", "originalStartTime"] {
            let read = fields
                .get(which)
                .map(|value| Moment::read(Some(value), which));
            if let Some(Ok(moment @ Moment::At { .. })) = read {
                fields.insert(which.into(), moment.json(name, &tz));
            }
        }
    }

    fn matches(&self, fields: &Fields) -> bool {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let words = self.query.get("q").map(str::to_lowercase);
        let found = words.is_none_or(|words| {
            let attendees = fields
                .get("attendees")
                .map(Value::to_string)
                .unwrap_or_default();
            let hay = [
                text("summary"),
                text("description"),
                text("location"),
                &attendees,
            ]
            .join("\n")
            .to_lowercase();
            words.split_whitespace().all(|word| hay.contains(word))
        });
        let types = self.query.all("eventTypes");
        let kept_type = types.is_empty()
            || fields.get("eventType").is_none()
            || types.iter().any(|kind| kind == text("eventType"));
        let kept_uid = self
            .query
            .get("iCalUID")
            .is_none_or(|uid| uid == text("iCalUID"));
        found
            && kept_type
            && kept_uid
            && self.has_properties(fields, "private")
            && self.has_properties(fields, "shared")
    }

    fn has_properties(&self, fields: &Fields, kind: &str) -> bool {
        let wanted = self.query.all(&format!("{kind}ExtendedProperty"));
        let has = |name: &str| {
            fields
                .get("extendedProperties")?
                .get(kind)?
                .get(name)?
                .as_str()
        };
        wanted.iter().all(|pair| {
            pair.split_once('=')
                .is_some_and(|(name, value)| has(name) == Some(value))
        })
    }
}

fn event_start<'a>(fields: &'a Fields, event: &'a Event) -> Option<&'a Value> {
    fields.get("start").or_else(|| event.fields.get("start"))
}

fn envelope(calendar: &Calendar, role: Role) -> Value {
    json!({
        "kind": "calendar#events",
        "etag": calendar.etag(),
        "summary": calendar.summary,
        "description": "",
        "updated": moment::stamp(calendar.updated),
        "timeZone": calendar.zone,
        "accessRole": role,
        "defaultReminders": [],
    })
}

fn read_cursor(
    calendar: &Calendar,
    query: &Query,
    text: &str,
    parameters: &str,
) -> Result<Cursor, Refusal> {
    if let Some(name) = FORBIDDEN_WITH_TOKEN
        .iter()
        .find(|name| query.get(name).is_some())
    {
        let message = format!("Sync token cannot be used with the query restriction {name}.");
        return Err(Refusal::new(400, "badRequest", message).at_parameter(name));
    }
    if query.get("showDeleted") == Some("false") {
        return Err(Refusal::new(
            400,
            "badRequest",
            "Deleted events cannot be hidden beside a sync token.",
        )
        .at_parameter("showDeleted"));
    }
    let cursor: Cursor = read(text)
        .ok_or_else(|| Refusal::invalid("Invalid sync token value.").at_parameter("syncToken"))?;
    if cursor.calendar != calendar.id {
        return Err(Refusal::invalid("Invalid sync token value.").at_parameter("syncToken"));
    }
    if calendar.never_syncs
        || cursor.generation != calendar.generation
        || cursor.revision > calendar.revision
    {
        return Err(Refusal::full_sync_required());
    }
    if cursor.parameters != parameters {
        let message = "Sync token was issued for a listing with other parameters.";
        return Err(Refusal::new(400, "badRequest", message).at_parameter("syncToken"));
    }
    Ok(cursor)
}

fn read_bookmark(text: &str, parameters: &str) -> Result<Bookmark, Refusal> {
    let bookmark: Option<Bookmark> = read(text);
    bookmark
        .filter(|bookmark| bookmark.parameters == parameters)
        .ok_or_else(|| Refusal::invalid("Invalid page token value.").at_parameter("pageToken"))
}

fn page_digest(query: &Query) -> String {
    let mut names: Vec<&str> = FORBIDDEN_WITH_TOKEN.to_vec();
    names.extend(KEPT_BESIDE_CURSOR);
    names.extend(["syncToken", "showDeleted", "originalStart"]);
    digest(query, &names)
}

/// `singleEvents=false` and its absence are the same listing.
fn digest(query: &Query, names: &[&str]) -> String {
    let mut hash = Sha256::new();
    for name in names {
        for value in query.all(name).iter().filter(|value| *value != "false") {
            hash.update(format!("{name}={value}\n"));
        }
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..9])
}

fn write(token: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(token).unwrap_or_default())
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
