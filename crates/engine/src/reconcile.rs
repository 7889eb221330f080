//! What one event from Google does to its appointment, and what a full listing does to those it no longer holds.
//!
//! Decides only; the receiver applies the verdict in the transaction that moves the cursor.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod sweep;

pub use sweep::{Guard, Sweep, guard, sweep};

/// Google's side of an event, without its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theirs {
    pub event_id: String,
    pub status: EventStatus,
    /// Tombstones may lack it.
    pub etag: Option<String>,
    pub updated: Option<Timestamp>,
    /// A digest of everything an appointment takes from an event; tombstones lack it.
    pub fingerprint: Option<String>,
}

/// An event's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventStatus {
    Confirmed,
    Tentative,
    Cancelled,
}

/// Our side of the same event, if there is an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ours {
    /// The etag Google gave to the version we hold, if it has one from Google.
    pub etag: Option<String>,
    /// Google's `updated` of that version.
    pub updated: Option<Timestamp>,
    pub fingerprint: String,
    pub cancelled: bool,
    /// The edit that has not reached Google yet.
    pub outbound: Option<Outbound>,
}

/// An outbound edit that waits, or is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbound {
    pub edited_at: Timestamp,
    /// The digest of what the edit makes of the event; absent when it cancels it.
    pub fingerprint: Option<String>,
}

/// What to do with the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// A new appointment.
    Create,
    /// Take Google's version.
    Change,
    /// Google cancelled the event.
    Cancel,
    /// Our own edit comes back: remember its etag, settle the outbound edit, change nothing else.
    Echo,
    /// Nothing to do.
    Same,
    /// Both sides changed it. The loser stays in the revision history; when ours wins, the edit goes out again
    /// over Google's new etag.
    Conflict { winner: Winner },
}

/// Whose version an appointment takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Winner {
    Ours,
    Theirs,
}

/// Compares both sides of one event; the later `updated` wins, and Google at a tie.
pub fn reconcile(ours: Option<&Ours>, theirs: &Theirs) -> Verdict {
    let cancelled = theirs.status == EventStatus::Cancelled;
    let Some(ours) = ours else {
        return match cancelled {
            true => Verdict::Same,
            false => Verdict::Create,
        };
    };
    if is_stale(ours, theirs) {
        return Verdict::Same;
    }
    if let Some(outbound) = &ours.outbound {
        return against_outbound(ours, outbound, theirs);
    }
    match (ours.cancelled, cancelled) {
        (true, true) => Verdict::Same,
        (false, true) => Verdict::Cancel,
        (true, false) => Verdict::Change,
        (false, false) if theirs.fingerprint.as_deref() == Some(ours.fingerprint.as_str()) => {
            same_content(ours, theirs)
        }
        (false, false) => Verdict::Change,
    }
}

/// The very version we hold, or one older than it (a page listed before our own write answered).
fn is_stale(ours: &Ours, theirs: &Theirs) -> bool {
    if theirs.status == EventStatus::Cancelled && !ours.cancelled {
        return matches!((ours.updated, theirs.updated), (Some(held), Some(seen)) if seen < held);
    }
    let same = ours.etag.is_some() && ours.etag == theirs.etag;
    let older = matches!((ours.updated, theirs.updated), (Some(held), Some(seen)) if seen < held);
    same || older
}

/// The content is ours already: only the version is new to us, as after our own edit.
fn same_content(ours: &Ours, theirs: &Theirs) -> Verdict {
    match ours.etag == theirs.etag {
        true => Verdict::Same,
        false => Verdict::Echo,
    }
}

