//! Valid, repeated, over, malformed, wrong, unknown, too large, and a store that can't commit.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use syncward_receiver::store::sql;

use crate::home::{poison, refusal};
use crate::{Headers, House, PATH, seed};

#[tokio::test]
async fn a_handshake_is_verified_and_its_repetition_is_200_too() {
    let house = House::new().await;
    let headers = Headers::handshake(&house.channel("opening").await);
    let verified = (StatusCode::OK, json!({ "status": "verified" }));
    assert_eq!(house.post(&headers).await, verified);
    assert_eq!(house.post(&headers).await.0, StatusCode::OK);
    assert_eq!(house.stored().await, 1);
}

#[tokio::test]
async fn a_change_is_accepted_stored_counted_and_wakes_the_executor() {
    let house = House::new().await;
    let channel_id = house.channel("live").await;
    for (number, state) in [("7", "exists"), ("9", "not_exists")] {
        let headers = Headers::change(&channel_id, number).with("x-goog-resource-state", state);
        let accepted = (StatusCode::OK, json!({ "status": "accepted" }));
        assert_eq!(house.post(&headers).await, accepted, "{state}");
        let woken = tokio::time::timeout(Duration::from_secs(5), house.app.arrived.notified());
        assert!(woken.await.is_ok(), "{state} wakes");
    }
    assert_eq!(house.stored().await, 2);
    assert_eq!(house.number("select notifications from link").await, 2);
}

#[tokio::test]
async fn the_same_number_again_is_a_duplicate_on_its_channel_only() {
    let house = House::new().await;
    let (one, other) = (house.channel("live").await, house.channel("live").await);
    house.post(&Headers::change(&one, "5")).await;
    let duplicate = (StatusCode::OK, json!({ "status": "duplicate" }));
    assert_eq!(house.post(&Headers::change(&one, "5")).await, duplicate);
    let accepted = (StatusCode::OK, json!({ "status": "accepted" }));
    assert_eq!(house.post(&Headers::change(&other, "5")).await, accepted);
    assert_eq!(house.stored().await, 2);
    assert_eq!(house.number("select duplicates from link").await, 1);
}

#[tokio::test]
async fn a_channel_that_is_over_is_superseded_yet_still_marks_its_link() {
    let house = House::new().await;
    let superseded = (StatusCode::OK, json!({ "status": "superseded" }));
    for state in ["superseded", "stopped", "expired"] {
        let headers = Headers::change(&house.channel(state).await, "2");
        assert_eq!(house.post(&headers).await, superseded, "{state}");
    }
    let expired = house.channel("live").await;
    house
        .execute("update channel set expires_at_ms = 1 where state = 'live'")
        .await;
    assert_eq!(
        house.post(&Headers::change(&expired, "2")).await,
        superseded,
        "by the clock"
    );
    for fate in [
        "update link set watched = 0",
        "update link set watched = 1, deleted_at_ms = 1",
    ] {
        let headers = Headers::change(&house.channel("live").await, "2");
        house.execute(fate).await;
        assert_eq!(house.post(&headers).await, superseded, "{fate}");
    }
    assert_eq!(house.stored().await, 6);
}

