//! The agent's own SQLite: receivers, the last known state, the biography as far as it was seen, and past alerts.
//!
//! Responsible for opening, migrating and refusing a newer file. A file that is broken is set aside, so that the rest can be
//! asked for again; a disk that is full or can't be written breaks none.

pub mod activity;
pub mod fact;
pub mod incident;
pub mod known;
pub mod left_token;
pub mod receiver;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use crate::core::private_file;

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_alert_history.sql"),
    include_str!("../migrations/0003_pin.sql"),
    include_str!("../migrations/0004_several_receivers.sql"),
    include_str!("../migrations/0005_left_token.sql"),
];

/// Why the store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("open {}", .path.display())]
    Open {
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error("read {}: it was written by a newer version of this app (schema {found}, known {known})", .path.display())]
    Newer {
        path: PathBuf,
        found: u32,
        known: u32,
    },
}

const FILE: &str = "desktop.sqlite";

/// An open store; one owner, no locks.
#[derive(Debug)]
pub struct Store {
    pub(crate) sql: Connection,
}

impl Store {
    /// Opens the store in `data_dir`, making or migrating it.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        match Self::open_file(&path) {
            Err(StoreError::Open { source, .. }) if is_broken(&source) => {
                tracing::warn!(error = %source, "desktop store unreadable; set aside");
                let aside = path.with_extension("sqlite.unreadable");
                let _ = std::fs::rename(&path, aside);
                Self::open_file(&path)
            }
            opened => opened,
        }
    }

    /// Whether there is one in `data_dir`; opening it would make it.
    pub fn is_in(data_dir: &Path) -> bool {
        data_dir.join(FILE).exists()
    }

    /// How much room the store in `data_dir` takes, with its log.
    pub fn bytes(data_dir: &Path) -> u64 {
        [FILE, "desktop.sqlite-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(data_dir.join(name)).ok())
            .map(|file| file.len())
            .sum()
    }

    fn open_file(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open {
            path: path.to_owned(),
            source,
        };
        // Made first, so that it is never readable by others; its log takes its mode.
        let _ = private_file(path);
        let mut sql = Connection::open(path).map_err(failed)?;
        sql.pragma_update(None, "journal_mode", "wal")
            .map_err(failed)?;
        sql.pragma_update(None, "synchronous", "normal")
            .map_err(failed)?;
        sql.busy_timeout(std::time::Duration::from_secs(2))
            .map_err(failed)?;
        let found: u32 = sql
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(failed)?;
        let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
        if found > known {
            return Err(StoreError::Newer {
                path: path.to_owned(),
                found,
                known,
            });
        }
        if found < known {
            migrate(&mut sql, found, known).map_err(failed)?;
        }
        Ok(Self { sql })
    }
}

/// Whether the file itself is at fault, and not what lies around it.
fn is_broken(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// All steps at once, so that none is forgotten of the receivers that a step leaves out: their tokens have to go.
fn migrate(sql: &mut Connection, found: u32, known: u32) -> rusqlite::Result<()> {
    let steps = sql.transaction()?;
    let watched = match found {
        0 => Vec::new(),
        _ => left_token::watched(&steps)?,
    };
    for migration in MIGRATIONS.iter().skip(found as usize) {
        steps.execute_batch(migration)?;
    }
    let still = left_token::watched(&steps)?;
    for receiver in watched.iter().filter(|key| !still.contains(key)) {
        left_token::leave(&steps, receiver)?;
    }
    steps.pragma_update(None, "user_version", known)?;
    steps.commit()
}

/// Writes are best effort: what fails is logged and asked for again from the receiver.
pub(crate) fn logged(result: rusqlite::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "desktop store write failed");
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn a_broken_file_is_set_aside_and_one_that_can_not_be_opened_now_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (file, aside) = (
            folder.path().join(FILE),
            folder.path().join("desktop.sqlite.unreadable"),
        );
        std::fs::create_dir(&file).unwrap();
        assert!(Store::open(folder.path()).is_err());
        assert!(file.exists() && !aside.exists());
        std::fs::remove_dir(&file).unwrap();
        std::fs::write(
            &file,
            "no database, and longer than the head of one is".repeat(9),
        )
        .unwrap();
        Store::open(folder.path()).unwrap();
        assert!(aside.exists());
    }

    #[test]
    fn a_full_disk_breaks_no_file() {
        let error = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR, ffi::SQLITE_READONLY] {
            assert!(!is_broken(&error(code)), "{code}");
        }
        assert!(is_broken(&error(ffi::SQLITE_CORRUPT)));
    }
}
