//! Hints to the window, gathered so that at most ten go out in a second.

use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::bridge::{Hint, HintEntity};

const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Hinting {
    out: broadcast::Sender<Hint>,
    waiting: BTreeSet<HintEntity>,
    flush_at: Option<Instant>,
    flushed_at: Option<Instant>,
    rev: u64,
}

impl Hinting {
    pub(super) fn new(out: broadcast::Sender<Hint>) -> Self {
        Self {
            out,
            waiting: BTreeSet::new(),
            flush_at: None,
            flushed_at: None,
            rev: 1,
        }
    }

    pub(super) fn out(&self) -> broadcast::Sender<Hint> {
        self.out.clone()
    }

    /// Goes on after `rev`, which another core told last.
    pub(super) fn go_on_after(&mut self, rev: u64) {
        self.rev = self.rev.max(rev);
        self.mark(HintEntity::Snapshot);
        self.mark(HintEntity::Settings);
    }

    /// The revision of the state; grows with every mark.
    pub(super) fn rev(&self) -> u64 {
        self.rev
    }

    /// Something changed.
    pub(super) fn mark(&mut self, entity: HintEntity) {
        self.rev += 1;
        self.waiting.insert(entity);
        let now = Instant::now();
        let soonest = self.flushed_at.map_or(now, |at| (at + PAUSE).max(now));
        self.flush_at.get_or_insert(soonest);
    }

    /// Ready when a flush is due; never without marks.
    pub(super) fn due(&self) -> impl Future<Output = ()> + use<> {
        let at = self.flush_at;
        async move {
            match at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => pending().await,
            }
        }
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        self.flush_at = None;
        self.flushed_at = Some(Instant::now());
        for entity in std::mem::take(&mut self.waiting) {
            let _ = self.out.send(Hint {
                entity,
                rev: self.rev,
            });
        }
    }
}
