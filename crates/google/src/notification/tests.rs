//! What Google sends, and what a stranger might.

use http::HeaderName;

use super::*;

const REQUIRED: [&str; 5] = [
    "x-goog-channel-id",
    "x-goog-channel-token",
    "x-goog-resource-id",
    "x-goog-resource-state",
    "x-goog-message-number",
];
const OPTIONAL: [&str; 2] = ["x-goog-channel-expiration", "x-goog-resource-uri"];

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-goog-channel-id", "clinic_0190_00c0ffee"),
        ("x-goog-channel-token", "tell-nobody"),
        ("x-goog-resource-id", "ret08u3rv24htgh289g"),
        ("x-goog-resource-state", "exists"),
        ("x-goog-message-number", "7"),
        ("x-goog-channel-expiration", "Tue, 19 Nov 2013 01:13:52 GMT"),
        (
            "x-goog-resource-uri",
            "https://www.googleapis.com/calendar/v3/calendars/a/events",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

fn with(name: &'static str, value: &[u8]) -> Result<Notification, HeaderFault> {
    let mut headers = headers();
    let value = HeaderValue::from_bytes(value).expect("a header value");
    headers.insert(HeaderName::from_static(name), value);
    Notification::from_headers(&headers)
}

#[test]
fn a_change_is_read_whole() {
    let read = Notification::from_headers(&headers()).expect("a notification");
    assert_eq!(read.channel_id, "clinic_0190_00c0ffee");
    assert_eq!(read.token.expose(), "tell-nobody");
    assert_eq!(read.resource_id, "ret08u3rv24htgh289g");
    assert_eq!(read.state, ResourceState::Exists);
    assert_eq!(read.number, 7);
    let expires_at = "2013-11-19T01:13:52Z".parse().expect("a timestamp");
    assert_eq!(read.expires_at, Some(expires_at));
    assert!(!format!("{read:?}").contains("tell-nobody"));
}

#[test]
fn the_states_are_googles_three_and_no_other() {
    let kind =
        |text: &str| with("x-goog-resource-state", text.as_bytes()).map(|read| read.state.kind());
    assert_eq!(kind("sync"), Ok(NotificationKind::Handshake));
    assert_eq!(kind("exists"), Ok(NotificationKind::Change));
    assert_eq!(kind("not_exists"), Ok(NotificationKind::Change));
    for text in ["SYNC", "deleted", "sync,exists"] {
        assert_eq!(kind(text), Err(HeaderFault::UnknownState));
    }
}

#[test]
fn required_headers_must_be_there_and_optional_ones_need_not() {
    for name in REQUIRED {
        let mut headers = headers();
        headers.remove(name);
        let fault = Notification::from_headers(&headers).expect_err("a fault");
        assert_eq!(fault, HeaderFault::Missing { name });
    }
    let mut headers = headers();
    for name in OPTIONAL {
        headers.remove(name);
    }
    let read = Notification::from_headers(&headers).expect("a notification");
    assert_eq!((read.expires_at, read.resource_uri), (None, None));
}

#[test]
fn a_header_twice_is_refused_even_with_the_same_value() {
    for name in REQUIRED.into_iter().chain(OPTIONAL) {
        let mut headers = headers();
        let value = headers.get(name).expect("the header").clone();
        headers.append(name, value);
        let fault = Notification::from_headers(&headers).expect_err("a fault");
        assert_eq!(fault, HeaderFault::Repeated { name });
    }
}

#[test]
fn values_beyond_ascii_are_refused() {
    for name in REQUIRED.into_iter().chain(OPTIONAL) {
        let fault = with(name, "prø".as_bytes()).expect_err("a fault");
        assert_eq!(fault, HeaderFault::NotAscii { name });
    }
}

#[test]
fn each_limit_holds_to_the_character() {
    for (name, limit) in [
        ("x-goog-channel-id", 64),
        ("x-goog-channel-token", 256),
        ("x-goog-resource-id", 1024),
        ("x-goog-resource-uri", 1024),
        ("x-goog-channel-expiration", 1024),
    ] {
        assert!(with(name, "a".repeat(limit).as_bytes()).is_ok());
        let fault = with(name, "a".repeat(limit + 1).as_bytes()).expect_err("a fault");
        assert_eq!(fault, HeaderFault::TooLong { name, limit });
    }
}

#[test]
fn the_number_lies_between_one_and_the_largest_signed() {
    let number =
        |text: &str| with("x-goog-message-number", text.as_bytes()).map(|read| read.number);
    assert_eq!(number("1"), Ok(1));
    assert_eq!(number("9223372036854775807"), Ok(i64::MAX));
    for text in [
        "0",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "0x1",
        "9223372036854775808",
        "18446744073709551616",
        "seven",
    ] {
        assert_eq!(number(text), Err(HeaderFault::NotANumber), "{text}");
    }
}

#[test]
fn an_empty_token_is_a_wrong_one_and_an_empty_id_a_missing_one() {
    assert!(with("x-goog-channel-token", b"").is_ok());
    let name = "x-goog-channel-id";
    assert_eq!(
        with(name, b"").expect_err("a fault"),
        HeaderFault::Missing { name }
    );
}
