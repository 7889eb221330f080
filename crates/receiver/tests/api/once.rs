//! `Idempotency-Key`: the same request twice is one, whatever happens between.

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use futures_util::future::join_all;
use serde_json::{Value, json};
use syncward_wire::Role;
use uuid::Uuid;

use crate::home::refusal;
use crate::{House, json as read, refused};

fn draft(link: Uuid, title: &str) -> Value {
    json!({"link_id": link, "title": title, "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"})
}

async fn keyed(
    house: &House,
    token: &str,
    method: &str,
    path: &str,
    key: &str,
    body: &Value,
) -> Response {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()))
        .unwrap();
    house.send(request).await
}

async fn booked(house: &House, token: &str) -> usize {
    let page = read(house.ask("GET", "/appointments", Some(token), "").await).await;
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn many_at_once_with_one_key_are_one_appointment() {
    let house = House::new().await;
    let system = house.token(Role::Integration).await;
    let body = draft(house.link().await, "Cleaning");
    let asked = (0..20).map(|_| keyed(&house, &system, "POST", "/appointments", "k", &body));
    let mut ids = Vec::new();
    for answer in join_all(asked).await {
        assert_eq!(answer.status(), 201);
        ids.push(read(answer).await["id"].as_str().unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(booked(&house, &system).await, 1);
    let count = house.app.store.read(|connection| {
        Ok(
            connection.query_row("select count(*) from outbox", [], |row| {
                row.get::<_, i64>(0)
            })?,
        )
    });
    assert_eq!(count.await.unwrap(), 1, "one edit is on its way");
}

#[tokio::test]
async fn without_its_key_kept_an_appointment_is_not_booked() {
    let house = House::new().await;
    let system = house.token(Role::Integration).await;
    let body = draft(house.link().await, "Cleaning");
    let (no_key, keys) = refusal("idempotency_key", "true");
    let break_it = house
        .app
        .store
        .write(move |tx| Ok(tx.execute_batch(&no_key)?));
    break_it.await.unwrap();
    let answer = keyed(&house, &system, "POST", "/appointments", "k", &body).await;
    assert_eq!(refused(answer, 503).await, "store_failed");
    assert_eq!(booked(&house, &system).await, 0);
    let mend = house
        .app
        .store
        .write(move |tx| Ok(tx.execute_batch(&keys)?));
    mend.await.unwrap();
    let answer = keyed(&house, &system, "POST", "/appointments", "k", &body).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(booked(&house, &system).await, 1);
}

#[tokio::test]
async fn a_key_stands_for_method_path_and_body_of_one_device() {
    let house = House::new().await;
    let (system, other) = (
        house.token(Role::Integration).await,
        house.token(Role::Integration).await,
    );
    let link = house.link().await;
    let first = keyed(
        &house,
        &system,
        "POST",
        "/appointments",
        "k",
        &draft(link, "A"),
    )
    .await;
    let first = read(first).await;
    let again = keyed(
        &house,
        &system,
        "POST",
        "/appointments",
        "k",
        &draft(link, "A"),
    )
    .await;
    assert_eq!(again.status(), 201);
    assert_eq!(read(again).await, first, "the very same answer");
    let answer = keyed(
        &house,
        &system,
        "POST",
        "/appointments",
        "k",
        &draft(link, "B"),
    )
    .await;
    assert_eq!(refused(answer, 409).await, "key_reused");
    let path = format!("/appointments/{}", first["id"].as_str().unwrap());
    let patch = json!({"title": "C"});
    let answer = keyed(&house, &system, "PATCH", &path, "k", &patch).await;
    assert_eq!(refused(answer, 409).await, "key_reused");
    let theirs = keyed(
        &house,
        &other,
        "POST",
        "/appointments",
        "k",
        &draft(link, "A"),
    )
    .await;
    assert_ne!(read(theirs).await["id"], first["id"]);
    assert_eq!(booked(&house, &system).await, 2);
}

#[tokio::test]
async fn changes_and_cancellations_take_keys_too() {
    let house = House::new().await;
    let system = house.token(Role::Integration).await;
    let body = draft(house.link().await, "A");
    let made = keyed(&house, &system, "POST", "/appointments", "one", &body).await;
    let path = format!("/appointments/{}", read(made).await["id"].as_str().unwrap());
    let patch = json!({"title": "B"});
    let changed = read(keyed(&house, &system, "PATCH", &path, "two", &patch).await).await;
    assert_eq!(changed["revision"], 2);
    let cancelled = keyed(&house, &system, "DELETE", &path, "three", &json!({})).await;
    assert_eq!(cancelled.status(), 204);
    // A retry long after gets the answer it missed, though the appointment is cancelled by now.
    let again = keyed(&house, &system, "PATCH", &path, "two", &patch).await;
    assert_eq!(again.status(), 200);
    assert_eq!(read(again).await, changed);
    let again = keyed(&house, &system, "DELETE", &path, "three", &json!({})).await;
    assert_eq!(again.status(), 204);
    for bad in ["", &"k".repeat(256)] {
        let answer = keyed(&house, &system, "POST", "/appointments", bad, &body).await;
        assert_eq!(refused(answer, 422).await, "invalid_key");
    }
}
