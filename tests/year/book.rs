//! The reference: who wrote what into which event and when. It knows nothing of the engine, only that the later of two
//! edits stands.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Who made an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Somebody in Google Calendar.
    Person,
    /// The clinic's own system, through the receiver.
    System,
}

/// One edit; every one gives its event a start that no other edit gave it.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    pub at: Timestamp,
    pub by: Hand,
    /// Milliseconds; `None` cancels the event.
    pub start_ms: Option<i64>,
    /// The receiver's clock was wrong then, so that "later" is a matter of opinion.
    pub stepped: bool,
}

/// Every edit of one event, in order.
#[derive(Debug, Default)]
pub struct Story {
    pub edits: Vec<Edit>,
}

impl Story {
    /// Whether the event may end as it does: with the last edit; with an earlier one only where nobody can say which
    /// was the last (a stepped clock), or where a cancellation without a time met an edit.
    pub fn may_end(&self, start_ms: Option<i64>) -> bool {
        let Some(last) = self.edits.last() else {
            return false;
        };
        if last.start_ms == start_ms {
            return true;
        }
        let Some(earlier) = self.edits.iter().rfind(|edit| edit.start_ms == start_ms) else {
            return false;
        };
        let since = self.edits.iter().filter(|edit| edit.at >= earlier.at);
        let doubtful = since.clone().any(|edit| edit.stepped);
        let cancelled = since.clone().any(|edit| edit.start_ms.is_none());
        let both = since.clone().any(|edit| edit.by == Hand::Person)
            && since.clone().any(|edit| edit.by == Hand::System);
        both && (doubtful || cancelled)
    }

    pub fn by(&self, hand: Hand) -> usize {
        self.edits.iter().filter(|edit| edit.by == hand).count()
    }
}

/// Stories by link and event.
#[derive(Debug, Default)]
pub struct Book {
    pub stories: BTreeMap<(usize, String), Story>,
    /// Of an event that stands for a deleted one whose appointment was kept: the deleted one.
    pub stood_for: BTreeMap<(usize, String), String>,
    pub edits: u64,
}

impl Book {
    pub fn write(&mut self, link: usize, event: &str, edit: Edit) {
        self.edits += 1;
        let story = self.stories.entry((link, event.to_owned())).or_default();
        story.edits.push(edit);
    }

    /// How many edits of an appointment somebody made, whatever its event was called then.
    pub fn edits_by(&self, hand: Hand, link: usize, event: &str) -> usize {
        let own = self.story(link, event).map_or(0, |story| story.by(hand));
        let before = self.stood_for.get(&(link, event.to_owned()));
        own + before.map_or(0, |before| self.edits_by(hand, link, before))
    }

    /// The events of a link to which some edit ever gave a start after this, in the order of their ids.
    pub fn ever_after(&self, link: usize, start_ms: i64) -> impl Iterator<Item = &String> {
        let of_link = self
            .stories
            .range((link, String::new())..(link + 1, String::new()));
        of_link
            .filter(move |(_, story)| {
                story
                    .edits
                    .iter()
                    .any(|edit| edit.start_ms > Some(start_ms))
            })
            .map(|((_, event), _)| event)
    }

    pub fn story(&self, link: usize, event: &str) -> Option<&Story> {
        self.stories.get(&(link, event.to_owned()))
    }
}
