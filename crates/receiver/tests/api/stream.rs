//! The live stream resumes where a reader left it.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt;
use syncward_receiver::app::Changed;
use syncward_receiver::store::activity::{self, About, Line};
use syncward_wire::Role;
use tokio::time::timeout;

use crate::House;

async fn write(house: &House, text: &'static str) -> i64 {
    let line = Line {
        kind: "test",
        tone: "quiet",
        text: text.to_owned(),
        detail: None,
    };
    let now = jiff::Timestamp::now();
    let write = house
        .app
        .store
        .write(move |tx| activity::insert(tx, About::default(), &line, now));
    write.await.unwrap()
}

/// Reads until `wanted` has been said.
async fn read_until(stream: &mut BodyDataStream, wanted: &str) -> String {
    let mut said = String::new();
    while !said.contains(wanted) {
        let chunk = timeout(Duration::from_secs(10), stream.next()).await;
        said.push_str(std::str::from_utf8(&chunk.unwrap().unwrap().unwrap()).unwrap());
    }
    said
}

#[tokio::test]
async fn a_reader_resumes_by_its_last_event() {
    let house = House::new().await;
    let token = house.token(Role::Viewer).await;
    let first = write(&house, "the first line").await;
    write(&house, "the second line").await;
    write(&house, "the third line").await;
    let request = Request::get("/api/v1/stream")
        .header("authorization", format!("Bearer {token}"))
        .header("last-event-id", first.to_string())
        .body(Body::empty())
        .unwrap();
    let answer = house.send(request).await;
    assert_eq!(answer.status(), 200);
    let mut stream = answer.into_body().into_data_stream();
    let said = read_until(&mut stream, "event: overview").await;
    assert!(!said.contains("the first line"), "{said}");
    let second = said.find("the second line").unwrap();
    assert!(second < said.find("the third line").unwrap(), "{said}");
    let fourth = write(&house, "the fourth line").await;
    house.app.changed.send(Changed::Activity(fourth)).unwrap();
    let said = read_until(&mut stream, "the fourth line").await;
    assert!(said.contains(&format!("id: {fourth}")), "{said}");
    assert!(!said.contains("the third line"), "{said}");
}
