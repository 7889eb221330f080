//! What can go wrong around the receiver's store, and what it forgets: nothing acknowledged is lost, nothing is changed by a refusal.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod damaged;
#[cfg(target_os = "linux")]
mod disk;
mod full;
mod lines;
mod newer;
mod orphan;
mod retention;
mod schema;
#[path = "../webhook/seed.rs"]
mod seed;

use std::time::Duration;

/// Asks until it is so, a minute at most.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..1200 {
        tick.tick().await;
        if is_so().await {
            return;
        }
    }
    panic!("never so: {what}");
}
