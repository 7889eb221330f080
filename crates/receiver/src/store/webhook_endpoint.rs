//! Table `webhook_endpoint`: where the clinic's own system wants to be told of changes.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, id, id_or_none};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// Where the sealed secrets lie.
pub const PLACE: &str = "webhook_endpoint.secret";

/// An endpoint as stored.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub webhook_endpoint_id: Uuid,
    /// None: told of every clinic.
    pub clinic_id: Option<Uuid>,
    pub url: String,
    /// Sealed.
    pub secret: Vec<u8>,
    pub enabled: bool,
    pub made_at: Timestamp,
}

fn read(row: &Row<'_>) -> sql::Result<Endpoint> {
    Ok(Endpoint {
        webhook_endpoint_id: id(row, "webhook_endpoint_id")?,
        clinic_id: id_or_none(row, "clinic_id")?,
        url: row.get("url")?,
        secret: row.get("secret")?,
        enabled: row.get("enabled")?,
        made_at: at(row, "made_at_ms")?,
    })
}

/// Inserts or replaces the whole row.
pub fn save(tx: &Transaction<'_>, one: &Endpoint) -> Result<()> {
    tx.execute(
        "insert into webhook_endpoint (webhook_endpoint_id, clinic_id, url, secret, enabled, made_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6) \
         on conflict (webhook_endpoint_id) do update set url = ?3, enabled = ?5",
        params![
            Id(one.webhook_endpoint_id),
            one.clinic_id.map(Id),
            one.url,
            one.secret,
            one.enabled,
            Ms(one.made_at)
        ],
    )?;
    Ok(())
}

/// One endpoint.
pub fn find(connection: &Connection, webhook_endpoint_id: Uuid) -> Result<Option<Endpoint>> {
    let mut statement = connection
        .prepare_cached("select * from webhook_endpoint where webhook_endpoint_id = ?")?;
    Ok(statement
        .query_row(params![Id(webhook_endpoint_id)], read)
        .optional()?)
}

/// Every endpoint, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Endpoint>> {
    let mut statement = connection.prepare_cached(
        "select * from webhook_endpoint order by made_at_ms, webhook_endpoint_id",
    )?;
    let endpoints = statement.query_map([], read)?.collect::<sql::Result<_>>()?;
    Ok(endpoints)
}

/// The endpoints that are told of a clinic's changes.
pub fn told_of(connection: &Connection, clinic_id: Uuid) -> Result<Vec<Uuid>> {
    let sql = "select webhook_endpoint_id from webhook_endpoint where enabled = 1 and (clinic_id is null or clinic_id = ?)";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(clinic_id)], |row| id(row, "webhook_endpoint_id"))?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Forgets an endpoint and its messages; false when there is none.
pub fn delete(tx: &Transaction<'_>, webhook_endpoint_id: Uuid) -> Result<bool> {
    let sql = "delete from webhook_endpoint where webhook_endpoint_id = ?";
    Ok(tx.execute(sql, params![Id(webhook_endpoint_id)])? > 0)
}
