//! Writes down how the facts changed, so that a rule can be tried on the past.
//!
//! Responsible for noticing changes and the times in which nobody looked. Never decides what they mean.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::alert::{Change, EndingFacts, Facts, LinkFacts, Moment, ReceiverFacts};
use uuid::Uuid;

use crate::store::Store;

/// That somebody looks is noted this often, so that after a crash it is known until when.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Not having looked for longer is a gap.
const GAP: SignedDuration = SignedDuration::from_mins(3);
const MEMORY: &str = "looked_at";

/// What was written last.
#[derive(Debug, Default)]
pub struct Recorder {
    links: BTreeMap<Uuid, LinkFacts>,
    receivers: BTreeMap<String, ReceiverFacts>,
    endings: Vec<EndingFacts>,
    looked_at: Option<Timestamp>,
    noted_at: Option<Timestamp>,
}

impl Recorder {
    /// Goes on where the last run ended; the time between is blind.
    pub fn resume(store: &mut Store, now: Timestamp) -> Self {
        store.forget_old_facts(now);
        let mut recorder = Self::default();
        for change in store.last_facts() {
            match change {
                Change::Link(link) => {
                    recorder.links.insert(link.link_id, *link);
                }
                Change::Endings(endings) => recorder.endings = endings,
                Change::LinkGone(_)
                | Change::Receiver(_)
                | Change::ReceiverGone(_)
                | Change::Blind => {}
            }
        }
        if let Some((at, _)) = store.recall::<Timestamp>(MEMORY) {
            let change = Change::Blind;
            store.put_facts(&[Moment { at, change }]);
        }
        recorder
    }

    /// Writes what differs from the last look.
    pub fn look(&mut self, facts: &Facts, store: &mut Store, now: Timestamp) {
        let mut changes = Vec::new();
        let before = self.looked_at.replace(now);
        if let Some(before) = before.filter(|at| now.duration_since(*at) > GAP) {
            changes.push(Moment {
                at: before,
                change: Change::Blind,
            });
            // Whatever it says is news after a gap.
            self.receivers.clear();
        }
        self.receivers(facts, &mut changes, now);
        self.links(facts, &mut changes, now);
        if self.endings != facts.endings {
            self.endings.clone_from(&facts.endings);
            let change = Change::Endings(facts.endings.clone());
            changes.push(Moment { at: now, change });
        }
        store.put_facts(&changes);
        let noted = self
            .noted_at
            .is_some_and(|at| now.duration_since(at) < NOTED_EVERY);
        if !noted {
            self.noted_at = Some(now);
            store.remember(MEMORY, &now, now);
        }
    }

    fn receivers(&mut self, facts: &Facts, changes: &mut Vec<Moment>, now: Timestamp) {
        for receiver in &facts.receivers {
            let lasting = ReceiverFacts {
                told_at: None,
                lag_p95_ms: None,
                ..receiver.clone()
            };
            if self.receivers.get(&lasting.id) != Some(&lasting) {
                changes.push(Moment {
                    at: now,
                    change: Change::Receiver(lasting.clone()),
                });
                self.receivers.insert(lasting.id.clone(), lasting);
            }
        }
        self.receivers.retain(|id, _| {
            let stays = facts.receivers.iter().any(|receiver| receiver.id == *id);
            if !stays {
                changes.push(Moment {
                    at: now,
                    change: Change::ReceiverGone(id.clone()),
                });
            }
            stays
        });
    }

    fn links(&mut self, facts: &Facts, changes: &mut Vec<Moment>, now: Timestamp) {
        for link in &facts.links {
            let known = self.links.get(&link.link_id);
            if known.is_some_and(|known| same(known, link)) {
                continue;
            }
            let lasting = LinkFacts {
                open_now: None,
                cause: None,
                attempts: None,
                ..link.clone()
            };
            changes.push(Moment {
                at: now,
                change: Change::Link(Box::new(lasting.clone())),
            });
            self.links.insert(link.link_id, lasting);
        }
        if self.links.len() == facts.links.len() {
            return;
        }
        let present: std::collections::BTreeSet<Uuid> =
            facts.links.iter().map(|link| link.link_id).collect();
        self.links.retain(|id, _| {
            let stays = present.contains(id);
            if !stays {
                changes.push(Moment {
                    at: now,
                    change: Change::LinkGone(*id),
                });
            }
            stays
        });
    }
}

/// Whether a link tells nothing new; that its clinic opens or closes is not written, nor how a try went.
fn same(known: &LinkFacts, link: &LinkFacts) -> bool {
    LinkFacts {
        open_now: known.open_now,
        cause: known.cause.clone(),
        attempts: known.attempts,
        ..link.clone()
    } == *known
}
