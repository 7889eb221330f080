//! From the ledger of [`Watching`] entries to spans, gaps and the share of time in which somebody watched.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Watching;

/// One interval in which a link was watched in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
    pub watching: Watching,
}

/// The ledger's answer for a window of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Without holes from the later of the window's start and the link's first entry, to the window's end.
    pub spans: Vec<Span>,
    /// By one channel.
    pub pushed: Duration,
    /// By two channels, during renewals.
    pub overlapped: Duration,
    pub polled: Duration,
    /// Gaps other than those a person made.
    pub unwatched: Duration,
    /// Paused by a person, or after the link's end; outside the rate.
    pub excluded: Duration,
}

impl Coverage {
    /// The coverage of `from..to` by a link's ledger entries, in any order.
    ///
    /// An entry holds from its time until the next one's; of two with the same time the later in order wins.
    pub fn of(entries: &[(Timestamp, Watching)], from: Timestamp, to: Timestamp) -> Self {
        let mut entries: Vec<&(Timestamp, Watching)> = entries.iter().collect();
        entries.sort_by_key(|(at, _)| *at);
        let mut coverage = Self {
            spans: Vec::new(),
            pushed: Duration::ZERO,
            overlapped: Duration::ZERO,
            polled: Duration::ZERO,
            unwatched: Duration::ZERO,
            excluded: Duration::ZERO,
        };
        for (index, (at, watching)) in entries.iter().enumerate() {
            let until = entries.get(index + 1).map_or(to, |(next, _)| *next);
            coverage.add((*at).max(from), until.min(to), watching);
        }
        coverage
    }

    /// The share of time watched by push or polling, in 0…1; none when there is nothing to judge.
    pub fn rate(&self) -> Option<f64> {
        let watched = self.pushed + self.overlapped + self.polled;
        let whole = watched + self.unwatched;
        (!whole.is_zero()).then(|| watched.as_secs_f64() / whole.as_secs_f64())
    }

    /// The gaps, oldest first, with their causes.
    pub fn gaps(&self) -> impl Iterator<Item = &Span> {
        let gap = |span: &&Span| matches!(span.watching, Watching::Gap { .. });
        self.spans.iter().filter(gap)
    }

    fn add(&mut self, from: Timestamp, to: Timestamp, watching: &Watching) {
        let Ok(lasted) = Duration::try_from(to.duration_since(from)) else {
            return;
        };
        if lasted.is_zero() {
            return;
        }
        match watching {
            Watching::Push { .. } => self.pushed += lasted,
            Watching::Overlap { .. } => self.overlapped += lasted,
            Watching::Polling { .. } => self.polled += lasted,
            Watching::Gap { cause } if matches!(cause.as_str(), "paused" | "ended") => {
                self.excluded += lasted;
            }
            Watching::Gap { .. } => self.unwatched += lasted,
        }
        match self.spans.last_mut() {
            Some(last) if last.watching == *watching && last.to == from => last.to = to,
            Some(_) | None => self.spans.push(Span {
                from,
                to,
                watching: watching.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn gap(cause: &str) -> Watching {
        Watching::Gap {
            cause: cause.into(),
        }
    }

    #[test]
    fn a_window_is_cut_out_of_the_ledger_and_the_rate_leaves_pauses_out() {
        let ledger = [
            (at(0), Watching::Push { generation: 1 }),
            (at(90), Watching::Overlap { generation: 2 }),
            (at(100), gap("receiver_asleep")),
            (at(120), Watching::Polling { cause: "x".into() }),
            (at(160), gap("paused")),
        ];
        let coverage = Coverage::of(&ledger, at(20), at(1000));
        assert_eq!(coverage.pushed, Duration::from_secs(70));
        assert_eq!(coverage.overlapped, Duration::from_secs(10));
        assert_eq!(coverage.polled, Duration::from_secs(40));
        assert_eq!(coverage.unwatched, Duration::from_secs(20));
        assert_eq!(coverage.rate(), Some(120.0 / 140.0));
        assert_eq!(coverage.gaps().count(), 2);
        let holes = coverage
            .spans
            .windows(2)
            .filter(|pair| pair[0].to != pair[1].from);
        assert_eq!(holes.count(), 0);
    }

    #[test]
    fn a_repeated_entry_changes_nothing() {
        let push = (at(10), Watching::Push { generation: 1 });
        let once = Coverage::of(std::slice::from_ref(&push), at(0), at(50));
        let twice = Coverage::of(&[push.clone(), push], at(0), at(50));
        assert_eq!(once, twice);
    }

    #[test]
    fn before_the_first_entry_there_is_nothing_to_judge() {
        assert_eq!(Coverage::of(&[], at(0), at(50)).rate(), None);
    }
}
