//! Files of the data folder, which are for the receiver's eyes only, and stay so whatever the umask and whoever makes them.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Result, Write};
use std::path::Path;

/// Makes a folder, and those above it that are missing, with mode 0700; one that is there stays as it is.
pub fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// How a file is opened that has mode 0600 if it is made by that.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a file with mode 0600, whole or not at all; one that another process made first is left alone.
pub fn place(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let partial = path.with_extension(format!("partial-{}", std::process::id()));
    let mut file = options().create(true).truncate(true).open(&partial)?;
    file.write_all(content).and_then(|()| file.sync_all())?;
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

/// Makes an empty file with mode 0600 that belongs to whom its folder does; one that is there is left alone.
pub fn make(path: &Path) -> Result<()> {
    match options().create_new(true).open(path) {
        Ok(_) => own_as_folder(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Gives a file to whom its folder belongs: an administrator may make it for a receiver that runs as somebody else.
///
/// What is no plain file under this one name is left alone, and so is what is not ours to give.
#[cfg(unix)]
pub fn own_as_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::{MetadataExt, lchown};
    let folder = path.parent().unwrap_or(Path::new("."));
    let (folder, file) = (std::fs::metadata(folder)?, std::fs::symlink_metadata(path)?);
    if folder.uid() == file.uid() || !file.is_file() || file.nlink() != 1 {
        return Ok(());
    }
    match lchown(path, Some(folder.uid()), Some(folder.gid())) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        given => given,
    }
}

/// Takes a file from everybody but its owner; what is no plain file, and what is not ours, is left alone.
#[cfg(unix)]
pub fn tighten(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let file = std::fs::symlink_metadata(path)?;
    if !file.is_file() || file.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        tightened => tightened,
    }
}

/// There are no modes here.
#[cfg(not(unix))]
pub fn own_as_folder(_path: &Path) -> Result<()> {
    Ok(())
}

/// There are no modes here.
#[cfg(not(unix))]
pub fn tighten(_path: &Path) -> Result<()> {
    Ok(())
}
