//! The live stream: numbers that only grow, nothing missed by being away, and no reader that holds anybody up.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt;
use serde_json::Value;
use syncward_engine::effect::Step;
use syncward_receiver::app::Changed;
use syncward_receiver::store;
use syncward_receiver::store::activity::{self, About, Line};
use syncward_wire::Role;
use tokio::time::{interval, timeout};
use uuid::Uuid;

use crate::{House, json};

/// Far beyond every limit of the receiver's.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Told {
    id: i64,
    name: String,
    content: Value,
}

struct Reader {
    body: BodyDataStream,
    rest: String,
}

impl Reader {
    async fn new(house: &House, token: &str, last: Option<i64>) -> Self {
        let mut request =
            Request::get("/api/v1/stream").header("authorization", format!("Bearer {token}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let answer = house.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), 200);
        Self {
            body: answer.into_body().into_data_stream(),
            rest: String::new(),
        }
    }

    /// The next event, or none at the stream's end.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(str::trim).map(str::to_owned)
                };
                let told = field("id:").map(|id| Told {
                    id: id.parse().unwrap(),
                    name: field("event:").unwrap(),
                    content: serde_json::from_str(&field("data:").unwrap()).unwrap(),
                });
                self.rest = rest.to_owned();
                match told {
                    Some(told) => return Some(told),
                    // A comment that keeps the connection alive.
                    None => continue,
                }
            }
            let chunk = timeout(PATIENCE, self.body.next()).await.unwrap()?;
            self.rest
                .push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// Everything up to the next overview, which ends each batch.
    async fn batch(&mut self) -> Vec<Told> {
        let mut batch = Vec::new();
        loop {
            let told = self.next().await.expect("the stream goes on");
            let is_last = told.name == "overview";
            batch.push(told);
            if is_last {
                return batch;
            }
        }
    }
}

async fn write(house: &House, texts: Vec<String>) {
    let now = jiff::Timestamp::now();
    let write = house.app.store.write(move |tx| {
        for text in texts {
            let line = Line {
                kind: "test",
                tone: "quiet",
                text,
                detail: None,
            };
            activity::insert(tx, About::default(), &line, now)?;
        }
        Ok(())
    });
    write.await.unwrap();
    let _ = house.app.changed.send(Changed::Activity(0));
}

fn texts(batch: &[Told]) -> Vec<&str> {
    let lines = batch.iter().filter(|told| told.name == "activity");
    lines
        .map(|told| told.content["text"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn every_event_has_a_greater_number_than_the_one_before() {
    let house = House::new().await;
    let token = house.token(Role::Viewer).await;
    let link = house.link().await;
    let mut reader = Reader::new(&house, &token, None).await;
    let mut ids: Vec<i64> = reader.batch().await.iter().map(|told| told.id).collect();
    for _ in 0..3 {
        house.app.changed.send(Changed::Link(link)).unwrap();
        ids.extend(reader.batch().await.iter().map(|told| told.id));
        write(&house, vec!["a line".to_owned()]).await;
        ids.extend(reader.batch().await.iter().map(|told| told.id));
    }
    drop(reader);
    let mut reader = Reader::new(&house, &token, ids.last().copied()).await;
    ids.extend(reader.batch().await.iter().map(|told| told.id));
    assert!(ids.len() >= 10, "{ids:?}");
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[tokio::test]
async fn a_reader_that_comes_back_is_told_all_that_it_missed() {
    let house = House::new().await;
    let token = house.token(Role::Viewer).await;
    write(&house, vec!["before".to_owned()]).await;
    let mut reader = Reader::new(&house, &token, None).await;
    let last = reader.batch().await.last().unwrap().id;
    drop(reader);

    let (link, operation) = (house.link().await, Uuid::new_v4());
    let now = jiff::Timestamp::now();
    let act = house.app.store.write(move |tx| {
        store::operation::insert(tx, operation, Some(link), "renew", now)?;
        let done = Step::Done {
            message: String::new(),
        };
        store::operation::step(tx, operation, &done, now)
    });
    act.await.unwrap();
    let many: Vec<String> = (0..1500).map(|number| format!("line {number}")).collect();
    write(&house, many.clone()).await;

    let mut reader = Reader::new(&house, &token, Some(last)).await;
    let batch = reader.batch().await;
    assert_eq!(texts(&batch), many, "every line once, in order");
    let of = |name: &str, id: Uuid| {
        let mut told = batch.iter().filter(|told| told.name == name);
        told.any(|told| told.content["id"] == id.to_string())
    };
    assert!(of("link", link), "links as they are now");
    assert!(of("operation", operation), "operations that moved");
    let foreign = Reader::new(&house, &token, Some(i64::MAX))
        .await
        .batch()
        .await;
    assert_eq!(texts(&foreign), Vec::<&str>::new());
    assert!(foreign.iter().any(|told| told.name == "link"));
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_the_writer_never_waits_for_it() {
    let house = House::new().await;
    let token = house.token(Role::Viewer).await;
    let mut slow = Reader::new(&house, &token, None).await;
    let mut quick = Reader::new(&house, &token, None).await;
    quick.batch().await;
    let many: Vec<String> = (0..1200).map(|number| format!("line {number}")).collect();
    timeout(PATIENCE, write(&house, many.clone()))
        .await
        .unwrap();
    assert_eq!(
        texts(&quick.batch().await),
        many,
        "others are told meanwhile"
    );
    drop(quick);
    let mut tick = interval(Duration::from_millis(50));
    let cut = async {
        while house.app.changed.receiver_count() > 0 {
            tick.tick().await;
            let _ = house.app.changed.send(Changed::Overview);
        }
    };
    timeout(PATIENCE, cut)
        .await
        .expect("the slow reader is cut off");
    let (mut seen, mut last) = (Vec::new(), 0);
    while let Some(told) = slow.next().await {
        last = told.id;
        seen.push(told);
    }
    assert!(texts(&seen).len() < many.len(), "{}", seen.len());
    let rest = Reader::new(&house, &token, Some(last)).await.batch().await;
    let all: Vec<&str> = texts(&seen).into_iter().chain(texts(&rest)).collect();
    assert_eq!(all, many, "and resumes where it was cut");
}

#[tokio::test]
async fn the_stream_of_a_revoked_device_ends() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let viewer = house.token(Role::Viewer).await;
    let mut reader = Reader::new(&house, &viewer, None).await;
    reader.batch().await;
    let devices = json(house.ask("GET", "/devices", Some(&admin), "").await).await;
    let devices = devices["items"].as_array().unwrap();
    let device = devices.iter().find(|one| one["role"] == "viewer").unwrap();
    let path = format!("/devices/{}", device["id"].as_str().unwrap());
    let revoked = house.ask("DELETE", &path, Some(&admin), "").await;
    assert_eq!(revoked.status(), 204);
    assert!(reader.next().await.is_none());
}
