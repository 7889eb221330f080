//! The process's randomness: secrets from the operating system, ids and jitter.

use std::sync::OnceLock;

use rand::RngCore;
use syncward_engine::Entropy;
use uuid::{Builder, Uuid};

static SOURCE: OnceLock<fn() -> u64> = OnceLock::new();

/// Randomness for engine links and ids; none of it is secret.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn next_u64(&mut self) -> u64 {
        SOURCE
            .get()
            .map_or_else(|| rand::rng().next_u64(), |source| source())
    }
}

/// Takes ids and jitter from `source` from now on, never secrets; the first one of a process stays.
pub fn install(source: fn() -> u64) {
    let _ = SOURCE.set(source);
}

/// A fresh id.
pub fn uuid() -> Uuid {
    let bits = u128::from(SystemEntropy.next_u64()) << 64 | u128::from(SystemEntropy.next_u64());
    Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}

/// Bytes for a secret.
pub fn secret_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
