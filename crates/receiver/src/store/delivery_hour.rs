//! Tables `delivery_hour` and `delivery_fleet_hour`: notifications, changes found, and those that nothing announced, per
//! hour, of each link and of all as one.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use syncward_engine::NotificationKind;
use uuid::Uuid;

use super::Result;
use super::notification::Notification;
use super::retention::Retention;
use super::row::{Id, id};
use super::sql::{self, Connection, Row, Transaction, params};

const HOUR_MS: i64 = 3_600_000;
const ONE: &str =
    "select * from delivery_hour where link_id = ?1 and hour >= ?2 and hour <= ?3 order by hour";
const EACH: &str =
    "select * from delivery_hour where ?1 is null and hour >= ?2 and hour <= ?3 order by hour";

/// Hours of each link; a row's number is its hour.
pub const KEPT: Retention = Retention {
    name: "delivery_hour",
    days: 400,
    older: "select distinct hour from delivery_hour where hour < ?1 / 3600000 limit ?2",
    forget: "delete from delivery_hour where hour = ?",
};

/// Hours of all links as one.
pub const FLEET_KEPT: Retention = Retention {
    name: "delivery_fleet_hour",
    days: 400,
    older: "select hour from delivery_fleet_hour where hour < ?1 / 3600000 limit ?2",
    forget: "delete from delivery_fleet_hour where hour = ?",
};

/// Counts of one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Change notifications taken from the inbox.
    pub notifications: u64,
    pub changes: u64,
    /// Found while push was the mode: the denominator of the delivery rate.
    pub push_changes: u64,
    pub missed_changes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.notifications += other.notifications;
        self.changes += other.changes;
        self.push_changes += other.push_changes;
        self.missed_changes += other.missed_changes;
    }
}

/// Adds what a run found to the hour of `at`.
pub fn add(tx: &Transaction<'_>, link_id: Uuid, at: Timestamp, counts: Counts) -> Result<()> {
    if counts == Counts::default() {
        return Ok(());
    }
    let hour = at.as_millisecond().div_euclid(HOUR_MS);
    add_to_link(tx, link_id, hour, counts)?;
    add_to_fleet(tx, hour, counts)
}

/// Counts notifications, each in the hour in which it was received.
pub fn count_notifications(tx: &Transaction<'_>, taken: &[Notification]) -> Result<()> {
    let mut links: BTreeMap<(Uuid, i64), Counts> = BTreeMap::new();
    let mut fleet: BTreeMap<i64, Counts> = BTreeMap::new();
    let one = Counts {
        notifications: 1,
        ..Counts::default()
    };
    for notification in taken {
        if notification.kind == NotificationKind::Change {
            let hour = notification
                .received_at
                .as_millisecond()
                .div_euclid(HOUR_MS);
            *links.entry((notification.link_id, hour)).or_default() += one;
            *fleet.entry(hour).or_default() += one;
        }
    }
    for ((link_id, hour), counts) in links {
        add_to_link(tx, link_id, hour, counts)?;
    }
    for (hour, counts) in fleet {
        add_to_fleet(tx, hour, counts)?;
    }
    Ok(())
}

fn add_to_link(tx: &Transaction<'_>, link_id: Uuid, hour: i64, counts: Counts) -> Result<()> {
    tx.prepare_cached(
        "insert into delivery_hour (link_id, hour, notifications, changes, push_changes, missed_changes) \
         select ?1, ?2, ?3, ?4, ?5, ?6 where exists (select 1 from link where link_id = ?1) \
         on conflict (link_id, hour) do update set notifications = delivery_hour.notifications + ?3, changes = delivery_hour.changes + ?4, \
         push_changes = delivery_hour.push_changes + ?5, missed_changes = delivery_hour.missed_changes + ?6",
    )?
    .execute(params![
        Id(link_id),
        hour,
        counts.notifications.cast_signed(),
        counts.changes.cast_signed(),
        counts.push_changes.cast_signed(),
        counts.missed_changes.cast_signed()
    ])?;
    Ok(())
}

fn add_to_fleet(tx: &Transaction<'_>, hour: i64, counts: Counts) -> Result<()> {
    tx.prepare_cached(
        "insert into delivery_fleet_hour (hour, notifications, changes, push_changes, missed_changes) values (?1, ?2, ?3, ?4, ?5) \
         on conflict (hour) do update set notifications = delivery_fleet_hour.notifications + ?2, changes = delivery_fleet_hour.changes + ?3, \
         push_changes = delivery_fleet_hour.push_changes + ?4, missed_changes = delivery_fleet_hour.missed_changes + ?5",
    )?
    .execute(params![
        hour,
        counts.notifications.cast_signed(),
        counts.changes.cast_signed(),
        counts.push_changes.cast_signed(),
        counts.missed_changes.cast_signed()
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> sql::Result<(i64, Counts)> {
    let count = |column: &str| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let counts = Counts {
        notifications: count("notifications")?,
        changes: count("changes")?,
        push_changes: count("push_changes")?,
        missed_changes: count("missed_changes")?,
    };
    Ok((row.get::<_, i64>("hour")? * HOUR_MS, counts))
}

/// The hours of a link (or of each) in a range: link, start of the hour in ms since 1970, counts.
pub fn range(
    connection: &Connection,
    link_id: Option<Uuid>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Uuid, i64, Counts)>> {
    // Each in words of its own: a condition that fits both is looked up by the hour, through every link.
    let sql = match link_id {
        Some(_) => ONE,
        None => EACH,
    };
    let hour = |at: Timestamp| at.as_millisecond().div_euclid(HOUR_MS);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![link_id.map(Id), hour(from), hour(to)], |row| {
            let (hour, counts) = read(row)?;
            Ok((id(row, "link_id")?, hour, counts))
        })?
        .collect::<sql::Result<_>>()?;
    Ok(rows)
}

/// The hours of all links as one.
pub fn fleet(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(i64, Counts)>> {
    let hour = |at: Timestamp| at.as_millisecond().div_euclid(HOUR_MS);
    let mut statement = connection.prepare_cached(
        "select * from delivery_fleet_hour where hour between ? and ? order by hour",
    )?;
    let rows = statement
        .query_map(params![hour(from), hour(to)], read)?
        .collect::<sql::Result<_>>()?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn the_hours_of_one_link_are_found_without_looking_at_the_others() {
        let store = Store::over(rusqlite::Connection::open_in_memory().unwrap()).unwrap();
        let plan = store.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("explain query plan {ONE}"))?;
            let rows = statement.query_map(params!["a", 1, 2], |row| row.get(3))?;
            Ok(rows.collect::<sql::Result<Vec<String>>>()?)
        });
        let plan = plan.await.unwrap().join("; ");
        assert!(
            plan.contains("PRIMARY KEY (link_id=? AND hour>? AND hour<?)"),
            "{plan}"
        );
    }
}
