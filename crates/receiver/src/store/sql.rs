//! SQL as the tables' files speak it: one face for the databases that we can keep our data in.
//!
//! Responsible for preparing, binding and reading. Holds no statement and no rule; what only one database can do is done
//! by those who know which one it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

mod error;
mod lite;
pub mod postgres;
mod value;

pub use error::{Error, Malformed, OptionalExtension, Result};
pub use value::{FromSql, Kind, ToSql, Value, ValueRef};

/// Values for a statement's placeholders, in order.
#[macro_export]
macro_rules! params {
    () => {
        &[] as &[&dyn $crate::store::sql::ToSql]
    };
    ($($value:expr),+ $(,)?) => {
        &[$(&$value as &dyn $crate::store::sql::ToSql),+] as &[&dyn $crate::store::sql::ToSql]
    };
}
pub use params;

/// What may stand for a statement's parameters: [`params!`](crate::params), or `[]` for none.
pub trait Params {
    fn values(&self) -> &[&dyn ToSql];
}

impl Params for [&dyn ToSql; 0] {
    fn values(&self) -> &[&dyn ToSql] {
        self
    }
}

impl Params for &[&dyn ToSql] {
    fn values(&self) -> &[&dyn ToSql] {
        self
    }
}

/// An open connection.
pub struct Connection {
    database: Database,
    /// The lease under which its process works.
    fence: Arc<AtomicI64>,
}

enum Database {
    Lite(rusqlite::Connection),
    Postgres(Box<postgres::Session>),
}

impl From<rusqlite::Connection> for Connection {
    fn from(lite: rusqlite::Connection) -> Self {
        Self {
            database: Database::Lite(lite),
            fence: Arc::default(),
        }
    }
}

impl From<postgres::Session> for Connection {
    fn from(session: postgres::Session) -> Self {
        Self {
            database: Database::Postgres(Box::new(session)),
            fence: Arc::default(),
        }
    }
}

impl Connection {
    /// A statement, kept ready for its next use. Placeholders are `?` (the next number) and `?N`.
    ///
    /// # Errors
    /// What the database says to it.
    pub fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>> {
        Ok(match &self.database {
            Database::Lite(lite) => Statement::Lite(lite.prepare_cached(sql)?),
            Database::Postgres(session) => Statement::Postgres(session, sql.to_owned()),
        })
    }

    /// Runs a statement; how many rows it wrote.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare_cached(sql)?.execute(params)
    }

    /// Writes one row with `sql`, an insert; the number the database gave it, which lies in the column `key`.
    ///
    /// # Errors
    /// What the database says.
    pub fn insert_numbered(&self, sql: &str, key: &str, params: impl Params) -> Result<i64> {
        match &self.database {
            // `returning` would gather the one row in a table of its own first.
            Database::Lite(lite) => {
                self.execute(sql, params)?;
                Ok(lite.last_insert_rowid())
            }
            Database::Postgres(_) => {
                let sql = format!("{sql} returning {key}");
                self.query_row(&sql, params, |row| row.get(0))
            }
        }
    }

    /// The first row of a question.
    ///
    /// # Errors
    /// `NoRows` when there is none, what the database says.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare_cached(sql)?.query_row(params, read)
    }

    /// Runs several statements without placeholders.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute_batch(&self, sql: &str) -> Result<()> {
        match &self.database {
            Database::Lite(lite) => Ok(lite.execute_batch(sql)?),
            Database::Postgres(session) => session.batch(sql),
        }
    }

    /// The number of the next row of a table whose rows are counted without gaps; none where the database counts so itself.
    ///
    /// # Errors
    /// What the database says.
    pub fn next_number(&self, table: &str) -> Result<Option<i64>> {
        let sql = "update numbering set written = written + 1 where name = ? returning written";
        match &self.database {
            Database::Lite(_) => Ok(None),
            Database::Postgres(_) => self.query_row(sql, params![table], |row| row.get(0)),
        }
    }

    /// How many rows were ever written to such a table.
    ///
    /// # Errors
    /// What the database says.
    pub fn numbered(&self, table: &str) -> Result<i64> {
        let sql = match &self.database {
            Database::Lite(_) => "select seq from sqlite_sequence where name = ?",
            Database::Postgres(_) => "select written from numbering where name = ?",
        };
        let number = self.query_row(sql, params![table], |row| row.get(0));
        Ok(number.optional()?.unwrap_or_default())
    }

    /// The fence of the lease under which its process works; 0 before the first.
    pub fn fence(&self) -> i64 {
        self.fence.load(Ordering::SeqCst)
    }

    pub(super) fn under(mut self, fence: &Arc<AtomicI64>) -> Self {
        self.fence = Arc::clone(fence);
        self
    }

    /// Whether no other process can work on this database.
    pub fn is_alone(&self) -> bool {
        matches!(self.database, Database::Lite(_))
    }

    /// The time of the clock that all who work on this database share, in milliseconds since 1970.
    ///
    /// # Errors
    /// What the database says.
    pub fn now_ms(&self) -> Result<i64> {
        let sql = "select (extract(epoch from clock_timestamp()) * 1000)::bigint";
        match &self.database {
            Database::Lite(_) => Ok(crate::clock::now().as_millisecond()),
            Database::Postgres(_) => self.query_row(sql, [], |row| row.get(0)),
        }
    }

    /// Whether it is still of use.
    pub(super) fn answers(&self) -> bool {
        match &self.database {
            Database::Lite(_) => true,
            Database::Postgres(session) => session.batch("select 1").is_ok(),
        }
    }

    fn word(&self, word: Word) -> Result<()> {
        match &self.database {
            Database::Lite(lite) => lite::run(lite, word.of_lite()),
            Database::Postgres(session) => session.batch(word.of_postgres()),
        }
    }

    /// Begins a transaction as the one that writes now.
    pub(super) fn take_turn(&self) -> Result<()> {
        let begun = self.word(Word::Begin);
        if let (Err(_), Database::Postgres(session)) = (&begun, &self.database) {
            // It began, and did not get its turn.
            let _ = session.batch(Word::Rollback.of_postgres());
        }
        begun
    }

    pub(super) fn begin(&self) -> Result<Transaction<'_>> {
        self.take_turn()?;
        Ok(Transaction::of(self))
    }
}

