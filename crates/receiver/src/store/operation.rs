//! Table `operation`: actions that a person follows step by step.

use jiff::Timestamp;
use syncward_engine::effect::Step;
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms, at, at_or_none, id, id_or_none};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// What a person asked for, once it is over.
pub const KEPT: Retention = Retention {
    name: "operation",
    days: 90,
    older: "select rowid from operation where at_ms < ?1 and finished_at_ms is not null limit ?2",
    forget: "delete from operation where rowid = ?",
};

/// An operation as stored.
#[derive(Clone, Debug)]
pub struct Operation {
    pub operation_id: Uuid,
    pub link_id: Option<Uuid>,
    pub kind: String,
    pub step: String,
    pub message: String,
    pub finished_at: Option<Timestamp>,
    pub failed: bool,
    pub at: Timestamp,
}

fn read(row: &Row<'_>) -> sql::Result<Operation> {
    Ok(Operation {
        operation_id: id(row, "operation_id")?,
        link_id: id_or_none(row, "link_id")?,
        kind: row.get("kind")?,
        step: row.get("step")?,
        message: row.get("message")?,
        finished_at: at_or_none(row, "finished_at_ms")?,
        failed: row.get("failed")?,
        at: at(row, "at_ms")?,
    })
}

/// Begins an operation.
pub fn insert(
    tx: &Transaction<'_>,
    operation_id: Uuid,
    link_id: Option<Uuid>,
    kind: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "insert into operation (operation_id, link_id, kind, step, at_ms) values (?, ?, ?, 'asked', ?)",
        params![Id(operation_id), link_id.map(Id), kind, Ms(now)],
    )?;
    Ok(())
}

/// Moves an operation to a step.
pub fn step(tx: &Transaction<'_>, operation_id: Uuid, step: &Step, now: Timestamp) -> Result<()> {
    let (word, message, finished, failed) = match step {
        Step::Opening => ("opening", "", false, false),
        Step::Proving => ("proving", "", false, false),
        Step::Overlapping => ("overlapping", "", false, false),
        Step::Stopping => ("stopping", "", false, false),
        Step::Running => ("running", "", false, false),
        Step::Done { message } => ("done", message.as_str(), true, false),
        Step::Failed { message } => ("failed", message.as_str(), true, true),
    };
    tx.execute(
        "update operation set step = ?, message = ?, finished_at_ms = ?, failed = ?, at_ms = ? where operation_id = ?",
        params![word, message, finished.then_some(Ms(now)), failed, Ms(now), Id(operation_id)],
    )?;
    Ok(())
}

/// One operation.
pub fn find(connection: &Connection, operation_id: Uuid) -> Result<Option<Operation>> {
    let mut statement =
        connection.prepare_cached("select * from operation where operation_id = ?")?;
    Ok(statement
        .query_row(params![Id(operation_id)], read)
        .optional()?)
}

/// The unfinished operation of a kind on a link, if there is one.
pub fn under_way(connection: &Connection, link_id: Uuid, kind: &str) -> Result<Option<Uuid>> {
    let sql = "select operation_id from operation where link_id = ? and kind = ? and finished_at_ms is null";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![Id(link_id), kind], |row| id(row, "operation_id"))
        .optional()?)
}

/// The unfinished operation of a kind on the receiver itself, if there is one.
pub fn of_receiver(connection: &Connection, kind: &str) -> Result<Option<Uuid>> {
    let sql = "select operation_id from operation where link_id is null and kind = ? and finished_at_ms is null";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![kind], |row| id(row, "operation_id"))
        .optional()?)
}

/// Operations that moved since `since` or are unfinished, the latest of them, oldest first.
pub fn since(connection: &Connection, since: Timestamp, most: u32) -> Result<Vec<Operation>> {
    let sql = "select * from (select * from operation where at_ms >= ? or finished_at_ms is null order by at_ms desc limit ?) as latest order by at_ms";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Ms(since), most], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
