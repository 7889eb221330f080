//! Every column that holds something sealed: under which key its values are, and how they change to another.

use std::collections::BTreeMap;

use super::sql::{self, Connection, FromSql, Kind, Malformed, ToSql, Transaction, Value, ValueRef};
use super::{
    Result, StoreError, appointment, google_grant, idempotency_key, oauth_attempt, receiver,
    revision, webhook_endpoint,
};
use crate::seal::{self, KeyId, OLD_KEY_PLACE, Seal};

/// Values sealed anew in one transaction.
pub const BATCH_MOST: u32 = 50;
/// What stands before the sealed content in a snapshot.
const SNAPSHOT_BEGINS: &str = r#"{"content":""#;

/// Every sealed column. The keys whose place was taken come first: who has the newest key then has them all.
pub const SEALED: [Column; 7] = [
    bare(OLD_KEY_PLACE, "old_key", "sealed", &["key_id"]),
    bare(
        google_grant::PLACE,
        "google_grant",
        "refresh_token",
        &["google_grant_id"],
    ),
    bare(
        appointment::PLACE,
        "appointment",
        "content",
        &["appointment_id"],
    ),
    Column {
        in_snapshot: true,
        ..bare(
            appointment::PLACE,
            "revision",
            "snapshot",
            &["appointment_id", "revision", "lost"],
        )
    },
    Column {
        row: |key| format!("{}:{}", key[0].text(), key[1].text()),
        ..bare(
            idempotency_key::PLACE,
            "idempotency_key",
            "answer",
            &["device_id", "key"],
        )
    },
    bare(
        oauth_attempt::PLACE,
        "oauth_attempt",
        "verifier",
        &["state_hash"],
    ),
    bare(
        webhook_endpoint::PLACE,
        "webhook_endpoint",
        "secret",
        &["webhook_endpoint_id"],
    ),
];

/// A column that holds something sealed.
pub struct Column {
    pub place: &'static str,
    pub table: &'static str,
    pub column: &'static str,
    /// The table's primary key.
    keys: &'static [&'static str],
    /// The row id to which a value is bound.
    row: fn(&[Cell]) -> String,
    /// What is sealed lies in base64 in a snapshot of an appointment.
    in_snapshot: bool,
}

/// A value bound to the first column of its row's key.
const fn bare(
    place: &'static str,
    table: &'static str,
    column: &'static str,
    keys: &'static [&'static str],
) -> Column {
    Column {
        place,
        table,
        column,
        keys,
        row: |key| key[0].text(),
        in_snapshot: false,
    }
}

/// A value that is found, and where.
pub struct Found {
    pub key: Vec<Cell>,
    value: Vec<u8>,
}

/// A cell of a row's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Integer(i64),
    Blob(Vec<u8>),
}

impl Cell {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Blob(bytes) => data_encoding::HEXLOWER.encode(bytes),
        }
    }
}

impl FromSql for Cell {
    fn from_sql(value: ValueRef<'_>) -> std::result::Result<Self, Malformed> {
        Ok(match value {
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
            other @ (ValueRef::Text(_) | ValueRef::Null) => Self::Text(other.as_str()?.to_owned()),
        })
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text.into()),
            Self::Integer(number) => Value::Integer(*number),
            Self::Blob(bytes) => Value::Blob(bytes.into()),
        }
    }

    fn kind() -> Kind {
        Kind::Text
    }
}

impl Column {
    /// Values that are under another key than this, in the order of their rows from behind `after` on; a batch at the most.
    ///
    /// # Errors
    /// What the database says.
    pub fn not_under(
        &self,
        connection: &Connection,
        key: KeyId,
        after: Option<&[Cell]>,
    ) -> Result<Vec<Found>> {
        let keys = self.keys.join(", ");
        let begins = self.begins();
        let behind = after.map_or_else(String::new, |after| {
            let places: Vec<String> = (3..after.len() + 3).map(|at| format!("?{at}")).collect();
            format!("and ({keys}) > ({})", places.join(", "))
        });
        let sql = format!(
            "select {keys}, {column} from {table} where {column} is not null and {begins} <> ?1 {behind} order by {keys} limit ?2",
            column = self.column,
            table = self.table
        );
        let prefix = self.prefix(key);
        let most: &dyn ToSql = &BATCH_MOST;
        let mut values: Vec<&dyn ToSql> = vec![&prefix, most];
        values.extend(
            after
                .unwrap_or_default()
                .iter()
                .map(|cell| cell as &dyn ToSql),
        );
        let count = self.keys.len();
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(values.as_slice(), |row| {
            let key = (0..count)
                .map(|at| row.get(at))
                .collect::<sql::Result<_>>()?;
            let value = row.get(count)?;
            Ok(Found { key, value })
        })?;
        Ok(rows.collect::<sql::Result<_>>()?)
    }

