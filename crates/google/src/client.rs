//! The one HTTP client through which every call to Google goes.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use syncward_engine::{Failure, FailureClass};

use crate::answer::Answer;
use crate::failure::{self, Call};
use crate::wire::{Carried, Https, Wire, unsent};
use crate::{AccessToken, Endpoints};

/// Speaks to Google on behalf of any number of grants; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    /// Writes requests; they are sent by `wire`.
    http: reqwest::Client,
    wire: Arc<dyn Wire>,
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
        let wire = Arc::new(Https(http.clone()));
        Ok(Self {
            http,
            wire,
            endpoints,
        })
    }

    /// A client whose requests travel by `wire`.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn over(endpoints: Endpoints, wire: Arc<dyn Wire>) -> Result<Self, ClientError> {
        Ok(Self {
            http: reqwest::Client::builder().build()?,
            wire,
            endpoints,
        })
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
        let Carried {
            status,
            headers,
            body,
        } = self.wire.carry(request).await?;
        if status.is_success() {
            return Ok(Answer {
                status,
                headers,
                body: body?,
            });
        }
        // A refusal whose body breaks off still counts by its status.
        let failure = failure::classify(call, status, &headers, &body.unwrap_or_default());
        tracing::debug!(
            google.call = call.name(),
            status = status.as_u16(),
            reason = failure.reason,
            "google refused a call"
        );
        Err(failure)
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

/// An answer that broke off, is too long, or is not the JSON it should be.
pub(crate) fn malformed(status: u16) -> Failure {
    Failure {
        class: FailureClass::Transient { retry_after: None },
        reason: "malformed_answer".to_owned(),
        status: Some(status),
    }
}
