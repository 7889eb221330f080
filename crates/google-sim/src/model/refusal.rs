//! Refusals in the words of Google: status, reason, and the JSON body that carries both.

use serde_json::{Value, json};

/// One refused call, ready to become Google's error body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {reason}: {message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Google's machine-readable reason, such as `rateLimitExceeded`.
    pub reason: String,
    /// The sentence for people.
    pub message: String,
    /// `parameter` or `header`, and its name.
    pub location: Option<(&'static str, String)>,
    /// Seconds for a `Retry-After` header.
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal with a reason and a sentence.
    pub fn new(status: u16, reason: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.to_owned(),
            message: message.into(),
            location: None,
            retry_after_s: None,
        }
    }

    /// The same refusal, blaming one query parameter.
    #[must_use]
    pub fn at_parameter(mut self, name: &str) -> Self {
        self.location = Some(("parameter", name.to_owned()));
        self
    }

    /// The same refusal, blaming one header.
    #[must_use]
    pub fn at_header(mut self, name: &str) -> Self {
        self.location = Some(("header", name.to_owned()));
        self
    }

    /// 400 with the reason `invalid`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid", message)
    }

    /// 400 with the reason `required`.
    pub fn required(message: impl Into<String>) -> Self {
        Self::new(400, "required", message)
    }

    /// 404, said alike of what never was and of what is not shared.
    pub fn not_found() -> Self {
        Self::new(404, "notFound", "Not Found")
    }

    /// 410 on a deleted event.
    pub fn deleted() -> Self {
        Self::new(410, "deleted", "Resource has been deleted")
    }

    /// 410 on a sync token that is over.
    pub fn full_sync_required() -> Self {
        Self::new(
            410,
            "fullSyncRequired",
            "Sync token is no longer valid, a full sync is required.",
        )
        .at_parameter("syncToken")
    }

    /// 412 when `If-Match` names another version.
    pub fn condition_not_met() -> Self {
        Self::new(412, "conditionNotMet", "Precondition Failed").at_header("If-Match")
    }

    /// 401 for an absent, unknown or expired access token.
    pub fn unauthenticated() -> Self {
        Self::new(401, "authError", "Invalid Credentials").at_header("Authorization")
    }

    /// 403 for a token without a scope that the method accepts.
    pub fn insufficient_scopes() -> Self {
        Self::new(
            403,
            "insufficientPermissions",
            "Request had insufficient authentication scopes.",
        )
    }

    /// A refusal that a fault rule asks for, with Google's usual sentence for the reason.
    pub fn injected(
        status: u16,
        reason: Option<&str>,
        message: Option<&str>,
        retry_after_s: Option<u64>,
    ) -> Self {
        let (usual_reason, usual_message) = usual(status);
        let reason = reason.unwrap_or(usual_reason);
        let message = message.unwrap_or(match reason {
            "rateLimitExceeded" => "Rate Limit Exceeded",
            "userRateLimitExceeded" => "User Rate Limit Exceeded",
            "quotaExceeded" => "Calendar usage limits exceeded.",
            "pushNotSupportedForRequestedResource" => {
                "Push notifications are not supported by this resource."
            }
            _ => usual_message,
        });
        let mut refusal = Self::new(status, reason, message);
        refusal.retry_after_s = retry_after_s;
        refusal
    }

    fn domain(&self) -> &'static str {
        match self.reason.as_str() {
            "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "quotaExceeded"
            | "dailyLimitExceeded" => "usageLimits",
            "timeRangeEmpty"
            | "fullSyncRequired"
            | "updatedMinTooLongAgo"
            | "requiredAccessLevel"
            | "notACalendarUser" => "calendar",
            "webhookUrlNotHttps" | "webhookUrlUnauthorized" => "push",
            _ => "global",
        }
    }

    /// Google's JSON body.
    pub fn body(&self) -> Value {
        let mut first =
            json!({ "domain": self.domain(), "reason": self.reason, "message": self.message });
        if let Some((kind, name)) = &self.location {
            first["locationType"] = json!(kind);
            first["location"] = json!(name);
        }
        let mut error = json!({ "errors": [first], "code": self.status, "message": self.message });
        match (self.status, self.reason.as_str()) {
            (401, _) => {
                error["status"] = json!("UNAUTHENTICATED");
                error["message"] = json!(
                    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
                     authentication credential."
                );
            }
            (403, "insufficientPermissions") => {
                error["status"] = json!("PERMISSION_DENIED");
                error["details"] = json!([{
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "domain": "googleapis.com",
                    "metadata": { "service": "calendar-json.googleapis.com" }
                }]);
            }
            (429, _) => error["status"] = json!("RESOURCE_EXHAUSTED"),
            _ => {}
        }
        json!({ "error": error })
    }
}

fn usual(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("badRequest", "Bad Request"),
        401 => ("authError", "Invalid Credentials"),
        403 => ("forbidden", "Forbidden"),
        404 => ("notFound", "Not Found"),
        409 => ("duplicate", "The requested identifier already exists."),
        410 => (
            "fullSyncRequired",
            "Sync token is no longer valid, a full sync is required.",
        ),
        412 => ("conditionNotMet", "Precondition Failed"),
        429 => ("rateLimitExceeded", "Rate Limit Exceeded"),
        503 => ("backendError", "Service Unavailable"),
        _ => ("backendError", "Backend Error"),
    }
}
