//! OAuth as it goes over the wire.

use std::time::Duration;

use serde_json::json;
use syncward_engine::FailureClass;
use syncward_google::{
    ClientSecret, OAuthClient, PkceVerifier, REQUIRED_SCOPES, RefreshToken, missing_scopes,
};
use url::Url;

use crate::listener::{Listener, Scripted, pairs};

fn us(secret: Option<&str>) -> OAuthClient {
    OAuthClient {
        id: "syncward.apps.example".to_owned(),
        secret: secret.map(ClientSecret::new),
    }
}

fn loopback() -> Url {
    Url::parse("http://127.0.0.1:53682/oauth").unwrap()
}

fn oauth_error(status: u16, error: &str) -> Scripted {
    Scripted::json(
        status,
        json!({ "error": error, "error_description": "words" }),
    )
}

#[tokio::test]
async fn the_authorization_address_says_all_that_google_wants() {
    let google = Listener::answering([]).await;
    let attempt = google
        .client
        .authorize(&us(None), &loopback(), Some("admin@clinic.example"));
    let query = pairs(attempt.url.query().unwrap().as_bytes());

    assert_eq!(attempt.url.path(), "/o/oauth2/v2/auth");
    assert_eq!(query["client_id"], "syncward.apps.example");
    assert_eq!(query["redirect_uri"], "http://127.0.0.1:53682/oauth");
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["scope"], REQUIRED_SCOPES.join(" "));
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["access_type"], "offline");
    assert_eq!(query["prompt"], "consent");
    assert_eq!(query["login_hint"], "admin@clinic.example");
    assert_eq!(query["state"], attempt.state);
    assert!(!attempt.url.as_str().contains(attempt.verifier.expose()));
    let other = google.client.authorize(&us(None), &loopback(), None);
    assert_ne!(other.state, attempt.state);
    assert_ne!(other.verifier.expose(), attempt.verifier.expose());
}

#[tokio::test]
async fn a_code_becomes_a_grant() {
    let answer = json!({
        "access_token": "ya29.new", "expires_in": 3599, "refresh_token": "1//r", "token_type": "Bearer",
        "scope": REQUIRED_SCOPES.join(" "), "refresh_token_expires_in": 604_799,
    });
    let google = Listener::answering([Scripted::json(200, answer)]).await;
    let verifier = PkceVerifier::new("v".repeat(43));
    let grant = google
        .client
        .exchange(&us(Some("not-so-secret")), &loopback(), "4/code", &verifier)
        .await
        .unwrap();

    assert_eq!(grant.refresh.expose(), "1//r");
    assert_eq!(grant.access.expose(), "ya29.new");
    assert_eq!(grant.access_expires_in, Duration::from_secs(3599));
    assert!(missing_scopes(&grant.scopes).is_empty());
    let asked = google.only();
    assert_eq!(asked.line(), "POST /token");
    assert_eq!(asked.header("authorization"), None);
    let form = asked.form();
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["code"], "4/code");
    assert_eq!(form["redirect_uri"], "http://127.0.0.1:53682/oauth");
    assert_eq!(form["code_verifier"], "v".repeat(43));
    assert_eq!(form["client_secret"], "not-so-secret");
}

#[tokio::test]
async fn a_grant_without_refresh_token_is_none() {
    let answer = json!({ "access_token": "a", "expires_in": 3599, "token_type": "Bearer" });
    let google = Listener::answering([Scripted::json(200, answer)]).await;
    let verifier = PkceVerifier::new("v".repeat(43));
    let failure = google
        .client
        .exchange(&us(None), &loopback(), "c", &verifier)
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.reason.as_str()),
        (FailureClass::Permanent, "refresh_token_missing")
    );
    assert!(!google.only().form().contains_key("client_secret"));
}

#[tokio::test]
async fn a_refresh_keeps_the_old_refresh_token_unless_google_rotates_it() {
    let google = Listener::answering([
        Scripted::json(
            200,
            json!({ "access_token": "a", "expires_in": 3599, "token_type": "Bearer" }),
        ),
        Scripted::json(
            200,
            json!({ "access_token": "b", "refresh_token": "1//s", "token_type": "Bearer" }),
        ),
    ])
    .await;
    let old = RefreshToken::new("1//r");
    let first = google.client.refresh(&us(None), &old).await.unwrap();
    let second = google.client.refresh(&us(None), &old).await.unwrap();

    assert!(first.rotated.is_none());
    assert_eq!(second.rotated.unwrap().expose(), "1//s");
    assert!(second.expires_in < Duration::from_secs(3600));
    let form = google.asked()[0].form();
    assert_eq!(
        (form["grant_type"].as_str(), form["refresh_token"].as_str()),
        ("refresh_token", "1//r")
    );
}

#[tokio::test]
async fn a_refused_refresh_says_whether_the_grant_is_over() {
    let rows = [
        (
            oauth_error(400, "invalid_grant"),
            FailureClass::GrantLost,
            "invalid_grant",
        ),
        (
            oauth_error(401, "invalid_client"),
            FailureClass::Permanent,
            "invalid_client",
        ),
        (
            oauth_error(503, "backend_error").with("retry-after", "3"),
            FailureClass::Transient {
                retry_after: Some(Duration::from_secs(3)),
            },
            "backend_error",
        ),
        (
            Scripted::html(400),
            FailureClass::Transient { retry_after: None },
            "unrecognised_answer",
        ),
        (
            Scripted::html(200),
            FailureClass::Transient { retry_after: None },
            "malformed_answer",
        ),
        (
            Scripted::json(200, r#"{"access_token":"se"#),
            FailureClass::Transient { retry_after: None },
            "malformed_answer",
        ),
    ];
    for (answer, class, reason) in rows {
        let google = Listener::answering([answer]).await;
        let failure = google
            .client
            .refresh(&us(None), &RefreshToken::new("1//r"))
            .await
            .unwrap_err();
        assert_eq!((failure.class, failure.reason.as_str()), (class, reason));
    }
}

#[tokio::test]
async fn revoking_what_is_revoked_is_done() {
    let google = Listener::answering([
        Scripted::json(200, json!({})),
        oauth_error(400, "invalid_token"),
        oauth_error(503, "backend_error"),
    ])
    .await;
    let grant = RefreshToken::new("1//r");
    google.client.revoke(&grant).await.unwrap();
    google.client.revoke(&grant).await.unwrap();
    google.client.revoke(&grant).await.unwrap_err();
    let asked = &google.asked()[0];
    assert_eq!(asked.line(), "POST /revoke");
    assert_eq!(asked.form()["token"], "1//r");
    assert!(asked.query.is_empty());
}

#[test]
fn unticked_scopes_are_named_and_wider_ones_cover() {
    let granted = |scopes: &[&str]| {
        scopes
            .iter()
            .map(|scope| (*scope).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        missing_scopes(&granted(&[REQUIRED_SCOPES[0]])),
        [REQUIRED_SCOPES[1]]
    );
    assert_eq!(missing_scopes(&[]), REQUIRED_SCOPES);
    assert!(missing_scopes(&granted(&["https://www.googleapis.com/auth/calendar"])).is_empty());
    let read_only = granted(&["https://www.googleapis.com/auth/calendar.readonly"]);
    assert_eq!(missing_scopes(&read_only), [REQUIRED_SCOPES[0]]);
}
