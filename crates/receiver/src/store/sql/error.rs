//! What a database may say instead of an answer.

use postgres::error::SqlState;

/// A result of a database.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("{}", in_words(.0))]
    Postgres(#[from] postgres::Error),
    /// Where, and what is in the way.
    #[error("{0}")]
    Away(String),
    #[error("there is no such row")]
    NoRows,
    #[error("read column {column}")]
    Column { column: String, source: Malformed },
}

/// The client's own words hide the server's.
fn in_words(error: &postgres::Error) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Why a value can't be read as what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    /// In words.
    pub fn new(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }

    /// In a column.
    pub fn at(self, column: impl std::fmt::Display) -> Error {
        Error::Column {
            column: column.to_string(),
            source: self,
        }
    }
}

impl Error {
    /// Of SQLite, what it calls the fault.
    fn lite_code(&self) -> Option<rusqlite::ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Postgres(_) | Self::Away(_) | Self::NoRows | Self::Column { .. } => None,
        }
    }

    /// Of PostgreSQL, what it calls the fault.
    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            Self::Sqlite(_) | Self::Away(_) | Self::NoRows | Self::Column { .. } => None,
        }
    }

    /// The database can't be reached, or let go of us.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Away(_) => true,
            Self::Postgres(error) => match error.as_db_error() {
                // Connection, shutdown, who we are, which database, no room for one more.
                Some(said) => ["08", "57P", "28", "3D", "533", "25P03"]
                    .iter()
                    .any(|class| said.code().code().starts_with(class)),
                None => true,
            },
            Self::Sqlite(_) | Self::NoRows | Self::Column { .. } => false,
        }
    }

    /// The disk has no room.
    pub fn is_full(&self) -> bool {
        self.lite_code() == Some(rusqlite::ErrorCode::DiskFull)
            || self.state() == Some(&SqlState::DISK_FULL)
    }

    /// The disk has no room, or refused: nothing of the work can be kept.
    pub fn is_of_disk(&self) -> bool {
        self.is_full()
            || self.lite_code() == Some(rusqlite::ErrorCode::SystemIoFailure)
            || self.state() == Some(&SqlState::IO_ERROR)
    }

    /// What was opened is no whole database.
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        matches!(self.lite_code(), Some(NotADatabase | DatabaseCorrupt))
    }
}

/// Turns the absence of a row into an absent value.
pub trait OptionalExtension<T> {
    /// None instead of `NoRows`.
    ///
    /// # Errors
    /// Every other one.
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalExtension<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(found) => Ok(Some(found)),
            Err(Error::NoRows) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
