//! Mark and sweep after a full listing, and the guard that holds a mass of cancellations.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// More cancellations than this in one run may be held …
const HELD_OVER: usize = 5;
/// … when they are also more than this share of the link's future appointments, in percent.
const HELD_OVER_PERCENT: usize = 20;

/// What a full listing says of the appointments it did not name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// Candidates for cancellation, in order: known, not cancelled, within the listing's window, and not listed.
    pub vanished: Vec<String>,
}

/// Compares a whole listing (from its first to its last page) with what we hold.
///
/// `held` are the event ids of appointments that are not cancelled, had reached Google before the listing began, and
/// end after `listed_from`; `ends_at` decides that here again, since a listing says nothing of what lies before its window.
pub fn sweep<'a>(
    held: impl IntoIterator<Item = (&'a str, Timestamp)>,
    listed: &BTreeSet<String>,
    listed_from: Option<Timestamp>,
) -> Sweep {
    let vanished = held
        .into_iter()
        .filter(|(_, ends_at)| listed_from.is_none_or(|from| *ends_at > from))
        .filter(|(event_id, _)| !listed.contains(*event_id))
        .map(|(event_id, _)| event_id.to_owned())
        .collect();
    Sweep { vanished }
}

/// Whether a run's cancellations are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Guard {
    Apply,
    /// A person must approve or reject them; the rest of the run is applied.
    Hold,
}

/// Holds more than 5 cancellations that are more than 20 % of the link's future appointments.
pub fn guard(cancellations: usize, future_appointments: usize) -> Guard {
    let many = cancellations > HELD_OVER;
    let large = cancellations * 100 > future_appointments * HELD_OVER_PERCENT;
    match many && large {
        true => Guard::Hold,
        false => Guard::Apply,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    #[test]
    fn only_what_the_window_covers_and_the_listing_lacks_has_vanished() {
        let held = [("old", at(5)), ("kept", at(50)), ("gone", at(60))];
        let listed = BTreeSet::from(["kept".to_owned()]);
        let swept = sweep(held, &listed, Some(at(10)));
        assert_eq!(swept.vanished, ["gone"]);
        let swept = sweep(held, &listed, None);
        assert_eq!(swept.vanished, ["old", "gone"]);
    }

    #[test]
    fn a_mass_is_more_than_five_and_more_than_a_fifth() {
        assert_eq!(guard(5, 5), Guard::Apply);
        assert_eq!(guard(6, 30), Guard::Apply);
        assert_eq!(guard(6, 29), Guard::Hold);
        assert_eq!(guard(400, 0), Guard::Hold);
    }
}
