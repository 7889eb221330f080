//! The process's randomness: secrets from the operating system, ids and jitter.

use std::sync::OnceLock;

use rand::RngCore;
use syncward_engine::Entropy;
use uuid::{Builder, Uuid};

use crate::clock;

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

/// A fresh id; a later one sorts after an earlier one, so that rows are added at the end of an index.
pub fn uuid() -> Uuid {
    let (high, low) = (SystemEntropy.next_u64(), SystemEntropy.next_u64());
    let mut random = [0; 10];
    random[..8].copy_from_slice(&high.to_be_bytes());
    random[8..].copy_from_slice(&low.to_be_bytes()[..2]);
    let since_1970 = u64::try_from(clock::now().as_millisecond()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(since_1970, &random).into_uuid()
}

/// Bytes for a secret.
pub fn secret_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
