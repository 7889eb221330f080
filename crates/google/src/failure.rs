//! The one table that says what follows from a refusal of Google: by call, status and reason, never by text.
//!
//! Source: <https://developers.google.com/workspace/calendar/api/guides/errors> and the OAuth 2.0 error codes. An answer
//! without Google's error body may come from a proxy, so it is never taken as final about a grant, a calendar or an event.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use syncward_engine::grant::blames_the_client;
use syncward_engine::{Failure, FailureClass};

use crate::answer::{http_date, served_at};

/// The longest `Retry-After` we honour.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);
/// The longest reason we repeat.
const REASON_LIMIT: usize = 64;
/// The reason of an answer that does not speak Google's error format.
const UNRECOGNISED: &str = "unrecognised_answer";

/// The kinds of calls that read the same status differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    CalendarList,
    ListEvents,
    Event,
    Watch,
    Stop,
    Exchange,
    Refresh,
    Revoke,
}

impl Call {
    /// The call's name in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::CalendarList => "calendar_list",
            Self::ListEvents => "list_events",
            Self::Event => "event",
            Self::Watch => "watch",
            Self::Stop => "stop",
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
        }
    }
}

/// Whether the call is worth one more try with a fresh access token (a 401 that is about the token).
pub fn asks_for_refresh(failure: &Failure) -> bool {
    failure.status == Some(401) && failure.class != FailureClass::Permanent
}

/// Whose quota Google says is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaOf {
    Project,
    User,
    /// The user's or the project's: Google's words fit both.
    Unnamed,
}

/// Whose quota a refusal is about; none when it is about something else, or about one calendar only.
pub fn quota_of(failure: &Failure) -> Option<QuotaOf> {
    if !failure.is_a_quota() {
        return None;
    }
    match (failure.status, failure.reason.as_str()) {
        (_, "dailyLimitExceeded") => Some(QuotaOf::Project),
        (_, "userRateLimitExceeded") | (Some(429), _) => Some(QuotaOf::User),
        (Some(403), reason) if reason != "calendarUsageLimits" && of_a_quota(reason) => {
            Some(QuotaOf::Unnamed)
        }
        (_, _) => None,
    }
}

/// What a refusal means.
pub(crate) fn classify(
    call: Call,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Failure {
    let reason = reason(body);
    Failure {
        class: class(
            call,
            status.as_u16(),
            reason.as_deref(),
            retry_after(headers),
        ),
        reason: reason.unwrap_or_else(|| UNRECOGNISED.to_owned()),
        status: Some(status.as_u16()),
    }
}

fn class(
    call: Call,
    status: u16,
    reason: Option<&str>,
    retry_after: Option<Duration>,
) -> FailureClass {
    use FailureClass::{Conflict, CursorGone, Gone, GrantLost, Permanent};
    let transient = FailureClass::Transient { retry_after };
    match (status, reason) {
        (408 | 425 | 429 | 500..=599, _) => transient,
        (409 | 412, _) | (400, Some("channelIdNotUnique")) => Conflict,
        (410, _) if call == Call::ListEvents => CursorGone,
        (400..=403, Some(reason)) if call == Call::Refresh && ends_the_grant(reason) => GrantLost,
        (400..=499, Some(reason)) if blames_the_client(reason) => Permanent,
        (401, Some("webhookUrlUnauthorized" | "push.webhookUrlUnauthorized")) => Permanent,
        (401, Some(_)) => GrantLost,
        (403, Some(reason)) if of_a_quota(reason) => transient,
        (404 | 410, Some(_)) => Gone,
        (400..=499, Some(_)) => Permanent,
        // Not Google's words: a proxy, a login page, a captive portal, a redirect.
        (_, _) => transient,
    }
}

/// OAuth's words for a grant that is over.
fn ends_the_grant(reason: &str) -> bool {
    matches!(
        reason,
        "invalid_grant"
            | "invalid_rapt"
            | "rapt_required"
            | "admin_policy_enforced"
            | "org_internal"
            | "access_denied"
    )
}

fn of_a_quota(reason: &str) -> bool {
    matches!(
        reason,
        "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "quotaExceeded"
            | "dailyLimitExceeded"
            | "calendarUsageLimits"
            | "RATE_LIMIT_EXCEEDED"
            | "RESOURCE_EXHAUSTED"
    )
}

/// The reason in Google's error body (`errors[].reason`, newer `details[].reason`, `status`) or OAuth's `error`, whose
/// `error_subtype` says more where an administrator's session control ended the grant.
fn reason(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error")?;
    let found = match error {
        Value::String(word) => body
            .get("error_subtype")
            .and_then(Value::as_str)
            .filter(|subtype| matches!(*subtype, "invalid_rapt" | "rapt_required"))
            .or(Some(word)),
        Value::Object(error) => first_reason(error.get("errors"))
            .or_else(|| first_reason(error.get("details")))
            .or_else(|| error.get("status").and_then(Value::as_str))
            .or_else(|| error.get("code").map(|_| "unspecified")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    found.map(printable)
}

fn first_reason(list: Option<&Value>) -> Option<&str> {
    list?
        .as_array()?
        .iter()
        .find_map(|entry| entry.get("reason")?.as_str())
}

/// Reasons reach logs and screens, so what is no plain word is not repeated.
fn printable(reason: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !reason.is_empty() && reason.len() <= REASON_LIMIT && reason.chars().all(plain) {
        reason.to_owned()
    } else {
        "unspecified".to_owned()
    }
}

/// `Retry-After` in seconds or as a date, which counts from the answer's own `Date`.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let wait = http_date(text)?.duration_since(served_at(headers)?);
            Duration::try_from(wait).unwrap_or(Duration::ZERO)
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests;
