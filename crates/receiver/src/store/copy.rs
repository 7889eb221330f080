//! Whole copies of the database: taken while the receiver runs, put back while it does not.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

use super::sql::{self, OptionalExtension};
use super::{
    Place, Result, Store, StoreError, appointment, connect, folder, google_grant, migrate, old_key,
};
use crate::seal::Seal;
use crate::{clock, private_file};

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copied {
    pub path: PathBuf,
    pub bytes: u64,
    pub links: u64,
    pub appointments: u64,
    /// Where the database that was replaced lies now.
    pub replaced: Option<PathBuf>,
}

/// Copies the database of the data folder `home` into the new file `target`, as it is at one moment, and checks the copy.
///
/// # Errors
/// `Exists` when something is in the way, `Foreign` when the copy is not whole, what the disk and the database say.
pub fn backup(home: &Path, target: &Path) -> Result<Copied> {
    let source = connect(&folder::database(home), false)?;
    if target.exists() {
        return Err(StoreError::Exists(target.to_owned()));
    }
    let partial = beside(target, "partial");
    let copied = copy(&source, &partial).and_then(|()| verify(&partial));
    if copied.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    let copied = copied.map_err(|error| error.in_folder(folder_of(target)))?;
    place(&partial, target)?;
    Ok(Copied {
        path: target.to_owned(),
        ..copied
    })
}

/// Puts a copy back into the data folder `home`, where no receiver may run; the database that was there is kept beside it.
///
/// # Errors
/// `InUse` beside a running receiver, `Exists` for a database that is not to be replaced, `Foreign` for a file that is not
/// a whole copy, `Newer`, `OtherKey` when this key opens nothing in it.
pub fn restore(home: &Path, source: &Path, seal: &Seal, replace: bool) -> Result<Copied> {
    let lock = folder::lock(home)?;
    let copied = fits(source, seal)?;
    let path = folder::database(home);
    if path.exists() && !replace {
        return Err(StoreError::Exists(path));
    }
    let partial = beside(&path, "restoring");
    let copied_there = copy(&connect(source, false)?, &partial).and_then(|()| verify(&partial));
    if copied_there.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    copied_there.map_err(|error| error.in_folder(home))?;
    let replaced = set_aside(&path)?;
    place(&partial, &path)?;
    // Brings an older copy's schema up to date, under the same lock.
    drop(Store::with(&Place::Folder(home.to_owned()), Some(lock))?);
    Ok(Copied {
        path,
        replaced,
        ..copied
    })
}

/// Looks whether this is a whole copy, of a version that is known, which the key opens.
///
/// # Errors
/// `Foreign`, `Newer`, `OtherKey`.
pub fn fits(source: &Path, seal: &Seal) -> Result<Copied> {
    migrate::refuse_newer(source)?;
    let copied = verify(source)?;
    let connection = connect(source, false)?;
    // An earlier version's copy keeps no old keys.
    let _ = old_key::teach(&connect(source, false)?.into(), seal);
    check_key(&connection.into(), source, seal)?;
    Ok(copied)
}

fn copy(source: &Connection, target: &Path) -> Result<()> {
    let failed = |error| StoreError::Folder(target.to_owned(), error);
    let _ = std::fs::remove_file(target);
    // Made first, so that it is never readable by others.
    let made = private_file::options().create_new(true).open(target);
    made.map_err(failed)?;
    source.execute("vacuum into ?", [target.to_string_lossy()])?;
    let written = std::fs::File::options().write(true).open(target);
    written.and_then(|file| file.sync_all()).map_err(failed)
}

fn place(partial: &Path, target: &Path) -> Result<()> {
    let failed = |error| StoreError::Folder(target.to_owned(), error);
    std::fs::rename(partial, target).map_err(failed)?;
    let folder = std::fs::File::open(folder_of(target)).map_err(failed)?;
    folder.sync_all().map_err(failed)
}

fn folder_of(file: &Path) -> &Path {
    let named = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

/// Moves a database and its log aside, together.
fn set_aside(path: &Path) -> Result<Option<PathBuf>> {
    if !path.exists() {
        return Ok(None);
    }
    let aside = beside(
        path,
        &format!("before-restore-{}", clock::now().as_second()),
    );
    for part in ["", "-wal", "-shm"] {
        let from = PathBuf::from(format!("{}{part}", path.display()));
        let to = PathBuf::from(format!("{}{part}", aside.display()));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(|error| StoreError::Folder(from, error))?;
        }
    }
    Ok(Some(aside))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}.{ending}", path.display()))
}

/// Reads every page of a copy and counts what is in it.
fn verify(path: &Path) -> Result<Copied> {
    let foreign = |_| StoreError::Foreign(path.to_owned());
    let connection = connect(path, false)?;
    let said: String = connection
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .map_err(foreign)?;
    let count = |table: &str| -> Result<u64> {
        let sql = format!("select count(*) from {table}");
        let count: i64 = connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(foreign)?;
        Ok(count.unsigned_abs())
    };
    if said != "ok" || count("receiver")? != 1 {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    let bytes = std::fs::metadata(path).map_err(|error| StoreError::Folder(path.to_owned(), error));
    Ok(Copied {
        path: path.to_owned(),
        bytes: bytes?.len(),
        links: count("link where deleted_at_ms is null")?,
        appointments: count("appointment")?,
        replaced: None,
    })
}

/// What is sealed in a copy must open here, or the receiver could use none of it.
fn check_key(connection: &sql::Connection, path: &Path, seal: &Seal) -> Result<()> {
    let kinds = [
        (
            google_grant::PLACE,
            "select google_grant_id, refresh_token from google_grant where refresh_token is not null limit 1",
        ),
        (
            appointment::PLACE,
            "select appointment_id, content from appointment limit 1",
        ),
    ];
    for (place, sql) in kinds {
        let found: Option<(String, Vec<u8>)> = connection
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((row, sealed)) = found
            && seal.open(place, &row, &sealed).is_err()
        {
            return Err(StoreError::OtherKey(path.to_owned()));
        }
    }
    Ok(())
}
