//! Table `lag_minute`: sync latency per link and minute, as mergeable sketches by leg.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use syncward_engine::lag::{Legs, Sketch};
use uuid::Uuid;

use super::Result;
use super::row::{Id, id, json};

/// One minute of one link: the whole latency and its legs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Lags {
    pub whole: Sketch,
    pub delivery: Sketch,
    pub pickup: Sketch,
    pub apply: Sketch,
}

impl Lags {
    /// Adds one change.
    pub fn add(&mut self, legs: &Legs) {
        self.whole.add(legs.latency_ms());
        if let Some(delivery_ms) = legs.delivery_ms {
            self.delivery.add(delivery_ms);
        }
        self.pickup.add(legs.pickup_ms);
        self.apply.add(legs.apply_ms);
    }

    /// Adds another minute or link.
    pub fn merge(&mut self, other: &Self) {
        self.whole.merge(&other.whole);
        self.delivery.merge(&other.delivery);
        self.pickup.merge(&other.pickup);
        self.apply.merge(&other.apply);
    }
}

const MINUTE_MS: i64 = 60_000;

/// Adds samples to the minute of `at`.
pub fn add(tx: &Transaction<'_>, link_id: Uuid, at: Timestamp, samples: &[Legs]) -> Result<()> {
    if samples.is_empty() {
        return Ok(());
    }
    let minute = at.as_millisecond().div_euclid(MINUTE_MS);
    let kept: Option<String> = tx
        .prepare_cached("select sketch from lag_minute where link_id = ? and minute = ?")?
        .query_row(params![Id(link_id), minute], |row| row.get(0))
        .optional()?;
    let mut lags: Lags = kept
        .map(|text| serde_json::from_str(&text))
        .transpose()?
        .unwrap_or_default();
    samples.iter().for_each(|legs| lags.add(legs));
    tx.prepare_cached(
        "insert or replace into lag_minute (link_id, minute, sketch) values (?, ?, ?)",
    )?
    .execute(params![Id(link_id), minute, serde_json::to_string(&lags)?])?;
    Ok(())
}

/// The minutes of a link (or of all) in a range: link, start of the minute in ms since 1970, sketches.
pub fn range(
    connection: &Connection,
    link_id: Option<Uuid>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Uuid, i64, Lags)>> {
    let sql = "select link_id, minute, sketch from lag_minute \
               where (?1 is null or link_id = ?1) and minute >= ?2 and minute < ?3 order by minute";
    let minute = |at: Timestamp| at.as_millisecond().div_euclid(MINUTE_MS);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement
        .query_map(
            params![link_id.map(Id), minute(from), minute(to) + 1],
            |row| {
                Ok((
                    id(row, "link_id")?,
                    row.get::<_, i64>("minute")? * MINUTE_MS,
                    json(row, "sketch")?,
                ))
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}
