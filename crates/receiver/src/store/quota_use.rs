//! Table `quota_use`: calls to Google by second and grant, kept for the sliding minute only.

use jiff::Timestamp;
use uuid::Uuid;

use super::Result;
use super::row::Id;
use super::sql::{self, Connection, FromSql, Malformed, Row, Transaction, ValueRef, params};

/// A call that no grant's budget counts is the project's alone.
const PROJECT: &str = "project";
/// Older ones have left every sliding minute.
const KEPT_S: i64 = 120;

/// Calls of one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    pub grant: Option<Uuid>,
    /// Since 1970.
    pub second: i64,
    pub calls: u32,
}

/// Whom a budget is of, as kept.
pub(super) fn who(grant: Option<Uuid>) -> String {
    grant.map_or_else(|| PROJECT.to_owned(), |grant| grant.to_string())
}

/// Whom a budget is of, as read.
struct Whose(Option<Uuid>);

impl FromSql for Whose {
    fn from_sql(value: ValueRef<'_>) -> std::result::Result<Self, Malformed> {
        match value.as_str()? {
            PROJECT => Ok(Self(None)),
            _ => Id::from_sql(value).map(|id| Self(Some(id.0))),
        }
    }
}

/// Reads whom a budget is of.
pub(super) fn whose(row: &Row<'_>) -> sql::Result<Option<Uuid>> {
    row.get::<_, Whose>("who").map(|whose| whose.0)
}

/// Adds calls of this writer, and forgets what has left the minute.
pub fn add(tx: &Transaction<'_>, writer: Uuid, uses: &[Use], now: Timestamp) -> Result<()> {
    let sql = "insert into quota_use (writer, who, second_s, calls) values (?, ?, ?, ?) \
               on conflict (writer, who, second_s) do update set calls = quota_use.calls + excluded.calls";
    for one in uses {
        tx.prepare_cached(sql)?.execute(params![
            Id(writer),
            who(one.grant),
            one.second,
            one.calls
        ])?;
    }
    tx.prepare_cached("delete from quota_use where second_s < ?")?
        .execute(params![now.as_second() - KEPT_S])?;
    Ok(())
}

/// Calls of other writers in the last two minutes.
pub fn of_others(connection: &Connection, writer: Uuid, now: Timestamp) -> Result<Vec<Use>> {
    let sql = "select who, second_s, calls from quota_use where second_s >= ? and writer <> ?";
    let mut statement = connection.prepare_cached(sql)?;
    let place = params![now.as_second() - KEPT_S, Id(writer)];
    let rows = statement.query_map(place, |row| {
        Ok(Use {
            grant: whose(row)?,
            second: row.get("second_s")?,
            calls: row.get("calls")?,
        })
    })?;
    Ok(rows.collect::<sql::Result<_>>()?)
}
