//! Leases: a replica that is silent too long loses its work, and its late results change nothing.

use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::effect::Watching;
use syncward_receiver::exec::share;
use syncward_receiver::store::effect::{self, Due};
use syncward_receiver::store::{self, Store, StoreError, replica};

use crate::home::Home;
use crate::seed;

const LEASE: Duration = Duration::from_secs(30);

async fn number(store: &Store, sql: &'static str) -> i64 {
    let read = store.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
    read.await.unwrap()
}

async fn expire(store: &Store, fence: i64) {
    let expire = store.write(move |tx| replica::end(tx, fence));
    expire.await.unwrap();
}

#[tokio::test]
async fn a_stale_replicas_late_result_changes_nothing() {
    let home = Home::in_postgres();
    let (slow, quick) = (home.open(), home.open());
    share::begin(&slow, LEASE).await.unwrap();
    share::begin(&quick, LEASE).await.unwrap();
    assert!(quick.fence() > slow.fence(), "fences grow");
    let link_id = seed::link(&slow).await.unwrap();
    let made = slow.write(move |tx| {
        let run = syncward_engine::Effect::StartRun {
            run: syncward_engine::RunId(uuid::Uuid::new_v4()),
            kind: syncward_engine::RunKind::Full,
            trigger: syncward_engine::Trigger::First,
            spare: false,
        };
        let effect_id = effect::insert(tx, link_id, &run, Timestamp::now())?;
        Ok(Due {
            effect_id,
            fence: tx.fence(),
        })
    });
    let due = made.await.unwrap();

    // A living replica keeps its work.
    let mine = quick.fence();
    let taken = quick.write(move |tx| replica::take_over(tx, mine));
    assert_eq!(taken.await.unwrap(), 0);
    expire(&quick, slow.fence()).await;
    let taken = quick.write(move |tx| replica::take_over(tx, mine));
    assert_eq!(taken.await.unwrap(), 1);
    let found = quick.read(effect::mine).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, due.effect_id, "under its own id");

    let late = slow.write(move |tx| {
        let polling = Watching::Polling {
            cause: "late".to_owned(),
        };
        store::coverage_span::begin(tx, link_id, &polling, Timestamp::now())?;
        effect::done(tx, due)
    });
    assert!(matches!(late.await, Err(StoreError::Stale)));
    assert_eq!(number(&quick, "select count(*) from effect").await, 1);
    assert_eq!(
        number(&quick, "select count(*) from coverage_span").await,
        0
    );
    let again = Due { fence: mine, ..due };
    let done = quick.write(move |tx| effect::done(tx, again));
    assert!(done.await.unwrap());
}

#[tokio::test]
async fn an_absence_is_one_only_when_no_replica_acted_and_is_told_by_one() {
    let home = Home::in_postgres();
    let (one, other) = (home.open(), home.open());
    share::begin(&one, LEASE).await.unwrap();
    share::begin(&other, LEASE).await.unwrap();
    let at = |second: i64| Timestamp::from_second(1_900_000_000 + second).unwrap();
    let beat = async |store: &Store, second: i64| {
        let beat = store.write(move |tx| replica::beat(tx, at(second), 60_000));
        beat.await.unwrap()
    };
    assert_eq!(beat(&one, 0).await, None);
    assert_eq!(beat(&other, 50).await, None);
    assert_eq!(beat(&one, 100).await, None, "the other acted meanwhile");
    assert_eq!(beat(&one, 400).await, Some(at(100)));
    assert_eq!(beat(&other, 401).await, None, "the first is telling");
    // It dies before it has told.
    expire(&other, one.fence()).await;
    let mine = other.fence();
    other
        .write(move |tx| replica::take_over(tx, mine))
        .await
        .unwrap();
    assert_eq!(beat(&other, 402).await, Some(at(100)));
    other.write(replica::told).await.unwrap();
    assert_eq!(beat(&other, 403).await, None);
}

#[tokio::test]
async fn one_replica_at_a_time_refreshes_a_grant_unless_it_dies_or_gives_up() {
    let home = Home::in_postgres();
    let (one, other) = (home.open(), home.open());
    share::begin(&one, LEASE).await.unwrap();
    share::begin(&other, LEASE).await.unwrap();
    let link_id = seed::link(&one).await.unwrap();
    let grant = one.read(move |connection| store::link::find(connection, link_id));
    let grant_id = grant.await.unwrap().unwrap().google_grant_id;
    let begin = async |store: &Store, millis: i64| {
        let begun = store.write(move |tx| store::google_grant::begin_refresh(tx, grant_id, millis));
        begun.await.unwrap()
    };
    let end = async |store: &Store| {
        let ended = store.write(move |tx| store::google_grant::end_refresh(tx, grant_id));
        ended.await.unwrap();
    };
    assert!(begin(&one, 60_000).await);
    assert!(!begin(&other, 60_000).await, "the first has begun");
    end(&other).await;
    assert!(!begin(&other, 60_000).await, "only who began it ends it");
    assert!(begin(&one, 60_000).await, "its own, given up halfway");
    end(&one).await;
    assert!(begin(&other, 60_000).await);
    // It dies meanwhile.
    expire(&one, other.fence()).await;
    let mine = one.fence();
    let taken = one.write(move |tx| replica::take_over(tx, mine));
    taken.await.unwrap();
    assert!(begin(&one, -1).await, "the dead one's refresh is over");
    share::begin(&other, LEASE).await.unwrap();
    assert!(begin(&other, 60_000).await, "its time was over");
}
