//! A renewal pass that does not end is told by `/readyz`.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use syncward_receiver::ingest;
use tower::ServiceExt;

use crate::house::House;

async fn ready(house: &House) -> (StatusCode, Value) {
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    let router = ingest::router(house.app.clone());
    let answer = router.oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 16).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test(start_paused = true)]
async fn readyz_names_a_renewal_pass_that_hangs() {
    let house = House::watchful(&[("clinic", 1)]).await;
    assert_eq!(ready(&house).await.0, 503, "not begun");
    house.run();
    house.pass(Duration::from_secs(3600)).await;
    let (status, body) = ready(&house).await;
    assert_eq!(status, 200, "{body}");
    let age = body["renewal_pass"]["age_seconds"].as_u64().unwrap();
    assert!(age <= 30, "{body}");

    let lose = |to: &'static str| house.app.store.write(move |tx| Ok(tx.execute_batch(to)?));
    lose("alter table link rename to link_lost").await.unwrap();
    house.pass(Duration::from_secs(90)).await;
    assert_eq!(ready(&house).await.0, 200, "three looks may be left out");
    house.pass(Duration::from_secs(60)).await;
    let (status, body) = ready(&house).await;
    assert_eq!(status, 503);
    assert!(
        body.to_string()
            .contains("the renewal pass has not been completed for 1"),
        "{body}"
    );

    lose("alter table link_lost rename to link").await.unwrap();
    house.pass(Duration::from_secs(2)).await;
    assert_eq!(ready(&house).await.0, 200, "it goes on");
}
