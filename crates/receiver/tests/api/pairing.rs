//! One-time codes: good once, and void after five wrong tries.

use serde_json::json;
use syncward_receiver::{api, seal, store};
use syncward_wire::Role;
use uuid::Uuid;

use crate::{House, json as read, refused};

async fn pair(house: &House, code: &str) -> axum::response::Response {
    let body = json!({"code": code, "device": "Front desk"}).to_string();
    house.ask("POST", "/pair", None, &body).await
}

async fn code(house: &House, role: Role) -> String {
    api::make_code(&house.app.store, role).await.unwrap().code
}

#[tokio::test]
async fn a_code_is_good_once_and_gives_its_role() {
    let house = House::new().await;
    let (first, second) = (
        code(&house, Role::Viewer).await,
        code(&house, Role::Admin).await,
    );
    let answer = pair(&house, &first.to_lowercase()).await;
    assert_eq!(answer.status(), 200);
    let paired = read(answer).await;
    assert_eq!(paired["role"], "viewer");
    let token = paired["token"].as_str().unwrap();
    assert_eq!(token.len(), 43);
    assert_eq!(
        house
            .ask("GET", "/overview", Some(token), "")
            .await
            .status(),
        200
    );
    assert_eq!(refused(pair(&house, &first).await, 401).await, "code_wrong");
    assert_eq!(pair(&house, &second).await.status(), 200);
}

#[tokio::test]
async fn five_wrong_tries_void_every_live_code() {
    let house = House::new().await;
    let (first, second) = (
        code(&house, Role::Viewer).await,
        code(&house, Role::Admin).await,
    );
    for _ in 0..4 {
        let answer = pair(&house, "AAAAA-AAAAA").await;
        assert_eq!(refused(answer, 401).await, "code_wrong");
    }
    let answer = pair(&house, "AAAAA-AAAAA").await;
    assert_eq!(refused(answer, 401).await, "codes_void");
    let admin = house.token(Role::Admin).await;
    let trail = read(house.ask("GET", "/audit", Some(&admin), "").await).await;
    assert_eq!(trail["items"][0]["result"], "refused: codes_void");
    refused(pair(&house, &first).await, 401).await;
    refused(pair(&house, &second).await, 401).await;
    let fresh = code(&house, Role::Operator).await;
    assert_eq!(pair(&house, &fresh).await.status(), 200);
}

#[tokio::test]
async fn tries_while_no_code_lives_do_not_count_against_the_next_one() {
    let house = House::new().await;
    for _ in 0..4 {
        let answer = pair(&house, "AAAAA-AAAAA").await;
        assert_eq!(refused(answer, 401).await, "code_wrong");
    }
    let fresh = code(&house, Role::Viewer).await;
    let answer = pair(&house, "AAAAA-AAAAA").await;
    assert_eq!(refused(answer, 401).await, "code_wrong");
    assert_eq!(pair(&house, &fresh).await.status(), 200);
}

#[tokio::test]
async fn a_revoked_device_is_shut_out() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let viewer = code(&house, Role::Viewer).await;
    let paired = read(pair(&house, &viewer).await).await;
    let token = paired["token"].as_str().unwrap();
    let devices = read(house.ask("GET", "/devices", Some(&admin), "").await).await;
    let devices = devices["items"].as_array().unwrap();
    let device = devices.iter().find(|one| one["name"] == "Front desk");
    let path = format!("/devices/{}", device.unwrap()["id"].as_str().unwrap());
    assert_eq!(
        house.ask("DELETE", &path, Some(&admin), "").await.status(),
        204
    );
    refused(house.ask("GET", "/overview", Some(token), "").await, 401).await;
}

#[tokio::test]
async fn an_address_that_tries_too_often_waits() {
    let house = House::new().await;
    for _ in 0..10 {
        refused(pair(&house, "AAAAA-AAAAA").await, 401).await;
    }
    let answer = pair(&house, "AAAAA-AAAAA").await;
    let wait: u64 = answer.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(refused(answer, 429).await, "too_many_tries");
    let good = code(&house, Role::Viewer).await;
    assert_eq!(
        refused(pair(&house, &good).await, 429).await,
        "too_many_tries"
    );
}

#[tokio::test]
async fn a_device_that_asks_has_been_seen() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let devices = read(house.ask("GET", "/devices", Some(&admin), "").await).await;
    let seen_at = devices["items"][0]["seen_at"].as_str();
    let seen_at: jiff::Timestamp = seen_at.expect("the asking device is seen").parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(seen_at).as_secs() < 60);
}

#[tokio::test]
async fn a_lent_token_is_never_listed_and_ends_by_itself() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let now = jiff::Timestamp::now();
    let lend = async |token: &'static str, seconds: i64| {
        let (hash, until) = (
            seal::hash(token),
            now + jiff::SignedDuration::from_secs(seconds),
        );
        let lent = Uuid::new_v4();
        let lend = house
            .app
            .store
            .write(move |tx| store::device::lend(tx, lent, "command line", &hash, now, until));
        lend.await.unwrap();
        lent
    };
    lend("expired", -1).await;
    refused(house.ask("GET", "/links", Some("expired"), "").await, 401).await;
    let lent = lend("good", 60).await;
    let links = house.ask("GET", "/links", Some("good"), "").await;
    assert_eq!(links.status(), 200);
    let devices = read(house.ask("GET", "/devices", Some(&admin), "").await).await;
    assert_eq!(devices["items"].as_array().unwrap().len(), 1, "{devices}");
    let back = house
        .app
        .store
        .write(move |tx| store::device::take_back(tx, lent));
    back.await.unwrap();
    refused(house.ask("GET", "/links", Some("good"), "").await, 401).await;
    let left = house.app.store.read(|connection| {
        Ok(
            connection.query_row("select count(*) from device", [], |row| {
                row.get::<_, i64>(0)
            })?,
        )
    });
    assert_eq!(left.await.unwrap(), 1, "nothing is left of either");
}
