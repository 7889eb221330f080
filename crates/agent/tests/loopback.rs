//! Attacks on the listener that waits for the browser's return.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use reqwest::StatusCode;
use syncward_agent::loopback::{Loopback, Returned};
use syncward_agent::words::Language;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio_util::sync::CancellationToken;

async fn waiting() -> (String, oneshot::Receiver<Returned>, CancellationToken) {
    let loopback = Loopback::bind().await.unwrap();
    let address = loopback.redirect_uri();
    let ended = CancellationToken::new();
    let answer = loopback.expect("right".into(), Language::De, ended.clone());
    (address, answer, ended)
}

async fn status(address: &str) -> StatusCode {
    reqwest::get(address).await.unwrap().status()
}

#[tokio::test]
async fn only_the_right_path_state_and_host_are_taken_and_only_once() {
    let (address, mut answer, _ended) = waiting().await;
    let elsewhere = address.replace("/oauth/callback", "/");
    assert_eq!(
        status(&format!("{elsewhere}?state=right&code=c")).await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        status(&format!("{address}?state=wrong&code=c")).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        status(&format!("{address}?code=c")).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        status(&format!("{address}?state=right")).await,
        StatusCode::BAD_REQUEST
    );
    let both = format!("{address}?state=right&code=c&error=e");
    assert_eq!(status(&both).await, StatusCode::BAD_REQUEST);
    let renamed = reqwest::Client::new()
        .get(format!("{address}?state=right&code=c"))
        .header("host", "attacker.example")
        .send()
        .await
        .unwrap();
    assert_eq!(renamed.status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(
        answer.try_recv(),
        Err(TryRecvError::Empty),
        "an attack does not end the wait"
    );

    assert_eq!(
        status(&format!("{address}?state=right&code=c")).await,
        StatusCode::OK
    );
    assert_eq!(answer.await.unwrap(), Returned::Code("c".into()));
    assert_eq!(
        status(&format!("{address}?state=right&code=d")).await,
        StatusCode::GONE
    );
}

#[tokio::test]
async fn an_error_is_passed_on_and_the_page_repeats_nothing_it_was_sent() {
    let (address, answer, _ended) = waiting().await;
    let page = reqwest::get(format!("{address}?state=right&error=%3Cscript%3E"))
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let words = page.text().await.unwrap();
    assert!(!words.contains("script"), "{words}");
    assert!(
        words.contains("lang=\"de\"") && words.contains("Google hat abgelehnt"),
        "{words}"
    );
    assert_eq!(answer.await.unwrap(), Returned::Error("<script>".into()));
}
