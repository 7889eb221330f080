//! What rules would have told in the past: the recorded facts, lived through again by the same policy.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    EndingFacts, Facts, Kind, LinkFacts, Notice, Policy, QuietHours, Reader, ReceiverFacts, Rules,
};

/// Between two changes the policy looks at least this often, so that what comes with time alone is seen.
const LOOKS_EVERY: SignedDuration = SignedDuration::from_mins(30);
/// A recorded silence of the recorder itself makes everything unknown.
const JUST_BEFORE: Duration = Duration::from_millis(1);

/// One recorded change of the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    pub change: Change,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Link(Box<LinkFacts>),
    LinkGone(Uuid),
    Receiver(ReceiverFacts),
    ReceiverGone(String),
    /// All grants whose end is foretold.
    Endings(Vec<EndingFacts>),
    /// Nobody looked from here until the next change.
    Blind,
}

/// An alert that would have been told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    pub kind: Kind,
    pub incident: String,
    pub at: Timestamp,
    /// None while it lasts at the end of the history.
    pub until: Option<Timestamp>,
    pub title: String,
}

/// Lives through `history`, which is in order of time, until `end`; every alert once, however often it was repeated.
pub fn backtest(
    rules: &Rules,
    history: &[Moment],
    end: Timestamp,
    reader: Reader<'_>,
) -> Vec<Fired> {
    let mut replay = Replay {
        policy: Policy::new(rules.clone(), QuietHours::default()),
        links: BTreeMap::new(),
        receivers: BTreeMap::new(),
        endings: Vec::new(),
        fired: Vec::new(),
        reader,
    };
    let mut now = history.first().map_or(end, |moment| moment.at);
    let mut blind = true;
    for moment in history.iter().filter(|moment| moment.at <= end) {
        if !blind {
            replay.live(now, moment.at);
        }
        now = moment.at;
        blind = moment.change == Change::Blind;
        replay.apply(&moment.change);
    }
    if !blind {
        replay.live(now, end);
        replay.look(end);
    }
    replay.fired
}

struct Replay<'a> {
    policy: Policy,
    links: BTreeMap<Uuid, LinkFacts>,
    receivers: BTreeMap<String, ReceiverFacts>,
    endings: Vec<EndingFacts>,
    fired: Vec<Fired>,
    reader: Reader<'a>,
}

impl Replay<'_> {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Link(link) => {
                self.links.insert(link.link_id, LinkFacts::clone(link));
            }
            Change::LinkGone(id) => {
                self.links.remove(id);
            }
            Change::Receiver(receiver) => {
                self.receivers.insert(receiver.id.clone(), receiver.clone());
            }
            Change::ReceiverGone(id) => {
                self.receivers.remove(id);
                self.links.retain(|_, link| link.receiver != *id);
            }
            Change::Endings(endings) => self.endings.clone_from(endings),
            // What comes next was looked at by a computer that had just woken up.
            Change::Blind => {}
        }
    }

    /// Looks again and again from `from` until just before `until`.
    fn live(&mut self, from: Timestamp, until: Timestamp) {
        let last = until - JUST_BEFORE;
        let mut now = from;
        while now < last {
            self.look(now);
            let due = self.policy.next_deadline(now, self.reader.zone);
            now = due
                .unwrap_or(Timestamp::MAX)
                .min(now + LOOKS_EVERY)
                .min(last);
        }
        if last >= from {
            self.look(last);
        }
    }

    fn look(&mut self, now: Timestamp) {
        let facts = Facts {
            links: self.links.values().cloned().collect(),
            // It was awake, whatever the distance between two looks of the replay.
            receivers: self
                .receivers
                .values()
                .map(|receiver| ReceiverFacts {
                    told_at: Some(now),
                    ..receiver.clone()
                })
                .collect(),
            endings: self.endings.clone(),
        };
        for notice in self.policy.observe(now, &facts, self.reader) {
            match notice {
                Notice::Show {
                    incident,
                    replaces: false,
                    title,
                    ..
                } => self.fired.extend(Kind::of(&incident).map(|kind| Fired {
                    kind,
                    incident,
                    at: now,
                    until: None,
                    title,
                })),
                Notice::Resolve { incident, .. } => {
                    let mut open = self.fired.iter_mut().rev();
                    let ended = open.find(|it| it.incident == incident && it.until.is_none());
                    if let Some(ended) = ended {
                        ended.until = Some(now);
                    }
                }
                Notice::Show { .. } | Notice::Digest { .. } | Notice::Close { .. } => {}
            }
        }
    }
}
