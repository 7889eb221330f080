//! Tables `pairing_code` and `pairing_guess`: one-time codes, and the wrong tries that void them.

use jiff::Timestamp;
use syncward_wire::Role;

use super::Result;
use super::device;
use super::row::Ms;
use super::sql::{OptionalExtension, Transaction, params};

/// Wrong tries that void every live code.
const TRIES_MOST: i64 = 5;
/// Older tries no longer count: no code lives longer.
const TRIES_WITHIN_MS: i64 = 600_000;

/// What a code was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    Good(Role),
    Wrong,
    /// This was one wrong try too many: every live code is void.
    Void,
}

/// Keeps a code.
pub fn insert(
    tx: &Transaction<'_>,
    code_hash: &[u8],
    role: Role,
    expires_at: Timestamp,
) -> Result<()> {
    tx.execute(
        "insert into pairing_code (code_hash, role, expires_at_ms) values (?, ?, ?)",
        params![code_hash, device::word(role), Ms(expires_at)],
    )?;
    Ok(())
}

/// Uses a code, or counts a wrong try.
pub fn take(tx: &Transaction<'_>, code_hash: &[u8], now: Timestamp) -> Result<Tried> {
    let live = "used_at_ms is null and void_at_ms is null and expires_at_ms > ?1";
    let found: Option<String> = tx
        .query_row(
            &format!("select role from pairing_code where {live} and code_hash = ?2"),
            params![Ms(now), code_hash],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(role) = found {
        tx.execute(
            "update pairing_code set used_at_ms = ? where code_hash = ?",
            params![Ms(now), code_hash],
        )?;
        tx.execute("delete from pairing_guess", [])?;
        return Ok(Tried::Good(device::role(&role)));
    }
    let codes: i64 = tx.query_row(
        &format!("select count(*) from pairing_code where {live}"),
        params![Ms(now)],
        |row| row.get(0),
    )?;
    // A guess at nothing must not count against a code that is made later.
    if codes == 0 {
        return Ok(Tried::Wrong);
    }
    tx.execute(
        "delete from pairing_guess where at_ms < ?",
        params![now.as_millisecond() - TRIES_WITHIN_MS],
    )?;
    tx.execute(
        "insert into pairing_guess (at_ms) values (?)",
        params![Ms(now)],
    )?;
    let tries: i64 = tx.query_row("select count(*) from pairing_guess", [], |row| row.get(0))?;
    if tries < TRIES_MOST {
        return Ok(Tried::Wrong);
    }
    tx.execute(
        &format!("update pairing_code set void_at_ms = ?1 where {live}"),
        params![Ms(now)],
    )?;
    tx.execute("delete from pairing_guess", [])?;
    Ok(Tried::Void)
}