    /// The same value, sealed under the newest key.
    ///
    /// # Errors
    /// `Sealed` when no known key opens it.
    pub fn anew(&self, seal: &Seal, found: &Found) -> Result<Vec<u8>> {
        let row = (self.row)(&found.key);
        if !self.in_snapshot {
            return seal.reseal(self.place, &row, &found.value);
        }
        let sealed = revision::sealed_of(&found.value)?;
        revision::with_sealed(&found.value, &seal.reseal(self.place, &row, &sealed)?)
    }

    /// Puts the fresh value into the old one's place, unless it has changed meanwhile.
    ///
    /// # Errors
    /// What the database says.
    pub fn replace(&self, tx: &Transaction<'_>, found: &Found, fresh: &[u8]) -> Result<bool> {
        let places = (3..).zip(self.keys);
        let places: Vec<String> = places.map(|(at, key)| format!("{key} = ?{at}")).collect();
        let sql = format!(
            "update {table} set {column} = ?1 where {column} = ?2 and {}",
            places.join(" and "),
            column = self.column,
            table = self.table
        );
        let mut values: Vec<&dyn ToSql> = vec![&fresh, &found.value];
        values.extend(found.key.iter().map(|cell| cell as &dyn ToSql));
        Ok(tx.execute(&sql, values.as_slice())? > 0)
    }

    /// The bytes at a value's beginning that tell its key.
    fn begins(&self) -> String {
        match self.in_snapshot {
            false => format!("substr({}, 1, 4)", self.column),
            true => format!("substr({}, {}, 5)", self.column, SNAPSHOT_BEGINS.len() + 1),
        }
    }

    fn prefix(&self, key: KeyId) -> Vec<u8> {
        match self.in_snapshot {
            false => key.0.to_vec(),
            // Thirty of its thirty-two bits.
            true => data_encoding::BASE64.encode(&key.0).as_bytes()[..5].to_vec(),
        }
    }

    /// Any of its values.
    fn sample(&self, connection: &Connection) -> Result<Option<KeyId>> {
        let sql = format!(
            "select {column} from {table} where {column} is not null limit 1",
            column = self.column,
            table = self.table
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        let found: Vec<Vec<u8>> = rows.collect::<sql::Result<_>>()?;
        let Some(value) = found.first() else {
            return Ok(None);
        };
        match self.in_snapshot {
            false => Ok(seal::key_of(value)),
            true => Ok(seal::key_of(&revision::sealed_of(value)?)),
        }
    }
}

/// How many values are under which key, by the key's name; read in full.
///
/// # Errors
/// What the database says.
pub fn counts(connection: &Connection) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for column in &SEALED {
        // Of a snapshot six letters of base64 hold the key's four bytes.
        let begins = match column.in_snapshot {
            false => column.begins(),
            true => format!(
                "substr({}, {}, 6)",
                column.column,
                SNAPSHOT_BEGINS.len() + 1
            ),
        };
        let sql = format!(
            "select {begins}, count(*) from {table} where {column} is not null group by {begins}",
            column = column.column,
            table = column.table
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let found: Vec<(Vec<u8>, i64)> = rows.collect::<sql::Result<_>>()?;
        for (begins, count) in found {
            let key = match column.in_snapshot {
                false => seal::key_of(&begins),
                true => {
                    let padded = [begins.as_slice(), b"AA"].concat();
                    let decoded = data_encoding::BASE64.decode(&padded);
                    decoded.ok().and_then(|bytes| seal::key_of(&bytes))
                }
            };
            let name = key.map_or_else(|| "none".to_owned(), |key| key.to_string());
            *counts.entry(name).or_default() += count.unsigned_abs();
        }
    }
    Ok(counts)
}

/// Teaches the seal the keys that are kept here, and refuses one that does not fit what is sealed.
///
/// # Errors
/// `WrongKey`, what the database says.
pub fn fit(connection: &Connection, seal: &Seal) -> Result<()> {
    super::old_key::teach(connection, seal)?;
    let wrong = |wanted: String| StoreError::WrongKey {
        wanted,
        given: seal.key_id().to_string(),
    };
    let mut is_sealed = false;
    for column in &SEALED {
        if let Some(key) = column.sample(connection)? {
            is_sealed = true;
            if !seal.knows(key) {
                return Err(wrong(key.to_string()));
            }
        }
    }
    let noted = receiver::seal_key(connection)?;
    match noted.filter(|_| is_sealed) {
        Some(noted) if !seal.names(&noted) => Err(wrong(noted)),
        Some(_) | None => Ok(()),
    }
}
