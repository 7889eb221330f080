//! Table `fact`: the facts of alerts as they changed, kept for a month and a little, so that rules can be tried on them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use syncward_engine::alert::{Change, Moment};
use uuid::Uuid;

use super::{Store, logged};

/// How far back a rule is tried.
pub const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);
/// However much changes, no more rows than this are kept.
const KEPT: i64 = 200_000;
const BLIND: &str = "blind";
const ENDINGS: &str = "endings";

impl Store {
    /// Keeps changes in order.
    pub fn put_facts(&mut self, moments: &[Moment]) {
        if !moments.is_empty() {
            logged(self.write_facts(moments));
        }
    }

    fn write_facts(&mut self, moments: &[Moment]) -> rusqlite::Result<()> {
        let step = self.sql.transaction()?;
        for Moment { at, change } in moments {
            let (subject, json) = row_of(change);
            step.prepare_cached("insert into fact (at_ms, subject, json) values (?1, ?2, ?3)")?
                .execute(params![at.as_millisecond(), subject, json])?;
        }
        step.commit()
    }

    /// Lets go of what is older than the history, except what held when it began.
    pub fn forget_old_facts(&mut self, now: Timestamp) {
        let from_ms = (now - HISTORY).as_millisecond();
        let forget = |sql: &rusqlite::Connection| -> rusqlite::Result<()> {
            sql.execute(
                "delete from fact where at_ms < ?1 and fact_id not in
                   (select max(fact_id) from fact where at_ms < ?1 group by subject)",
                [from_ms],
            )?;
            sql.execute(
                "delete from fact where fact_id <= (select max(fact_id) from fact) - ?1",
                [KEPT],
            )?;
            Ok(())
        };
        logged(forget(&self.sql));
    }

    /// The last of each subject: what was known when it was looked last.
    pub fn last_facts(&self) -> Vec<Change> {
        let last: BTreeMap<String, Change> = self
            .facts()
            .into_iter()
            .map(|moment| (row_of(&moment.change).0, moment.change))
            .collect();
        last.into_values().collect()
    }

    /// The history, oldest first.
    pub fn facts(&self) -> Vec<Moment> {
        let read = || -> rusqlite::Result<Vec<(i64, String, Option<String>)>> {
            self.sql
                .prepare_cached("select at_ms, subject, json from fact order by fact_id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        };
        read()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(at_ms, subject, json)| {
                Some(Moment {
                    at: Timestamp::from_millisecond(at_ms).ok()?,
                    change: change_of(&subject, json.as_deref())?,
                })
            })
            .collect()
    }
}

fn row_of(change: &Change) -> (String, Option<String>) {
    match change {
        Change::Link(link) => (
            format!("link:{}", link.link_id),
            serde_json::to_string(link).ok(),
        ),
        Change::LinkGone(id) => (format!("link:{id}"), None),
        Change::Receiver(receiver) => (
            format!("receiver:{}", receiver.id),
            serde_json::to_string(receiver).ok(),
        ),
        Change::ReceiverGone(id) => (format!("receiver:{id}"), None),
        Change::Endings(endings) => (ENDINGS.into(), serde_json::to_string(endings).ok()),
        Change::Blind => (BLIND.into(), None),
    }
}

fn change_of(subject: &str, json: Option<&str>) -> Option<Change> {
    if subject == BLIND {
        return Some(Change::Blind);
    }
    if subject == ENDINGS {
        return serde_json::from_str(json?).ok().map(Change::Endings);
    }
    let (kind, id) = subject.split_once(':')?;
    match (kind, json) {
        ("link", Some(json)) => serde_json::from_str(json).ok().map(Change::Link),
        ("link", None) => id.parse::<Uuid>().ok().map(Change::LinkGone),
        ("receiver", Some(json)) => serde_json::from_str(json).ok().map(Change::Receiver),
        ("receiver", None) => Some(Change::ReceiverGone(id.to_owned())),
        _ => None,
    }
}
