//! The monthly proof as one page: no script, no resource from elsewhere, and the proof itself inside, so that the page can be checked.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_wire::attest::{Attestation, ClinicProof, LinkProof, MonthlyProof};

mod link;

const STYLE: &str = include_str!("page/style.css");
const OPENS: &str = "<script type=\"application/json\" id=\"proof\">";
const CLOSES: &str = "</script>";

/// The page.
///
/// # Errors
/// What is no JSON.
pub fn page(attestation: &Attestation) -> serde_json::Result<String> {
    let proof = &attestation.proof;
    // As JSON reads it, it is the same; as HTML does, it ends no element.
    let json = serde_json::to_string(attestation)?.replace('<', "\\u003c");
    let title = format!("{} · Syncward", name_of(&proof.month));
    let mut clinics = String::new();
    for clinic in &proof.clinics {
        let _ = write!(clinics, "{}", section(clinic));
    }
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{}{}{clinics}{}{}</main>\n{OPENS}{json}{CLOSES}\n</body>\n</html>\n",
        head(proof),
        promise(proof),
        limits(proof),
        compare(attestation),
    ))
}

/// The proof that a page carries.
pub fn embedded(page: &str) -> Option<&str> {
    let (_, after) = page.split_once(OPENS)?;
    Some(after.split_once(CLOSES)?.0)
}

fn head(proof: &MonthlyProof) -> String {
    let running = proof.clinics.iter().any(|clinic| clinic.until_now);
    let until_now = if running { ", until now" } else { "" };
    let whose = match proof.clinics.as_slice() {
        [clinic] => escaped(&clinic.clinic_name),
        clinics => format!("{} clinics", clinics.len()),
    };
    let made = moment(*proof.made_at, "UTC");
    format!(
        "<header>\n<p class=\"eyebrow\">Syncward · monthly proof</p>\n<h1>{}{until_now}</h1>\n<p class=\"lead\">{}</p>\n\
         <p class=\"by\">{whose} · made {made} UTC by receiver {}, version {} · each month by its clinic’s own calendar and clock</p>\n\
         </header>\n{}",
        name_of(&proof.month),
        sentence(proof),
        &proof.receiver_id.to_string()[..8],
        escaped(&proof.version),
        tiles(proof),
    )
}

/// All calendars' month as one.
struct Sum {
    watched_ms: u64,
    gap_ms: u64,
    gaps: usize,
    changes: u64,
    missed: u64,
    runs: u64,
    breaks: usize,
    renewals: u64,
    failed: u64,
    links: usize,
}

impl Sum {
    fn of(proof: &MonthlyProof) -> Self {
        let links: Vec<&LinkProof> = links(proof).collect();
        let sum = |pick: &dyn Fn(&LinkProof) -> u64| links.iter().map(|link| pick(link)).sum();
        Self {
            watched_ms: sum(&|link| {
                link.coverage.push_ms + link.coverage.overlap_ms + link.coverage.polling_ms
            }),
            gap_ms: sum(&|link| link.coverage.gap_ms),
            gaps: links.iter().map(|link| link::gaps(link).count()).sum(),
            changes: sum(&|link| link.delivery.changes),
            missed: sum(&|link| link.delivery.missed),
            runs: sum(&|link| link.chain.runs),
            breaks: links.iter().filter(|link| !link.chain.unbroken).count(),
            renewals: sum(&|link| link.renewals.done),
            failed: sum(&|link| link.renewals.failed_attempts),
            links: links.len(),
        }
    }

    fn coverage(&self) -> String {
        link::share(self.watched_ms, self.watched_ms + self.gap_ms)
    }
}

fn links(proof: &MonthlyProof) -> impl Iterator<Item = &LinkProof> {
    proof.clinics.iter().flat_map(|clinic| &clinic.links)
}

fn sentence(proof: &MonthlyProof) -> String {
    let sum = Sum::of(proof);
    if sum.links == 0 {
        return "No calendar was connected in this month.".to_owned();
    }
    if sum.watched_ms + sum.gap_ms == 0 {
        return format!(
            "{}, none of them watched in this month.",
            counted(sum.links as u64, "calendar")
        );
    }
    let gaps = match sum.gaps {
        0 => "nobody’s absence was recorded".to_owned(),
        many => format!(
            "{}, {} in all",
            counted(many as u64, "gap"),
            lasting(sum.gap_ms)
        ),
    };
    let delivery = match sum.changes {
        0 => "Push had no change to announce.".to_owned(),
        changes => format!(
            "Google announced {} of {} in time.",
            grouped(changes - sum.missed),
            counted(changes, "change")
        ),
    };
    let chain = match sum.breaks {
        0 => format!(
            "The chain of cursors is unbroken over {}.",
            counted(sum.runs, "run")
        ),
        many => format!(
            "The chain of cursors is broken on {}.",
            counted(many as u64, "calendar")
        ),
    };
    let were = if sum.links == 1 { "was" } else { "were" };
    format!(
        "{} {were} watched {} of the time; {gaps}. {delivery} {chain}",
        counted(sum.links as u64, "calendar"),
        sum.coverage()
    )
}

