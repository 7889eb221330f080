//! Files of the data folder that are for the receiver's eyes only: keys.

use std::io::{ErrorKind, Result, Write};
use std::path::Path;

/// Makes a file with mode 0600, whole or not at all; one that another process made first is left alone.
pub fn place(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let partial = path.with_extension(format!("partial-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial)?;
    file.write_all(content).and_then(|()| file.sync_all())?;
    #[cfg(unix)]
    own_as_folder(&partial)?;
    let placed = match std::fs::hard_link(&partial, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Some disks know no links.
        Err(_) if !path.exists() => return std::fs::rename(&partial, path),
        placed => placed,
    };
    let _ = std::fs::remove_file(&partial);
    placed
}

/// Gives a file to whom its folder belongs: an administrator may make it for a receiver that runs as somebody else.
#[cfg(unix)]
fn own_as_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let folder = path.parent().unwrap_or(Path::new("."));
    let (folder, file) = (std::fs::metadata(folder)?, std::fs::metadata(path)?);
    if folder.uid() != file.uid() {
        chown(path, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}
