//! The one HTTP client through which every call to Google goes.

use std::time::Duration;

use http::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use syncward_engine::{Failure, FailureClass};

use crate::answer::Answer;
use crate::failure::{self, Call};
use crate::{AccessToken, Endpoints};

/// The largest answer we read; a page of 2,500 events stays well below.
const ANSWER_LIMIT_BYTES: usize = 32 * 1024 * 1024;
/// The largest part of a refusal we read.
const REFUSAL_LIMIT_BYTES: usize = 64 * 1024;

/// Speaks to Google on behalf of any number of grants; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoints: Endpoints,
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("failed to set up the HTTPS client")]
pub struct ClientError(#[from] reqwest::Error);

impl Client {
    /// A client that gives every call `timeout` in all and follows no redirect.
    ///
    /// # Errors
    /// When the system's certificate store can't be used.
    pub fn new(endpoints: Endpoints, timeout: Duration) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("Syncward/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, endpoints })
    }

    /// The addresses this client speaks to.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// A request to the Calendar API with the grant's access token.
    pub(crate) fn request(
        &self,
        method: Method,
        segments: &[&str],
        token: &AccessToken,
    ) -> Result<RequestBuilder, Failure> {
        let url = self
            .endpoints
            .calendar(segments)
            .ok_or_else(|| ours(FailureClass::Permanent, "invalid_id"))?;
        Ok(self.http.request(method, url).bearer_auth(token.expose()))
    }

    /// Sends a form without an access token, as the OAuth endpoints want it.
    pub(crate) fn form(&self, url: url::Url, fields: &[(&str, &str)]) -> RequestBuilder {
        self.http.post(url).form(fields)
    }

    /// Sends the request and reads the answer, or classifies what stood in the way.
    pub(crate) async fn ask(&self, call: Call, request: RequestBuilder) -> Result<Answer, Failure> {
        let request = request.build().map_err(|error| unsent(&error))?;
        self.execute(call, request).await
    }

    /// As [`Client::ask`], for a request that another crate built.
    pub(crate) async fn execute(
        &self,
        call: Call,
        request: reqwest::Request,
    ) -> Result<Answer, Failure> {
        let response = self
            .http
            .execute(request)
            .await
            .map_err(|error| unsent(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        if status.is_success() {
            let body = read(response, ANSWER_LIMIT_BYTES).await?;
            return Ok(Answer {
                status,
                headers,
                body,
            });
        }
        Err(refused(call, status, &headers, response).await)
    }
}

/// A failure that no answer of Google stands behind.
pub(crate) fn ours(class: FailureClass, reason: &str) -> Failure {
    Failure {
        class,
        reason: reason.to_owned(),
        status: None,
    }
}

async fn refused(
    call: Call,
    status: StatusCode,
    headers: &HeaderMap,
    response: Response,
) -> Failure {
    // A refusal whose body breaks off still counts by its status.
    let body = read(response, REFUSAL_LIMIT_BYTES)
        .await
        .unwrap_or_default();
    let failure = failure::classify(call, status, headers, &body);
    tracing::debug!(
        google.call = call.name(),
        status = status.as_u16(),
        reason = failure.reason,
        "google refused a call"
    );
    failure
}

async fn read(mut response: Response, limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| Failure {
            status: Some(status),
            ..if error.is_timeout() {
                unsent(&error)
            } else {
                malformed(status)
            }
        })?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() + chunk.len() > limit_bytes {
            return Err(malformed(status));
        }
        body.extend_from_slice(&chunk);
    }
}

/// An answer that broke off, is too long, or is not the JSON it should be.
pub(crate) fn malformed(status: u16) -> Failure {
    Failure {
        class: FailureClass::Transient { retry_after: None },
        reason: "malformed_answer".to_owned(),
        status: Some(status),
    }
}

fn unsent(error: &reqwest::Error) -> Failure {
    let transient = FailureClass::Transient { retry_after: None };
    if error.is_timeout() {
        ours(transient, "timeout")
    } else if error.is_builder() {
        ours(FailureClass::Permanent, "invalid_request")
    } else {
        ours(transient, "unreachable")
    }
}
