//! Google's quotas: many links of one user, few calls per minute, and nobody else waits.

use std::sync::atomic::Ordering;
use std::time::Duration;

use syncward_receiver::exec::quota::Limits;
use syncward_receiver::store::quota_use;
use uuid::Uuid;

use crate::google::Says;
use crate::house::House;

fn few() -> Limits {
    Limits {
        project: 1000,
        user: 10,
    }
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_grant_of_many_links_keeps_within_its_budget_and_delays_no_other() {
    let house = House::new(few(), &[("greedy", 100), ("other", 1)]).await;
    house.run();
    house
        .until("the other is read", || {
            house.google.lists("other").len() == 1
        })
        .await;
    assert!(house.google.lists("other")[0] < Duration::from_secs(2));
    house
        .until("all are read", || house.google.lists("greedy").len() >= 100)
        .await;
    let lists = house.google.lists("greedy");
    for (index, first) in lists.iter().enumerate() {
        let minute = lists[index..]
            .iter()
            .take_while(|at| **at < *first + MINUTE);
        assert!(minute.count() <= 10, "{lists:?}");
    }
    let took = *lists.last().unwrap();
    assert!(took < MINUTE * 13, "more waiting than needed: {took:?}");
    assert!(house.app.meters.quota_waits.load(Ordering::Relaxed) > 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_quota_holds_none_of_the_places_for_calls() {
    // More users who have to wait than calls may be under way.
    let names: Vec<String> = (0..70).map(|user| format!("greedy{user}")).collect();
    let mut users: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 12)).collect();
    let late = Limits {
        project: 10_000,
        ..few()
    };
    users.push(("other", 1));
    let house = House::new(late, &users).await;
    house.run();
    house.pass(Duration::from_secs(10)).await;
    let link_id = *house.links.last().unwrap();
    house.sync(link_id).await;
    house.pass(Duration::from_secs(2)).await;
    assert_eq!(house.google.lists("greedy0").len(), 9, "nine tenths of ten");
    assert_eq!(house.google.lists("other").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_quota_answer_pauses_the_whole_user_and_nobody_else() {
    let house = House::new(Limits::default(), &[("refused", 8), ("other", 1)]).await;
    house.google.say("refused", Says::quota(45));
    house.run();
    house
        .until("the pause", || !house.google.lists("refused").is_empty())
        .await;
    house.google.say("refused", Says::Well);
    house
        .until("all are read", || house.google.read("refused") == 8)
        .await;
    let lists = house.google.lists("refused");
    // What was under way when the answer came, then nothing for as long as Google asked for.
    let under_way = lists
        .iter()
        .filter(|at| **at < Duration::from_secs(2))
        .count();
    assert!((1..=4).contains(&under_way), "{lists:?}");
    let next = lists
        .iter()
        .find(|at| **at >= Duration::from_secs(2))
        .unwrap();
    assert!(*next >= Duration::from_secs(45), "{lists:?}");
    assert!(house.google.lists("other")[0] < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn close_polls_keep_to_the_spare_quota_and_a_person_waits_for_nothing() {
    let house = House::refused_push(few(), &[("clinic", 8)]).await;
    house.run();
    house
        .until("all are read", || house.google.read("clinic") == 8)
        .await;
    // Of every link, an hour from now: all eight want to be polled every minute, half of ten is spare.
    house.appointments_soon().await;
    house.pass(MINUTE * 16).await;
    let before = house.google.lists("clinic").len();
    house.pass(MINUTE * 20).await;
    let polled = house.google.lists("clinic").len() - before;
    assert!((85..=100).contains(&polled), "five a minute: {polled}");
    assert!(house.app.meters.runs_put_off.load(Ordering::Relaxed) > 0);
    let before = house.google.lists("clinic").len();
    let link_id = house.waiting_link().await;
    house.sync(link_id).await;
    house.pass(Duration::from_millis(500)).await;
    assert!(house.google.lists("clinic").len() > before, "made to wait");
}

#[tokio::test(start_paused = true)]
async fn what_is_used_up_is_in_the_store_a_second_later_for_the_next_life() {
    let house = House::new(few(), &[("greedy", 20)]).await;
    house.run();
    house
        .until("its share is used", || {
            house.google.lists("greedy").len() >= 9
        })
        .await;
    house.pass(Duration::from_secs(2)).await;
    let now = syncward_receiver::clock::now();
    let kept = house
        .app
        .store
        .read(move |connection| quota_use::of_others(connection, Uuid::nil(), now));
    let kept = kept.await.unwrap();
    let calls: u32 = kept.iter().map(|one| one.calls).sum();
    assert_eq!(
        u64::from(calls),
        house.app.meters.google_calls.load(Ordering::Relaxed)
    );
    assert!(kept.len() < 9, "seconds, not calls: {kept:?}");
    // The next polls write, and forget what has left the minute.
    house.pass(MINUTE * 20).await;
    let count = house.app.store.read(move |connection| {
        let sql = "select count(*) from quota_use where second_s < (select max(second_s) from quota_use) - 120";
        let place = syncward_receiver::params![now.as_second() + 600];
        let newest = "select max(second_s) > ? from quota_use";
        let polled: bool = connection.query_row(newest, place, |row| row.get(0))?;
        let old: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        Ok((old, polled))
    });
    assert_eq!(count.await.unwrap(), (0, true));
}

#[tokio::test(start_paused = true)]
async fn what_another_replica_uses_is_minded_at_the_next_heartbeat() {
    let house = House::beside_others(few(), &[("clinic", 1)]).await;
    house.run();
    house
        .until("it is read", || house.google.read("clinic") == 1)
        .await;
    let now = syncward_receiver::clock::now();
    let theirs = quota_use::Use {
        grant: None,
        second: now.as_second(),
        calls: 1000,
    };
    let written = house
        .app
        .store
        .write(move |tx| quota_use::add(tx, Uuid::new_v4(), &[theirs], now));
    written.await.unwrap();
    house.pass(MINUTE / 4).await;
    let before = house.google.lists("clinic").len();
    let link_id = house.waiting_link().await;
    house.sync(link_id).await;
    house.pass(Duration::from_secs(20)).await;
    assert_eq!(
        house.google.lists("clinic").len(),
        before,
        "no call is left"
    );
    house.pass(MINUTE).await;
    assert!(house.google.lists("clinic").len() > before, "never called");
}
