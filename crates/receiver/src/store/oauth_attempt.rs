//! Table `oauth_attempt`: consents under way; each state is good once, for a while.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none, id};
use super::sql::{OptionalExtension, Transaction, params};

/// Where the sealed PKCE verifier lies.
pub const PLACE: &str = "oauth_attempt.verifier";

/// An attempt as stored.
pub struct Attempt {
    pub clinic_id: Uuid,
    /// Sealed.
    pub verifier: Vec<u8>,
    pub redirect_uri: String,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// Begins an attempt and forgets those long over.
pub fn insert(
    tx: &Transaction<'_>,
    state_hash: &[u8],
    attempt: &Attempt,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "delete from oauth_attempt where expires_at_ms < ? - 86400000",
        params![Ms(now)],
    )?;
    tx.execute(
        "insert into oauth_attempt (state_hash, clinic_id, verifier, redirect_uri, expires_at_ms) values (?, ?, ?, ?, ?)",
        params![state_hash, Id(attempt.clinic_id), attempt.verifier, attempt.redirect_uri, Ms(attempt.expires_at)],
    )?;
    Ok(())
}

/// Takes an attempt: from now on its state is used, whatever comes of it.
pub fn take(tx: &Transaction<'_>, state_hash: &[u8], now: Timestamp) -> Result<Option<Attempt>> {
    let attempt = tx
        .query_row(
            "select * from oauth_attempt where state_hash = ?",
            params![state_hash],
            |row| {
                Ok(Attempt {
                    clinic_id: id(row, "clinic_id")?,
                    verifier: row.get("verifier")?,
                    redirect_uri: row.get("redirect_uri")?,
                    expires_at: at(row, "expires_at_ms")?,
                    used_at: at_or_none(row, "used_at_ms")?,
                })
            },
        )
        .optional()?;
    tx.execute(
        "update oauth_attempt set used_at_ms = coalesce(used_at_ms, ?) where state_hash = ?",
        params![Ms(now), state_hash],
    )?;
    Ok(attempt)
}
