//! Where ids and jitter come from: handed in, so that a seed replays a year.

/// A source of random numbers.
pub trait Entropy {
    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;
}
