//! One turn of the state machine: its moment, its settings, its entropy, and the effects it gathers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::{Builder, Uuid};

use crate::effect::Step;
use crate::{Effect, Entropy, Fact, OperationId, Settings};

/// What the parts of a link share while they take one input.
pub(super) struct Turn<'a> {
    pub now: Timestamp,
    pub settings: &'a Settings,
    pub entropy: &'a mut dyn Entropy,
    /// From when nobody was acting, if the receiver has just woken.
    pub asleep_from: Option<Timestamp>,
    effects: Vec<Effect>,
}

impl<'a> Turn<'a> {
    pub fn new(now: Timestamp, settings: &'a Settings, entropy: &'a mut dyn Entropy) -> Self {
        Self {
            now,
            settings,
            entropy,
            asleep_from: None,
            effects: Vec::new(),
        }
    }

    pub fn into_effects(self) -> Vec<Effect> {
        self.effects
    }

    pub fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub fn record(&mut self, fact: Fact) {
        self.record_for(None, fact);
    }

    pub fn record_for(&mut self, operation: Option<OperationId>, fact: Fact) {
        self.emit(Effect::Record { fact, operation });
    }

    pub fn step(&mut self, operations: &[OperationId], step: &Step) {
        for &operation in operations {
            let step = step.clone();
            self.emit(Effect::Step { operation, step });
        }
    }

    /// A fresh id; a later one sorts after an earlier one, so that rows are added at the end of an index.
    pub fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.entropy.next_u64().to_be_bytes());
        bytes[8..].copy_from_slice(&self.entropy.next_u64().to_be_bytes());
        let since_1970 = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[..10]);
        Builder::from_unix_timestamp_millis(since_1970, &random).into_uuid()
    }

    /// A random duration from zero up to `most`.
    pub fn jitter(&mut self, most: Duration) -> Duration {
        let most_ms = u64::try_from(most.as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis(self.entropy.next_u64() % (most_ms + 1))
    }

    /// The moment `duration` from now.
    pub fn after(&self, duration: Duration) -> Timestamp {
        later(self.now, duration)
    }

    /// The time from now until `at`, zero when it has passed.
    pub fn left(&self, at: Timestamp) -> Duration {
        between(self.now, at)
    }
}

/// The time from `from` to `to`, zero when it is negative.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    let duration: SignedDuration = to.duration_since(from);
    Duration::try_from(duration).unwrap_or(Duration::ZERO)
}

/// `duration` after `at`, at most the end of time: any positive setting is accepted.
pub(super) fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// Milliseconds from `from` to `to`, zero when negative.
pub(super) fn millis_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(between(from, to).as_millis()).unwrap_or(u64::MAX)
}
