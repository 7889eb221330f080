//! One calendar's month, added up from its records.

use jiff::{SignedDuration, Timestamp};
use syncward_engine::chain::{Break, walk};
use syncward_engine::delivery::lower_bound;
use syncward_engine::lag::Sketch;
use syncward_wire::attest::{
    ChainBreak, ChainProof, LinkProof, ProofDelivery, ProofLatency, ProofSpan, Proofs, Renewals,
    WatchedTime,
};
use syncward_wire::{CoverageSpan, Watching};

use super::Attestant;
use crate::store::lag_span::{self, Whose};
use crate::store::link::Link;
use crate::store::sql::Connection;
use crate::store::{self, Result, cursor_step};

/// The proof of a link within a range; `running` when the month is not over.
pub fn proof(
    connection: &Connection,
    link: &Link,
    by: &Attestant,
    (from, until): (Timestamp, Timestamp),
    running: bool,
) -> Result<LinkProof> {
    let link_id = link.link_id;
    let spans = store::coverage_span::range(connection, Some(link_id), from, until)?;
    let spans: Vec<ProofSpan> = spans
        .iter()
        .filter_map(|span| cut(span, from, until))
        .collect();
    let told = store::activity::counts(connection, link_id, from, until)?;
    let count = |kind: &str, tone: Option<&str>| -> u64 {
        let fits = |(one, tone_of, _): &&(String, String, u64)| {
            one == kind && tone.is_none_or(|tone| tone == tone_of)
        };
        told.iter().filter(fits).map(|(_, _, times)| times).sum()
    };
    let delivery = delivery(connection, link, from, until)?;
    Ok(LinkProof {
        link_id,
        calendar_name: link.calendar_name.clone(),
        connected_at: link.made_at.into(),
        coverage: watched(&spans, from, until),
        spans,
        missed: store::missed_change::range(connection, link_id, from, until)?,
        renewals: Renewals {
            done: count("renewed", None),
            failed_attempts: count("renewal_failed", None)
                + count("watch_refused", None)
                + count("channel_unproved", None),
            expired: count("channel_expired", None),
        },
        chain: chain(connection, link, (from, until), running)?,
        proofs: Proofs {
            channels_proved: count("channel_proved", None),
            delivered_changes: delivery.changes - delivery.missed,
            tests_passed: count("delivery_tested", Some("good")),
            tests_failed: count("delivery_tested", Some("warn")),
            last: link
                .engine
                .view(until, &by.settings)
                .proof
                .filter(|proof| proof.at < until)
                .map(store::link::shown),
        },
        delivery,
        fire_drills: store::fire_drill::range(connection, link_id, from, until)?,
        latency: latency(connection, link, from, until)?,
    })
}

/// A span as far as it lies in the range.
fn cut(span: &CoverageSpan, from: Timestamp, until: Timestamp) -> Option<ProofSpan> {
    let begins = (*span.from_at).max(from);
    let ends = span.until_at.map_or(until, |at| *at).min(until);
    (begins < ends).then(|| ProofSpan {
        watching: span.watching,
        cause: span.cause.clone(),
        from_at: begins.into(),
        until_at: ends.into(),
    })
}

fn watched(spans: &[ProofSpan], from: Timestamp, until: Timestamp) -> WatchedTime {
    let mut time = WatchedTime::default();
    for span in spans {
        let place = match (span.watching, span.cause.as_deref()) {
            (Watching::Push, _) => &mut time.push_ms,
            (Watching::Overlap, _) => &mut time.overlap_ms,
            (Watching::Polling, _) => &mut time.polling_ms,
            (Watching::Gap, Some("paused" | "ended")) => &mut time.paused_ms,
            (Watching::Gap, _) => &mut time.gap_ms,
        };
        *place += lasted(*span.from_at, *span.until_at);
    }
    let watched = time.push_ms + time.overlap_ms + time.polling_ms;
    let told = watched + time.gap_ms + time.paused_ms;
    time.unrecorded_ms = lasted(from, until).saturating_sub(told);
    time.rate = share(watched, watched + time.gap_ms);
    time
}

fn lasted(from: Timestamp, until: Timestamp) -> u64 {
    u64::try_from(until.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

/// A share with six decimals, which every reader of JSON understands alike.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| six_decimals(part as f64 / whole as f64))
}

/// Rounded down, so that nothing short of the whole reads as the whole.
fn six_decimals(share: f64) -> f64 {
    (share * 1e6).floor() / 1e6
}

fn delivery(
    connection: &Connection,
    link: &Link,
    from: Timestamp,
    until: Timestamp,
) -> Result<ProofDelivery> {
    let last = until - SignedDuration::from_millis(1);
    let (mut changes, mut missed) = (0, 0);
    for (_, _, hour) in store::delivery_hour::range(connection, Some(link.link_id), from, last)? {
        changes += hour.push_changes;
        missed += hour.missed_changes;
    }
    let announced = changes.saturating_sub(missed);
    Ok(ProofDelivery {
        changes,
        missed: changes - announced,
        rate: share(announced, changes),
        lower_bound: lower_bound(announced, changes).map(six_decimals),
    })
}

fn latency(
    connection: &Connection,
    link: &Link,
    from: Timestamp,
    until: Timestamp,
) -> Result<ProofLatency> {
    let last = until - SignedDuration::from_millis(1);
    let mut whole = Sketch::default();
    for (_, hour) in lag_span::by_link(connection, Whose::Link(link.link_id), from, last)? {
        whole.merge(&hour);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds for people"
    )]
    let quantile = |share: f64| {
        whole
            .quantile_ms(share)
            .map(|ms| ms.round().max(0.0) as u64)
    };
    Ok(ProofLatency {
        samples: whole.count(),
        p50_ms: quantile(0.5),
        p95_ms: quantile(0.95),
    })
}

fn chain(
    connection: &Connection,
    link: &Link,
    (from, until): (Timestamp, Timestamp),
    running: bool,
) -> Result<ChainProof> {
    let rows = cursor_step::range(connection, link.link_id, from, until)?;
    let before = match rows.first() {
        Some(first) => cursor_step::out_before(connection, link.link_id, first.seq)?,
        None => None,
    };
    let steps: Vec<_> = rows.iter().map(cursor_step::step).collect();
    let walked = walk(before.as_deref(), &steps);
    let present = link.cursor.as_deref().map(cursor_step::hash);
    let ends_with_present = (running && !steps.is_empty()).then(|| walked.last == present);
    Ok(ChainProof {
        runs: walked.runs,
        full_runs: walked.full_runs,
        unbroken: walked.breaks.is_empty() && ends_with_present != Some(false),
        breaks: walked.breaks.into_iter().map(shown).collect(),
        first: walked.first,
        last: walked.last.filter(|_| !steps.is_empty()),
        ends_with_present,
    })
}

fn shown(one: Break) -> ChainBreak {
    ChainBreak {
        at: one.at.into(),
        expected: one.expected,
        found: one.found,
    }
}