fn against_outbound(ours: &Ours, outbound: &Outbound, theirs: &Theirs) -> Verdict {
    let cancelled = theirs.status == EventStatus::Cancelled;
    let arrived = match &outbound.fingerprint {
        Some(fingerprint) => theirs.fingerprint.as_ref() == Some(fingerprint) && !cancelled,
        None => cancelled,
    };
    if arrived {
        return Verdict::Echo;
    }
    let theirs_changed = ours.etag.is_none() || ours.etag != theirs.etag;
    if !theirs_changed {
        return Verdict::Same;
    }
    let winner = match theirs.updated {
        Some(updated) if updated < outbound.edited_at => Winner::Ours,
        Some(_) | None => Winner::Theirs,
    };
    Verdict::Conflict { winner }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn ours() -> Ours {
        Ours {
            etag: Some("\"1\"".into()),
            updated: Some(at(10)),
            fingerprint: "a".into(),
            cancelled: false,
            outbound: None,
        }
    }

    fn theirs(etag: &str, second: i64, fingerprint: &str) -> Theirs {
        Theirs {
            event_id: "e".into(),
            status: EventStatus::Confirmed,
            etag: Some(etag.into()),
            updated: Some(at(second)),
            fingerprint: Some(fingerprint.into()),
        }
    }

    fn tombstone() -> Theirs {
        Theirs {
            event_id: "e".into(),
            status: EventStatus::Cancelled,
            etag: None,
            updated: None,
            fingerprint: None,
        }
    }

    fn edited(second: i64, fingerprint: Option<&str>) -> Ours {
        Ours {
            outbound: Some(Outbound {
                edited_at: at(second),
                fingerprint: fingerprint.map(str::to_owned),
            }),
            ..ours()
        }
    }

    #[test]
    fn an_unknown_event_is_created_and_an_unknown_tombstone_is_nothing() {
        assert_eq!(reconcile(None, &theirs("\"1\"", 10, "a")), Verdict::Create);
        assert_eq!(reconcile(None, &tombstone()), Verdict::Same);
    }

    #[test]
    fn a_newer_version_changes_and_the_same_or_an_older_one_does_not() {
        assert_eq!(
            reconcile(Some(&ours()), &theirs("\"2\"", 20, "b")),
            Verdict::Change
        );
        assert_eq!(
            reconcile(Some(&ours()), &theirs("\"1\"", 10, "a")),
            Verdict::Same
        );
        assert_eq!(
            reconcile(Some(&ours()), &theirs("\"0\"", 5, "z")),
            Verdict::Same
        );
    }

    #[test]
    fn only_a_tombstone_cancels_and_a_revived_event_comes_back() {
        assert_eq!(reconcile(Some(&ours()), &tombstone()), Verdict::Cancel);
        let gone = Ours {
            cancelled: true,
            ..ours()
        };
        assert_eq!(reconcile(Some(&gone), &tombstone()), Verdict::Same);
        assert_eq!(
            reconcile(Some(&gone), &theirs("\"3\"", 30, "a")),
            Verdict::Change
        );
    }

    #[test]
    fn our_own_edit_comes_back_as_an_echo() {
        assert_eq!(
            reconcile(Some(&ours()), &theirs("\"2\"", 20, "a")),
            Verdict::Echo
        );
        let edit = edited(15, Some("b"));
        assert_eq!(
            reconcile(Some(&edit), &theirs("\"2\"", 20, "b")),
            Verdict::Echo
        );
        assert_eq!(
            reconcile(Some(&edited(15, None)), &tombstone()),
            Verdict::Echo
        );
    }

    #[test]
    fn of_two_edits_the_later_wins() {
        let edit = edited(15, Some("b"));
        let later = reconcile(Some(&edit), &theirs("\"2\"", 20, "c"));
        let earlier = reconcile(Some(&edit), &theirs("\"2\"", 12, "c"));
        let winner = Winner::Theirs;
        assert_eq!(later, Verdict::Conflict { winner });
        let winner = Winner::Ours;
        assert_eq!(earlier, Verdict::Conflict { winner });
        assert_eq!(
            reconcile(Some(&edit), &theirs("\"1\"", 10, "a")),
            Verdict::Same
        );
    }
}
