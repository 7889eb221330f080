//! PostgreSQL's side: placeholders and types in its own words, statements prepared once per connection.
//!
//! Blocks while it waits, so it lives on threads of its own, never on the runtime's.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error as StdError;

use postgres::Client;
use postgres::types::private::BytesMut;
use postgres::types::{FromSql as FromPostgres, IsNull, ToSql as ToPostgres, Type, to_sql_checked};

use super::value::{Kind, Value, ValueRef};
use super::{Result, ToSql};

/// Statements kept ready; more of them begin anew.
const STATEMENTS_MOST: usize = 512;

/// An open connection and its prepared statements.
pub struct Session {
    /// Gone only while it is dropped.
    client: Option<RefCell<Client>>,
    statements: RefCell<HashMap<String, postgres::Statement>>,
}

impl From<Client> for Session {
    fn from(client: Client) -> Self {
        Self {
            client: Some(RefCell::new(client)),
            statements: RefCell::default(),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Its end blocks, and the last handle may go on a thread that must not.
        let client = self.client.take();
        let _ = std::thread::Builder::new().spawn(move || drop(client));
    }
}

impl Session {
    fn client(&self) -> std::cell::RefMut<'_, Client> {
        let client = self.client.as_ref();
        client
            .expect("a client is there until the drop")
            .borrow_mut()
    }

    /// Runs statements without placeholders.
    pub fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.client().batch_execute(sql)?)
    }

    /// Whether the connection is known to have ended.
    pub fn is_closed(&self) -> bool {
        self.client().is_closed()
    }

    /// Runs a statement; how many rows it wrote.
    pub fn execute(&self, sql: &str, values: &[&dyn ToSql]) -> Result<usize> {
        let (statement, bound) = self.ready(sql, values)?;
        let written = self.client().execute(&statement, &lent(&bound));
        let written = written.inspect_err(|_| self.forget(sql))?;
        Ok(usize::try_from(written).unwrap_or(usize::MAX))
    }

    /// The rows of a question, all at once.
    pub fn query(&self, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<postgres::Row>> {
        let (statement, bound) = self.ready(sql, values)?;
        let rows = self.client().query(&statement, &lent(&bound));
        Ok(rows.inspect_err(|_| self.forget(sql))?)
    }

    /// A later version's migration may have changed what a statement answers with: it is prepared anew at its next use.
    fn forget(&self, sql: &str) {
        self.statements.borrow_mut().remove(sql);
    }

    fn ready<'v>(
        &self,
        sql: &str,
        values: &'v [&dyn ToSql],
    ) -> Result<(postgres::Statement, Vec<Bound<'v>>)> {
        let bound: Vec<Bound<'v>> = values.iter().map(|value| Bound(value.to_sql())).collect();
        let mut statements = self.statements.borrow_mut();
        if let Some(ready) = statements.get(sql) {
            return Ok((ready.clone(), bound));
        }
        let types: Vec<Type> = bound.iter().map(|value| value.kind()).collect();
        let ready = self.client().prepare_typed(&numbered(sql), &types)?;
        if statements.len() >= STATEMENTS_MOST {
            statements.clear();
        }
        statements.insert(sql.to_owned(), ready.clone());
        Ok((ready, bound))
    }
}

fn lent<'a>(bound: &'a [Bound<'_>]) -> Vec<&'a (dyn ToPostgres + Sync)> {
    let each = bound.iter();
    each.map(|value| value as &(dyn ToPostgres + Sync))
        .collect()
}

/// `?` and `?2` as `$1` and `$2`, by SQLite's rule: a bare one is one more than the greatest so far.
fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let (mut greatest, mut is_quoted) = (0, false);
    let mut rest = sql.chars().peekable();
    while let Some(one) = rest.next() {
        is_quoted ^= one == '\'';
        if one != '?' || is_quoted {
            out.push(one);
            continue;
        }
        let mut number = 0;
        while let Some(digit) = rest.peek().and_then(|next| next.to_digit(10)) {
            number = number * 10 + digit;
            rest.next();
        }
        let number = if number == 0 { greatest + 1 } else { number };
        greatest = greatest.max(number);
        out.push('$');
        out.push_str(&number.to_string());
    }
    out
}

#[derive(Debug)]
struct Bound<'a>(Value<'a>);

impl Bound<'_> {
    fn kind(&self) -> Type {
        let kind = match &self.0 {
            Value::Null(kind) => *kind,
            Value::Integer(_) => Kind::Integer,
            Value::Text(_) | Value::Id(_) => Kind::Text,
            Value::Blob(_) => Kind::Blob,
        };
        match kind {
            Kind::Integer => Type::INT8,
            Kind::Text => Type::TEXT,
            Kind::Blob => Type::BYTEA,
        }
    }
}

type Fault = Box<dyn StdError + Sync + Send>;

impl ToPostgres for Bound<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Fault> {
        match &self.0 {
            Value::Null(_) => return Ok(IsNull::Yes),
            Value::Integer(number) => out.extend_from_slice(&number.to_be_bytes()),
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Id(id) => {
                let mut text = uuid::Uuid::encode_buffer();
                let text = id.hyphenated().encode_lower(&mut text);
                out.extend_from_slice(text.as_bytes());
            }
            Value::Blob(bytes) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    /// Statements are prepared with the types of what is bound to them.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column's value in our words.
pub struct Lying<'a>(pub ValueRef<'a>);

impl<'a> FromPostgres<'a> for Lying<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> std::result::Result<Self, Fault> {
        let value = match *kind {
            Type::INT8 => ValueRef::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => ValueRef::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::BOOL => ValueRef::Integer(i64::from(raw != [0])),
            Type::BYTEA => ValueRef::Blob(raw),
            _ => ValueRef::Text(std::str::from_utf8(raw)?),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Fault> {
        Ok(Self(ValueRef::Null))
    }

    fn accepts(kind: &Type) -> bool {
        let known = [
            Type::INT8,
            Type::INT4,
            Type::BOOL,
            Type::BYTEA,
            Type::TEXT,
            Type::VARCHAR,
            Type::NAME,
        ];
        known.contains(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn placeholders_are_numbered_as_sqlite_numbers_them() {
        let sql = "select '?', a from t where b = ? and (?2 is null or c = ?2) and d = ? limit ?1";
        let expected =
            "select '?', a from t where b = $1 and ($2 is null or c = $2) and d = $3 limit $1";
        assert_eq!(numbered(sql), expected);
    }
}
