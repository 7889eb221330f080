//! Retry as a value: the next delay, or none when the attempts are used up.

use std::time::Duration;

use crate::Entropy;

/// Truncated exponential backoff with jitter: `first`, doubled up to `most`, each shortened by up to a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub most: Duration,
    /// No bound when absent.
    pub attempts: Option<u32>,
}

impl Backoff {
    /// The delay before attempt `attempt + 1`, after `attempt` (from 1) failed.
    pub fn next(&self, attempt: u32, entropy: &mut dyn Entropy) -> Option<Duration> {
        if self.attempts.is_some_and(|bound| attempt >= bound) {
            return None;
        }
        let doubled = self
            .first
            .saturating_mul(1u32 << attempt.saturating_sub(1).min(20));
        let whole = doubled.min(self.most);
        let quarter_ms = u64::try_from(whole.as_millis() / 4)
            .unwrap_or(u64::MAX)
            .max(1);
        Some(whole - Duration::from_millis(entropy.next_u64() % quarter_ms))
    }
}
