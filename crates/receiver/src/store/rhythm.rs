//! Table `rhythm`: how often each calendar changes at each hour of the week.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_engine::rhythm::{Rhythm, Verdict};
use uuid::Uuid;

use super::row::{Id, Ms, json};
use super::sql::{Connection, OptionalExtension, Transaction, params};
use super::{Result, coverage_span};

/// What was learned of a link, and its clinic's zone.
pub fn find(connection: &Connection, link_id: Uuid) -> Result<Option<(Rhythm, TimeZone)>> {
    let sql = "select rhythm, time_zone from rhythm join link using (link_id) join clinic using (clinic_id) where link_id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement
        .query_row(params![Id(link_id)], |row| {
            Ok((json(row, "rhythm")?, row.get::<_, String>("time_zone")?))
        })
        .optional()?;
    Ok(found.map(|(rhythm, zone)| (rhythm, zone_of(&zone))))
}

/// What the link's silence until `now` means.
pub fn silence(connection: &Connection, link_id: Uuid, now: Timestamp) -> Result<Verdict> {
    let sql = "select unusual_from_ms from rhythm where link_id = ?";
    let found: Option<Option<Ms>> = connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id)], |row| row.get(0))
        .optional()?;
    Ok(match found.flatten() {
        None => Verdict::Unknown,
        Some(from) if from.0 <= now => Verdict::Unusual,
        Some(_) => Verdict::Usual,
    })
}

/// Learns from changes that a run found.
pub fn learn(
    tx: &Transaction<'_>,
    link_id: Uuid,
    changed_at: &[Timestamp],
    now: Timestamp,
) -> Result<()> {
    if changed_at.is_empty() {
        return Ok(());
    }
    let (mut rhythm, zone) = match find(tx, link_id)? {
        Some(found) => found,
        None => {
            let sql = "select time_zone from link join clinic using (clinic_id) where link_id = ?";
            let zone: Option<String> = tx
                .prepare_cached(sql)?
                .query_row(params![Id(link_id)], |row| row.get(0))
                .optional()?;
            let Some(zone) = zone else { return Ok(()) };
            (Rhythm::default(), zone_of(&zone))
        }
    };
    let mut in_order = changed_at.to_vec();
    in_order.sort_unstable();
    let seen_until = rhythm.seen_until().unwrap_or(now);
    let unseen = coverage_span::gaps(tx, link_id, seen_until, now)?;
    rhythm.learn(&in_order, &unseen, now, &zone);
    // Asked for after each run that found nothing: most do.
    let unusual_from = rhythm.unusual_from(&zone).map(Ms);
    let sql = "insert into rhythm (link_id, rhythm, unusual_from_ms) values (?1, ?2, ?3) \
               on conflict (link_id) do update set rhythm = ?2, unusual_from_ms = ?3";
    let learned = serde_json::to_string(&rhythm)?;
    tx.prepare_cached(sql)?
        .execute(params![Id(link_id), learned, unusual_from])?;
    Ok(())
}

fn zone_of(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}
