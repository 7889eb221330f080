//! The data folder of an SQLite database: made, taken by one receiver, and kept from everybody but its owner.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Result, StoreError};
use crate::private_file;

/// Held by the receiver that works in the folder.
const LOCK: &str = "receiver.lock";
/// The database.
const FILE: &str = "syncward.db";

/// Less than this is none: SQLite takes half of it for the index of its log alone.
const ROOM_LEAST: u64 = 64 * 1024;

/// Where the database lies in a data folder.
pub fn database(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Takes the folder for one process.
pub(super) fn lock(folder: &Path) -> Result<File> {
    make(folder)?;
    let path = folder.join(LOCK);
    let lock = private_file::options()
        .create(true)
        .truncate(false)
        .open(&path);
    let lock = lock
        .and_then(|lock| private_file::own_as_folder(&path).map(|()| lock))
        .map_err(|source| StoreError::Folder(path, source))?;
    if lock.try_lock().is_err() {
        return Err(StoreError::InUse(folder.to_owned()));
    }
    tighten(folder)?;
    Ok(lock)
}

/// Whether a receiver works in this folder now.
pub(super) fn is_in_use(folder: &Path) -> bool {
    let lock = File::options().read(true).open(folder.join(LOCK));
    lock.is_ok_and(|lock| lock.try_lock_shared().is_err())
}

/// Whether the disk that holds the folder has room, or does not say.
pub(super) fn has_room(folder: &Path) -> bool {
    !fs4::available_space(folder).is_ok_and(|free| free < ROOM_LEAST)
}

/// Makes the folder where there is none.
pub(super) fn make(folder: &Path) -> Result<()> {
    private_file::make_folder(folder)
        .map_err(|source| StoreError::Folder(folder.to_owned(), source))
}

/// Makes the database's file where there is none, and gives all files to the folder's owner. SQLite makes the others like
/// the first.
pub(super) fn prepare(folder: &Path) -> Result<()> {
    let path = database(folder);
    private_file::make(&path).map_err(|source| StoreError::Folder(path, source))?;
    each(folder, private_file::own_as_folder)
}

/// Takes the files from everybody but their owner: an earlier version left that to the umask.
fn tighten(folder: &Path) -> Result<()> {
    each(folder, private_file::tighten)
}

fn each(folder: &Path, act: impl Fn(&Path) -> std::io::Result<()>) -> Result<()> {
    let path = database(folder);
    let parts = ["", "-wal", "-shm"].map(|part| PathBuf::from(format!("{}{part}", path.display())));
    for path in parts.into_iter().chain([folder.join(LOCK)]) {
        match act(&path) {
            // Not there, or not any more.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            done => done.map_err(|source| StoreError::Folder(path, source))?,
        }
    }
    Ok(())
}
