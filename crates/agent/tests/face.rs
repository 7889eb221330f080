//! The loopback face lets in its own page and nobody else.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use reqwest::{Client, StatusCode, redirect};
use syncward_agent::Agent;
use syncward_agent::face::Face;
use tempfile::TempDir;

#[tokio::test]
async fn only_the_token_and_our_own_host_and_origin_get_in() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("pages");
    std::fs::create_dir(&pages).unwrap();
    std::fs::write(pages.join("index.html"), "the window").unwrap();
    let (options, _desktop) = stand_in::options(&folder.path().join("own"));
    let agent = Agent::start(options).unwrap();
    let face = Face::bind(agent, Some(pages), 0).await.unwrap();
    let address = face.address();
    let (root, token) = address.split_once("/?token=").unwrap();
    tokio::spawn(face.serve(std::future::pending()));

    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let rpc = format!("{root}/rpc");
    let ask = || client.post(&rpc).body(r#"{"call":"about"}"#);
    assert_eq!(
        ask().send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let wrong = ask().bearer_auth("wrong").send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let foreign = ask()
        .bearer_auth(token)
        .header("origin", "https://attacker.example");
    assert_eq!(
        foreign.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let renamed = ask().bearer_auth(token).header("host", "attacker.example");
    assert_eq!(
        renamed.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );

    let visit = client.get(&address).send().await.unwrap();
    assert_eq!(visit.status(), StatusCode::SEE_OTHER);
    let cookie = visit.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let held = cookie.split(';').next().unwrap();
    let page = client
        .get(root)
        .header("cookie", held)
        .send()
        .await
        .unwrap();
    assert_eq!(page.text().await.unwrap(), "the window");
    let answer = ask()
        .header("cookie", held)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(answer.contains(r#""kind":"about""#), "{answer}");
    let unknown = client
        .post(&rpc)
        .bearer_auth(token)
        .body(r#"{"call":"format_disk"}"#);
    assert!(
        unknown
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("request_malformed")
    );
    let outside = client
        .get(format!("{root}/..%2fown/desktop.sqlite"))
        .send()
        .await
        .unwrap();
    assert_eq!(outside.status(), StatusCode::NOT_FOUND);
}
