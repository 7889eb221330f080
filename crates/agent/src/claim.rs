//! One process per data folder: a lock on a file in it, held as long as the process lives.
//!
//! The system lets go of it however the process ends, so nothing is left behind that stands in the way.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::core::{make_private_folder, private_file};

const FILE: &str = "running.lock";

/// A data folder that is this process's alone; free again when dropped.
#[derive(Debug)]
pub struct Claim {
    _file: File,
}

/// Why a data folder can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    #[error("have the data folder {} alone: Syncward already runs with it", .folder.display())]
    Taken { folder: PathBuf },
    #[error("lock {}", .path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Folder(#[from] crate::agent::StartError),
}

impl Claim {
    /// Takes `data_dir`, which is made when it is missing.
    ///
    /// # Errors
    /// `Taken` while another process has it.
    pub fn take(data_dir: &Path) -> Result<Self, ClaimError> {
        make_private_folder(data_dir)?;
        let path = data_dir.join(FILE);
        let opened = private_file(&path);
        let failed = |source| ClaimError::Lock {
            path: path.clone(),
            source,
        };
        let file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = data_dir.to_owned();
                return Err(ClaimError::Taken { folder });
            }
            // Better watched without a guard than not at all.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                tracing::warn!(%error, "the data folder can't be locked");
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_folder_is_had_once_and_again_when_it_was_let_go() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("made");
        let first = Claim::take(&path).unwrap();
        let second = Claim::take(&path);
        assert!(matches!(second, Err(ClaimError::Taken { folder }) if folder == path));
        drop(first);
        Claim::take(&path).unwrap();
    }
}
