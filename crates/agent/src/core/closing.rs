//! The one note at the first close: that Syncward goes on in the tray, and how it ends.

use jiff::Timestamp;

use super::asked::ok;
use super::{Core, Reply};
use crate::alerts::stays_bubble;
use crate::bridge::Answer;

/// Remembered once it was said, and since when.
const MEMORY: &str = "told_of_tray";

impl Core {
    /// Said once in the life of the data folder; kept for a later close where no bubble can be shown.
    pub(super) fn closed_to_tray(&mut self, now: Timestamp, reply: Reply) {
        let told: Option<(bool, Timestamp)> = self.store.recall(MEMORY);
        if told.is_none() && self.settings.notifications && self.notifier_note.available {
            let calendars = self.posts.iter().map(|post| post.told.links.len()).sum();
            self.notifier.show(stays_bubble(calendars, self.language()));
            self.store.remember(MEMORY, &true, now);
        }
        ok(reply, Answer::Done);
    }
}