#[tokio::test]
async fn headers_that_are_missing_repeated_too_long_or_malformed_are_400() {
    let house = House::new().await;
    let good = Headers::change(&house.channel("live").await, "3");
    let mut bad = Vec::new();
    for name in [
        "x-goog-channel-id",
        "x-goog-channel-token",
        "x-goog-resource-id",
        "x-goog-resource-state",
        "x-goog-message-number",
    ] {
        bad.push(good.clone().without(name));
        bad.push(good.clone().twice(name));
        bad.push(good.clone().with(name, "x".repeat(1025)));
        bad.push(good.clone().with(name, "caf\u{e9}"));
    }
    bad.push(good.clone().with("x-goog-channel-id", "x".repeat(65)));
    bad.push(good.clone().with("x-goog-channel-token", "x".repeat(257)));
    bad.push(good.clone().with("x-goog-resource-state", "EXISTS"));
    bad.push(
        good.clone()
            .with("x-goog-resource-uri", "x")
            .twice("x-goog-resource-uri"),
    );
    for number in ["0", "-1", "+1", "1.0", "", "9223372036854775808", "one"] {
        bad.push(good.clone().with("x-goog-message-number", number));
    }
    for headers in bad {
        let (status, _) = house.post(&headers).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{:?}", headers.0);
    }
    assert_eq!(house.stored().await, 0);
    let most = good.with("x-goog-message-number", "9223372036854775807");
    assert_eq!(house.post(&most).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_token_is_401_and_an_unknown_channel_404() {
    let house = House::new().await;
    let good = Headers::change(&house.channel("live").await, "3");
    for token in ["a-token-of-the-test", "A-TOKEN-OF-THE-TESTS", "x"] {
        let (status, _) = house
            .post(&good.clone().with("x-goog-channel-token", token))
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{token}");
    }
    let unknown = good
        .clone()
        .with("x-goog-channel-id", "clinic_none_00000000");
    assert_eq!(house.post(&unknown).await.0, StatusCode::NOT_FOUND);
    // The token is asked for before anything of the channel is told.
    let both = good
        .with("x-goog-channel-token", "x")
        .with("x-goog-resource-id", "another");
    assert_eq!(house.post(&both).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(house.stored().await, 0);
}

#[tokio::test]
async fn a_resource_id_is_learnt_before_the_watch_answered_and_held_to_after() {
    let house = House::new().await;
    let channel_id = seed::channel(&house.app.store, house.link_id, "opening", None)
        .await
        .unwrap();
    let learnt = Headers::handshake(&channel_id).with("x-goog-resource-id", "learnt");
    assert_eq!(house.post(&learnt).await.0, StatusCode::OK);
    let other = Headers::change(&channel_id, "2").with("x-goog-resource-id", "other");
    assert_eq!(house.post(&other).await.0, StatusCode::BAD_REQUEST);
    let same = Headers::change(&channel_id, "2").with("x-goog-resource-id", "learnt");
    assert_eq!(house.post(&same).await.0, StatusCode::OK);
    assert_eq!(house.stored().await, 2);
}

#[tokio::test]
async fn method_path_and_size_come_before_everything_else() {
    let house = House::new().await;
    let good = Headers::change(&house.channel("live").await, "3");
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let (status, _) = house.send(good.request(method, Body::empty())).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    for path in [format!("{PATH}/"), "/webhooks/calendar".to_owned()] {
        let request = Request::post(&path).body(Body::empty()).unwrap();
        assert_eq!(house.send(request).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let large = vec![b'x'; 64 * 1024 + 1];
    let request = Headers(Vec::new()).request("POST", Body::from(large));
    assert_eq!(house.send(request).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let fits = Body::from(vec![b'x'; 64 * 1024]);
    assert_eq!(
        house.send(good.request("POST", fits)).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_store_that_cannot_commit_is_503_and_the_retry_is_no_duplicate() {
    let house = House::new().await;
    let headers = Headers::change(&house.channel("live").await, "3");
    // The insert succeeds and the commit fails.
    let (poison, antidote) = poison("notification");
    house.execute(poison).await;
    let (status, _) = house.post(&headers).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(house.stored().await, 0);
    house.execute(antidote).await;
    let accepted = (StatusCode::OK, json!({ "status": "accepted" }));
    assert_eq!(house.post(&headers).await, accepted);
}

#[tokio::test]
async fn one_that_fails_does_not_take_its_group_with_it() {
    let house = House::new().await;
    let channel_id = house.channel("live").await;
    let (refuse, _) = refusal("notification", "new.message_number = 13");
    house.execute(refuse).await;
    let all = (11..=15).map(|number| {
        let headers = Headers::change(&channel_id, &number.to_string());
        let house = &house;
        async move { (number, house.post(&headers).await.0) }
    });
    for (number, status) in futures_util::future::join_all(all).await {
        let expected = if number == 13 {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        };
        assert_eq!(status, expected, "{number}");
    }
    assert_eq!(house.stored().await, 4);
}

#[tokio::test]
async fn it_is_alive_without_an_executor_but_not_ready() {
    let house = House::new().await;
    let ask = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(house.send(ask("/healthz")).await.0, StatusCode::OK);
    let (status, _) = house.send(ask("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_token_that_proves_itself_counts_for_its_own_channel_with_a_row_only() {
    let house = House::new().await;
    let (mine, other) = (house.channel("live").await, house.channel("live").await);
    let lost = format!("clinic_{}_0badcafe", house.link_id);
    let token = |channel_id: &str| {
        let seal = &house.app.seal;
        seal.channel_token(channel_id, house.link_id).unwrap()
    };
    let with = |channel_id: &str, token: String| {
        Headers::change(channel_id, "8").with("x-goog-channel-token", token)
    };
    // Authentic, yet not the one this row was opened with.
    let stale = house.post(&with(&mine, token(&mine))).await;
    assert_eq!(stale.0, StatusCode::UNAUTHORIZED);
    let hash = syncward_receiver::seal::hash(&token(&mine));
    let opened = mine.clone();
    let write = house.app.store.write(move |tx| {
        let sql = "update channel set token_hash = ? where channel_id = ?";
        Ok(tx.execute(sql, sql::params![hash, opened])?)
    });
    write.await.unwrap();
    let right = house.post(&with(&mine, token(&mine))).await;
    assert_eq!(right, (StatusCode::OK, json!({ "status": "accepted" })));
    let borrowed = house.post(&with(&other, token(&mine))).await;
    assert_eq!(borrowed.0, StatusCode::UNAUTHORIZED);
    let orphan = house.post(&with(&lost, token(&lost))).await;
    assert_eq!(orphan.0, StatusCode::NOT_FOUND);
    assert_eq!(house.stored().await, 1);
}
