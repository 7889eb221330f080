//! Answers that are not answers: nobody there, silence, HTML, broken JSON, redirects, endless lists.

use std::time::{Duration, Instant};

use serde_json::json;
use syncward_engine::FailureClass;
use syncward_google::{AccessToken, Client, Endpoints, ListQuery, ListStart};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use url::Url;

use crate::listener::{Listener, Scripted};

const TRANSIENT: FailureClass = FailureClass::Transient { retry_after: None };
const PAGE: ListQuery<'static> = ListQuery {
    calendar_id: "cal",
    start: ListStart::Cursor("c"),
    page_token: None,
    max_results: None,
};

fn client(socket: &TcpListener, timeout: Duration) -> Client {
    let root = Url::parse(&format!("http://{}", socket.local_addr().unwrap())).unwrap();
    Client::new(Endpoints::under(&root).unwrap(), timeout).unwrap()
}

#[tokio::test]
async fn what_is_no_page_is_transient_and_never_an_empty_page() {
    let truncated = r#"{"items":[{"id":"a"},{"id"#.to_owned();
    for answer in [
        Scripted::json(200, truncated),
        Scripted::html(200),
        Scripted::json(200, ""),
        Scripted::json(200, "[]"),
        Scripted::json(200, json!({ "items": "none" })),
    ] {
        let google = Listener::answering([answer.clone()]).await;
        let failure = google
            .client
            .events(&google.token, &PAGE)
            .await
            .unwrap_err();
        assert_eq!(failure.class, TRANSIENT, "{answer:?}");
        assert_eq!(
            (failure.reason.as_str(), failure.status),
            ("malformed_answer", Some(200))
        );
    }
}

#[tokio::test]
async fn a_proxys_page_ends_neither_grant_nor_calendar() {
    for status in [401, 403, 404] {
        let google = Listener::answering([Scripted::html(status)]).await;
        let failure = google
            .client
            .events(&google.token, &PAGE)
            .await
            .unwrap_err();
        assert_eq!(failure.class, TRANSIENT);
        assert_eq!(failure.reason, "unrecognised_answer");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_goes_nowhere() {
    let google = Listener::answering([
        Scripted::html(302).with("location", "/elsewhere"),
        Scripted::json(200, json!({})),
    ])
    .await;
    let failure = google
        .client
        .events(&google.token, &PAGE)
        .await
        .unwrap_err();
    assert_eq!((failure.class, failure.status), (TRANSIENT, Some(302)));
    assert_eq!(google.asked().len(), 1);
}

#[tokio::test]
async fn retry_after_reaches_the_failure() {
    let body = json!({ "error": { "code": 429, "errors": [{ "reason": "rateLimitExceeded" }] } });
    let google = Listener::answering([Scripted::json(429, body).with("retry-after", "12")]).await;
    let failure = google
        .client
        .events(&google.token, &PAGE)
        .await
        .unwrap_err();
    let retry_after = Some(Duration::from_secs(12));
    assert_eq!(failure.class, FailureClass::Transient { retry_after });
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let google = client(&socket, Duration::from_millis(100));
    let began = Instant::now();
    let failure = google
        .events(&AccessToken::new("t"), &PAGE)
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.reason.as_str()),
        (TRANSIENT, "timeout")
    );
    assert_eq!(failure.status, None);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_not_taken_for_whole() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let google = client(&socket, Duration::from_secs(5));
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"items\":[]}";
        stream.write_all(half).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let failure = google
        .events(&AccessToken::new("t"), &PAGE)
        .await
        .unwrap_err();
    assert_eq!(failure.class, TRANSIENT);
    assert!(["malformed_answer", "unreachable"].contains(&failure.reason.as_str()));
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let google = client(&socket, Duration::from_secs(5));
    drop(socket);
    let failure = google
        .events(&AccessToken::new("t"), &PAGE)
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.reason.as_str()),
        (TRANSIENT, "unreachable")
    );
}

#[tokio::test]
async fn a_list_of_calendars_that_never_ends_is_given_up() {
    let page = Scripted::json(200, json!({ "items": [], "nextPageToken": "again" }));
    let google = Listener::answering(std::iter::repeat_n(page, 41)).await;
    let failure = google.client.calendars(&google.token).await.unwrap_err();
    assert_eq!(failure.reason, "malformed_answer");
    assert_eq!(google.asked().len(), 40);
}

#[tokio::test]
async fn an_id_that_no_address_can_carry_is_never_sent() {
    let google = Listener::answering([]).await;
    let failure = google
        .client
        .event(&google.token, "cal", "..")
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.reason.as_str()),
        (FailureClass::Permanent, "invalid_id")
    );
    assert!(google.asked().is_empty());
}
