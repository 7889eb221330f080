//! Deliveries: which notification goes where and when, and what follows from its answer.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::channel::Channel;

/// Every retry waits twice as long, up to this.
const RETRY_MAX: SignedDuration = SignedDuration::from_mins(10);
/// How many finished deliveries are remembered.
const LOG_MAX: usize = 5_000;

/// `X-Goog-Resource-State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceState {
    /// The handshake.
    Sync,
    /// A change.
    Exists,
    /// The resource is gone.
    NotExists,
}

impl ResourceState {
    /// The header's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Exists => "exists",
            Self::NotExists => "not_exists",
        }
    }
}

/// One notification on its way.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// Grows with every delivery.
    pub id: u64,
    /// The channel.
    pub channel: String,
    /// What it tells.
    pub state: ResourceState,
    /// `X-Goog-Message-Number`.
    pub message_number: u64,
    /// When to send it.
    pub due_at: Timestamp,
    /// How often it was sent before.
    pub attempts: u32,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered with a success.
    Delivered,
    /// Answered with what Google never retries.
    Failed,
    /// Answered with what Google retries.
    Retried,
    /// Dropped by a fault rule.
    Dropped,
    /// The address is not on this machine.
    NotLoopback,
}

/// One attempt, for the log.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// Grows with every attempt.
    pub seq: u64,
    /// The delivery as it was.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// The watched calendar.
    pub calendar: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// The answer's status; absent when nobody answered.
    pub status: Option<u16>,
    /// What became of it.
    pub outcome: Outcome,
}

/// Notifications waiting, and the log of those sent.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Vec<Delivery>,
    log: Vec<Attempt>,
    last_id: u64,
    last_seq: u64,
}

impl Outbox {
    /// Plans a notification and returns its id.
    pub fn plan(&mut self, channel: &Channel, state: ResourceState, due_at: Timestamp) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        let message_number = channel.message_number;
        self.waiting.push(Delivery {
            id,
            channel: channel.id.clone(),
            state,
            message_number,
            due_at,
            attempts: 0,
        });
        id
    }

    /// Puts a copy, or a delivery held back, into the queue again.
    pub fn put(&mut self, delivery: Delivery) {
        self.waiting.push(delivery);
    }

    /// Whether a change on `channel` already waits.
    pub fn has_waiting_change(&self, channel: &str) -> bool {
        self.waiting
            .iter()
            .any(|delivery| delivery.channel == channel && delivery.state == ResourceState::Exists)
    }

    /// Takes one delivery out, whether due or not.
    pub fn take(&mut self, id: u64) -> Option<Delivery> {
        let at = self.waiting.iter().position(|delivery| delivery.id == id)?;
        Some(self.waiting.remove(at))
    }

    /// Takes the deliveries that are due, oldest first.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<Delivery> {
        let mut due: Vec<Delivery> = self
            .waiting
            .extract_if(.., |delivery| delivery.due_at <= now)
            .collect();
        due.sort_by_key(|delivery| (delivery.due_at, delivery.id));
        due
    }

    /// When the next one is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|delivery| delivery.due_at).min()
    }

    /// Records an answer and plans the retry that it asks for.
    pub fn settle(
        &mut self,
        delivery: Delivery,
        calendar: &str,
        status: Option<u16>,
        now: Timestamp,
        policy: RetryPolicy,
    ) -> Outcome {
        let retried = matches!(status, Some(500 | 502 | 503 | 504))
            && delivery.attempts + 1 < policy.attempts_max;
        let outcome = match status {
            Some(200 | 201 | 202 | 204 | 102) => Outcome::Delivered,
            _ if retried => Outcome::Retried,
            _ => Outcome::Failed,
        };
        if retried {
            let mut next = delivery.clone();
            next.attempts += 1;
            next.due_at = now + policy.wait(delivery.attempts);
            self.waiting.push(next);
        }
        self.record(delivery, calendar, status, now, outcome);
        outcome
    }

    /// Records what became of an attempt.
    pub fn record(
        &mut self,
        delivery: Delivery,
        calendar: &str,
        status: Option<u16>,
        now: Timestamp,
        outcome: Outcome,
    ) {
        self.last_seq += 1;
        if self.log.len() >= LOG_MAX {
            self.log.drain(..LOG_MAX / 10);
        }
        let calendar = calendar.to_owned();
        self.log.push(Attempt {
            seq: self.last_seq,
            delivery,
            calendar,
            sent_at: now,
            status,
            outcome,
        });
    }

    /// The attempts after `seq`, oldest first.
    pub fn log_after(&self, seq: u64) -> impl Iterator<Item = &Attempt> {
        self.log.iter().filter(move |attempt| attempt.seq > seq)
    }
}

/// How retries are spaced.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// The first wait.
    pub base: SignedDuration,
    /// Attempts in all.
    pub attempts_max: u32,
}

impl RetryPolicy {
    fn wait(self, attempts: u32) -> SignedDuration {
        let doubled = self
            .base
            .checked_mul(1 << attempts.min(20))
            .unwrap_or(RETRY_MAX);
        doubled.min(RETRY_MAX)
    }
}
