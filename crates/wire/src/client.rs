//! The typed client: asks one receiver over HTTP, with a device's token.
//!
//! Responsible for requests, pages, the live stream and the kinds of failure. Never retries and never interprets.

use std::time::Duration;

use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use reqwest::tls::TlsInfo;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::certificate::{self, Fingerprint, StrangeCertificate};
use crate::stream::StreamEvent;
use crate::{At, Page, PairRequest, Paired, Problem};

/// A call waits this long for its answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// The stream carries a keep-alive more often than this.
const STREAM_SILENCE: Duration = Duration::from_secs(45);
/// No list is followed further than this many pages.
const MOST_PAGES: usize = 100;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address of a receiver; the text is a sentence.
    #[error("use the address: {0}")]
    Address(String),
    /// The network part of this program does not start.
    #[error("start an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The system's trust in certificates can't be asked.
    #[error("ask the system whom it trusts")]
    Trust(#[source] rustls::Error),
    /// Nothing was sent: the receiver's certificate is neither trusted nor the one that was compared.
    #[error("trust the receiver: {0}")]
    Certificate(StrangeCertificate),
    #[error("reach the receiver")]
    Unreachable(#[source] reqwest::Error),
    #[error("have the receiver do it: {}", .0.detail)]
    Refused(Box<Problem>),
    #[error("understand the receiver's answer: {0}")]
    Malformed(String),
    #[error("hear from the receiver for {} s", STREAM_SILENCE.as_secs())]
    Silent,
}

impl ClientError {
    /// The receiver no longer takes this device's token.
    pub fn is_unauthorised(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 401)
    }

    /// The receiver has no such route or object.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Refused(problem) if matches!(problem.status, 404 | 405))
    }

    /// The last cause in plain words, without addresses or query strings.
    pub fn cause(&self) -> String {
        match self {
            Self::Unreachable(error) if error.is_timeout() => "it did not answer in time".into(),
            Self::Unreachable(error) if error.is_connect() => "nothing answers there".into(),
            Self::Unreachable(_) => "the connection broke".into(),
            Self::Refused(problem) => problem.detail.clone(),
            Self::Malformed(_) => "its answer made no sense".into(),
            Self::Silent => "it fell silent".into(),
            Self::Address(sentence) => sentence.clone(),
            Self::Client(_) => "no HTTP client could be started".into(),
            Self::Trust(_) => "this computer could not say whom it trusts".into(),
            Self::Certificate(strange) => strange.to_string(),
        }
    }
}

/// One receiver as seen by this device.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    root: Url,
    token: SecretString,
}

impl Client {
    /// A client for `address` (`http://host:port`); with a pin, that key alone is taken for the receiver's.
    pub fn new(
        address: &str,
        token: SecretString,
        pin: Option<Fingerprint>,
    ) -> Result<Self, ClientError> {
        let root = parse_address(address)?;
        Ok(Self {
            http: http_for(&root, pin)?,
            root,
            token,
        })
    }

    /// The same, for the same token, with that key in place of the one that was taken before.
    pub fn pinned_to(&self, pin: Fingerprint) -> Result<Self, ClientError> {
        Ok(Self {
            http: http_for(&self.root, Some(pin))?,
            ..self.clone()
        })
    }

    /// Reads one object.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, ClientError> {
        let request = self.http.get(self.url(path)).query(query);
        decode(self.send(request).await?).await
    }

    /// Reads one object, and when the certificate ends that was shown meanwhile; none over plain HTTP.
    pub async fn get_with_certificate<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<(T, Option<At>), ClientError> {
        let response = self.send(self.http.get(self.url(path))).await?;
        let shown = response.extensions().get::<TlsInfo>();
        let ends_at = shown
            .and_then(TlsInfo::peer_certificate)
            .and_then(certificate::ends_at);
        Ok((decode(response).await?, ends_at))
    }

    /// Reads a whole list, page by page.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ClientError> {
        let mut items = Vec::new();
        let mut query = vec![("limit", "1000".to_owned())];
        for _ in 0..MOST_PAGES {
            let page: Page<T> = self.get(path, &query).await?;
            items.extend(page.items);
            let Some(next) = page.next else { break };
            query = vec![("limit", "1000".to_owned()), ("after", next)];
        }
        Ok(items)
    }

    /// Orders something; `body` is empty for calls that take none.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ClientError> {
        let mut request = self.http.post(self.url(path));
        if let Some(body) = body {
            request = request.json(body);
        }
        decode(self.send(request).await?).await
    }

    /// Changes something.
    pub async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        decode(
            self.send(self.http.patch(self.url(path)).json(body))
                .await?,
        )
        .await
    }

    /// Deletes something; the answer's body does not matter.
    pub async fn delete(&self, path: &str) -> Result<(), ClientError> {
        self.send(self.http.delete(self.url(path))).await?;
        Ok(())
    }

    /// The live stream, from after `last` on; ends with an error when it breaks or falls silent.
    pub async fn stream(
        &self,
        last: Option<&str>,
    ) -> Result<
        impl Stream<Item = Result<(String, Option<StreamEvent>), ClientError>> + use<>,
        ClientError,
    > {
        let mut request = self
            .http
            .get(self.url("stream"))
            .bearer_auth(self.token.expose_secret())
            .header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = tokio::time::timeout(CALL_TIMEOUT, request.send())
            .await
            .map_err(|_| ClientError::Silent)?
            .map_err(unreachable)?;
        let response = refuse(response).await?;
        let alive = tokio_stream::StreamExt::timeout(response.bytes_stream(), STREAM_SILENCE).map(
            |piece| match piece {
                Ok(Ok(bytes)) => Ok(bytes),
                Ok(Err(error)) => Err(unreachable(error)),
                Err(_) => Err(ClientError::Silent),
            },
        );
        Ok(alive.eventsource().map(|event| match event {
            Ok(event) => Ok((event.id, streamed(&event.event, &event.data))),
            Err(eventsource_stream::EventStreamError::Transport(error)) => Err(error),
            Err(error) => Err(ClientError::Malformed(error.to_string())),
        }))
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, ClientError> {
        let response = request
            .timeout(CALL_TIMEOUT)
            .bearer_auth(self.token.expose_secret())
            .send()
            .await
            .map_err(unreachable)?;
        refuse(response).await
    }

    fn url(&self, path: &str) -> Url {
        endpoint(&self.root, path)
    }
}