fn tiles(proof: &MonthlyProof) -> String {
    let sum = Sum::of(proof);
    let announced = sum.changes - sum.missed;
    let bound = syncward_engine::delivery::lower_bound(announced, sum.changes);
    let bound = bound.map_or("no change found".to_owned(), |bound| {
        format!(
            "at least {:.1} %, {} found",
            (bound * 1000.0).floor() / 10.0,
            grouped(sum.changes)
        )
    });
    let tone = |bad: bool| if bad { "bad" } else { "" };
    let tile = |name: &str, tone: &str, value: String, foot: String| {
        format!(
            "<div class=\"tile\"><span>{name}</span><b class=\"{tone}\">{value}</b><span>{foot}</span></div>\n"
        )
    };
    let gaps = match sum.gaps {
        0 => "no gap".to_owned(),
        many => format!("{}, {}", counted(many as u64, "gap"), lasting(sum.gap_ms)),
    };
    let chain = if sum.breaks == 0 {
        "unbroken"
    } else {
        "broken"
    };
    let failed = match sum.failed {
        0 => "none failed".to_owned(),
        many => format!("{} failed", counted(many, "attempt")),
    };
    let delivered = link::share(announced, sum.changes);
    [
        "<div class=\"tiles\">\n".to_owned(),
        tile("Watched", "", sum.coverage(), gaps),
        tile("Announced by Google", "", delivered, bound),
        tile(
            "Chain of cursors",
            tone(sum.breaks > 0),
            chain.to_owned(),
            counted(sum.runs, "run"),
        ),
        tile("Renewals", "", grouped(sum.renewals), failed),
        "</div>\n".to_owned(),
    ]
    .concat()
}

fn promise(proof: &MonthlyProof) -> String {
    boxed("What was promised", &proof.promise.sentences)
}

fn limits(proof: &MonthlyProof) -> String {
    boxed("What this can’t prove", &proof.cannot_prove)
}

fn boxed(title: &str, sentences: &[String]) -> String {
    let items: String = sentences
        .iter()
        .map(|one| format!("<li>{}</li>\n", escaped(one)))
        .collect();
    format!("<h2>{title}</h2>\n<div class=\"box\"><ul>\n{items}</ul></div>\n")
}

fn section(clinic: &ClinicProof) -> String {
    let zone = &clinic.time_zone;
    let until = match clinic.until_now {
        true => "now".to_owned(),
        false => moment(*clinic.until_at, zone),
    };
    let title = format!(
        "<h2>{}<small>{} to {until}, by the clock of {}</small></h2>\n",
        escaped(&clinic.clinic_name),
        moment(*clinic.from_at, zone),
        escaped(zone)
    );
    if clinic.links.is_empty() {
        return format!("{title}<p class=\"more\">No calendar was connected in this month.</p>\n");
    }
    let links: String = clinic
        .links
        .iter()
        .map(|one| link::card(clinic, one))
        .collect();
    title + &links
}

fn compare(attestation: &Attestation) -> String {
    let audit = &attestation.proof.audit;
    let trail = match (audit.intact, audit.broken_at) {
        (true, _) => format!(
            "{}, all as they were written",
            counted(audit.entries, "entry")
        ),
        (false, Some(at)) => format!("entry {at} was changed or is missing"),
        (false, None) => "not intact".to_owned(),
    };
    format!(
        "<h2>To compare later</h2>\n<div class=\"box\">\n<dl>\n<dt>Audit trail</dt><dd>{trail}</dd>\n\
         <dt>Its head</dt><dd>{}</dd>\n<dt>SHA-256</dt><dd><code>{}</code></dd>\n</dl>\n\
         <p class=\"more\">The digest is of the proof as compact JSON with sorted keys; the proof lies within this page. \
         <code>syncward-receiver attest --verify FILE</code> checks a kept page or JSON file against its digest, and the audit trail against \
         its head. Cursors are named by the first 128 bits of their SHA-256.</p>\n</div>\n",
        match audit.seq {
            0 => "no entry yet".to_owned(),
            seq => format!(
                "entry {} <code>{}</code>",
                grouped(seq.unsigned_abs()),
                audit.hash
            ),
        },
        attestation.sha256
    )
}

/// The month's name, such as “November 2026”.
fn name_of(month: &str) -> String {
    let first: Option<jiff::civil::Date> = format!("{month}-01").parse().ok();
    first.map_or_else(
        || month.to_owned(),
        |first| first.strftime("%B %Y").to_string(),
    )
}

/// A moment on the clock of a zone.
pub fn moment(at: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    zone.to_datetime(at).strftime("%-d %b %Y %H:%M").to_string()
}

/// A duration in the words of people, with one or two units.
pub fn lasting(ms: u64) -> String {
    let seconds = ms / 1000;
    let two = |whole: u64, unit: &str, part: u64, less: &str| match part {
        0 => format!("{whole} {unit}"),
        part => format!("{whole} {unit} {part} {less}"),
    };
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => match ms % 1000 / 100 {
            0 => format!("{seconds} s"),
            tenths => format!("{seconds}.{tenths} s"),
        },
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..172_800 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
    }
}

/// A count with its noun.
fn counted(count: u64, noun: &str) -> String {
    match (count, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "entry") => format!("{} entries", grouped(count)),
        _ => format!("{} {noun}s", grouped(count)),
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A name as text of a page.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_counts_read_as_people_say_them() {
        let words = [
            0,
            250,
            1_000,
            4_200,
            90_000,
            900_000,
            172_800_000,
            604_800_000,
            5_460_000,
        ]
        .map(lasting);
        assert_eq!(
            words,
            [
                "0 ms",
                "250 ms",
                "1 s",
                "4.2 s",
                "1 min 30 s",
                "15 min",
                "2 d",
                "7 d",
                "1 h 31 min"
            ]
        );
        assert_eq!(
            [
                counted(1, "run"),
                counted(0, "run"),
                counted(1_234_567, "entry")
            ],
            ["1 run", "0 runs", "1,234,567 entries"]
        );
    }

    #[test]
    fn a_name_is_never_markup() {
        assert_eq!(escaped("<script>&\"'"), "&lt;script&gt;&amp;&quot;&#39;");
    }
}
