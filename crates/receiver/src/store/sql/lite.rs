//! SQLite's side: binding without copies, and reading in place.

use rusqlite::types::{ToSqlOutput, ValueRef as LiteRef};
use rusqlite::{Connection, Statement};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::{Malformed, Result, ToSql, Value, ValueRef};

/// Runs a word of SQL.
pub fn run(connection: &Connection, word: &str) -> Result<()> {
    connection.prepare_cached(word)?.raw_execute()?;
    Ok(())
}

/// Binds all values of a statement.
pub fn bind(statement: &mut Statement<'_>, values: &[&dyn ToSql]) -> Result<()> {
    let wanted = statement.parameter_count();
    if wanted != values.len() {
        return Err(rusqlite::Error::InvalidParameterCount(values.len(), wanted).into());
    }
    for (number, value) in (1..).zip(values) {
        let value = value.to_sql();
        let mut text = [0; Hyphenated::LENGTH];
        statement.raw_bind_parameter(number, Bound(lent(&value, &mut text)))?;
    }
    Ok(())
}

fn lent<'a>(value: &'a Value<'_>, text: &'a mut [u8; Hyphenated::LENGTH]) -> LiteRef<'a> {
    match value {
        Value::Null(_) => LiteRef::Null,
        Value::Integer(number) => LiteRef::Integer(*number),
        Value::Text(text) => LiteRef::Text(text.as_bytes()),
        Value::Id(id) => LiteRef::Text(written(*id, text)),
        Value::Blob(bytes) => LiteRef::Blob(bytes),
    }
}

fn written(id: Uuid, text: &mut [u8; Hyphenated::LENGTH]) -> &[u8] {
    id.hyphenated().encode_lower(text).as_bytes()
}

struct Bound<'a>(LiteRef<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

/// A column's value in our words.
pub fn value(value: LiteRef<'_>) -> std::result::Result<ValueRef<'_>, Malformed> {
    Ok(match value {
        LiteRef::Null => ValueRef::Null,
        LiteRef::Integer(number) => ValueRef::Integer(number),
        LiteRef::Text(text) => ValueRef::Text(std::str::from_utf8(text).map_err(Malformed::new)?),
        LiteRef::Blob(bytes) => ValueRef::Blob(bytes),
        LiteRef::Real(_) => return Err(Malformed::new("expected no fraction")),
    })
}
