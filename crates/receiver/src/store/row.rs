//! How ids and times look in columns.

use jiff::Timestamp;
use uuid::Uuid;

use super::sql::{self, Column, FromSql, Kind, Malformed, Row, ToSql, Value, ValueRef};

/// A UUID as lower-case text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl ToSql for Id {
    fn to_sql(&self) -> Value<'_> {
        Value::Id(self.0)
    }

    fn kind() -> Kind {
        Kind::Text
    }
}

impl FromSql for Id {
    fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed> {
        Uuid::parse_str(value.as_str()?)
            .map(Self)
            .map_err(Malformed::new)
    }
}

/// An instant as milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ms(pub Timestamp);

impl ToSql for Ms {
    fn to_sql(&self) -> Value<'_> {
        Value::Integer(self.0.as_millisecond())
    }

    fn kind() -> Kind {
        Kind::Integer
    }
}

impl FromSql for Ms {
    fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed> {
        Timestamp::from_millisecond(value.as_i64()?)
            .map(Self)
            .map_err(Malformed::new)
    }
}

/// Reads a UUID column.
pub fn id(row: &Row<'_>, column: impl Column) -> sql::Result<Uuid> {
    row.get::<_, Id>(column).map(|id| id.0)
}

/// Reads a UUID column that may be null.
pub fn id_or_none(row: &Row<'_>, column: impl Column) -> sql::Result<Option<Uuid>> {
    Ok(row.get::<_, Option<Id>>(column)?.map(|id| id.0))
}

/// Reads an instant.
pub fn at(row: &Row<'_>, column: impl Column) -> sql::Result<Timestamp> {
    row.get::<_, Ms>(column).map(|at| at.0)
}

/// Reads an instant that may be null.
pub fn at_or_none(row: &Row<'_>, column: impl Column) -> sql::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<Ms>>(column)?.map(|at| at.0))
}

/// Reads a column that holds JSON.
pub fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: impl Column) -> sql::Result<T> {
    let text = row.get_ref(column)?.as_str();
    text.and_then(|text| serde_json::from_str(text).map_err(Malformed::new))
        .map_err(|fault| fault.at(column))
}
