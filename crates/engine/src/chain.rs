//! The chain of cursors: each run goes on where the one before it ended, or lists everything; anything else is a break.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::RunKind;

/// One run, or several in a row that found nothing: from which cursor to which. Cursors are named by their hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub kind: RunKind,
    /// None where everything was listed.
    pub cursor_in: Option<String>,
    pub cursor_out: String,
    pub runs: u64,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
}

/// A run that did not begin where the one before it had ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// When the run that doesn't fit began.
    pub at: Timestamp,
    /// What the run before had ended with.
    pub expected: String,
    /// What it began with instead.
    pub found: Option<String>,
}

/// What following the chain showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    pub runs: u64,
    /// Listings of everything, which need no cursor.
    pub full_runs: u64,
    /// What the first run began with, and the last ended with.
    pub first: Option<String>,
    pub last: Option<String>,
    pub breaks: Vec<Break>,
}

/// Follows the steps, oldest first; `before` is what the run before the first had ended with, where that is known.
pub fn walk(before: Option<&str>, steps: &[Step]) -> Walk {
    let mut walk = Walk {
        first: steps.first().and_then(|step| step.cursor_in.clone()),
        last: before.map(str::to_owned),
        ..Walk::default()
    };
    for step in steps {
        walk.runs += step.runs;
        match step.kind {
            RunKind::Full => walk.full_runs += step.runs,
            RunKind::Incremental => walk.breaks.extend(broken(walk.last.as_deref(), step)),
        }
        walk.last = Some(step.cursor_out.clone());
    }
    walk
}

fn broken(before: Option<&str>, step: &Step) -> Option<Break> {
    let expected = before?;
    (step.cursor_in.as_deref() != Some(expected)).then(|| Break {
        at: step.started_at,
        expected: expected.to_owned(),
        found: step.cursor_in.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(kind: RunKind, cursor_in: Option<&str>, cursor_out: &str) -> Step {
        Step {
            kind,
            cursor_in: cursor_in.map(str::to_owned),
            cursor_out: cursor_out.to_owned(),
            runs: 2,
            started_at: Timestamp::UNIX_EPOCH,
            finished_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_full_run_begins_anew_and_anything_else_goes_on_where_the_last_ended() {
        let whole = [
            step(RunKind::Incremental, Some("a"), "b"),
            step(RunKind::Incremental, Some("b"), "b"),
            step(RunKind::Full, None, "x"),
            step(RunKind::Incremental, Some("x"), "y"),
        ];
        let found = walk(Some("a"), &whole);
        assert_eq!(found.breaks, []);
        assert_eq!((found.runs, found.full_runs), (8, 2));
        assert_eq!(
            (found.first.as_deref(), found.last.as_deref()),
            (Some("a"), Some("y"))
        );
    }

    #[test]
    fn a_break_is_found_and_named_also_at_the_very_beginning() {
        let steps = [
            step(RunKind::Incremental, Some("a"), "b"),
            step(RunKind::Incremental, Some("c"), "d"),
            step(RunKind::Incremental, Some("d"), "e"),
        ];
        let breaks = walk(Some("z"), &steps).breaks;
        let named: Vec<_> = breaks
            .iter()
            .map(|one| (one.expected.as_str(), one.found.as_deref()))
            .collect();
        assert_eq!(named, [("z", Some("a")), ("b", Some("c"))]);
        assert_eq!(
            walk(None, &steps).breaks.len(),
            1,
            "nothing is known before"
        );
    }
}
