//! One calendar's card: the strip of its month, its figures, and every gap, missed change, drill and break by name.

use syncward_wire::attest::{ClinicProof, LinkProof, ProofSpan};
use syncward_wire::{DrillState, Watching};

use super::{counted, escaped, grouped, lasting, moment};

/// Rows of a table; what is more is in the JSON.
const ROWS_MOST: usize = 40;
/// The strip's own width, in its own units.
const STRIP: f64 = 1000.0;

/// Times in which nobody watched though somebody should have.
pub fn gaps(link: &LinkProof) -> impl Iterator<Item = &ProofSpan> {
    link.spans.iter().filter(|span| {
        span.watching == Watching::Gap && !matches!(span.cause.as_deref(), Some("paused" | "ended"))
    })
}

/// A share in per cent, rounded down: nothing short of the whole reads as the whole.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ if part == whole => "100 %".to_owned(),
        _ => format!(
            "{:.2} %",
            (part as f64 / whole as f64 * 10_000.0).floor() / 100.0
        ),
    }
}

/// The card.
pub fn card(clinic: &ClinicProof, link: &LinkProof) -> String {
    let tables = [
        gap_table(clinic, link),
        polling_table(clinic, link),
        missed_table(clinic, link),
        drill_table(clinic, link),
        break_table(clinic, link),
    ]
    .concat();
    let long = match tables.matches("<tr>").count() {
        0..12 => "",
        _ => " class=\"long\"",
    };
    format!(
        "<article{long}>\n<div class=\"head\"><h3>{}</h3>{}</div>\n{}{}{tables}</article>\n",
        escaped(&link.calendar_name),
        verdict(link),
        strip(clinic, link),
        facts(clinic, link),
    )
}

fn verdict(link: &LinkProof) -> String {
    let gaps = gaps(link).count() as u64;
    let (tone, words) = match (gaps, link.delivery.missed, link.chain.unbroken) {
        (_, _, false) => ("bad", "the chain is broken".to_owned()),
        (0, 0, true) => ("ok", "watched without a gap".to_owned()),
        (0, missed, true) => ("", counted(missed, "missed change")),
        (gaps, 0, true) => ("bad", counted(gaps, "gap")),
        (gaps, missed, true) => (
            "bad",
            format!(
                "{}, {}",
                counted(gaps, "gap"),
                counted(missed, "missed change")
            ),
        ),
    };
    format!("<span class=\"verdict {tone}\">{words}</span>")
}

#[expect(clippy::cast_precision_loss, reason = "a place on a strip")]
fn strip(clinic: &ClinicProof, link: &LinkProof) -> String {
    let from = clinic.from_at.as_millisecond();
    let whole = (clinic.until_at.as_millisecond() - from).max(1) as f64;
    let place = |ms: i64| (ms - from) as f64 / whole * STRIP;
    let kind = |span: &ProofSpan| match (span.watching, span.cause.as_deref()) {
        (Watching::Push, _) => "push",
        (Watching::Overlap, _) => "overlap",
        (Watching::Polling, _) => "polling",
        (Watching::Gap, Some("paused" | "ended")) => "none",
        (Watching::Gap, _) => "gap",
    };
    let bar = |span: &&ProofSpan| {
        let (begins, ends) = (
            place(span.from_at.as_millisecond()),
            place(span.until_at.as_millisecond()),
        );
        // What is short is seen all the same, on top of the rest.
        let least = if kind(span) == "push" { 0.0 } else { 2.5 };
        let (kind, width) = (kind(span), (ends - begins).max(least));
        format!("<rect class=\"{kind}\" x=\"{begins:.2}\" width=\"{width:.2}\" height=\"10\"/>")
    };
    let (pushed, rest): (Vec<_>, Vec<_>) = link
        .spans
        .iter()
        .partition(|span| span.watching == Watching::Push);
    let bars: String = pushed.iter().chain(&rest).map(bar).collect();
    format!(
        "<svg class=\"strip\" viewBox=\"0 0 {STRIP} 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"How the month was watched\">\
         <rect class=\"none\" width=\"{STRIP}\" height=\"10\"/>{bars}</svg>\n\
         <div class=\"days\"><span>{}</span><span>{}</span></div>\n{}",
        day(clinic.from_at.as_millisecond(), clinic),
        match clinic.until_now {
            true => "now".to_owned(),
            false => day(clinic.until_at.as_millisecond() - 1, clinic),
        },
        legend(link)
    )
}

