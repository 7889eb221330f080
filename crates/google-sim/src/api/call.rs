//! Which method of Calendar v3 a method and a path name, and which scopes it accepts.

use url::form_urlencoded;

/// The root of every path here.
pub const ROOT: &str = "/calendar/v3/";
const SCOPE_ROOT: &str = "https://www.googleapis.com/auth/calendar";

/// One method with the ids of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the variants carry the names of Google's methods"
)]
pub enum Call {
    CalendarListList,
    CalendarListGet { calendar: String },
    CalendarsGet { calendar: String },
    EventsList { calendar: String },
    EventsInsert { calendar: String },
    EventsGet { calendar: String, event: String },
    EventsPatch { calendar: String, event: String },
    EventsUpdate { calendar: String, event: String },
    EventsDelete { calendar: String, event: String },
    EventsInstances { calendar: String, event: String },
    EventsWatch { calendar: String },
    ChannelsStop,
}

impl Call {
    /// The method that a request names.
    pub fn read(method: &str, path: &str) -> Option<Self> {
        let segments: Vec<String> = path.strip_prefix(ROOT)?.split('/').map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let owned = |text: &str| text.to_owned();
        Some(match (method, segments.as_slice()) {
            ("GET", ["users", "me", "calendarList"]) => Self::CalendarListList,
            ("GET", ["users", "me", "calendarList", id]) => Self::CalendarListGet {
                calendar: owned(id),
            },
            ("GET", ["calendars", id]) => Self::CalendarsGet {
                calendar: owned(id),
            },
            ("GET", ["calendars", id, "events"]) => Self::EventsList {
                calendar: owned(id),
            },
            ("POST", ["calendars", id, "events"]) => Self::EventsInsert {
                calendar: owned(id),
            },
            ("POST", ["calendars", id, "events", "watch"]) => Self::EventsWatch {
                calendar: owned(id),
            },
            ("GET", ["calendars", id, "events", event]) => Self::EventsGet {
                calendar: owned(id),
                event: owned(event),
            },
            ("PATCH", ["calendars", id, "events", event]) => Self::EventsPatch {
                calendar: owned(id),
                event: owned(event),
            },
            ("PUT", ["calendars", id, "events", event]) => Self::EventsUpdate {
                calendar: owned(id),
                event: owned(event),
            },
            ("DELETE", ["calendars", id, "events", event]) => Self::EventsDelete {
                calendar: owned(id),
                event: owned(event),
            },
            ("GET", ["calendars", id, "events", event, "instances"]) => Self::EventsInstances {
                calendar: owned(id),
                event: owned(event),
            },
            ("POST", ["channels", "stop"]) => Self::ChannelsStop,
            _ => return None,
        })
    }

    /// The method's name in the API description, without the leading `calendar.`.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CalendarListList => "calendarList.list",
            Self::CalendarListGet { .. } => "calendarList.get",
            Self::CalendarsGet { .. } => "calendars.get",
            Self::EventsList { .. } => "events.list",
            Self::EventsInsert { .. } => "events.insert",
            Self::EventsGet { .. } => "events.get",
            Self::EventsPatch { .. } => "events.patch",
            Self::EventsUpdate { .. } => "events.update",
            Self::EventsDelete { .. } => "events.delete",
            Self::EventsInstances { .. } => "events.instances",
            Self::EventsWatch { .. } => "events.watch",
            Self::ChannelsStop => "channels.stop",
        }
    }

    /// The calendar in the path, as written there.
    pub fn calendar(&self) -> Option<&str> {
        match self {
            Self::CalendarListList | Self::ChannelsStop => None,
            Self::CalendarListGet { calendar }
            | Self::CalendarsGet { calendar }
            | Self::EventsList { calendar }
            | Self::EventsInsert { calendar }
            | Self::EventsGet { calendar, .. }
            | Self::EventsPatch { calendar, .. }
            | Self::EventsUpdate { calendar, .. }
            | Self::EventsDelete { calendar, .. }
            | Self::EventsInstances { calendar, .. }
            | Self::EventsWatch { calendar } => Some(calendar),
        }
    }

    /// Whether a scope opens this method, as the API description lists it.
    pub fn accepts(&self, scope: &str) -> bool {
        let Some(name) = scope.strip_prefix(SCOPE_ROOT) else {
            return false;
        };
        let reads_events = || {
            let narrow = [
                ".events",
                ".events.readonly",
                ".events.owned",
                ".events.owned.readonly",
                ".events.freebusy",
            ];
            narrow.contains(&name)
                || matches!(
                    name,
                    "" | ".readonly" | ".app.created" | ".events.public.readonly"
                )
        };
        match self {
            Self::CalendarListList => matches!(
                name,
                "" | ".readonly" | ".calendarlist" | ".calendarlist.readonly"
            ),
            Self::CalendarListGet { .. } => {
                matches!(
                    name,
                    "" | ".readonly" | ".calendarlist" | ".calendarlist.readonly" | ".app.created"
                )
            }
            Self::CalendarsGet { .. } => matches!(
                name,
                "" | ".readonly" | ".calendars" | ".calendars.readonly" | ".app.created"
            ),
            Self::EventsInsert { .. }
            | Self::EventsPatch { .. }
            | Self::EventsUpdate { .. }
            | Self::EventsDelete { .. } => {
                matches!(name, "" | ".events" | ".events.owned" | ".app.created")
            }
            Self::EventsList { .. }
            | Self::EventsGet { .. }
            | Self::EventsInstances { .. }
            | Self::EventsWatch { .. } => reads_events(),
            Self::ChannelsStop => {
                let others = [
                    ".acls",
                    ".acls.readonly",
                    ".calendarlist",
                    ".calendarlist.readonly",
                    ".settings",
                    ".settings.readonly",
                ];
                reads_events() || others.contains(&name)
            }
        }
    }
}

/// Undoes percent-encoding in one segment of a path.
fn decode(segment: &str) -> String {
    let kept = segment
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    form_urlencoded::parse(kept.as_bytes())
        .next()
        .map(|(text, _)| text.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_a_path_are_decoded() {
        let call = Call::read(
            "GET",
            "/calendar/v3/calendars/a%2Bb%40clinic.example/events",
        );
        assert_eq!(
            call,
            Some(Call::EventsList {
                calendar: "a+b@clinic.example".into()
            })
        );
    }

    #[test]
    fn a_narrow_scope_does_not_write() {
        let call = Call::EventsInsert {
            calendar: "primary".into(),
        };
        assert!(call.accepts("https://www.googleapis.com/auth/calendar.events"));
        assert!(!call.accepts("https://www.googleapis.com/auth/calendar.events.readonly"));
    }
}
