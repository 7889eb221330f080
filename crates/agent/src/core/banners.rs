//! What would be a bubble while a person looks at the window: a banner there instead, until it is read or over.

use uuid::Uuid;

use super::Core;
use crate::alerts::DIGEST;
use crate::bridge::{Banner, HintEntity};
use crate::notifier::Bubble;

/// No more stand at once; the list of alerts has them all.
const MOST: usize = 4;

/// Those that nobody has read yet, the oldest first.
#[derive(Default)]
pub(super) struct Banners(Vec<Banner>);

impl Banners {
    pub(super) fn unread(&self) -> Vec<Banner> {
        self.0.clone()
    }

    fn put(&mut self, bubble: Bubble) {
        self.close(&bubble.key);
        self.0.push(Banner {
            id: Uuid::new_v4(),
            incident: (bubble.key != DIGEST).then(|| bubble.key.clone()),
            title: bubble.title,
            body: bubble.body,
            severity: bubble.severity,
        });
        let over = self.0.len().saturating_sub(MOST);
        self.0.drain(..over);
    }

    fn close(&mut self, key: &str) -> bool {
        let before = self.0.len();
        self.0
            .retain(|it| it.incident.as_deref().unwrap_or(DIGEST) != key);
        self.0.len() != before
    }
}

impl Core {
    /// Shows it where the person looks: in the window in front of them, else on the desktop.
    pub(super) fn show(&mut self, bubble: Bubble) {
        if self.desk.is_looked_at() {
            self.notifier.close(&bubble.key);
            self.banners.put(bubble);
            self.hinting.mark(HintEntity::Snapshot);
        } else {
            self.close_banner(&bubble.key);
            self.notifier.show(bubble);
        }
    }

    /// Takes it away wherever it is shown.
    pub(super) fn put_away(&mut self, key: &str) {
        self.close_banner(key);
        self.notifier.close(key);
    }

    pub(super) fn close_banner(&mut self, key: &str) {
        if self.banners.close(key) {
            self.hinting.mark(HintEntity::Snapshot);
        }
    }

    /// A person has read that one; a newer one of the same cause stays.
    pub(super) fn banner_read(&mut self, id: Uuid) {
        self.banners.0.retain(|it| it.id != id);
        self.hinting.mark(HintEntity::Snapshot);
    }
}
