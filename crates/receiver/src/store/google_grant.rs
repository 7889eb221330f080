//! Table `google_grant`: one Google consent each, its refresh token sealed.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none, id, json};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// Where the sealed refresh token lies.
pub const PLACE: &str = "google_grant.refresh_token";

/// A grant as stored.
#[derive(Clone, Debug)]
pub struct Grant {
    pub google_grant_id: Uuid,
    pub clinic_id: Uuid,
    pub account: String,
    /// Sealed; none once disconnected.
    pub refresh_token: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    pub lost_reason: Option<String>,
    pub lost_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub made_at: Timestamp,
}

fn read(row: &Row<'_>) -> sql::Result<Grant> {
    Ok(Grant {
        google_grant_id: id(row, "google_grant_id")?,
        clinic_id: id(row, "clinic_id")?,
        account: row.get("account")?,
        refresh_token: row.get("refresh_token")?,
        scopes: json(row, "scopes")?,
        lost_reason: row.get("lost_reason")?,
        lost_at: at_or_none(row, "lost_at_ms")?,
        ended_at: at_or_none(row, "ended_at_ms")?,
        made_at: at(row, "made_at_ms")?,
    })
}

/// One grant, ended ones included.
pub fn find(connection: &Connection, google_grant_id: Uuid) -> Result<Option<Grant>> {
    let mut statement =
        connection.prepare_cached("select * from google_grant where google_grant_id = ?")?;
    Ok(statement
        .query_row(params![Id(google_grant_id)], read)
        .optional()?)
}

/// Every grant that is not ended.
pub fn all(connection: &Connection) -> Result<Vec<Grant>> {
    let mut statement = connection.prepare_cached(
        "select * from google_grant where ended_at_ms is null order by made_at_ms",
    )?;
    let grants = statement.query_map([], read)?.collect::<sql::Result<_>>()?;
    Ok(grants)
}

/// A clinic's grant of an account that is not ended.
pub fn of_account(
    connection: &Connection,
    clinic_id: Uuid,
    account: &str,
) -> Result<Option<Grant>> {
    let sql =
        "select * from google_grant where clinic_id = ? and account = ? and ended_at_ms is null";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![Id(clinic_id), account], read)
        .optional()?)
}

/// Stores a consent: a new grant, or the same one with a fresh token.
pub fn save(tx: &Transaction<'_>, grant: &Grant) -> Result<()> {
    tx.execute(
        "insert into google_grant (google_grant_id, clinic_id, account, refresh_token, scopes, made_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6) \
         on conflict (google_grant_id) do update set refresh_token = ?4, scopes = ?5, lost_reason = null, lost_at_ms = null",
        params![
            Id(grant.google_grant_id),
            Id(grant.clinic_id),
            grant.account,
            grant.refresh_token,
            serde_json::to_string(&grant.scopes)?,
            Ms(grant.made_at)
        ],
    )?;
    Ok(())
}

/// Replaces the sealed refresh token.
pub fn set_refresh_token(tx: &Transaction<'_>, google_grant_id: Uuid, sealed: &[u8]) -> Result<()> {
    tx.execute(
        "update google_grant set refresh_token = ? where google_grant_id = ?",
        params![sealed, Id(google_grant_id)],
    )?;
    Ok(())
}

/// Notes that Google no longer honours it; the first reason stays.
pub fn lose(
    tx: &Transaction<'_>,
    google_grant_id: Uuid,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "update google_grant set lost_reason = ?, lost_at_ms = ? where google_grant_id = ? and lost_at_ms is null",
        params![reason, Ms(now), Id(google_grant_id)],
    )?;
    Ok(())
}

/// Ends it and forgets its token.
pub fn end(tx: &Transaction<'_>, google_grant_id: Uuid, now: Timestamp) -> Result<()> {
    tx.execute(
        "update google_grant set refresh_token = null, ended_at_ms = ? where google_grant_id = ?",
        params![Ms(now), Id(google_grant_id)],
    )?;
    Ok(())
}

/// Begins a refresh of the grant's access token, which no other replica begins for so long unless this one gives it back
/// or its lease ends; false while another does it.
pub fn begin_refresh(tx: &Transaction<'_>, google_grant_id: Uuid, millis: i64) -> Result<bool> {
    let now = tx.now_ms()?;
    let sql = "update google_grant set refresh_fence = ?1, refresh_until_at_ms = ?2 where google_grant_id = ?3 \
               and (refresh_fence = ?1 or refresh_until_at_ms <= ?4 or refresh_fence not in (select fence from replica))";
    let place = params![tx.fence(), now + millis, Id(google_grant_id), now];
    Ok(tx.prepare_cached(sql)?.execute(place)? > 0)
}

/// Lets others refresh it.
pub fn end_refresh(tx: &Transaction<'_>, google_grant_id: Uuid) -> Result<()> {
    let sql = "update google_grant set refresh_until_at_ms = 0 where google_grant_id = ? and refresh_fence = ?";
    tx.prepare_cached(sql)?
        .execute(params![Id(google_grant_id), tx.fence()])?;
    Ok(())
}