fn day(ms: i64, clinic: &ClinicProof) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    let words = moment(at, &clinic.time_zone);
    words.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn legend(link: &LinkProof) -> String {
    let time = &link.coverage;
    let whole = time.push_ms + time.overlap_ms + time.polling_ms + time.gap_ms + time.paused_ms;
    let parts = [
        ("push", "push", time.push_ms),
        ("overlap", "overlap", time.overlap_ms),
        ("polling", "polling", time.polling_ms),
        ("gap", "gap", time.gap_ms),
        ("none", "paused", time.paused_ms),
        ("none", "no record", time.unrecorded_ms),
    ];
    let items: String = parts
        .iter()
        .filter(|(_, name, ms)| *ms > 0 || *name == "gap")
        .map(|(kind, name, ms)| {
            let part = match (*name, *ms) {
                ("gap", 0) => "none".to_owned(),
                ("no record", ms) => lasting(ms),
                (_, ms) => format!("{}, {}", lasting(ms), share(ms, whole)),
            };
            format!("<li><i class=\"{kind}\"></i>{name}: {part}</li>")
        })
        .collect();
    format!("<ul class=\"legend\">{items}</ul>\n")
}

fn facts(clinic: &ClinicProof, link: &LinkProof) -> String {
    let delivery = &link.delivery;
    let announced = match delivery.lower_bound {
        None => "push had no change to announce".to_owned(),
        Some(bound) => format!(
            "{} of {}, {}; at least {:.1} % with 95 % confidence",
            grouped(delivery.changes - delivery.missed),
            counted(delivery.changes, "change"),
            share(delivery.changes - delivery.missed, delivery.changes),
            (bound * 1000.0).floor() / 10.0
        ),
    };
    let latency = match (link.latency.p50_ms, link.latency.p95_ms) {
        (Some(p50), Some(p95)) => format!(
            "half within {}, 95 % within {} ({})",
            lasting(p50),
            lasting(p95),
            counted(link.latency.samples, "change")
        ),
        _ => "no sample".to_owned(),
    };
    let renewals = &link.renewals;
    let renewed = format!(
        "{}; {}; {}",
        counted(renewals.done, "renewal"),
        counted(renewals.failed_attempts, "failed attempt"),
        match renewals.expired {
            0 => "no channel ran out".to_owned(),
            many => format!("{} ran out", counted(many, "channel")),
        }
    );
    let proofs = &link.proofs;
    let tests = match (proofs.tests_passed, proofs.tests_failed) {
        (0, 0) => String::new(),
        (passed, 0) => format!(", {} passed", counted(passed, "delivery test")),
        (passed, failed) => format!(
            ", {} passed, {failed} failed",
            counted(passed, "delivery test")
        ),
    };
    let last = proofs.last.map_or(String::new(), |last| {
        format!("; last {}", moment(*last.at, &clinic.time_zone))
    });
    let channels = match proofs.channels_proved {
        1 => "1 channel proved itself".to_owned(),
        many => format!("{} channels proved themselves", grouped(many)),
    };
    let proved = format!(
        "{channels}, {} announced{tests}{last}",
        counted(proofs.delivered_changes, "change")
    );
    let chain = &link.chain;
    let walked = match (chain.runs, chain.unbroken) {
        (0, _) => "no run in this month".to_owned(),
        (runs, true) => format!(
            "unbroken over {}{}{}",
            counted(runs, "run"),
            match chain.full_runs {
                0 => String::new(),
                many => format!(", {} of everything among them", counted(many, "listing")),
            },
            ends(link)
        ),
        (runs, false) => format!("broken within {}", counted(runs, "run")),
    };
    format!(
        "<dl>\n<dt>Announced</dt><dd>{announced}</dd>\n<dt>Latency</dt><dd>{latency}</dd>\n<dt>Renewals</dt><dd>{renewed}</dd>\n\
         <dt>Proofs of push</dt><dd>{proved}</dd>\n<dt>Chain of cursors</dt><dd>{walked}</dd>\n</dl>\n"
    )
}

