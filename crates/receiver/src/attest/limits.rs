//! What the monthly proof can't prove, in sentences that name what they concern.

use syncward_engine::Settings;
use syncward_wire::attest::ClinicProof;

use super::millis;
use super::page::{lasting, moment};

/// Calendars named one by one; more are counted.
const NAMED_MOST: usize = 5;

/// The sentences.
pub fn sentences(clinics: &[ClinicProof], settings: &Settings) -> Vec<String> {
    let interval = match settings.push {
        true => settings.check_interval,
        false => settings.poll_interval,
    };
    let mut sentences = vec![
        format!(
            "That Google announced everything. The delivery rate counts the changes that a run found, and how many of them Google had \
             announced within {}; a change made and undone between two runs is in neither number.",
            lasting(millis(settings.grace))
        ),
        "Changes that Google's listing left out: of these nobody here can know.".to_owned(),
        format!(
            "That push worked at every moment between two proofs. Were it dead and unnoticed, a change would have waited for the next \
             check, {} at the most while the receiver ran.",
            lasting(millis(interval))
        ),
        "Hours in which the receiver could not write. They show as a gap from the last thing it wrote, once it writes again; a receiver \
         that never came back can't say so here."
            .to_owned(),
        "The right time. Times are by the receiver's clock, times of change by Google's: where one was wrong, intervals and latencies \
         are shifted. The chain of cursors rests on no clock."
            .to_owned(),
        "That nobody with access to the database wrote it anew. Keep this page, its digest and the head of the audit trail in another \
         place: that is what a later copy is compared with."
            .to_owned(),
        "Calendars that were disconnected before this was made: their records went with them.".to_owned(),
        "Delivery and latency to the minute at the month's ends: both are kept by whole hours, and an hour counts for the month in \
         which it began."
            .to_owned(),
    ];
    sentences.extend(unrecorded(clinics));
    sentences
}

/// Which calendars have times without any record.
fn unrecorded(clinics: &[ClinicProof]) -> Option<String> {
    let links = clinics
        .iter()
        .flat_map(|clinic| clinic.links.iter().map(move |link| (clinic, link)));
    let without: Vec<String> = links
        .filter(|(_, link)| link.coverage.unrecorded_ms > 0)
        .map(|(clinic, link)| {
            let name = format!("{} · {}", clinic.clinic_name, link.calendar_name);
            match link.spans.first() {
                Some(first) => format!(
                    "{name} before {}",
                    moment(*first.from_at, &clinic.time_zone)
                ),
                None => format!("{name} at any time"),
            }
        })
        .collect();
    if without.is_empty() {
        return None;
    }
    let named = without
        .iter()
        .take(NAMED_MOST)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    let more = match without.len().saturating_sub(NAMED_MOST) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Some(format!(
        "Times without a record, before a calendar was connected or older than the 400 days that are kept: {named}{more}."
    ))
}
