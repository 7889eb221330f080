//! Push channels: opening, stopping, and what Google remembers of them.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::refusal::Refusal;

const ID_MAX: usize = 64;
const TOKEN_MAX: usize = 256;

/// One push channel.
#[derive(Debug, Clone, Serialize)]
pub struct Channel {
    /// The id that the client chose.
    pub id: String,
    /// The token that comes back on every notification.
    pub token: Option<String>,
    /// Where notifications go.
    pub address: String,
    /// Stable for the same account and resource.
    pub resource_id: String,
    /// The address of the watched resource.
    pub resource_uri: String,
    /// The watched calendar.
    pub calendar: String,
    /// Who opened it.
    pub account: String,
    /// The OAuth client that opened it.
    pub client_id: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was stopped.
    pub stopped_at: Option<Timestamp>,
    /// Accepted, and yet never delivers.
    pub silent: bool,
    /// The number of its newest message.
    pub message_number: u64,
}

impl Channel {
    /// Whether it lives at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.stopped_at.is_none() && now < self.expires_at
    }

    /// Whether a change at `now` is still told, also for a moment after the stop.
    pub fn still_tells(&self, now: Timestamp, linger: SignedDuration) -> bool {
        !self.silent
            && now < self.expires_at
            && self
                .stopped_at
                .is_none_or(|stopped| now <= stopped + linger)
    }

    /// The answer of `events.watch`.
    pub fn json(&self) -> Value {
        let mut channel = json!({
            "kind": "api#channel",
            "id": self.id,
            "resourceId": self.resource_id,
            "resourceUri": self.resource_uri,
            "expiration": self.expires_at.as_millisecond().to_string(),
        });
        if let Some(token) = &self.token {
            channel["token"] = json!(token);
        }
        channel
    }
}

/// Every channel, and every id that was ever used.
#[derive(Debug, Default)]
pub struct Channels {
    /// Channels by id, in the order of ids.
    pub by_id: BTreeMap<String, Channel>,
    used: BTreeSet<String>,
}

impl Channels {
    /// Takes an id for ever; 400 when it was taken before.
    pub fn take_id(&mut self, id: &str) -> Result<(), Refusal> {
        if self.used.insert(id.to_owned()) {
            return Ok(());
        }
        Err(Refusal::new(
            400,
            "channelIdNotUnique",
            format!("Channel id {id} not unique"),
        ))
    }
}

/// What a watch body asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The channel's id.
    pub id: String,
    /// Its token.
    pub token: Option<String>,
    /// Its address.
    pub address: String,
    /// The end that was asked for.
    pub expires_at: Option<Timestamp>,
}

impl Wanted {
    /// Reads and checks a watch body.
    pub fn read(body: &Value, now: Timestamp) -> Result<Self, Refusal> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let id = text("id")
            .filter(|id| !id.is_empty())
            .ok_or_else(|| Refusal::required("Required"))?;
        let clean = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte);
        if id.len() > ID_MAX || !id.bytes().all(clean) {
            return Err(Refusal::invalid("Invalid channel id."));
        }
        match text("type") {
            Some("web_hook" | "webhook") => {}
            None => return Err(Refusal::required("Required")),
            Some(other) => return Err(Refusal::invalid(format!("Unknown channel type: {other}"))),
        }
        let token = text("token").map(str::to_owned);
        if token.as_ref().is_some_and(|token| token.len() > TOKEN_MAX) {
            return Err(Refusal::invalid("Channel token too long."));
        }
        let address = text("address").ok_or_else(|| Refusal::required("Required"))?;
        check_address(address)?;
        let wanted = Self {
            id: id.to_owned(),
            token,
            address: address.to_owned(),
            expires_at: asked_end(body, now)?,
        };
        if wanted.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::invalid("Channel expiration lies in the past."));
        }
        Ok(wanted)
    }
}

/// The asked-for end: `expiration` in milliseconds, or else `params.ttl` in seconds.
fn asked_end(body: &Value, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    let bad = || Refusal::invalid("Invalid value for: expiration");
    if let Some(value) = body.get("expiration").filter(|value| !value.is_null()) {
        let at = number(value).and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
        return at.map(Some).ok_or_else(bad);
    }
    let Some(ttl) = body.get("params").and_then(|params| params.get("ttl")) else {
        return Ok(None);
    };
    let seconds = number(ttl)
        .filter(|seconds| (1..=1_000_000_000).contains(seconds))
        .ok_or_else(bad)?;
    Ok(Some(now + SignedDuration::from_secs(seconds)))
}

/// Https everywhere; plain http only to this machine.
fn check_address(address: &str) -> Result<(), Refusal> {
    let refused = |sentence: &str| {
        Err(Refusal::new(
            400,
            "webhookUrlNotHttps",
            format!("{sentence}: {address}"),
        ))
    };
    match Url::parse(address) {
        Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => {
            Ok(())
        }
        Ok(_) => refused("WebHook callback must be HTTPS"),
        Err(_) => Err(Refusal::invalid(format!(
            "Invalid WebHook callback: {address}"
        ))),
    }
}

/// Whether an address names this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The resource id, the same whenever the same account watches the same resource.
pub fn resource_id(account: &str, resource_uri: &str) -> String {
    let hash = Sha256::digest(format!("{account} {resource_uri}"));
    URL_SAFE_NO_PAD.encode(&hash[..20])
}
