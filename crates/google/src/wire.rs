//! How a request gets to Google and its answer back: by HTTPS, or by whatever a simulation puts in its place.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use http::{HeaderMap, StatusCode};
use reqwest::{Request, Response};
use syncward_engine::{Failure, FailureClass};

use crate::client::{malformed, ours};

/// The largest answer we read; a page of 2,500 events stays well below.
const ANSWER_LIMIT_BYTES: usize = 32 * 1024 * 1024;
/// The largest part of a refusal we read.
const REFUSAL_LIMIT_BYTES: usize = 64 * 1024;

/// What carries a request to Google.
pub trait Wire: Debug + Send + Sync {
    /// Carries one request and waits for its answer; a failure means that none came.
    fn carry(&self, request: Request) -> Carrying;
}

/// A request under way.
pub type Carrying = Pin<Box<dyn Future<Output = Result<Carried, Failure>> + Send>>;

/// An answer as it arrived.
#[derive(Debug)]
pub struct Carried {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The whole body, or why it broke off.
    pub body: Result<Vec<u8>, Failure>,
}

/// The real way.
#[derive(Debug)]
pub(crate) struct Https(pub reqwest::Client);

impl Wire for Https {
    fn carry(&self, request: Request) -> Carrying {
        let http = self.0.clone();
        Box::pin(async move {
            let response = http
                .execute(request)
                .await
                .map_err(|error| unsent(&error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let limit_bytes = match status.is_success() {
                true => ANSWER_LIMIT_BYTES,
                false => REFUSAL_LIMIT_BYTES,
            };
            Ok(Carried {
                status,
                headers,
                body: read(response, limit_bytes).await,
            })
        })
    }
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

pub(crate) fn unsent(error: &reqwest::Error) -> Failure {
    let transient = FailureClass::Transient { retry_after: None };
    if error.is_timeout() {
        ours(transient, "timeout")
    } else if error.is_builder() {
        ours(FailureClass::Permanent, "invalid_request")
    } else {
        ours(transient, "unreachable")
    }
}
