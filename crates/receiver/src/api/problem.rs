//! Refusals as RFC 9457 problem documents.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use syncward_wire::Problem;

use crate::app::UseError;
use crate::store::StoreError;

/// A refusal on its way out.
#[derive(Debug)]
pub struct Refusal(pub UseError);

/// The code of a refusal, left in its response for those it passes.
#[derive(Clone, Copy, Debug)]
pub struct Code(pub &'static str);

/// What a handler answers.
pub type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// A refusal of the API's own.
    pub fn new(
        status: u16,
        code: &'static str,
        message: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self(UseError::new(status, code, message, action))
    }

    /// Nothing here has that id.
    pub fn not_found(what: &str) -> Self {
        Self(UseError::not_found(what))
    }
}

impl From<UseError> for Refusal {
    fn from(error: UseError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = self.0.code;
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.0.message,
            code: code.to_owned(),
            action: self.0.action,
        };
        let mut response = (status, Json(problem)).into_response();
        response.extensions_mut().insert(Code(code));
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"syncward\""),
            );
        }
        response
    }
}

/// The answer to paths that lead nowhere.
pub async fn no_such_path() -> Refusal {
    std::future::ready(Refusal::new(
        404,
        "no_such_path",
        "There is nothing at this path.",
        "See /api/v1/openapi.json.",
    ))
    .await
}

/// Says what the router refuses by itself (a method that a path does not have) as a problem; its `Allow` stays.
pub async fn explain(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let answer = next.run(request).await;
    if answer.status() != StatusCode::METHOD_NOT_ALLOWED {
        return answer;
    }
    let allow = answer.headers().get(header::ALLOW).cloned();
    let takes = allow
        .as_ref()
        .and_then(|allow| allow.to_str().ok())
        .unwrap_or_default()
        .replace(',', ", ");
    let mut explained = Refusal::new(
        405,
        "method_not_allowed",
        format!("This path does not take {method}."),
        format!("Use one of: {takes}."),
    )
    .into_response();
    if let Some(allow) = allow {
        explained.headers_mut().insert(header::ALLOW, allow);
    }
    explained
}
