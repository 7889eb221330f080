//! Where Google is: its own addresses, or those of a simulator.

use url::Url;

/// The four addresses of Google that we speak to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The root to which `/calendar/v3/…` is appended.
    pub api: Url,
    /// The consent page that the system browser opens.
    pub auth: Url,
    /// Exchanges codes and refresh tokens.
    pub token: Url,
    /// Ends a grant.
    pub revoke: Url,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            api: google("https://www.googleapis.com"),
            auth: google("https://accounts.google.com/o/oauth2/v2/auth"),
            token: google("https://oauth2.googleapis.com/token"),
            revoke: google("https://oauth2.googleapis.com/revoke"),
        }
    }
}

impl Endpoints {
    /// All four under one root, laid out as google-sim does.
    ///
    /// # Errors
    /// When `root` can't be a base of relative addresses.
    pub fn under(root: &Url) -> Result<Self, url::ParseError> {
        Ok(Self {
            api: root.clone(),
            auth: root.join("/o/oauth2/v2/auth")?,
            token: root.join("/token")?,
            revoke: root.join("/revoke")?,
        })
    }

    /// `/calendar/v3/` and `segments` under the API root, each segment percent-encoded; `None` for a segment that
    /// an address can't carry (empty, `.` or `..`).
    pub(crate) fn calendar(&self, segments: &[&str]) -> Option<Url> {
        if segments
            .iter()
            .any(|segment| matches!(*segment, "" | "." | ".."))
        {
            return None;
        }
        let mut url = self.api.clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["calendar", "v3"])
            .extend(segments);
        Some(url)
    }
}

fn google(address: &str) -> Url {
    Url::parse(address).expect("Google's own addresses are well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_encoded_and_cannot_walk_the_path() {
        let endpoints = Endpoints::default();
        let url = endpoints
            .calendar(&["calendars", "a/b?c#d@clinic.example", "events"])
            .expect("an address");
        assert_eq!(
            url.as_str(),
            "https://www.googleapis.com/calendar/v3/calendars/a%2Fb%3Fc%23d@clinic.example/events"
        );
        assert_eq!(endpoints.calendar(&["calendars", ".."]), None);
        assert_eq!(endpoints.calendar(&["calendars", ""]), None);
    }

    #[test]
    fn a_root_with_a_path_keeps_it() {
        let root = Url::parse("http://127.0.0.1:9/proxy/").expect("an address");
        let endpoints = Endpoints {
            api: root,
            ..Endpoints::default()
        };
        let url = endpoints
            .calendar(&["channels", "stop"])
            .expect("an address");
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:9/proxy/calendar/v3/channels/stop"
        );
    }
}
