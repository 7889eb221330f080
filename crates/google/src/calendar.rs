//! The calendars a person sees: `calendarList`.

use reqwest::Method;
use serde::Deserialize;
use syncward_engine::Failure;

use crate::client::malformed;
use crate::failure::Call;
use crate::{AccessToken, Client, lenient};

/// Google's largest page of calendars.
const CALENDARS_PER_PAGE: &str = "250";
/// A bound on paging: nobody has ten thousand calendars.
const CALENDAR_PAGES_MAX: usize = 40;

/// One calendar of a person's list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarEntry {
    /// For the primary calendar this is the account's e-mail address.
    pub id: String,
    #[serde(default, deserialize_with = "lenient::field")]
    pub summary: Option<String>,
    /// The name the person gave it for themselves.
    #[serde(default, deserialize_with = "lenient::field")]
    pub summary_override: Option<String>,
    /// An IANA name.
    #[serde(default, deserialize_with = "lenient::field")]
    pub time_zone: Option<String>,
    #[serde(default, deserialize_with = "lenient::field")]
    pub primary: bool,
    #[serde(default, deserialize_with = "lenient::field")]
    pub access_role: AccessRole,
    #[serde(default, deserialize_with = "lenient::field")]
    pub deleted: bool,
}

/// What the person may do in the calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccessRole {
    /// Also what we take a role for that we don't know.
    #[default]
    FreeBusyReader,
    Reader,
    Writer,
    Owner,
}

impl AccessRole {
    /// Whether events can be written.
    pub fn can_write(self) -> bool {
        match self {
            Self::Writer | Self::Owner => true,
            Self::FreeBusyReader | Self::Reader => false,
        }
    }
}

impl CalendarEntry {
    /// The name to show: the person's own, else the calendar's, else its id.
    pub fn name(&self) -> &str {
        self.summary_override
            .as_deref()
            .or(self.summary.as_deref())
            .unwrap_or(&self.id)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default, deserialize_with = "lenient::list")]
    items: Vec<CalendarEntry>,
    next_page_token: Option<String>,
}

impl Client {
    /// Every calendar of the person's list, over all pages.
    ///
    /// # Errors
    /// As the failure table says; a list that never ends is a `malformed_answer`.
    pub async fn calendars(&self, token: &AccessToken) -> Result<Vec<CalendarEntry>, Failure> {
        let mut calendars = Vec::new();
        let mut page_token: Option<String> = None;
        for _ in 0..CALENDAR_PAGES_MAX {
            let request = self
                .request(Method::GET, &["users", "me", "calendarList"], token)?
                .query(&[("maxResults", CALENDARS_PER_PAGE)])
                .query(&page_token.map(|next| [("pageToken", next)]));
            let page: Page = self.ask(Call::CalendarList, request).await?.json()?;
            calendars.extend(page.items.into_iter().filter(|calendar| !calendar.deleted));
            let Some(next) = page.next_page_token else {
                return Ok(calendars);
            };
            page_token = Some(next);
        }
        Err(malformed(200))
    }

    /// One calendar of the list; `primary` names the account's own.
    ///
    /// # Errors
    /// As the failure table says; `Gone` when it is not in the list.
    pub async fn calendar(&self, token: &AccessToken, id: &str) -> Result<CalendarEntry, Failure> {
        let request = self.request(Method::GET, &["users", "me", "calendarList", id], token)?;
        self.ask(Call::CalendarList, request).await?.json()
    }
}
