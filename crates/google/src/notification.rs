//! The headers of a push notification, and everything that can be wrong with them.
//!
//! Source: <https://developers.google.com/workspace/calendar/api/guides/push>. A pure function of the headers: whether the
//! channel is known and its token right is the receiver's to say.

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use syncward_engine::NotificationKind;

use crate::ChannelToken;
use crate::answer::http_date;

const CHANNEL_ID: Header = Header {
    name: "x-goog-channel-id",
    limit: 64,
};
const CHANNEL_TOKEN: Header = Header {
    name: "x-goog-channel-token",
    limit: 256,
};
const CHANNEL_EXPIRATION: Header = Header {
    name: "x-goog-channel-expiration",
    limit: 1024,
};
const RESOURCE_ID: Header = Header {
    name: "x-goog-resource-id",
    limit: 1024,
};
const RESOURCE_URI: Header = Header {
    name: "x-goog-resource-uri",
    limit: 1024,
};
const RESOURCE_STATE: Header = Header {
    name: "x-goog-resource-state",
    limit: 1024,
};
const MESSAGE_NUMBER: Header = Header {
    name: "x-goog-message-number",
    limit: 1024,
};

/// One POST of Google on a channel: a hint without content.
#[derive(Clone, Debug)]
pub struct Notification {
    pub channel_id: String,
    /// Not yet compared with the channel's own.
    pub token: ChannelToken,
    pub resource_id: String,
    pub resource_uri: Option<String>,
    pub state: ResourceState,
    /// From 1 to 2^63−1; grows within a channel, though not by one.
    pub number: i64,
    /// When Google says the channel expires.
    pub expires_at: Option<Timestamp>,
}

/// What `X-Goog-Resource-State` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceState {
    /// The handshake.
    Sync,
    Exists,
    NotExists,
}

impl ResourceState {
    /// What the engine makes of it.
    pub fn kind(self) -> NotificationKind {
        match self {
            Self::Sync => NotificationKind::Handshake,
            Self::Exists | Self::NotExists => NotificationKind::Change,
        }
    }

    /// Google's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Exists => "exists",
            Self::NotExists => "not_exists",
        }
    }
}

/// Why headers are not those of a notification; each is answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    #[error("header {name} missing")]
    Missing { name: &'static str },
    #[error("header {name} repeated")]
    Repeated { name: &'static str },
    #[error("header {name} not in printable ASCII")]
    NotAscii { name: &'static str },
    #[error("header {name} longer than {limit} characters")]
    TooLong { name: &'static str, limit: usize },
    #[error("header x-goog-resource-state not one of sync, exists, not_exists")]
    UnknownState,
    #[error("header x-goog-message-number not a number from 1 to 9223372036854775807")]
    NotANumber,
}

impl Notification {
    /// Reads a notification's headers.
    ///
    /// # Errors
    /// The first fault found: a required header missing, any repeated (even with the same value), not ASCII, too long,
    /// or not what its type says.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, HeaderFault> {
        Ok(Self {
            channel_id: CHANNEL_ID.filled(headers)?.to_owned(),
            token: ChannelToken::new(CHANNEL_TOKEN.required(headers)?),
            resource_id: RESOURCE_ID.filled(headers)?.to_owned(),
            resource_uri: RESOURCE_URI.optional(headers)?.map(str::to_owned),
            state: state(RESOURCE_STATE.filled(headers)?)?,
            number: number(MESSAGE_NUMBER.filled(headers)?)?,
            expires_at: CHANNEL_EXPIRATION.optional(headers)?.and_then(http_date),
        })
    }
}

/// A header's name and the most characters we take.
struct Header {
    name: &'static str,
    limit: usize,
}

impl Header {
    fn optional<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h str>, HeaderFault> {
        let mut values = headers.get_all(self.name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(HeaderFault::Repeated { name: self.name });
        }
        self.text(value).map(Some)
    }

    fn required<'h>(&self, headers: &'h HeaderMap) -> Result<&'h str, HeaderFault> {
        self.optional(headers)?
            .ok_or(HeaderFault::Missing { name: self.name })
    }

    fn filled<'h>(&self, headers: &'h HeaderMap) -> Result<&'h str, HeaderFault> {
        let text = self.required(headers)?;
        if text.is_empty() {
            return Err(HeaderFault::Missing { name: self.name });
        }
        Ok(text)
    }

    fn text<'h>(&self, value: &'h HeaderValue) -> Result<&'h str, HeaderFault> {
        if value.len() > self.limit {
            return Err(HeaderFault::TooLong {
                name: self.name,
                limit: self.limit,
            });
        }
        value
            .to_str()
            .map_err(|_| HeaderFault::NotAscii { name: self.name })
    }
}

fn state(text: &str) -> Result<ResourceState, HeaderFault> {
    match text {
        "sync" => Ok(ResourceState::Sync),
        "exists" => Ok(ResourceState::Exists),
        "not_exists" => Ok(ResourceState::NotExists),
        _ => Err(HeaderFault::UnknownState),
    }
}

/// Digits only: Rust's own parser would take a sign.
fn number(text: &str) -> Result<i64, HeaderFault> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(HeaderFault::NotANumber);
    }
    text.parse()
        .ok()
        .filter(|number| *number >= 1)
        .ok_or(HeaderFault::NotANumber)
}

#[cfg(test)]
mod tests;
