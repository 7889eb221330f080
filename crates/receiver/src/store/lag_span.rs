//! Table `lag_span`: sync latency per minute and per hour, of each link and of all together, as mergeable sketches by leg.
//!
//! Minutes answer of the last days, hours of a year; what all links have in common is merged as it is written, so that a
//! question about the fleet reads one row per span, however many links there are.

use jiff::{SignedDuration, Timestamp};
use syncward_engine::lag::{Legs, Sketch};
use uuid::Uuid;

use super::retention::Retention;
use super::row::{Id, id_or_none};
use super::sql::{self, Connection, Malformed, OptionalExtension, Row, Transaction, params};
use super::{Result, StoreError};

/// Days for which minutes are kept.
const MINUTES_DAYS: i32 = 8;

/// Minutes, which hours outlive.
pub const MINUTES_KEPT: Retention = Retention {
    name: "lag_minute",
    days: MINUTES_DAYS,
    older: "select lag_span_id from lag_span where span_s = 60 and start_s < ?1 / 1000 limit ?2",
    forget: "delete from lag_span where lag_span_id = ?",
};

/// Hours.
pub const HOURS_KEPT: Retention = Retention {
    name: "lag_hour",
    days: 400,
    older: "select lag_span_id from lag_span where span_s = 3600 and start_s < ?1 / 1000 limit ?2",
    forget: "delete from lag_span where lag_span_id = ?",
};

/// How long a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Minute,
    Hour,
}

impl Span {
    /// The span for buckets of so many seconds from `from` on, as far as it is still kept.
    pub fn for_buckets(bucket_s: f64, from: Timestamp, now: Timestamp) -> Self {
        let kept = SignedDuration::from_hours(24 * i64::from(MINUTES_DAYS - 1));
        match bucket_s < 3600.0 && now.duration_since(from) <= kept {
            true => Self::Minute,
            false => Self::Hour,
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }

    fn start(self, at: Timestamp) -> i64 {
        at.as_second().div_euclid(self.seconds()) * self.seconds()
    }
}

/// Whose latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All links as one.
    Fleet,
    Link(Uuid),
    /// Every link for itself.
    Each,
}

/// One span: the whole latency and its legs.
#[derive(Clone, Debug, Default)]
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

    /// Adds another span or link.
    pub fn merge(&mut self, other: &Self) {
        self.whole.merge(&other.whole);
        self.delivery.merge(&other.delivery);
        self.pickup.merge(&other.pickup);
        self.apply.merge(&other.apply);
    }

    fn read(row: &Row<'_>) -> sql::Result<Self> {
        Ok(Self {
            whole: sketch(row, "whole")?,
            delivery: sketch(row, "delivery")?,
            pickup: sketch(row, "pickup")?,
            apply: sketch(row, "apply")?,
        })
    }
}

fn sketch(row: &Row<'_>, column: &str) -> sql::Result<Sketch> {
    let bytes = row.get_ref(column)?.as_blob();
    bytes
        .and_then(|bytes| Sketch::from_bytes(bytes).map_err(Malformed::new))
        .map_err(|fault| fault.at(column))
}

/// Adds samples to the minute and the hour of `at`, of the link and of all.
pub fn add(tx: &Transaction<'_>, link_id: Uuid, at: Timestamp, samples: &[Legs]) -> Result<()> {
    if samples.is_empty() {
        return Ok(());
    }
    for whose in [Some(link_id), None] {
        for span in [Span::Minute, Span::Hour] {
            add_to(tx, whose, span, at, samples)?;
        }
    }
    Ok(())
}

fn add_to(
    tx: &Transaction<'_>,
    link_id: Option<Uuid>,
    span: Span,
    at: Timestamp,
    samples: &[Legs],
) -> Result<()> {
    let place = params![link_id.map(Id), span.seconds(), span.start(at)];
    let sql = "select * from lag_span where coalesce(link_id, '') = coalesce(?1, '') and span_s = ?2 and start_s = ?3";
    let kept = tx
        .prepare_cached(sql)?
        .query_row(place, Lags::read)
        .optional()?;
    let mut lags = kept.unwrap_or_default();
    samples.iter().for_each(|legs| lags.add(legs));
    tx.prepare_cached(
        "insert into lag_span (link_id, span_s, start_s, whole, delivery, pickup, apply) values (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         on conflict (coalesce(link_id, ''), span_s, start_s) do update set whole = ?4, delivery = ?5, pickup = ?6, apply = ?7",
    )?
    .execute(params![
        link_id.map(Id),
        span.seconds(),
        span.start(at),
        lags.whole.to_bytes(),
        lags.delivery.to_bytes(),
        lags.pickup.to_bytes(),
        lags.apply.to_bytes()
    ])?;
    Ok(())
}

/// The spans that touch a range, oldest first: start in milliseconds since 1970, and what it holds.
pub fn range(
    connection: &Connection,
    whose: Whose,
    span: Span,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(i64, Lags)>> {
    let mut found = Vec::new();
    visit(
        connection,
        "*",
        whose,
        span,
        (from, to),
        |_, start_ms, row| {
            found.push((start_ms, Lags::read(row)?));
            Ok(())
        },
    )?;
    Ok(found)
}

/// The whole latency of each link in a range, hour by hour.
pub fn by_link(
    connection: &Connection,
    whose: Whose,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Uuid, Sketch)>> {
    let mut found = Vec::new();
    let columns = "link_id, start_s, whole";
    visit(
        connection,
        columns,
        whose,
        Span::Hour,
        (from, to),
        |link_id, _, row| {
            if let Some(link_id) = link_id {
                found.push((link_id, sketch(row, "whole")?));
            }
            Ok(())
        },
    )?;
    Ok(found)
}

fn visit(
    connection: &Connection,
    columns: &str,
    whose: Whose,
    span: Span,
    (from, to): (Timestamp, Timestamp),
    mut take: impl FnMut(Option<Uuid>, i64, &Row<'_>) -> sql::Result<()>,
) -> Result<()> {
    let (which, link_id) = match whose {
        Whose::Fleet => ("coalesce(link_id, '') = ?1", String::new()),
        Whose::Link(link_id) => ("coalesce(link_id, '') = ?1", link_id.to_string()),
        Whose::Each => ("?1 = '' and link_id is not null", String::new()),
    };
    let sql = format!(
        "select {columns} from lag_span where {which} and span_s = ?2 and start_s between ?3 and ?4 order by start_s"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![
        link_id,
        span.seconds(),
        span.start(from),
        to.as_second()
    ])?;
    while let Some(row) = rows.next()? {
        let start_s: i64 = row.get("start_s")?;
        take(id_or_none(&row, "link_id")?, start_s * 1000, &row).map_err(StoreError::from)?;
    }
    Ok(())
}
