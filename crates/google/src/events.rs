//! Listing, reading and writing the events of a calendar.

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::Value;
use syncward_engine::Failure;

use crate::failure::Call;
use crate::{AccessToken, Client, Event, EventEdit, lenient};

/// Google's largest page of events.
pub const MAX_RESULTS: u32 = 2500;
/// The fields we read; Google sends nothing else.
const PAGE_FIELDS: &str = "nextPageToken,nextSyncToken,timeZone,items(id,status,etag,updated,summary,description,location,\
attendees(email,displayName,responseStatus),start,end,recurrence,recurringEventId,originalStartTime,sequence,extendedProperties)";
/// Our edits send no mail to attendees.
const SEND_NO_MAIL: [(&str, &str); 1] = [("sendUpdates", "none")];

/// One page to list; within a listing and beside its cursor only `page_token` and `max_results` may differ.
#[derive(Clone, Debug)]
pub struct ListQuery<'a> {
    pub calendar_id: &'a str,
    pub start: ListStart<'a>,
    pub page_token: Option<&'a str>,
    /// At most [`MAX_RESULTS`]; Google's 250 when absent.
    pub max_results: Option<u32>,
}

/// Where a listing starts; what Google forbids beside a cursor can't be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListStart<'a> {
    /// Changes since the cursor.
    Cursor(&'a str),
    /// Everything that ends at or after the time, or simply everything.
    Everything { from: Option<Timestamp> },
}

/// One page of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsPage {
    pub events: Vec<Event>,
    /// Items without so much as an id, which could not be read.
    pub unreadable: u32,
    pub next_page_token: Option<String>,
    /// The next cursor; on the last page only.
    pub next_sync_token: Option<String>,
    /// The calendar's zone, an IANA name.
    pub time_zone: Option<String>,
    /// Google's own clock when it answered.
    pub served_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPage {
    #[serde(default)]
    items: Vec<Value>,
    next_page_token: Option<String>,
    next_sync_token: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    time_zone: Option<String>,
}

impl Client {
    /// Lists one page of events, series as series, cancelled ones included.
    ///
    /// # Errors
    /// As the failure table says; `CursorGone` when the listing must begin anew.
    pub async fn events(
        &self,
        token: &AccessToken,
        query: &ListQuery<'_>,
    ) -> Result<EventsPage, Failure> {
        let request = self
            .request(
                Method::GET,
                &["calendars", query.calendar_id, "events"],
                token,
            )?
            .query(&query.parameters());
        let answer = self.ask(Call::ListEvents, request).await?;
        let page: WrittenPage = answer.json()?;
        let listed = page.items.len();
        let events: Vec<Event> = page
            .items
            .into_iter()
            .filter_map(|item| serde_json::from_value(item).ok())
            .collect();
        Ok(EventsPage {
            unreadable: u32::try_from(listed - events.len()).unwrap_or(u32::MAX),
            events,
            next_page_token: page.next_page_token,
            next_sync_token: page.next_sync_token,
            time_zone: page.time_zone,
            served_at: answer.served_at(),
        })
    }

    /// Reads one event.
    ///
    /// # Errors
    /// As the failure table says; `Gone` when there is none.
    pub async fn event(
        &self,
        token: &AccessToken,
        calendar_id: &str,
        event_id: &str,
    ) -> Result<Event, Failure> {
        let request = self.request(
            Method::GET,
            &["calendars", calendar_id, "events", event_id],
            token,
        )?;
        self.ask(Call::Event, request).await?.json()
    }

    /// Makes an event under an id that we chose (base32hex, 5 to 1024 characters), which makes the call idempotent.
    ///
    /// # Errors
    /// As the failure table says; `Conflict` (409) when the event is already there.
    pub async fn insert_event(
        &self,
        token: &AccessToken,
        calendar_id: &str,
        event_id: &str,
        edit: &EventEdit,
    ) -> Result<Event, Failure> {
        let request = self
            .request(Method::POST, &["calendars", calendar_id, "events"], token)?
            .query(&SEND_NO_MAIL)
            .json(&edit.insert_json(event_id));
        self.ask(Call::Event, request).await?.json()
    }

    /// Changes the named fields of an event, if it still is as `etag` says.
    ///
    /// # Errors
    /// As the failure table says; `Conflict` (412) when it changed meanwhile.
    pub async fn patch_event(
        &self,
        token: &AccessToken,
        calendar_id: &str,
        event_id: &str,
        etag: Option<&str>,
        edit: &EventEdit,
    ) -> Result<Event, Failure> {
        let request = self
            .request(
                Method::PATCH,
                &["calendars", calendar_id, "events", event_id],
                token,
            )?
            .query(&SEND_NO_MAIL)
            .json(&edit.patch_json());
        self.ask(Call::Event, if_match(request, etag)).await?.json()
    }

    /// Deletes an event, if it still is as `etag` says.
    ///
    /// # Errors
    /// As the failure table says; `Gone` when it was deleted before, `Conflict` (412) when it changed meanwhile.
    pub async fn delete_event(
        &self,
        token: &AccessToken,
        calendar_id: &str,
        event_id: &str,
        etag: Option<&str>,
    ) -> Result<(), Failure> {
        let request = self
            .request(
                Method::DELETE,
                &["calendars", calendar_id, "events", event_id],
                token,
            )?
            .query(&SEND_NO_MAIL);
        self.ask(Call::Event, if_match(request, etag)).await?;
        Ok(())
    }
}

impl ListQuery<'_> {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("showDeleted", "true".to_owned()),
            ("fields", PAGE_FIELDS.to_owned()),
        ];
        match self.start {
            ListStart::Cursor(cursor) => parameters.push(("syncToken", cursor.to_owned())),
            ListStart::Everything { from: Some(from) } => {
                parameters.push(("timeMin", from.to_string()))
            }
            ListStart::Everything { from: None } => {}
        }
        if let Some(page_token) = self.page_token {
            parameters.push(("pageToken", page_token.to_owned()));
        }
        if let Some(max_results) = self.max_results {
            parameters.push(("maxResults", max_results.clamp(1, MAX_RESULTS).to_string()));
        }
        parameters
    }
}

fn if_match(request: RequestBuilder, etag: Option<&str>) -> RequestBuilder {
    match etag {
        Some(etag) => request.header(http::header::IF_MATCH, etag),
        None => request,
    }
}
