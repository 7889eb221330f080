//! What all links have in common is merged as it is written: the fleet's answer is the sum of its links'.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use syncward_engine::NotificationKind;
use syncward_engine::Watching;
use syncward_engine::lag::Legs;
use syncward_receiver::store::delivery_hour::Counts;
use syncward_receiver::store::lag_span::Span;
use syncward_receiver::store::notification::Notification;
use syncward_receiver::store::row::Id;
use syncward_receiver::store::sql::params;
use syncward_receiver::store::{self, coverage_span, delivery_hour, lag_span};
use syncward_wire::{Role, Watching as Watched};
use uuid::Uuid;

use crate::{House, json as read};

/// So many changes at `at`, each of them taking so long.
async fn changed(house: &House, link_id: Uuid, at: Timestamp, changes: u32, took_ms: u64) {
    let legs = Legs {
        delivery_ms: Some(took_ms / 2),
        pickup_ms: 0,
        apply_ms: took_ms - took_ms / 2,
        skew_ms: 0,
    };
    let samples = vec![legs; changes as usize];
    let counts = Counts {
        changes: changes.into(),
        push_changes: changes.into(),
        missed_changes: 1,
        ..Counts::default()
    };
    let heard = Notification {
        notification_id: 0,
        channel_id: "clinic".to_owned(),
        link_id,
        kind: NotificationKind::Change,
        received_at: at,
    };
    let written = house.app.store.write(move |tx| {
        lag_span::add(tx, link_id, at, &samples)?;
        delivery_hour::count_notifications(tx, &[heard.clone(), heard])?;
        delivery_hour::add(tx, link_id, at, counts)
    });
    written.await.unwrap();
}

async fn ask(house: &House, path: &str) -> Value {
    let token = house.token(Role::Viewer).await;
    let answer = house.ask("GET", path, Some(&token), "").await;
    assert_eq!(answer.status(), 200, "{path}");
    read(answer).await
}

fn sum(series: &Value, column: &str) -> u64 {
    let column = series[column].as_array().unwrap();
    column.iter().filter_map(Value::as_u64).sum()
}

