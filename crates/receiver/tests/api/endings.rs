//! Foretold ends of Google connections in the overview.

use jiff::{SignedDuration, Timestamp};
use syncward_receiver::store;
use syncward_wire::{GrantAilment, GrantEnding, Overview, Role};
use uuid::Uuid;

use crate::{House, json, seed};

const CLIENT: &str = "tests";

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

async fn endings(house: &House) -> Vec<GrantEnding> {
    let viewer = house.token(Role::Viewer).await;
    let answer = house.ask("GET", "/overview", Some(&viewer), "").await;
    let overview: Overview = serde_json::from_value(json(answer).await).unwrap();
    overview.endings
}

async fn grant_of(house: &House, link_id: Uuid) -> Uuid {
    let read = house.app.store.read(move |connection| {
        let link = store::link::find(connection, link_id)?;
        Ok(link.unwrap().google_grant_id)
    });
    read.await.unwrap()
}

/// A consent given so many hours ago, with the end that Google named, in hours from now.
async fn given(house: &House, grant_id: Uuid, ago: i64, named: Option<i64>) {
    let (began, named) = (Timestamp::now() - hours(ago), named.map(hours));
    let named = named.map(|after| Timestamp::now() + after);
    let write = house
        .app
        .store
        .write(move |tx| store::grant_life::begin(tx, grant_id, CLIENT, named, began));
    write.await.unwrap();
}

/// Google ended a consent so many hours ago.
async fn ended(house: &House, grant_id: Uuid, ago: i64) {
    let at = Timestamp::now() - hours(ago);
    let write = house
        .app
        .store
        .write(move |tx| store::grant_life::end(tx, grant_id, Some("invalid_grant"), at));
    write.await.unwrap();
}

#[tokio::test]
async fn an_end_that_google_named_is_told_within_three_days_until_a_fresh_consent() {
    let house = House::new().await;
    let grant_id = grant_of(&house, house.link().await).await;
    given(&house, grant_id, 168 - 80, Some(80)).await;
    assert_eq!(endings(&house).await, []);
    given(&house, grant_id, 168 - 50, Some(50)).await;
    let told = endings(&house).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].grant_id, told[0].ailment),
        (grant_id, GrantAilment::TestingApp)
    );
    assert!(told[0].remedy.contains("Publish"), "{told:?}");
    given(&house, grant_id, 0, Some(168)).await;
    assert_eq!(endings(&house).await, []);
}

#[tokio::test]
async fn a_death_of_testing_foretells_the_next_unless_a_consent_has_outlived_it_since() {
    let house = House::new().await;
    let grant_id = grant_of(&house, house.link().await).await;
    given(&house, grant_id, 800, None).await;
    ended(&house, grant_id, 800 - 168).await;
    given(&house, grant_id, 160, None).await;
    let told = endings(&house).await;
    assert_eq!(told.len(), 1, "eight hours are left");
    let left = told[0].ends_at.duration_since(Timestamp::now());
    assert!(left > hours(7) && left <= hours(8), "{left:?}");

    let other = seed::link(&house.app.store).await.unwrap();
    given(&house, grant_of(&house, other).await, 500, None).await;
    assert_eq!(endings(&house).await, [], "the app was published meanwhile");
}
