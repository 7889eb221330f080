//! One-time codes: good once, and void after five wrong tries.

use serde_json::json;
use syncward_receiver::api;
use syncward_wire::Role;

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