/// Exchanges a one-time code for a device token; the code is sent only to whose certificate is trusted or pinned.
pub async fn pair(
    address: &str,
    code: &str,
    device: &str,
    pin: Option<Fingerprint>,
) -> Result<Paired, ClientError> {
    let root = parse_address(address)?;
    let body = PairRequest {
        code: code.trim().to_owned(),
        device: device.to_owned(),
    };
    let response = http_for(&root, pin)?
        .post(endpoint(&root, "pair"))
        .timeout(CALL_TIMEOUT)
        .json(&body)
        .send()
        .await
        .map_err(unreachable)?;
    decode(refuse(response).await?).await
}

/// The address without path.
///
/// # Errors
/// `ClientError::Address` for anything but https, or http to this computer.
pub fn parse_address(address: &str) -> Result<Url, ClientError> {
    let address = address.trim().trim_end_matches('/');
    let wrong = ClientError::Address;
    let half = || wrong("This is not a whole address: https:// is missing before it.".into());
    let url = Url::parse(address).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => half(),
        _ => wrong(format!("This is not an address: {error}.")),
    })?;
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(_)) if is_loopback(&url) => Ok(url),
        ("http", Some(_)) => Err(wrong(
            "Plain http is taken for this computer only; the token would travel unprotected."
                .into(),
        )),
        // A host and its port, read as a scheme.
        (scheme, None) if scheme == "localhost" || scheme.contains('.') => Err(half()),
        (scheme, _) => Err(wrong(format!(
            "{scheme} is not a scheme a receiver speaks."
        ))),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn unreachable(error: reqwest::Error) -> ClientError {
    match certificate::strange(&error) {
        Some(strange) => ClientError::Certificate(strange),
        None => ClientError::Unreachable(error),
    }
}

/// Plain HTTP underneath a [`Client`], for calls of one's own.
///
/// # Errors
/// `Client`, `Trust`.
pub fn http_for(root: &Url, pin: Option<Fingerprint>) -> Result<reqwest::Client, ClientError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .user_agent(concat!("syncward-desktop/", env!("CARGO_PKG_VERSION")));
    if is_loopback(root) {
        builder = builder.no_proxy();
    }
    if root.scheme() == "https" {
        let tls = certificate::tls(pin).map_err(ClientError::Trust)?;
        builder = builder
            .https_only(true)
            .tls_info(true)
            .tls_backend_preconfigured(tls);
    }
    builder.build().map_err(ClientError::Client)
}

fn endpoint(root: &Url, path: &str) -> Url {
    let mut url = root.clone();
    let base = root.path().trim_end_matches('/');
    url.set_path(&format!("{base}/api/v1/{path}"));
    url
}

async fn refuse(response: reqwest::Response) -> Result<reqwest::Response, ClientError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem = response.json().await.unwrap_or_else(|_| Problem {
        kind: "about:blank".into(),
        title: status.to_string(),
        status: status.as_u16(),
        detail: format!("The receiver answered {status}."),
        code: format!("http_{}", status.as_u16()),
        action: "Check that this address is a Syncward receiver; its log says more.".into(),
    });
    Err(ClientError::Refused(Box::new(problem)))
}

async fn decode<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, ClientError> {
    let bytes = response.bytes().await.map_err(unreachable)?;
    let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
    serde_json::from_slice(text).map_err(|error| ClientError::Malformed(error.to_string()))
}

/// An event this version knows, or none: a newer receiver may tell more.
fn streamed(name: &str, text: &str) -> Option<StreamEvent> {
    let content: Value = serde_json::from_str(text).ok()?;
    serde_json::from_value(json!({ "event": name, "data": content })).ok()
}

#[cfg(test)]
mod tests {
    use super::parse_address;

    #[test]
    fn an_address_without_its_https_is_called_half() {
        for half in [
            "calendar.clinic.example",
            "clinic.example:8443",
            "localhost:8480",
        ] {
            let said = parse_address(half)
                .expect_err("https:// is missing")
                .to_string();
            assert!(said.contains("https:// is missing"), "{half}: {said}");
        }
        let other = parse_address("ftp://clinic.example").expect_err("another scheme");
        assert!(other.to_string().contains("ftp is not a scheme"), "{other}");
    }
}
