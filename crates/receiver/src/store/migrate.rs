//! Schema versions: forward only, each in its own transaction; a newer database is left alone.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::sql;
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
    include_str!("../../migrations/0017_replica.sql"),
    include_str!("../../migrations/0018_found.sql"),
    include_str!("../../migrations/0019_refresh.sql"),
    include_str!("../../migrations/0020_stuck.sql"),
    include_str!("../../migrations/0021_quiet.sql"),
    include_str!("../../migrations/0022_reach.sql"),
    include_str!("../../migrations/0023_door.sql"),
    include_str!("../../migrations/0024_version.sql"),
];

/// The same schema in PostgreSQL's words.
const POSTGRES: &[&str] = &[
    include_str!("../../migrations/postgres/0001_start.sql"),
    include_str!("../../migrations/postgres/0002_found.sql"),
    include_str!("../../migrations/postgres/0003_refresh.sql"),
    include_str!("../../migrations/postgres/0004_stuck.sql"),
    include_str!("../../migrations/postgres/0005_quiet.sql"),
    include_str!("../../migrations/postgres/0006_reach.sql"),
    include_str!("../../migrations/postgres/0007_door.sql"),
    include_str!("../../migrations/postgres/0008_version.sql"),
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

/// Brings a PostgreSQL database's schema up to date; a newer version's is left alone.
pub fn migrate_postgres(connection: &sql::Connection, shown: &str) -> Result<()> {
    let found = version_of_postgres(connection)?;
    refuse_after(Path::new(shown), found, POSTGRES.len())?;
    if found as usize == POSTGRES.len() {
        return Ok(());
    }
    let done = bring_up(connection);
    if done.is_err() {
        connection.execute_batch("rollback")?;
        // Another replica may have done the same meanwhile.
        if version_of_postgres(connection)? as usize == POSTGRES.len() {
            return Ok(());
        }
    }
    done
}

fn bring_up(connection: &sql::Connection) -> Result<()> {
    connection.execute_batch(
        "begin isolation level read committed; \
         create table if not exists schema_version (version bigint primary key); \
         lock table schema_version in exclusive mode",
    )?;
    let found = version_of_postgres(connection)?;
    let newer = (1u32..)
        .zip(POSTGRES)
        .filter(|(version, _)| *version > found);
    for (version, migration) in newer {
        connection.execute_batch(migration)?;
        let sql = "insert into schema_version (version) values (?)";
        connection.execute(sql, sql::params![version])?;
    }
    Ok(connection.execute_batch("commit")?)
}

fn version_of_postgres(connection: &sql::Connection) -> Result<u32> {
    let sql = "select to_regclass('schema_version') is not null";
    if !connection.query_row(sql, [], |row| row.get::<_, bool>(0))? {
        return Ok(0);
    }
    let sql = "select coalesce(max(version), 0) from schema_version";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn version_of(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn refuse(path: &Path, found: u32) -> Result<()> {
    refuse_after(path, found, MIGRATIONS.len())
}

fn refuse_after(path: &Path, found: u32, known: usize) -> Result<()> {
    let known = u32::try_from(known).unwrap_or(u32::MAX);
    if found <= known {
        return Ok(());
    }
    Err(StoreError::Newer {
        path: path.to_owned(),
        found,
        known,
    })
}