#[tokio::test]
async fn the_fleet_is_the_sum_of_its_links_in_minutes_and_in_hours() {
    let house = House::new().await;
    let (one, other) = (house.link().await, house.link().await);
    let now = Timestamp::now();
    let old = now - SignedDuration::from_hours(24 * 20);
    changed(&house, one, now, 10, 1_000).await;
    changed(&house, other, now, 30, 3_000).await;
    changed(&house, one, old, 7, 2_000).await;

    let day = ask(&house, "/lag").await;
    assert_eq!(sum(&day, "samples"), 40);
    let single = ask(&house, &format!("/lag?link={one}")).await;
    assert_eq!(sum(&single, "samples"), 10);
    let p50: Vec<f64> = single["p50_ms"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    assert!(
        matches!(p50[..], [p50] if (p50 - 1_000.0).abs() < 15.0),
        "{p50:?}"
    );

    let month = now - SignedDuration::from_hours(24 * 30);
    let lag = ask(&house, &format!("/lag?from={month}&buckets=30")).await;
    assert_eq!(sum(&lag, "samples"), 47);
    let delivery = ask(&house, &format!("/delivery?from={month}&buckets=30")).await;
    assert_eq!(sum(&delivery, "changes"), 47);
    assert_eq!(sum(&delivery, "missed_changes"), 3);
    assert_eq!(sum(&delivery, "notifications"), 6);
    let delivery = ask(
        &house,
        &format!("/delivery?from={month}&buckets=30&link={other}"),
    )
    .await;
    assert_eq!(sum(&delivery, "changes"), 30);
    assert_eq!(sum(&delivery, "notifications"), 2);
}

#[tokio::test]
async fn a_clinic_is_the_sum_of_its_own_links() {
    let house = House::new().await;
    let (one, sibling) = (house.link().await, house.link().await);
    let apart = house.link().await;
    let now = Timestamp::now();
    let joined = house.app.store.write(move |tx| {
        let sql = "update link set google_calendar_id = 'second', clinic_id = (select clinic_id from link where link_id = ?) where link_id = ?";
        tx.execute(sql, params![Id(one), Id(sibling)])?;
        for link_id in [one, sibling, apart] {
            let push = Watching::Push { generation: 1 };
            coverage_span::begin(tx, link_id, &push, now - SignedDuration::from_hours(2))?;
        }
        store::link::find(tx, one)
    });
    let clinic = joined.await.unwrap().unwrap().clinic_id;
    changed(&house, one, now, 10, 1_000).await;
    changed(&house, sibling, now, 20, 2_000).await;
    changed(&house, apart, now, 40, 3_000).await;

    let month = now - SignedDuration::from_hours(24 * 30);
    let lag = ask(&house, &format!("/lag?clinic={clinic}")).await;
    assert_eq!(sum(&lag, "samples"), 30);
    let path = format!("/delivery?from={month}&buckets=30&clinic={clinic}");
    let delivery = ask(&house, &path).await;
    assert_eq!(sum(&delivery, "changes"), 30);
    assert_eq!(sum(&delivery, "notifications"), 4);
    assert_eq!(delivery["rate"]["changes"], 30);
    let whose = async |question: &str| -> Vec<String> {
        let coverage = ask(&house, &format!("/coverage{question}")).await;
        let spans = coverage["spans"].as_array().unwrap();
        let links = spans
            .iter()
            .map(|span| span["link_id"].as_str().unwrap().to_owned());
        links.collect()
    };
    assert_eq!(whose(&format!("?clinic={clinic}")).await.len(), 2);
    assert_eq!(whose(&format!("?link={apart}")).await, [apart.to_string()]);
    assert_eq!(whose("").await.len(), 3);
    let nobody = whose(&format!("?clinic={}", Uuid::new_v4())).await;
    assert_eq!(nobody, [""; 0]);
}

#[tokio::test]
async fn a_range_is_told_as_a_whole_and_how_its_samples_lie_when_asked() {
    let house = House::new().await;
    let link = house.link().await;
    let now = Timestamp::now();
    changed(&house, link, now, 90, 100).await;
    changed(&house, link, now, 10, 8_000).await;

    let day = ask(&house, "/lag?spread=true").await;
    assert_eq!(day["whole"]["samples"], 100);
    let p50 = day["whole"]["p50_ms"].as_f64().unwrap();
    let p99 = day["whole"]["p99_ms"].as_f64().unwrap();
    assert!(
        (p50 - 100.0).abs() < 2.0 && (p99 - 8_000.0).abs() < 120.0,
        "{p50} {p99}"
    );
    let edges: Vec<f64> = serde_json::from_value(day["spread"]["edges_ms"].clone()).unwrap();
    let rows: Vec<Vec<u64>> = serde_json::from_value(day["spread"]["counts"].clone()).unwrap();
    let below = |ms: f64| edges.iter().filter(|edge| **edge <= ms).count();
    let places = edges.len() + 1;
    assert!(rows.iter().all(|row| row.is_empty() || row.len() == places));
    let slow: u64 = rows
        .iter()
        .flat_map(|row| row.iter().skip(below(1_000.0)))
        .sum();
    assert_eq!(slow, 10);
    assert_eq!(rows.iter().flatten().sum::<u64>(), 100);
    assert!(ask(&house, "/lag").await["spread"].is_null());
}

#[test]
fn minutes_answer_only_as_long_as_they_are_kept() {
    let now = Timestamp::now();
    let ago = |hours| now - SignedDuration::from_hours(hours);
    assert_eq!(Span::for_buckets(900.0, ago(24), now), Span::Minute);
    assert_eq!(Span::for_buckets(900.0, ago(24 * 30), now), Span::Hour);
    assert_eq!(Span::for_buckets(25_200.0, ago(24), now), Span::Hour);
}

#[tokio::test]
async fn the_database_sums_coverage_as_its_intervals_do() {
    let house = House::new().await;
    let (one, gone) = (house.link().await, house.link().await);
    let at = |hour: i64| Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap();
    let gap = |cause: &str| Watching::Gap {
        cause: cause.to_owned(),
    };
    let polling = Watching::Polling {
        cause: "watch_failing".to_owned(),
    };
    let push = |generation| Watching::Push { generation };
    let watched = [
        (0, push(1)),
        (10, gap("receiver_asleep")),
        (12, polling),
        (20, gap("paused")),
        (30, Watching::Overlap { generation: 2 }),
        (31, push(2)),
        (40, gap("crashed")),
        (41, push(2)),
    ];
    let written = house.app.store.write(move |tx| {
        for (hour, watching) in &watched {
            coverage_span::begin(tx, one, watching, at(*hour))?;
            coverage_span::begin(tx, gone, watching, at(*hour))?;
        }
        store::link::delete(tx, gone, at(41))
    });
    written.await.unwrap();
    // Cut on both sides: within the first interval, and within the last one, which lasts.
    let (from, to) = (at(5), at(50));
    let sums = house
        .app
        .store
        .read(move |connection| coverage_span::sums(connection, from, to));
    let mut sums: Vec<_> = sums
        .await
        .unwrap()
        .into_iter()
        .map(|sum| {
            (
                sum.watching,
                sum.unwanted,
                sum.lasted_ms / 3_600_000,
                sum.spans,
            )
        })
        .collect();
    sums.sort_by_key(|(watching, unwanted, ..)| (*watching as u8, *unwanted));
    let expected = [
        (Watched::Push, false, 23, 3),
        (Watched::Overlap, false, 1, 1),
        (Watched::Polling, false, 8, 1),
        (Watched::Gap, false, 3, 2),
        (Watched::Gap, true, 10, 1),
    ];
    assert_eq!(sums, expected);
    let path = format!("/coverage?from={from}&to={to}&buckets=1");
    let asked = ask(&house, &path).await;
    assert_eq!(asked["coverage"]["gaps"], 2, "{asked}");
}
