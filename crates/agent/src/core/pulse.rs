//! Whether the receiver's regular answer shows a person anything new. Most don't, and then nobody is woken for them.

use jiff::{SignedDuration, Timestamp};
use syncward_wire::Overview;
use syncward_wire::overview::Coverage;

/// The window is told after this time even though nothing moved, so that no figure in it is older.
const TELL_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Smaller moves of the way there and back are noise, and so is half of what it was.
const NOISE_MS: u32 = 20;
/// A clock that moves by less against another stands still.
const STEP_MS: u64 = 500;

/// The answer that the window was last told of.
#[derive(Debug, Default)]
pub(super) struct Pulse(Option<(Seen, Timestamp)>);

/// What a person sees of an answer.
#[derive(Debug)]
pub(super) struct Seen {
    overview: Overview,
    round_trip_ms: u32,
    /// This computer's clock against the receiver's.
    ahead_ms: i64,
}

impl Seen {
    pub(super) fn of(overview: &Overview, round_trip_ms: u32, ahead_ms: i64) -> Self {
        let mut seen = overview.clone();
        seen.now_at = seen.started_at;
        // Of thirty days it matters that there is one more gap; all else goes on by itself, slowly.
        seen.coverage_30d = Coverage {
            gaps: overview.coverage_30d.gaps,
            ..Coverage::default()
        };
        Self {
            overview: seen,
            round_trip_ms,
            ahead_ms,
        }
    }

    fn differs_from(&self, before: &Self) -> bool {
        let moved_ms = self.round_trip_ms.abs_diff(before.round_trip_ms);
        self.overview != before.overview
            || self.ahead_ms.abs_diff(before.ahead_ms) >= STEP_MS
            || moved_ms > NOISE_MS.max(before.round_trip_ms / 2)
    }
}

impl Pulse {
    /// Takes what is seen now; true when the window is to be told.
    pub(super) fn is_news(&mut self, seen: Seen, now: Timestamp) -> bool {
        let news = self.0.as_ref().is_none_or(|(before, at)| {
            now < *at || now.duration_since(*at) >= TELL_AFTER || seen.differs_from(before)
        });
        if news {
            self.0 = Some((seen, now));
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_S: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(START_S + second).unwrap_or_default()
    }

    fn overview(now_s: i64, gaps: u32, live: u32) -> serde_json::Result<Overview> {
        serde_json::from_value(serde_json::json!({
            "sentence": "All calendars are live.", "detail": "", "next_expiry_at": null,
            "counts": {"total": 1, "live": live, "due": 0, "renewing": 0, "unproved": 0, "polling": 0, "expired": 0,
                "reconnect_needed": 0, "paused": 0},
            "delivery_24h": {"rate": null, "changes": 0, "missed_changes": 0},
            "lag_24h": {"p50_ms": null, "p95_ms": null, "p99_ms": null, "samples": 0, "target_ms": 5000.0},
            "coverage_30d": {"rate": now_s, "link_days": now_s, "gap_seconds": now_s, "gaps": gaps, "push_seconds": now_s},
            "receiver": {"id": uuid::Uuid::from_u128(1), "version": "0.1.0", "public_url": null},
            "started_at": at(0), "now_at": at(now_s), "paused": false
        }))
    }

    #[test]
    fn an_answer_is_news_only_when_it_shows_something() -> serde_json::Result<()> {
        let mut pulse = Pulse::default();
        let mut tell = |second, gaps, live, round_trip_ms, ahead_ms| {
            let told = overview(second, gaps, live)?;
            serde_json::Result::Ok(
                pulse.is_news(Seen::of(&told, round_trip_ms, ahead_ms), at(second)),
            )
        };
        assert!(tell(0, 1, 1, 10, 100)?, "the first");
        assert!(!tell(30, 1, 1, 28, 400)?, "time goes on, and noise");
        assert!(tell(60, 1, 0, 28, 400)?, "a calendar is no longer live");
        assert!(tell(90, 2, 0, 28, 400)?, "one more gap");
        assert!(tell(120, 2, 0, 80, 400)?, "the way got long");
        assert!(tell(150, 2, 0, 80, 2_400)?, "a clock was stepped");
        assert!(!tell(449, 2, 0, 80, 2_400)?, "just under five minutes");
        assert!(tell(450, 2, 0, 80, 2_400)?, "a figure is five minutes old");
        assert!(tell(0, 2, 0, 80, 2_400)?, "the clock went back");
        Ok(())
    }
}
