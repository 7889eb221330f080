//! Table `left_token`: receivers that are watched no longer, until the place where tokens are kept has let go of theirs.

use rusqlite::Connection;

use super::{Store, logged};

/// Under which key a receiver's token is kept, as in [`crate::bridge::ReceiverEntry::key`].
const KEYS: &str = "select case local when 1 then 'local' else address end from receiver";

impl Store {
    /// The keys of receivers whose tokens are still to be removed.
    pub fn left_tokens(&self) -> Vec<String> {
        keys(
            &self.sql,
            "select receiver from left_token order by receiver",
        )
        .unwrap_or_default()
    }

    /// The token is gone for good.
    pub fn token_gone(&mut self, receiver: &str) {
        logged(take_back(&self.sql, receiver));
    }
}

pub(super) fn leave(sql: &Connection, receiver: &str) -> rusqlite::Result<()> {
    sql.execute(
        "insert or ignore into left_token (receiver) values (?1)",
        [receiver],
    )
    .map(drop)
}

/// For a receiver that is paired anew its token stays.
pub(super) fn take_back(sql: &Connection, receiver: &str) -> rusqlite::Result<()> {
    sql.execute("delete from left_token where receiver = ?1", [receiver])
        .map(drop)
}

/// The keys of all receivers there are.
pub(super) fn watched(sql: &Connection) -> rusqlite::Result<Vec<String>> {
    keys(sql, KEYS)
}

fn keys(sql: &Connection, select: &str) -> rusqlite::Result<Vec<String>> {
    sql.prepare(select)?
        .query_map([], |row| row.get(0))?
        .collect()
}
