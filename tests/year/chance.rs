//! Seeded chance: one stream for the world, and one for the receiver's ids and jitter.

use std::cell::RefCell;
use std::time::Duration;

use jiff::SignedDuration;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

thread_local! {
    static RECEIVERS: RefCell<StdRng> = RefCell::new(StdRng::seed_from_u64(0));
}

/// The receiver's ids and jitter, installed as its entropy.
pub fn receivers() -> u64 {
    RECEIVERS.with_borrow_mut(StdRng::next_u64)
}

pub fn begin(seed: u64) -> StdRng {
    RECEIVERS.set(StdRng::seed_from_u64(!seed));
    StdRng::seed_from_u64(seed)
}

/// A duration between two bounds, short ones as likely as long ones by their order of magnitude.
pub fn between(rng: &mut StdRng, least: Duration, most: Duration) -> SignedDuration {
    let (low, high) = (least.as_secs_f64().ln(), most.as_secs_f64().ln());
    let chosen = rng.random_range(low..=high).exp();
    SignedDuration::from_millis((chosen * 1000.0) as i64)
}

/// The wait until the next of events that come so often per year.
pub fn next(rng: &mut StdRng, per_year: f64) -> SignedDuration {
    let year_s = 365.0 * 86_400.0;
    let wait_s = -rng.random_range(f64::EPSILON..1.0).ln() * year_s / per_year;
    SignedDuration::from_millis((wait_s.min(10.0 * year_s) * 1000.0) as i64)
}
