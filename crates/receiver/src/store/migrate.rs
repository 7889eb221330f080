//! Schema versions: forward only, each in its own transaction; a newer database is left alone.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{Result, StoreError};

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_start.sql"),
    include_str!("../../migrations/0002_control.sql"),
    include_str!("../../migrations/0003_webhook.sql"),
    include_str!("../../migrations/0004_pulse.sql"),
    include_str!("../../migrations/0005_deadline.sql"),
    include_str!("../../migrations/0006_progress.sql"),
    include_str!("../../migrations/0007_rollups.sql"),
    include_str!("../../migrations/0008_missed.sql"),
    include_str!("../../migrations/0009_grant_life.sql"),
    include_str!("../../migrations/0010_forget.sql"),
    include_str!("../../migrations/0011_bounds.sql"),
    include_str!("../../migrations/0012_rhythm.sql"),
    include_str!("../../migrations/0013_chain.sql"),
    include_str!("../../migrations/0014_keys.sql"),
    include_str!("../../migrations/0015_quota.sql"),
    include_str!("../../migrations/0016_fire_drill.sql"),
];

/// What a database file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where a database file keeps its `user_version`: four bytes, big-endian (sqlite.org/fileformat2.html, section 1.3).
const VERSION_AT: usize = 60;

/// Refuses a newer version's database before it is opened for writing, which would change it already.
pub fn refuse_newer(path: &Path) -> Result<()> {
    let mut header = [0; VERSION_AT + 4];
    match File::open(path).and_then(|mut file| file.read_exact(&mut header)) {
        // What is no database is for SQLite to name.
        Ok(()) if !header.starts_with(MAGIC) => return Ok(()),
        Ok(()) => {}
        // There is none yet, or an empty one.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => {
            return Ok(());
        }
        Err(error) => return Err(StoreError::Folder(path.to_owned(), error)),
    }
    let mut version = [0; 4];
    version.copy_from_slice(&header[VERSION_AT..]);
    refuse(path, u32::from_be_bytes(version))?;
    // After a crash the newest pages are still in the log beside it.
    let log = path.with_extension("db-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let failed = |source| StoreError::Open {
            path: path.to_owned(),
            source: rusqlite::Error::into(source),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        refuse(path, version_of(&connection).map_err(failed)?)?;
    }
    Ok(())
}

/// Brings the schema up to date.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let found = version_of(connection)?;
    refuse(path, found)?;
    for (version, migration) in (1u32..)
        .zip(MIGRATIONS)
        .filter(|(version, _)| *version > found)
    {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

fn version_of(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn refuse(path: &Path, found: u32) -> Result<()> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found <= known {
        return Ok(());
    }
    Err(StoreError::Newer {
        path: path.to_owned(),
        found,
        known,
    })
}
