//! Table `effect`: what the engine asked of the world and is not yet done; repeated after a crash.

use jiff::Timestamp;
use syncward_engine::Effect;
use uuid::Uuid;

use super::row::{Id, Ms, id, json};
use super::sql::{self, Connection, Transaction, params};
use super::{Result, replica};

/// Stores an effect to perform.
pub fn insert(tx: &Transaction<'_>, link_id: Uuid, effect: &Effect, now: Timestamp) -> Result<i64> {
    let sql = "insert into effect (link_id, effect, made_at_ms, fence) values (?, ?, ?, ?)";
    let values = params![
        Id(link_id),
        serde_json::to_string(effect)?,
        Ms(now),
        tx.fence()
    ];
    Ok(tx.insert_numbered(sql, "effect_id", values)?)
}

/// An effect, and the fence of the lease under which it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub effect_id: i64,
    pub fence: i64,
}

/// Forgets an effect, in the transaction that stores its result; false when it was done before.
///
/// # Errors
/// `Stale` under a lease that has ended.
pub fn done(tx: &Transaction<'_>, due: Due) -> Result<bool> {
    replica::check(tx, due.fence)?;
    Ok(tx
        .prepare_cached("delete from effect where effect_id = ?")?
        .execute(params![due.effect_id])?
        > 0)
}

/// Everything that is for this process to do, oldest first.
pub fn mine(connection: &Connection) -> Result<Vec<(i64, Uuid, Effect)>> {
    let sql = "select effect_id, link_id, effect from effect where fence = ? order by effect_id";
    let mut statement = connection.prepare_cached(sql)?;
    let effects = statement
        .query_map(params![connection.fence()], |row| {
            Ok((
                row.get("effect_id")?,
                id(row, "link_id")?,
                json(row, "effect")?,
            ))
        })?
        .collect::<sql::Result<_>>()?;
    Ok(effects)
}

/// Whether an effect is not yet done.
pub fn is_waiting(connection: &Connection, effect_id: i64) -> Result<bool> {
    Ok(connection
        .prepare_cached("select 1 from effect where effect_id = ?")?
        .exists(params![effect_id])?)
}
