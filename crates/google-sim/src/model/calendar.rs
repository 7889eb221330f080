//! A calendar: its events by id, who may see it, and the revisions that sync tokens point at.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    event::{self, Event, Fields, Writing},
    moment::{self, Moment},
    refusal::Refusal,
    series,
};

/// What somebody may do with a calendar, least first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Sees when somebody is busy.
    FreeBusyReader,
    /// Reads everything.
    Reader,
    /// Writes events.
    Writer,
    /// Owns the calendar.
    Owner,
}

/// One calendar.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Its id; a primary calendar's is the account's address.
    pub id: String,
    /// Its name.
    pub summary: String,
    /// Its zone name.
    pub zone: String,
    /// The same zone.
    pub tz: TimeZone,
    /// False refuses channels with `pushNotSupportedForRequestedResource`.
    pub watchable: bool,
    /// True answers 410 to every sync token, as some derived calendars do.
    pub never_syncs: bool,
    /// True lets `trickle` edit it.
    pub seeded: bool,
    /// Roles by address.
    pub roles: BTreeMap<String, Role>,
    /// Events by id, cancelled ones too.
    pub events: BTreeMap<String, Event>,
    /// Grows with every change.
    pub revision: u64,
    /// Sync tokens of another generation are over.
    pub generation: u64,
    /// When anything last changed.
    pub updated: Timestamp,
}

/// How a body changes an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `events.patch`.
    Patch,
    /// `events.update`.
    Replace,
}

impl Calendar {
    /// An empty calendar that belongs to `owner`.
    pub fn new(
        id: &str,
        owner: &str,
        summary: &str,
        zone: &str,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            id: id.to_owned(),
            summary: summary.to_owned(),
            zone: zone.to_owned(),
            tz: moment::zone(zone)?,
            watchable: true,
            never_syncs: false,
            seeded: false,
            roles: BTreeMap::from([(owner.to_owned(), Role::Owner)]),
            events: BTreeMap::new(),
            revision: 1,
            generation: 1,
            updated: now,
        })
    }

    /// The version tag of the whole calendar.
    pub fn etag(&self) -> String {
        format!("\"p3{:x}{:x}\"", self.generation, self.revision)
    }

    fn writing<'a>(&'a self, author: &'a str, now: Timestamp) -> Writing<'a> {
        Writing {
            calendar: &self.id,
            zone: &self.zone,
            tz: &self.tz,
            author,
            now,
        }
    }

    fn store(&mut self, id: &str, fields: Fields, now: Timestamp) -> Fields {
        self.revision += 1;
        self.updated = now;
        let revision = self.revision;
        let ordinal = self.events.get(id).map_or(revision, |old| old.ordinal);
        let mut event = Event {
            fields,
            revision,
            ordinal,
            updated: now,
        };
        event.touch(now, revision);
        let fields = event.fields.clone();
        self.events.insert(id.to_owned(), event);
        fields
    }

    /// Adds an event; `fresh_id` is used when the body names none.
    pub fn insert(
        &mut self,
        body: &Fields,
        fresh_id: &str,
        author: &str,
        now: Timestamp,
    ) -> Result<Fields, Refusal> {
        let id = match body.get("id") {
            None | Some(Value::Null) => fresh_id,
            Some(Value::String(id)) => id,
            Some(_) => return Err(Refusal::invalid("Invalid resource id value.")),
        };
        event::check_id(id)?;
        if self.events.contains_key(id) {
            return Err(Refusal::new(
                409,
                "duplicate",
                "The requested identifier already exists.",
            ));
        }
        let id = id.to_owned();
        let fields = event::create(body, &id, &self.writing(author, now))?;
        Ok(self.store(&id, fields, now))
    }

    /// An event by id, also an instance that no exception replaced.
    pub fn get(&self, id: &str) -> Result<Fields, Refusal> {
        if let Some(event) = self.events.get(id) {
            return Ok(event.fields.clone());
        }
        let (master, suffix) = id.rsplit_once('_').ok_or_else(Refusal::not_found)?;
        let master = self
            .events
            .get(master)
            .filter(|master| master.is_series())
            .ok_or_else(Refusal::not_found)?;
        let starts = series::starts(
            &master.fields,
            Timestamp::MAX.min(series::horizon(self.updated)),
        )?;
        let start = starts
            .iter()
            .find(|start| start.suffix() == suffix)
            .ok_or_else(Refusal::not_found)?;
        Ok(self.instance(&master.fields, start))
    }

    /// The instance of a series at one of its starts.
    pub fn instance(&self, master: &Fields, start: &Moment) -> Fields {
        series::instance(master, start, &self.zone, &self.tz)
    }

    /// Patches or replaces an event.
    pub fn change(
        &mut self,
        id: &str,
        change: Change,
        body: &Fields,
        if_match: Option<&str>,
        author: &str,
        now: Timestamp,
    ) -> Result<Fields, Refusal> {
        let old = self.get(id)?;
        check_match(&old, if_match)?;
        let writing = self.writing(author, now);
        let fields = match change {
            Change::Patch => event::patch(&old, body, &writing)?,
            Change::Replace => event::replace(&old, body, &writing)?,
        };
        Ok(self.store(id, fields, now))
    }

    /// Cancels an event, and with a series its exceptions.
    pub fn delete(
        &mut self,
        id: &str,
        if_match: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut fields = self.get(id)?;
        if fields.get("status").and_then(Value::as_str) == Some("cancelled") {
            return Err(Refusal::deleted());
        }
        check_match(&fields, if_match)?;
        fields.insert("status".into(), json!("cancelled"));
        self.store(id, fields, now);
        let exceptions: Vec<String> = self
            .events
            .iter()
            .filter(|(_, event)| {
                event.text("recurringEventId") == Some(id) && !event.is_cancelled()
            })
            .map(|(exception, _)| exception.clone())
            .collect();
        for exception in exceptions {
            let Some(event) = self.events.get(&exception) else {
                continue;
            };
            let mut fields = event.fields.clone();
            fields.insert("status".into(), json!("cancelled"));
            self.store(&exception, fields, now);
        }
        Ok(())
    }

    /// Ends every sync token that was handed out.
    pub fn expire_sync_tokens(&mut self) {
        self.generation += 1;
    }

    /// `calendars.get`.
    pub fn json(&self) -> Value {
        json!({
            "kind": "calendar#calendar",
            "etag": self.etag(),
            "id": self.id,
            "summary": self.summary,
            "timeZone": self.zone,
            "conferenceProperties": { "allowedConferenceSolutionTypes": ["hangoutsMeet"] }
        })
    }

    /// The entry in the calendar list of `account`.
    pub fn entry(&self, account: &str, role: Role) -> Value {
        let mut entry = json!({
            "kind": "calendar#calendarListEntry",
            "etag": self.etag(),
            "id": self.id,
            "summary": self.summary,
            "timeZone": self.zone,
            "colorId": "14",
            "backgroundColor": "#9fe1e7",
            "foregroundColor": "#000000",
            "selected": true,
            "accessRole": role,
            "defaultReminders": [],
            "conferenceProperties": { "allowedConferenceSolutionTypes": ["hangoutsMeet"] }
        });
        if self.id == account {
            entry["primary"] = json!(true);
        }
        entry
    }
}

fn check_match(fields: &Fields, if_match: Option<&str>) -> Result<(), Refusal> {
    let etag = fields.get("etag").and_then(Value::as_str);
    match if_match {
        Some(wanted) if wanted != "*" && Some(wanted) != etag => Err(Refusal::condition_not_met()),
        _ => Ok(()),
    }
}
