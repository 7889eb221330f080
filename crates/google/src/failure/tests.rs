//! Every row of Google's errors, and the answers that are not Google's.

use super::*;

use FailureClass::{Conflict, CursorGone, Gone, GrantLost, Permanent};

const TRANSIENT: FailureClass = FailureClass::Transient { retry_after: None };

fn body(status: u16, reason: &str) -> String {
    format!(
        r#"{{"error":{{"code":{status},"message":"words","errors":[{{"domain":"global","reason":"{reason}","message":"words"}}]}}}}"#
    )
}

fn of(call: Call, status: u16, body: &str) -> Failure {
    let status = StatusCode::from_u16(status).expect("a status");
    classify(call, status, &HeaderMap::new(), body.as_bytes())
}

#[test]
fn the_calendar_rows_are_classified_by_status_and_reason() {
    let rows = [
        (Call::ListEvents, 400, "invalid", Permanent),
        (Call::Event, 400, "required", Permanent),
        (Call::Watch, 400, "webhookUrlNotHttps", Permanent),
        (Call::Watch, 400, "push.webhookUrlNotHttps", Permanent),
        (
            Call::Watch,
            400,
            "pushNotSupportedForRequestedResource",
            Permanent,
        ),
        (Call::Watch, 400, "channelIdNotUnique", Conflict),
        (Call::Watch, 401, "webhookUrlUnauthorized", Permanent),
        (Call::Watch, 401, "push.webhookUrlUnauthorized", Permanent),
        (Call::ListEvents, 401, "authError", GrantLost),
        (Call::Event, 401, "required", GrantLost),
        (Call::ListEvents, 403, "rateLimitExceeded", TRANSIENT),
        (Call::ListEvents, 403, "userRateLimitExceeded", TRANSIENT),
        (Call::Watch, 403, "quotaExceeded", TRANSIENT),
        (Call::Event, 403, "dailyLimitExceeded", TRANSIENT),
        (Call::Event, 403, "calendarUsageLimits", TRANSIENT),
        (Call::Event, 403, "forbidden", Permanent),
        (Call::Event, 403, "forbiddenForNonOrganizer", Permanent),
        (
            Call::CalendarList,
            403,
            "insufficientPermissions",
            Permanent,
        ),
        (Call::Watch, 403, "notACalendarUser", Permanent),
        (Call::ListEvents, 404, "notFound", Gone),
        (Call::Watch, 404, "notFound", Gone),
        (Call::Event, 409, "duplicate", Conflict),
        (Call::ListEvents, 410, "fullSyncRequired", CursorGone),
        (Call::ListEvents, 410, "updatedMinTooLongAgo", CursorGone),
        (Call::Event, 410, "deleted", Gone),
        (Call::Event, 412, "conditionNotMet", Conflict),
        (Call::ListEvents, 429, "rateLimitExceeded", TRANSIENT),
        (Call::ListEvents, 500, "backendError", TRANSIENT),
        (Call::ListEvents, 502, "backendError", TRANSIENT),
        (Call::Event, 503, "backendError", TRANSIENT),
        (Call::Event, 504, "backendError", TRANSIENT),
    ];
    for (call, status, reason, class) in rows {
        let expected = Failure {
            class,
            reason: reason.to_owned(),
            status: Some(status),
        };
        assert_eq!(of(call, status, &body(status, reason)), expected);
    }
}

