//! Table `replica`: who works on this store, each by a lease that it extends while it lives.
//!
//! A lease's number is its fence. What waits to be done carries the fence of whoever does it; once a lease has ended, its
//! work is somebody else's and its late results are refused. SQLite has one replica, whose next life ends the one before.

use jiff::Timestamp;

use super::sql::{Connection, Transaction, params};
use super::{Result, StoreError};

/// Begins a lease; its fence is greater than every earlier one.
pub fn begin(tx: &Transaction<'_>, millis: i64) -> Result<i64> {
    if tx.is_alone() {
        tx.execute("delete from replica", [])?;
    }
    let now = tx.now_ms()?;
    let sql = "insert into replica (began_at_ms, until_at_ms) values (?, ?) returning fence";
    Ok(tx.query_row(sql, params![now, now + millis], |row| row.get(0))?)
}

/// Extends a lease; false when it has been ended.
pub fn extend(tx: &Transaction<'_>, fence: i64, millis: i64) -> Result<bool> {
    let until = tx.now_ms()? + millis;
    let sql = "update replica set until_at_ms = ? where fence = ?";
    Ok(tx.execute(sql, params![until, fence])? > 0)
}

/// Gives a lease back: others take over at their next look.
pub fn end(tx: &Transaction<'_>, fence: i64) -> Result<()> {
    tx.execute(
        "update replica set until_at_ms = 0 where fence = ?",
        params![fence],
    )?;
    Ok(())
}

/// Ends the leases that ran out and takes whatever is nobody's; how much that was.
pub fn take_over(tx: &Transaction<'_>, fence: i64) -> Result<usize> {
    let now = tx.now_ms()?;
    let sql = "delete from replica where until_at_ms < ? and fence <> ?";
    tx.execute(sql, params![now, fence])?;
    let mut taken = 0;
    for what in ["effect", "outbox", "webhook_message"] {
        let waiting = match what {
            "webhook_message" => "state = 'waiting' and",
            _ => "",
        };
        let sql = format!(
            "update {what} set fence = ? where {waiting} fence not in (select fence from replica)"
        );
        taken += tx.prepare_cached(&sql)?.execute(params![fence])?;
    }
    Ok(taken)
}

/// Whether a lease was begun and has not been ended.
pub fn is_living(tx: &Transaction<'_>, fence: i64) -> Result<bool> {
    let sql = "select 1 from replica where fence = ?";
    Ok(tx.prepare_cached(sql)?.exists(params![fence])?)
}

/// Whether another lease has not run out.
pub fn has_others(connection: &Connection, fence: i64) -> Result<bool> {
    let sql = "select 1 from replica where fence <> ? and until_at_ms >= ?";
    let now = connection.now_ms()?;
    Ok(connection
        .prepare_cached(sql)?
        .exists(params![fence, now])?)
}

/// Refuses the results of a lease that has been ended.
///
/// # Errors
/// `Stale`.
pub fn check(tx: &Transaction<'_>, fence: i64) -> Result<()> {
    // Before the first lease nobody could have ended it.
    if fence == 0 || is_living(tx, fence)? {
        return Ok(());
    }
    Err(StoreError::Stale)
}

/// Notes that somebody acts; the beginning of an absence that links are to be told of by this replica, and which is not
/// over before [`told`].
pub fn beat(tx: &Transaction<'_>, now: Timestamp, absence_ms: i64) -> Result<Option<Timestamp>> {
    let sql = "select alive_at_ms, absent_from_ms, told_by from receiver";
    let (alive_ms, absent_ms, told_by): (Option<i64>, Option<i64>, i64) =
        tx.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (now_ms, mine) = (now.as_millisecond(), tx.fence());
    let absent_ms = absent_ms.or(alive_ms.filter(|alive| now_ms - alive > absence_ms));
    let is_mine = told_by == mine || !is_living(tx, told_by)?;
    let told_by = match (absent_ms, is_mine) {
        (None, _) => 0,
        (Some(_), true) => mine,
        (Some(_), false) => told_by,
    };
    let sql = "update receiver set alive_at_ms = ?, absent_from_ms = ?, told_by = ?";
    tx.prepare_cached(sql)?
        .execute(params![now_ms, absent_ms, told_by])?;
    let absent_ms = absent_ms.filter(|_| is_mine);
    Ok(absent_ms.and_then(|from| Timestamp::from_millisecond(from).ok()))
}

/// Every link knows of the absence.
pub fn told(tx: &Transaction<'_>) -> Result<()> {
    let sql = "update receiver set absent_from_ms = null, told_by = 0 where told_by = ?";
    tx.execute(sql, params![tx.fence()])?;
    Ok(())
}
