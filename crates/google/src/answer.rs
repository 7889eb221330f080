//! A successful answer of Google, read to its end.

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use syncward_engine::Failure;

use crate::client::malformed;
use crate::nul;

/// Status, headers and whole body of a 2xx answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as `T`; anything else is a transient `malformed_answer`. A NUL character is read as U+FFFD.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let (body, nuls) = nul::replaced(&self.body);
        if nuls > 0 {
            tracing::warn!(
                characters = nuls,
                "google sent NUL characters; each is kept as U+FFFD"
            );
        }
        serde_json::from_slice(&body).map_err(|_| malformed(self.status.as_u16()))
    }

    /// When Google says it answered.
    pub fn served_at(&self) -> Option<Timestamp> {
        served_at(&self.headers)
    }
}

/// The `Date` header, if it is one.
pub(crate) fn served_at(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

/// A date as HTTP writes it: `Tue, 19 Nov 2013 01:13:52 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}