/// A transaction; dropped without [`Transaction::commit`], it undoes everything.
pub struct Transaction<'c> {
    connection: &'c Connection,
    is_over: bool,
}

impl std::ops::Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl<'c> Transaction<'c> {
    /// The one that [`Connection::take_turn`] began.
    pub(super) fn of(connection: &'c Connection) -> Self {
        Self {
            connection,
            is_over: false,
        }
    }

    pub(super) fn commit(mut self) -> Result<()> {
        let committed = self.connection.word(Word::Commit);
        // A failed one may still be open: the drop undoes it.
        self.is_over = committed.is_ok();
        committed
    }

    /// False once the database undid all of it by itself.
    pub(super) fn is_open(&self) -> bool {
        match &self.connection.database {
            Database::Lite(lite) => !lite.is_autocommit(),
            // A fault undoes the innermost savepoint only, or ends the connection.
            Database::Postgres(session) => !session.is_closed(),
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.is_open() {
            // The next transaction's beginning tells what is wrong.
            let _ = self.connection.word(Word::Rollback);
        }
    }
}

/// The words of a transaction.
#[derive(Clone, Copy)]
enum Word {
    Begin,
    Commit,
    Rollback,
}

impl Word {
    fn of_lite(self) -> &'static str {
        match self {
            Self::Begin => "begin immediate",
            Self::Commit => "commit",
            Self::Rollback => "rollback",
        }
    }

    fn of_postgres(self) -> &'static str {
        match self {
            // The turn: whoever writes waits for the last writer's commit, whichever replica that is.
            Self::Begin => {
                "begin isolation level read committed; select 1 from receiver for update"
            }
            // The question fails in a transaction that was undone, where a commit would pass for done.
            Self::Commit => "select 1; commit",
            Self::Rollback => "rollback",
        }
    }
}

