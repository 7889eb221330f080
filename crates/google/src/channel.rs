//! Opening and stopping push channels.

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use syncward_engine::{Failure, FailureClass};
use url::Url;

use crate::failure::Call;
use crate::{AccessToken, ChannelToken, Client};

/// A channel to open on a calendar's events.
#[derive(Clone, Debug)]
pub struct WatchRequest<'a> {
    pub calendar_id: &'a str,
    /// At most 64 of `[A-Za-z0-9_\-+/=]`, never used before.
    pub channel_id: &'a str,
    pub token: &'a ChannelToken,
    /// Where notifications go.
    pub address: &'a Url,
    /// The asked-for end; Google may grant less.
    pub expires_at: Timestamp,
}

/// What Google granted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedChannel {
    /// Stable for the same person and calendar.
    pub resource_id: String,
    /// From the answer, never assumed.
    #[serde(rename = "expiration", deserialize_with = "epoch_ms")]
    pub expires_at: Timestamp,
}

/// How a channel came to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Google stopped it.
    Now,
    /// Google no longer knows it (404, 410).
    AlreadyOver,
}

impl Client {
    /// Opens a channel on a calendar's events.
    ///
    /// # Errors
    /// As the failure table says; `Conflict` when the channel id was used before.
    pub async fn watch(
        &self,
        token: &AccessToken,
        watch: &WatchRequest<'_>,
    ) -> Result<OpenedChannel, Failure> {
        let body = json!({
            "id": watch.channel_id,
            "type": "web_hook",
            "address": watch.address,
            "token": watch.token.expose(),
            "expiration": watch.expires_at.as_millisecond().to_string(),
        });
        let request = self
            .request(
                Method::POST,
                &["calendars", watch.calendar_id, "events", "watch"],
                token,
            )?
            .json(&body);
        self.ask(Call::Watch, request).await?.json()
    }

    /// Stops a channel; one that Google no longer knows counts as stopped.
    ///
    /// # Errors
    /// As the failure table says; `GrantLost` (401 with a fresh token) means that nobody can stop it any more: it ends by itself.
    pub async fn stop(
        &self,
        token: &AccessToken,
        channel_id: &str,
        resource_id: &str,
    ) -> Result<Stopped, Failure> {
        let request = self
            .request(Method::POST, &["channels", "stop"], token)?
            .json(&json!({ "id": channel_id, "resourceId": resource_id }));
        match self.ask(Call::Stop, request).await {
            Ok(_) => Ok(Stopped::Now),
            Err(failure) if failure.class == FailureClass::Gone => Ok(Stopped::AlreadyOver),
            Err(failure) => Err(failure),
        }
    }
}

/// Milliseconds since 1970, as the string Google writes (or the number it might).
fn epoch_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Number(i64),
    }
    let ms = match Written::deserialize(deserializer)? {
        Written::Text(text) => text.parse().map_err(serde::de::Error::custom)?,
        Written::Number(number) => number,
    };
    Timestamp::from_millisecond(ms).map_err(serde::de::Error::custom)
}
