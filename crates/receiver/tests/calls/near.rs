//! A calendar that lost its push is read every minute from two hours before its next appointment, and says so.

use std::time::Duration;

use jiff::SignedDuration;
use syncward_receiver::exec::quota::Limits;

use crate::house::House;

const MINUTE: Duration = Duration::from_secs(60);

/// How often it is read in the next ten minutes.
async fn reads(house: &House) -> usize {
    let before = house.google.lists("clinic").len();
    house.pass(MINUTE * 10).await;
    house.google.lists("clinic").len() - before
}

async fn words(house: &House) -> String {
    house.view().await.reason.unwrap().message
}

async fn one() -> House {
    let house = House::refused_push(Limits::default(), &[("clinic", 1)]).await;
    house.run();
    // A minute after a poll.
    house.pass(MINUTE * 16).await;
    house
}

#[tokio::test(start_paused = true)]
async fn what_the_clinic_books_is_near_at_once() {
    let house = one().await;
    house.book(SignedDuration::from_hours(3)).await;
    assert_eq!(reads(&house).await, 0, "not near yet");
    assert!(!words(&house).await.contains("every minute"));
    house.book(SignedDuration::from_mins(40)).await;
    assert!((10..=11).contains(&reads(&house).await));
    let words = words(&house).await;
    let told = "It is polled every minute, because appointments are near.";
    assert!(words.ends_with(told), "{words}");
}

#[tokio::test(start_paused = true)]
async fn each_instance_of_a_series_counts_and_so_does_what_comes_after_it() {
    let house = one().await;
    let week_ago = SignedDuration::from_hours(-24 * 7) + SignedDuration::from_mins(30);
    let daily = vec!["RRULE:FREQ=DAILY".to_owned()];
    house.appointments(week_ago, daily).await;
    house.pass(MINUTE * 15).await;
    assert!((9..=11).contains(&reads(&house).await), "today's is near");
    house.pass(MINUTE * 10).await;
    assert!(reads(&house).await <= 1, "tomorrow's is not");
    house.pass(MINUTE * 60 * 22).await;
    assert!((9..=11).contains(&reads(&house).await), "a day later");
}

#[tokio::test(start_paused = true)]
async fn without_a_public_address_it_is_polled_by_design() {
    let house = House::new(Limits::default(), &[("clinic", 1)]).await;
    house.appointments_soon().await;
    house.run();
    house.pass(MINUTE * 16).await;
    assert!(reads(&house).await <= 1);
    assert!(!words(&house).await.contains("every minute"));
}