/// A prepared statement.
pub enum Statement<'c> {
    Lite(rusqlite::CachedStatement<'c>),
    Postgres(&'c postgres::Session, String),
}

impl Statement<'_> {
    /// Runs it; how many rows it wrote.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&mut self, params: impl Params) -> Result<usize> {
        match self {
            Self::Lite(lite) => {
                lite::bind(lite, params.values())?;
                Ok(lite.raw_execute()?)
            }
            Self::Postgres(session, sql) => session.execute(sql, params.values()),
        }
    }

    /// Asks it, to read row by row.
    ///
    /// # Errors
    /// What the database says.
    pub fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        match self {
            Self::Lite(lite) => {
                lite::bind(lite, params.values())?;
                Ok(Rows::Lite(lite.raw_query()))
            }
            Self::Postgres(session, sql) => {
                let rows = session.query(sql, params.values())?;
                Ok(Rows::Postgres { rows, next: 0 })
            }
        }
    }

    /// Asks it; each row is read by `read`.
    ///
    /// # Errors
    /// What the database says.
    pub fn query_map<T, F>(&mut self, params: impl Params, read: F) -> Result<MappedRows<'_, F>>
    where
        F: FnMut(&Row<'_>) -> Result<T>,
    {
        let rows = self.query(params)?;
        Ok(MappedRows { rows, read })
    }

    /// Asks for the first row.
    ///
    /// # Errors
    /// `NoRows` when there is none, what the database says.
    pub fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        match self.query(params)?.next()? {
            Some(row) => read(&row),
            None => Err(Error::NoRows),
        }
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// What the database says.
    pub fn exists(&mut self, params: impl Params) -> Result<bool> {
        Ok(self.query(params)?.next()?.is_some())
    }
}

/// The rows of an answer.
pub enum Rows<'s> {
    Lite(rusqlite::Rows<'s>),
    Postgres {
        rows: Vec<::postgres::Row>,
        next: usize,
    },
}

impl Rows<'_> {
    /// The next row.
    ///
    /// # Errors
    /// What the database says.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row borrows from its rows, which an iterator can't say"
    )]
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        match self {
            Self::Lite(rows) => Ok(rows.next()?.map(Row::Lite)),
            Self::Postgres { rows, next } => {
                *next += 1;
                Ok(rows.get(*next - 1).map(Row::Postgres))
            }
        }
    }
}

/// The rows of an answer, each as it was read.
pub struct MappedRows<'s, F> {
    rows: Rows<'s>,
    read: F,
}

impl<T, F> Iterator for MappedRows<'_, F>
where
    F: FnMut(&Row<'_>) -> Result<T>,
{
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let row = self.rows.next().transpose()?;
        Some(row.and_then(|row| (self.read)(&row)))
    }
}

/// One row.
pub enum Row<'r> {
    Lite(&'r rusqlite::Row<'r>),
    Postgres(&'r ::postgres::Row),
}

impl Row<'_> {
    /// A column's value, by its name or its place.
    ///
    /// # Errors
    /// There is no such column, or its value is not what `T` says.
    pub fn get<C: Column, T: FromSql>(&self, column: C) -> Result<T> {
        let value = self.get_ref(column)?;
        T::from_sql(value).map_err(|fault| fault.at(column))
    }

    /// A column's value as it lies there.
    ///
    /// # Errors
    /// There is no such column.
    pub fn get_ref<C: Column>(&self, column: C) -> Result<ValueRef<'_>> {
        match self {
            Self::Lite(row) => lite::value(column.of_lite(row)?).map_err(|fault| fault.at(column)),
            Self::Postgres(row) => column.of_postgres(row),
        }
    }
}

/// A column's name, or its place among those asked for.
pub trait Column: Copy + std::fmt::Display {
    #[doc(hidden)]
    fn of_lite<'r>(self, row: &'r rusqlite::Row<'_>) -> Result<rusqlite::types::ValueRef<'r>>;
    #[doc(hidden)]
    fn of_postgres(self, row: &::postgres::Row) -> Result<ValueRef<'_>>;
}

impl Column for &str {
    fn of_lite<'r>(self, row: &'r rusqlite::Row<'_>) -> Result<rusqlite::types::ValueRef<'r>> {
        Ok(row.get_ref(self)?)
    }

    fn of_postgres(self, row: &::postgres::Row) -> Result<ValueRef<'_>> {
        Ok(row.try_get::<_, postgres::Lying<'_>>(self)?.0)
    }
}

impl Column for usize {
    fn of_lite<'r>(self, row: &'r rusqlite::Row<'_>) -> Result<rusqlite::types::ValueRef<'r>> {
        Ok(row.get_ref(self)?)
    }

    fn of_postgres(self, row: &::postgres::Row) -> Result<ValueRef<'_>> {
        Ok(row.try_get::<_, postgres::Lying<'_>>(self)?.0)
    }
}
