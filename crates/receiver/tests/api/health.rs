//! How the receiver itself stands.

use syncward_wire::Role;
use syncward_wire::receiver::{ReceiverHealth, StoreKind, Work};

use crate::{House, json};

async fn health(house: &House, token: &str) -> ReceiverHealth {
    let answer = house.ask("GET", "/receiver", Some(token), "").await;
    assert_eq!(answer.status(), 200);
    serde_json::from_value(json(answer).await).unwrap()
}

#[tokio::test]
async fn a_viewer_sees_its_store_what_waits_and_that_it_works() {
    let house = House::new().await;
    let viewer = house.token(Role::Viewer).await;
    let seen = health(&house, &viewer).await;
    assert_eq!(seen.work, Work::Working);
    assert_eq!((seen.inbox, seen.outbox), (0, 0));
    assert_eq!(seen.google_client_id.as_deref(), Some("tests"));
    assert!(seen.google_calls_most > 0);
    assert!(
        seen.store.bytes.is_some_and(|bytes| bytes > 10_000),
        "{seen:?}"
    );
    match seen.store.kind {
        StoreKind::Sqlite => assert!(seen.store.free_bytes.is_some_and(|free| free > 0)),
        StoreKind::Postgres => assert_eq!(seen.store.free_bytes, None, "its disk is elsewhere"),
    }
}

#[tokio::test]
async fn a_hold_is_told_as_what_it_is() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    for (order, work) in [
        ("pause", Work::Paused),
        ("resume", Work::Working),
        ("drain", Work::Draining),
        ("resume", Work::Working),
    ] {
        let path = format!("/receiver/{order}");
        let answer = house.ask("POST", &path, Some(&admin), "").await;
        assert!(answer.status().is_success(), "{order}: {}", answer.status());
        assert_eq!(health(&house, &admin).await.work, work, "after {order}");
    }
}
