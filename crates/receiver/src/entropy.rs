//! The process's randomness: secrets from the operating system, jitter for the engine.

use rand::RngCore;
use syncward_engine::Entropy;

/// Randomness for engine links.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn next_u64(&mut self) -> u64 {
        rand::rng().next_u64()
    }
}

/// Bytes for a secret.
pub fn secret_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