fn ends(link: &LinkProof) -> String {
    let hash = |hash: &Option<String>| match hash {
        Some(hash) => format!("<code>{}</code>", &hash[..hash.len().min(12)]),
        None => "everything".to_owned(),
    };
    format!(
        ", from {} to {}",
        hash(&link.chain.first),
        hash(&link.chain.last)
    )
}

fn gap_table(clinic: &ClinicProof, link: &LinkProof) -> String {
    span_table(clinic, "Gaps", gaps(link).collect())
}

fn polling_table(clinic: &ClinicProof, link: &LinkProof) -> String {
    let polled = link
        .spans
        .iter()
        .filter(|span| span.watching == Watching::Polling);
    span_table(clinic, "Polled instead of pushed", polled.collect())
}

fn span_table(clinic: &ClinicProof, title: &str, spans: Vec<&ProofSpan>) -> String {
    let zone = &clinic.time_zone;
    let rows = spans.iter().map(|span| {
        let ms = span.until_at.as_millisecond() - span.from_at.as_millisecond();
        let cause = span.cause.as_deref().unwrap_or("unknown").replace('_', " ");
        vec![
            moment(*span.from_at, zone),
            moment(*span.until_at, zone),
            lasting(u64::try_from(ms).unwrap_or_default()),
            escaped(&cause),
        ]
    });
    table(title, &["From", "Until", "Lasted", "Cause"], rows.collect())
}

fn missed_table(clinic: &ClinicProof, link: &LinkProof) -> String {
    let zone = &clinic.time_zone;
    let rows = link.missed.iter().map(|one| {
        vec![
            moment(*one.changed_at, zone),
            moment(*one.found_at, zone),
            lasting(one.late_ms),
            escaped(&one.found_by.replace('_', " ")),
        ]
    });
    let columns = ["Changed at Google", "Found", "Late by", "Found by"];
    table(
        "Changes that Google did not announce",
        &columns,
        rows.collect(),
    )
}

fn drill_table(clinic: &ClinicProof, link: &LinkProof) -> String {
    let after = |ms: Option<u64>| ms.map_or("–".to_owned(), lasting);
    let rows = link.fire_drills.iter().map(|drill| {
        vec![
            moment(*drill.asked_at, &clinic.time_zone),
            after(drill.stopped_after_ms),
            after(drill.first_run_after_ms),
            after(drill.proved_after_ms),
            after(drill.unwatched_ms),
            match (drill.state, &drill.failure) {
                (DrillState::Running, _) => "under way".to_owned(),
                (DrillState::Passed, _) => "passed".to_owned(),
                (DrillState::Failed, why) => {
                    format!("failed: {}", escaped(why.as_deref().unwrap_or_default()))
                }
            },
        ]
    });
    let columns = [
        "Fire drill",
        "Stopped after",
        "Polling worked after",
        "Proved after",
        "Nobody looked for",
        "Result",
    ];
    table("Fire drills", &columns, rows.collect())
}

fn break_table(clinic: &ClinicProof, link: &LinkProof) -> String {
    let named = |hash: Option<&str>| {
        hash.map_or("nothing".to_owned(), |hash| {
            format!("<code>{}</code>", escaped(hash))
        })
    };
    let mut rows: Vec<Vec<String>> = link
        .chain
        .breaks
        .iter()
        .map(|one| {
            vec![
                moment(*one.at, &clinic.time_zone),
                named(Some(&one.expected)),
                named(one.found.as_deref()),
            ]
        })
        .collect();
    if link.chain.ends_with_present == Some(false) {
        let last = named(link.chain.last.as_deref());
        rows.push(vec![
            "now".to_owned(),
            last,
            "another cursor is in use".to_owned(),
        ]);
    }
    let columns = ["Run of", "The run before ended with", "It began with"];
    table("Breaks of the chain", &columns, rows)
}

fn table(title: &str, columns: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads: String = columns
        .iter()
        .map(|name| format!("<th>{name}</th>"))
        .collect();
    let more = match rows.len().saturating_sub(ROWS_MOST) {
        0 => String::new(),
        more => format!("<p class=\"more\">{more} more are in the proof itself.</p>\n"),
    };
    let rows: String = rows
        .into_iter()
        .take(ROWS_MOST)
        .map(|cells| {
            let cells: String = cells
                .iter()
                .map(|cell| format!("<td>{cell}</td>"))
                .collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!(
        "<h4>{title}</h4>\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n{more}"
    )
}