#[test]
fn the_oauth_rows_tell_a_lost_grant_from_a_wrong_client() {
    let rows = [
        (Call::Refresh, 400, "invalid_grant", GrantLost),
        (Call::Refresh, 400, "admin_policy_enforced", GrantLost),
        (Call::Refresh, 403, "org_internal", GrantLost),
        (Call::Exchange, 400, "invalid_grant", Permanent),
        (Call::Exchange, 400, "redirect_uri_mismatch", Permanent),
        (Call::Refresh, 401, "invalid_client", Permanent),
        (Call::Exchange, 401, "invalid_client", Permanent),
        (Call::Refresh, 401, "unauthorized_client", Permanent),
        (Call::Refresh, 401, "deleted_client", Permanent),
        (Call::Refresh, 401, "disabled_client", Permanent),
        (Call::Revoke, 400, "invalid_token", Permanent),
        (Call::Refresh, 500, "internal_failure", TRANSIENT),
        (Call::Refresh, 429, "rate_limit_exceeded", TRANSIENT),
    ];
    for (call, status, reason, class) in rows {
        let text = format!(r#"{{"error":"{reason}","error_description":"words"}}"#);
        let expected = Failure {
            class,
            reason: reason.to_owned(),
            status: Some(status),
        };
        assert_eq!(of(call, status, &text), expected);
    }
}

#[test]
fn an_invalid_grant_that_session_control_ended_goes_by_its_subtype() {
    let rows = [
        ("invalid_rapt", "invalid_rapt"),
        ("rapt_required", "rapt_required"),
        ("unheard_of", "invalid_grant"),
    ];
    for (subtype, reason) in rows {
        let text = format!(r#"{{"error":"invalid_grant","error_subtype":"{subtype}"}}"#);
        let expected = Failure {
            class: GrantLost,
            reason: reason.to_owned(),
            status: Some(400),
        };
        assert_eq!(of(Call::Refresh, 400, &text), expected);
    }
}

#[test]
fn an_answer_that_is_not_googles_is_never_final() {
    let html = "<!DOCTYPE html><title>Sign in</title>";
    let truncated = &body(404, "notFound")[..40];
    for text in [html, truncated, "", "[]", r#"{"error":7}"#] {
        for status in [302, 400, 401, 403, 404, 407, 502] {
            let failure = of(Call::Event, status, text);
            assert_eq!(failure.class, TRANSIENT, "{status} {text}");
            assert_eq!(failure.reason, UNRECOGNISED);
        }
        assert_eq!(of(Call::ListEvents, 410, text).class, CursorGone);
        assert_eq!(of(Call::Event, 412, text).class, Conflict);
    }
}

#[test]
fn newer_bodies_carry_the_reason_elsewhere() {
    let details = r#"{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"@type":"x"},{"reason":"RATE_LIMIT_EXCEEDED"}]}}"#;
    assert_eq!(of(Call::ListEvents, 403, details).class, TRANSIENT);
    assert_eq!(
        of(Call::ListEvents, 403, details).reason,
        "RATE_LIMIT_EXCEEDED"
    );
    let status = r#"{"error":{"code":404,"status":"NOT_FOUND"}}"#;
    assert_eq!(of(Call::Event, 404, status).reason, "NOT_FOUND");
    let bare = r#"{"error":{"code":404,"message":"words"}}"#;
    assert_eq!(of(Call::Event, 404, bare).class, Gone);
}

#[test]
fn a_reason_that_is_no_plain_word_is_not_repeated() {
    let failure = of(Call::Event, 400, &body(400, "Patient Smith, <b>11:00</b>"));
    assert_eq!(failure.reason, "unspecified");
    let long = "a".repeat(REASON_LIMIT + 1);
    assert_eq!(
        of(Call::Event, 400, &body(400, &long)).reason,
        "unspecified"
    );
}

#[test]
fn retry_after_is_read_in_seconds_and_as_a_date_and_is_capped() {
    let after = |pairs: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, http::HeaderValue::from_static(value));
        }
        retry_after(&headers)
    };
    let date = ("date", "Tue, 19 Nov 2013 01:13:52 GMT");
    assert_eq!(after(&[]), None);
    assert_eq!(after(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
    assert_eq!(after(&[("retry-after", "99999999")]), Some(RETRY_AFTER_MAX));
    assert_eq!(after(&[("retry-after", "soon")]), None);
    let later = ("retry-after", "Tue, 19 Nov 2013 01:14:22 GMT");
    assert_eq!(after(&[date, later]), Some(Duration::from_secs(30)));
    assert_eq!(after(&[later]), None);
    let earlier = ("retry-after", "Tue, 19 Nov 2013 01:13:22 GMT");
    assert_eq!(after(&[date, earlier]), Some(Duration::ZERO));
}

#[test]
fn only_a_401_about_the_token_asks_for_a_refresh() {
    assert!(asks_for_refresh(&of(
        Call::ListEvents,
        401,
        &body(401, "authError")
    )));
    assert!(asks_for_refresh(&of(Call::ListEvents, 401, "<html>")));
    assert!(!asks_for_refresh(&of(
        Call::Watch,
        401,
        &body(401, "webhookUrlUnauthorized")
    )));
    assert!(!asks_for_refresh(&of(
        Call::ListEvents,
        403,
        &body(403, "forbidden")
    )));
}
