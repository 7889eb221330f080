//! Intent before call: Google hears of no channel that the store does not know, so that a crash orphans none.

use std::time::Duration;

use syncward_receiver::exec::quota::Limits;

use crate::google::Says;
use crate::house::House;

#[tokio::test(start_paused = true)]
async fn each_channel_is_written_down_before_google_hears_of_it() {
    let house = House::with_push(Limits::default(), &[("clinic", 5)]).await;
    house.google.say_to_watch(Says::Refused {
        status: 503,
        reason: "backendError",
        retry_after_s: None,
    });
    house.run();
    house.pass(Duration::from_secs(3600)).await;
    // Repetitions of a call in doubt as well, and the fresh channels after it.
    house.google.say_to_watch(Says::Well);
    house.pass(Duration::from_secs(3600 * 24)).await;
    let intents = house.google.intents();
    assert!(intents.len() > 5 * 8, "{} requests", intents.len());
    assert!(intents.iter().all(|intended| *intended), "{intents:?}");
}
