//! The rules as sentences with parts that a person may edit.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Kind;
use super::words::{Language, Word};

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The parts of the rules that a person may edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// A silent receiver is an incident after this; 2 min.
    pub silent_after: Duration,
    /// An unproved channel is one after this; 2 min.
    pub unproved_after: Duration,
    /// Polling for a passing cause is one after this; 30 min.
    pub polling_after: Duration,
    /// Failing renewal is one after this, or after a twentieth of the time left; 2 min.
    pub failing_after: Duration,
    /// Failing runs are one after this; 15 min.
    pub sync_failing_after: Duration,
    /// Edits that wait for Google are one after this, or after a quarter of the time that was left to the first of their
    /// appointments; 20 min. The sweep and the regular check come every 15 min: by then the edit was tried again, and
    /// whether Google answers at all is known, so that an outage is one alert.
    pub outbound_after: Duration,
    /// The plain reminder comes so long before an expiry; 24 h.
    pub reminder: Duration,
    /// The foretold end of a grant is one from so long before; 48 h.
    pub ending_before: Duration,
    /// Latency p95 above this is an incident; 5 s.
    pub lag_over: Duration,
    /// Over so long a time; 15 min.
    pub lag_for: Duration,
    /// So many missed changes of a calendar in 24 h are one; 5.
    pub missed_from: u64,
    /// Kinds that a person switched off.
    pub off: BTreeSet<Kind>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            silent_after: Duration::from_secs(2 * MINUTE),
            unproved_after: Duration::from_secs(2 * MINUTE),
            polling_after: Duration::from_secs(30 * MINUTE),
            failing_after: Duration::from_secs(2 * MINUTE),
            sync_failing_after: Duration::from_secs(15 * MINUTE),
            outbound_after: Duration::from_secs(20 * MINUTE),
            reminder: Duration::from_secs(24 * HOUR),
            ending_before: Duration::from_secs(48 * HOUR),
            lag_over: Duration::from_secs(5),
            lag_for: Duration::from_secs(15 * MINUTE),
            missed_from: 5,
            off: BTreeSet::new(),
        }
    }
}

/// One rule in words; `{}` in the sentence stands for each part in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub kind: Kind,
    pub on: bool,
    pub sentence: String,
    pub parts: Vec<Part>,
}

/// A number in a rule's sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub value: u64,
    pub unit: Unit,
    pub least: u64,
    pub most: u64,
}

/// What a part counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    Minutes,
    Hours,
    Changes,
}

impl Unit {
    fn secs(self) -> u64 {
        match self {
            Self::Seconds | Self::Changes => SECOND,
            Self::Minutes => MINUTE,
            Self::Hours => HOUR,
        }
    }
}

/// A rule can't be set so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("set part {place} of this rule: it has no such part")]
    NoSuchPart { place: usize },
    #[error("set {value}: it must be {least} to {most}")]
    OutOfBounds { value: u64, least: u64, most: u64 },
}

/// Where a part of a rule is kept.
enum Slot<'a> {
    Time(&'a mut Duration, Unit),
    Count(&'a mut u64),
}

impl Rules {
    /// Every rule, in the order in which people read them.
    pub fn sentences(&self, language: Language) -> Vec<Rule> {
        let mut own = self.clone();
        let rules = Kind::ALL.into_iter().map(|kind| Rule {
            kind,
            on: self.has(kind),
            sentence: language.say(Word::Rule(kind)),
            parts: own.slots(kind).iter().map(part).collect(),
        });
        rules.collect()
    }

    /// Whether causes of this kind are looked for.
    pub fn has(&self, kind: Kind) -> bool {
        !self.off.contains(&kind)
    }

    /// Switches a rule on or off.
    pub fn switch(&mut self, kind: Kind, on: bool) {
        match on {
            true => self.off.remove(&kind),
            false => self.off.insert(kind),
        };
    }

    /// Sets the part of a rule's sentence at `place`, counted from 0, in the part's own unit.
    ///
    /// # Errors
    /// When there is no such part, or the value is out of its bounds.
    pub fn set(&mut self, kind: Kind, place: usize, value: u64) -> Result<(), RuleError> {
        let mut slots = self.slots(kind);
        let slot = slots.get_mut(place);
        let slot = slot.ok_or(RuleError::NoSuchPart { place })?;
        let Part { least, most, .. } = part(slot);
        if !(least..=most).contains(&value) {
            return Err(RuleError::OutOfBounds { value, least, most });
        }
        match slot {
            Slot::Time(time, unit) => **time = Duration::from_secs(value * unit.secs()),
            Slot::Count(count) => **count = value,
        }
        Ok(())
    }

    fn slots(&mut self, kind: Kind) -> Vec<Slot<'_>> {
        match kind {
            Kind::Receiver => vec![Slot::Time(&mut self.silent_after, Unit::Minutes)],
            Kind::Renewal => vec![Slot::Time(&mut self.failing_after, Unit::Minutes)],
            Kind::Unproved => vec![Slot::Time(&mut self.unproved_after, Unit::Minutes)],
            Kind::Polling => vec![Slot::Time(&mut self.polling_after, Unit::Minutes)],
            Kind::Sync => vec![Slot::Time(&mut self.sync_failing_after, Unit::Minutes)],
            Kind::Outbound => vec![Slot::Time(&mut self.outbound_after, Unit::Minutes)],
            Kind::Ending => vec![Slot::Time(&mut self.ending_before, Unit::Hours)],
            Kind::Reminder => vec![Slot::Time(&mut self.reminder, Unit::Hours)],
            Kind::Lag => vec![
                Slot::Time(&mut self.lag_over, Unit::Seconds),
                Slot::Time(&mut self.lag_for, Unit::Minutes),
            ],
            Kind::Missed => vec![Slot::Count(&mut self.missed_from)],
            Kind::Grant | Kind::Expired | Kind::Refused | Kind::Held => Vec::new(),
        }
    }
}

fn part(slot: &Slot<'_>) -> Part {
    let (value, unit) = match slot {
        Slot::Time(time, unit) => (time.as_secs() / unit.secs(), *unit),
        Slot::Count(count) => (**count, Unit::Changes),
    };
    let (least, most) = match unit {
        Unit::Seconds => (1, 600),
        Unit::Minutes => (1, 1440),
        Unit::Hours => (1, 144),
        Unit::Changes => (1, 1000),
    };
    Part {
        value,
        unit,
        least,
        most,
    }
}
