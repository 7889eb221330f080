//! The chain of cursors: quiet runs fold into one row and the chain stays whole, and what does not fit is found.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use syncward_engine::{RunReport, Trigger, chain};
use syncward_receiver::store::cursor_step;
use syncward_wire::Role;
use uuid::Uuid;

use crate::{House, json, refused};

/// A run of the seeded clinic (its clock is London's), `minutes` after midnight of a winter's day.
async fn ran(house: &House, link_id: Uuid, minutes: i64, way: (Option<&str>, &str), created: u32) {
    let midnight: Timestamp = "2026-01-14T00:00:00Z".parse().unwrap();
    let now = midnight + SignedDuration::from_mins(minutes);
    let (cursor_in, cursor_out) = (way.0.map(str::to_owned), way.1.to_owned());
    let written = house.app.store.write(move |tx| {
        let report = RunReport {
            created,
            listed: created + 1,
            ..RunReport::default()
        };
        let ran = cursor_step::Ran {
            trigger: Trigger::Check,
            cursor_in: cursor_in.as_deref(),
            cursor_out: &cursor_out,
            report,
            started_at: now - SignedDuration::from_secs(1),
        };
        cursor_step::add(tx, link_id, &ran, now)
    });
    written.await.unwrap();
}

async fn walked(house: &House, link_id: Uuid) -> chain::Walk {
    let read = house.app.store.read(move |connection| {
        let steps = cursor_step::range(connection, link_id, Timestamp::MIN, Timestamp::MAX)?;
        let steps: Vec<_> = steps.iter().map(cursor_step::step).collect();
        Ok(chain::walk(None, &steps))
    });
    read.await.unwrap()
}

#[tokio::test]
async fn quiet_runs_fold_by_the_day_and_the_chain_stays_whole() {
    let house = House::new().await;
    let link_id = house.link().await;
    ran(&house, link_id, 0, (None, "a"), 3).await;
    for (minute, way) in [(15, ("a", "b")), (30, ("b", "c")), (45, ("c", "d"))] {
        ran(&house, link_id, minute, (Some(way.0), way.1), 0).await;
    }
    ran(&house, link_id, 60, (Some("d"), "e"), 1).await;
    ran(&house, link_id, 75, (Some("e"), "f"), 0).await;
    // The next day of the clinic.
    ran(&house, link_id, 24 * 60, (Some("f"), "g"), 0).await;

    let token = house.token(Role::Viewer).await;
    let path = format!("/links/{link_id}/cursor-steps");
    let page = json(house.ask("GET", &path, Some(&token), "").await).await;
    let column = |name: &str| -> Vec<Value> {
        let items = page["items"].as_array().unwrap().iter().rev();
        items.map(|item| item[name].clone()).collect()
    };
    assert_eq!(column("runs"), [1, 3, 1, 1, 1]);
    assert_eq!(column("listed"), [4, 3, 2, 1, 1]);
    let quiet = &page["items"][3];
    assert_eq!(
        (quiet["cursor_in"].as_str(), quiet["cursor_out"].as_str()),
        (
            Some(cursor_step::hash("a").as_str()),
            Some(cursor_step::hash("d").as_str())
        )
    );
    assert!(
        !page.to_string().contains(r#""a""#),
        "a cursor itself is never told"
    );
    let walk = walked(&house, link_id).await;
    assert_eq!((walk.runs, walk.full_runs), (7, 1));
    assert_eq!(walk.breaks, []);

    let next = json(
        house
            .ask("GET", &format!("{path}?limit=2"), Some(&token), "")
            .await,
    )
    .await;
    assert_eq!(next["items"].as_array().unwrap().len(), 2);
    let rest = format!("{path}?after={}", next["next"].as_str().unwrap());
    let rest = json(house.ask("GET", &rest, Some(&token), "").await).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 3);
    let unknown = format!("/links/{}/cursor-steps", Uuid::new_v4());
    refused(house.ask("GET", &unknown, Some(&token), "").await, 404).await;
}

#[tokio::test]
async fn a_quiet_run_that_began_elsewhere_is_no_part_of_the_row_and_a_break() {
    let house = House::new().await;
    let link_id = house.link().await;
    ran(&house, link_id, 0, (None, "a"), 0).await;
    ran(&house, link_id, 15, (Some("a"), "b"), 0).await;
    ran(&house, link_id, 30, (Some("old"), "c"), 0).await;
    ran(&house, link_id, 45, (Some("c"), "d"), 0).await;
    let walk = walked(&house, link_id).await;
    assert_eq!(walk.breaks.len(), 1, "{walk:?}");
    assert_eq!(walk.breaks[0].expected, cursor_step::hash("b"));
    assert_eq!(
        walk.breaks[0].found.as_deref(),
        Some(cursor_step::hash("old").as_str())
    );

    // A row that somebody took out is missed as well.
    let gone = house.app.store.write(|tx| {
        let sql = "delete from cursor_step where cursor_step_id = 2";
        Ok(tx.execute(sql, [])?)
    });
    assert_eq!(gone.await.unwrap(), 1);
    assert_eq!(walked(&house, link_id).await.breaks.len(), 1);
}
