//! SQL as the tables' files speak it: one face for the databases that we can keep our data in.
//!
//! Responsible for preparing, binding and reading. Holds no statement and no rule; what only one database can do is done
//! by those who know which one it is.

mod error;
mod lite;
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
    lite: rusqlite::Connection,
}

impl From<rusqlite::Connection> for Connection {
    fn from(lite: rusqlite::Connection) -> Self {
        Self { lite }
    }
}

impl Connection {
    /// A statement, kept ready for its next use. Placeholders are `?` (the next number) and `?N`.
    ///
    /// # Errors
    /// What the database says to it.
    pub fn prepare_cached(&self, sql: &str) -> Result<Statement<'_>> {
        let lite = self.lite.prepare_cached(sql)?;
        Ok(Statement { lite })
    }

    /// Runs a statement; how many rows it wrote.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare_cached(sql)?.execute(params)
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
        Ok(self.lite.execute_batch(sql)?)
    }

    /// Begins a transaction that takes the writer's turn at once.
    pub(super) fn begin(&mut self) -> Result<Transaction<'_>> {
        lite::begin(&self.lite)?;
        Ok(Transaction {
            connection: self,
            is_over: false,
        })
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

impl Transaction<'_> {
    pub(super) fn commit(mut self) -> Result<()> {
        self.is_over = true;
        let committed = lite::end(&self.connection.lite, "commit");
        if committed.is_err() && self.is_open() {
            lite::end(&self.connection.lite, "rollback")?;
        }
        committed
    }

    /// False once the database undid all of it by itself.
    pub(super) fn is_open(&self) -> bool {
        !self.connection.lite.is_autocommit()
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.is_open() {
            // The next transaction's beginning tells what is wrong.
            let _ = lite::end(&self.connection.lite, "rollback");
        }
    }
}

/// A prepared statement.
pub struct Statement<'c> {
    lite: rusqlite::CachedStatement<'c>,
}

impl Statement<'_> {
    /// Runs it; how many rows it wrote.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&mut self, params: impl Params) -> Result<usize> {
        lite::bind(&mut self.lite, params.values())?;
        Ok(self.lite.raw_execute()?)
    }

    /// Asks it, to read row by row.
    ///
    /// # Errors
    /// What the database says.
    pub fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        lite::bind(&mut self.lite, params.values())?;
        Ok(Rows {
            lite: self.lite.raw_query(),
        })
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
pub struct Rows<'s> {
    lite: rusqlite::Rows<'s>,
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
        Ok(self.lite.next()?.map(|lite| Row { lite }))
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
pub struct Row<'r> {
    lite: &'r rusqlite::Row<'r>,
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
        lite::value(column.of_lite(self.lite)?).map_err(|fault| fault.at(column))
    }
}

/// A column's name, or its place among those asked for.
pub trait Column: Copy + std::fmt::Display {
    #[doc(hidden)]
    fn of_lite<'r>(self, row: &'r rusqlite::Row<'_>) -> Result<rusqlite::types::ValueRef<'r>>;
}

impl Column for &str {
    fn of_lite<'r>(self, row: &'r rusqlite::Row<'_>) -> Result<rusqlite::types::ValueRef<'r>> {
        Ok(row.get_ref(self)?)
    }
}

impl Column for usize {
    fn of_lite<'r>(self, row: &'r rusqlite::Row<'_>) -> Result<rusqlite::types::ValueRef<'r>> {
        Ok(row.get_ref(self)?)
    }
}
