//! `/metrics` as a Prometheus reads it.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use jiff::{SignedDuration, Timestamp};
use prometheus_parse::{Scrape, Value};
use syncward_engine::FailureClass;
use syncward_receiver::{api, serve, store};
use syncward_wire::Role;
use tower::ServiceExt;

use crate::{House, refused};

async fn scrape(house: &House, token: &str) -> (String, Scrape) {
    let request = Request::get("/metrics")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    let answer = house.send(request).await;
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    (text.clone(), Scrape::parse(lines).unwrap())
}

fn counter(scrape: &Scrape, name: &str, outcome: &str) -> f64 {
    let sample = scrape
        .samples
        .iter()
        .find(|one| one.metric == name && one.labels.get("outcome") == Some(outcome));
    match &sample.unwrap_or_else(|| panic!("{name} {outcome}")).value {
        Value::Counter(count) => *count,
        other => panic!("{name} is {other:?}"),
    }
}

#[tokio::test]
async fn a_prometheus_reads_every_family_with_its_kind() {
    let house = House::new().await;
    let system = house.token(Role::Integration).await;
    house.link().await;
    for _ in 0..3 {
        let router = serve::router(&house.app, false);
        let post = Request::post("/webhooks/calendar/google").body(Body::empty());
        let answer = router.oneshot(post.unwrap()).await.unwrap();
        assert_eq!(answer.status(), 400);
    }
    let (text, scrape) = scrape(&house, &system).await;
    let refused = counter(&scrape, "syncward_notifications_total", "refused");
    assert!((refused - 3.0).abs() < f64::EPSILON, "{refused}");
    let mut kinds = BTreeMap::new();
    for one in &scrape.samples {
        let kind = match &one.value {
            Value::Counter(_) => "counter",
            Value::Gauge(_) => "gauge",
            Value::Histogram(buckets) => {
                assert!(buckets.is_sorted_by(|one, next| one.count <= next.count));
                assert!(buckets.last().unwrap().less_than.is_infinite());
                "histogram"
            }
            Value::Summary(_) | Value::Untyped(_)
                if one.metric.ends_with("_sum") || one.metric.ends_with("_count") =>
            {
                continue;
            }
            other => panic!("{}: {other:?}", one.metric),
        };
        kinds.insert(one.metric.clone(), kind);
    }
    for (name, kind) in &kinds {
        assert_eq!(
            name.ends_with("_total"),
            *kind == "counter",
            "{name} is a {kind}"
        );
        assert!(!name.ends_with("_ms"), "{name}: base units");
    }
    assert_eq!(kinds["syncward_sync_latency_seconds"], "histogram");
    assert_eq!(kinds["syncward_notification_answer_seconds"], "histogram");
    assert_eq!(kinds["syncward_links"], "gauge");
    assert!(!text.contains("quantile"));
    assert!(
        text.contains("syncward_notification_answer_seconds_count 3\n"),
        "{text}"
    );
}

fn gauge(scrape: &Scrape, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let sample = scrape.samples.iter().find(|one| {
        let has = |(label, value): &(&str, &str)| one.labels.get(label) == Some(value);
        one.metric == name && labels.iter().all(has)
    });
    match sample?.value {
        Value::Gauge(value) | Value::Counter(value) => Some(value),
        ref other => panic!("{name} is {other:?}"),
    }
}

#[tokio::test]
async fn what_ends_and_why_is_counted_and_the_key_that_seals_is_named() {
    let house = House::new().await;
    let viewer = house.token(Role::Viewer).await;
    let link_id = house.link().await;
    let (_, before) = scrape(&house, &viewer).await;
    let ending = "syncward_grants_ending";
    let next_end = "syncward_next_grant_end_timestamp_seconds";
    let testing = [("reason", "testing_app")];
    assert_eq!(gauge(&before, ending, &testing), Some(0.0));
    assert_eq!(gauge(&before, next_end, &[]), None);

    house.app.meters.run_failed(FailureClass::GrantLost);
    house.app.meters.run_failed(FailureClass::Gone);
    house.app.meters.run_failed(FailureClass::Gone);
    let now = Timestamp::now();
    let ends_at = now + SignedDuration::from_hours(30);
    let write = house.app.store.write(move |tx| {
        let link = store::link::find(tx, link_id)?.unwrap();
        let began = ends_at - SignedDuration::from_hours(168);
        let grant_id = link.google_grant_id;
        store::grant_life::begin(tx, grant_id, "tests", Some(ends_at), began)?;
        store::channel::insert(tx, "one", link_id, &[0; 32], now)
    });
    write.await.unwrap();
    let (_, after) = scrape(&house, &viewer).await;
    let failures = "syncward_sync_run_failures_total";
    assert_eq!(gauge(&after, failures, &[("class", "gone")]), Some(2.0));
    let lost = [("class", "grant_lost")];
    assert_eq!(gauge(&after, failures, &lost), Some(1.0));
    let failed = counter(&after, "syncward_sync_runs_total", "failed");
    assert!((failed - 3.0).abs() < f64::EPSILON, "{failed}");
    let opening = [("state", "opening")];
    let channels = "syncward_channels";
    let more =
        gauge(&after, channels, &opening).unwrap() - gauge(&before, channels, &opening).unwrap();
    assert!((more - 1.0).abs() < f64::EPSILON, "{more}");
    assert_eq!(gauge(&after, ending, &testing), Some(1.0));
    let told = gauge(&after, next_end, &[]).unwrap();
    assert!((told - ends_at.as_second() as f64).abs() < 1.0, "{told}");
    let key_id = house.app.seal.key_id().to_string();
    let key = [("key_id", key_id.as_str())];
    assert_eq!(gauge(&after, "syncward_secret_key_info", &key), Some(1.0));
}

#[tokio::test]
async fn metrics_want_any_token_unless_they_are_open() {
    let house = House::new().await;
    let closed = Request::get("/metrics").body(Body::empty()).unwrap();
    refused(house.send(closed).await, 401).await;
    let open = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = api::router(house.app.clone(), true).oneshot(open).await;
    assert_eq!(answer.unwrap().status(), 200);
}

#[tokio::test]
async fn dashboard_and_rules_ask_for_what_is_served() {
    let house = House::new().await;
    let viewer = house.token(Role::Viewer).await;
    let (text, _) = scrape(&house, &viewer).await;
    let deployed = [
        include_str!("../../../../deploy/grafana/syncward.json"),
        include_str!("../../../../deploy/prometheus/syncward.rules.yml"),
    ];
    let mut asked = 0;
    for name in deployed
        .join(" ")
        .split(|sign: char| !(sign.is_ascii_lowercase() || sign == '_'))
        .filter(|word| word.starts_with("syncward_"))
    {
        asked += 1;
        // Served once a channel is open, the executor runs, or a certificate is shown.
        let is_served = text.lines().any(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with([' ', '{']))
        });
        assert!(
            is_served
                || name == "syncward_next_expiry_timestamp_seconds"
                || name == "syncward_next_grant_end_timestamp_seconds"
                || name == "syncward_certificate_end_timestamp_seconds"
                || name == "syncward_renewal_pass_timestamp_seconds",
            "{name}"
        );
    }
    assert!(asked > 30, "{asked}");
}
