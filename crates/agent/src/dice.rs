//! The agent's source of jitter.

use syncward_engine::Entropy;

/// The operating system's random numbers.
#[derive(Clone, Copy, Debug)]
pub struct Dice;

impl Entropy for Dice {
    fn next_u64(&mut self) -> u64 {
        rand::random()
    }
}
