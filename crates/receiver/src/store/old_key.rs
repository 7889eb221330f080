//! Table `old_key`: keys whose place was taken, sealed under the one that took it.

use jiff::Timestamp;

use super::Result;
use super::retention::Retention;
use super::row::Ms;
use super::sql::{self, Connection, Transaction, params};
use crate::seal::{KeyId, Seal};

/// Longer than any channel lives at Google: until then one opened under an old key is recognised as ours.
pub const KEPT: Retention = Retention {
    name: "old_key",
    days: 40,
    older: "select old_key_id from old_key where at_ms < ?1 limit ?2",
    forget: "delete from old_key where old_key_id = ?",
};

/// Keeps a key that is known already as it is.
pub fn insert(tx: &Transaction<'_>, key_id: KeyId, sealed: &[u8], now: Timestamp) -> Result<()> {
    tx.execute(
        "insert into old_key (key_id, sealed, at_ms) values (?, ?, ?) on conflict (key_id) do nothing",
        params![key_id.to_string(), sealed, Ms(now)],
    )?;
    Ok(())
}

/// Teaches the seal every key that it can open; how many stay closed to it.
pub fn teach(connection: &Connection, seal: &Seal) -> Result<usize> {
    let mut statement =
        connection.prepare_cached("select key_id, sealed from old_key order by old_key_id desc")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let kept: Vec<(String, Vec<u8>)> = rows.collect::<sql::Result<_>>()?;
    let closed = kept
        .iter()
        .filter(|(id, sealed)| seal.unpack_older(id, sealed).is_err());
    Ok(closed.count())
}
