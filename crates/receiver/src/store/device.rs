//! Table `device`: who may talk to the control API; only the hash of a token is kept.

use jiff::Timestamp;
use syncward_wire::Role;
use syncward_wire::receiver::Device;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, at_or_none, id};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// The stored word of a role.
pub fn word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Admin => "admin",
        Role::Integration => "integration",
    }
}

/// The role of a stored word; the least of them for a word we don't know.
pub fn role(word: &str) -> Role {
    match word {
        "admin" => Role::Admin,
        "operator" => Role::Operator,
        "integration" => Role::Integration,
        _ => Role::Viewer,
    }
}

fn read(row: &Row<'_>) -> sql::Result<Device> {
    Ok(Device {
        id: id(row, "device_id")?,
        name: row.get("name")?,
        role: role(&row.get::<_, String>("role")?),
        paired_at: at(row, "paired_at_ms")?.into(),
        seen_at: at_or_none(row, "seen_at_ms")?.map(Into::into),
        revoked_at: at_or_none(row, "revoked_at_ms")?.map(Into::into),
        own: false,
    })
}

/// The device a token belongs to, unless it is revoked or has expired.
pub fn of_token(
    connection: &Connection,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Device>> {
    let mut statement = connection.prepare_cached(
        "select * from device where token_hash = ? and revoked_at_ms is null and (expires_at_ms is null or expires_at_ms > ?)",
    )?;
    Ok(statement
        .query_row(params![token_hash, Ms(now)], read)
        .optional()?)
}

/// Every paired device, revoked ones included.
pub fn all(connection: &Connection) -> Result<Vec<Device>> {
    let mut statement = connection
        .prepare_cached("select * from device where expires_at_ms is null order by paired_at_ms")?;
    let devices = statement.query_map([], read)?.collect::<sql::Result<_>>()?;
    Ok(devices)
}

/// Keeps a paired device.
pub fn insert(
    tx: &Transaction<'_>,
    device_id: Uuid,
    name: &str,
    role: Role,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "insert into device (device_id, name, role, token_hash, paired_at_ms) values (?, ?, ?, ?, ?)",
        params![Id(device_id), name, word(role), token_hash, Ms(now)],
    )?;
    Ok(())
}

/// Shuts a device out; false when there is none.
pub fn revoke(tx: &Transaction<'_>, device_id: Uuid, now: Timestamp) -> Result<bool> {
    let sql = "update device set revoked_at_ms = coalesce(revoked_at_ms, ?) where device_id = ?";
    Ok(tx.execute(sql, params![Ms(now), Id(device_id)])? > 0)
}

/// Keeps a token that is good for a short while and belongs to nobody's device; those that have expired are forgotten.
pub fn lend(
    tx: &Transaction<'_>,
    device_id: Uuid,
    name: &str,
    token_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.execute(
        "delete from device where expires_at_ms <= ?",
        params![Ms(now)],
    )?;
    tx.execute(
        "insert into device (device_id, name, role, token_hash, paired_at_ms, expires_at_ms) values (?, ?, 'admin', ?, ?, ?)",
        params![Id(device_id), name, token_hash, Ms(now), Ms(expires_at)],
    )?;
    Ok(())
}

/// Takes a lent token back.
pub fn take_back(tx: &Transaction<'_>, device_id: Uuid) -> Result<()> {
    tx.execute(
        "delete from device where device_id = ? and expires_at_ms is not null",
        params![Id(device_id)],
    )?;
    Ok(())
}

/// Notes that a device was here.
pub fn seen(tx: &Transaction<'_>, device_id: Uuid, now: Timestamp) -> Result<()> {
    tx.prepare_cached("update device set seen_at_ms = ? where device_id = ?")?
        .execute(params![Ms(now), Id(device_id)])?;
    Ok(())
}

/// Whether a device may still be told things.
pub fn is_welcome(connection: &Connection, device_id: Uuid, now: Timestamp) -> Result<bool> {
    let sql = "select 1 from device where device_id = ? and revoked_at_ms is null and (expires_at_ms is null or expires_at_ms > ?)";
    Ok(connection
        .prepare_cached(sql)?
        .exists(params![Id(device_id), Ms(now)])?)
}
