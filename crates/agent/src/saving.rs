//! Files that a person saves from the window: a table, a chart's picture.
//!
//! Responsible for where they go: into the person's downloads, under a name that the window proposes. Never writes
//! elsewhere and never over a file that is there.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::bridge::{Fault, FileContent, Saved};

/// What the window may save.
const KINDS: [&str; 2] = ["csv", "png"];
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Files of one name: "report.csv", "report (2).csv" and so on.
const MOST_OF_A_NAME: u32 = 1000;

/// Saves `content` into the person's downloads.
pub fn save(name: &str, content: FileContent) -> Result<Saved, Fault> {
    save_in(&downloads(), name, content)
}

/// Saves `content` in `folder`, which is made when it is missing.
pub fn save_in(folder: &Path, name: &str, content: FileContent) -> Result<Saved, Fault> {
    let (stem, kind) = parts(name).ok_or_else(|| {
        refused(
            "file_name_invalid",
            &format!("“{name}” is no name for a table or a picture."),
        )
    })?;
    let bytes = match content {
        FileContent::Text(text) => text.into_bytes(),
        FileContent::Base64(text) => BASE64_STANDARD
            .decode(text)
            .map_err(|_| refused("file_malformed", "The picture could not be read."))?,
    };
    if bytes.len() > MOST_BYTES {
        return Err(refused(
            "file_too_large",
            "More than 32 MB are not saved in one file.",
        ));
    }
    write(folder, stem, kind, &bytes)
}

/// Keeps a file of the agent's own making in the person's downloads; of the name only plain signs are taken.
pub fn keep(name: &str, bytes: &[u8]) -> Result<Saved, Fault> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '+' | '~');
    let name: String = name.chars().filter(|c| plain(*c)).take(120).collect();
    let (stem, kind) = name.rsplit_once('.').unwrap_or((&name, "bin"));
    let stem = stem.trim_start_matches('.');
    let stem = if stem.is_empty() { "Syncward" } else { stem };
    write(&downloads(), stem, kind, bytes)
}

fn write(folder: &Path, stem: &str, kind: &str, bytes: &[u8]) -> Result<Saved, Fault> {
    let path = write_new(folder, stem, kind, bytes).map_err(|error| {
        Fault::new(
            "file_not_saved",
            format!(
                "The file could not be written to {}: {error}.",
                folder.display()
            ),
            "Make room or allow writing there, then try again.",
        )
    })?;
    Ok(Saved {
        path: path.display().to_string(),
    })
}

fn refused(code: &str, message: &str) -> Fault {
    Fault::new(code, message, "Restart Syncward and try again.")
}

/// Stem and kind of a plain file name; none for anything that could lead elsewhere.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (stem, kind) = name.rsplit_once('.')?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    let fits = !stem.is_empty()
        && stem.len() <= 100
        && !stem.starts_with(['.', ' '])
        && stem.chars().all(plain)
        && KINDS.contains(&kind);
    fits.then_some((stem, kind))
}

fn write_new(folder: &Path, stem: &str, kind: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    for number in 1..=MOST_OF_A_NAME {
        let name = match number {
            1 => format!("{stem}.{kind}"),
            _ => format!("{stem} ({number}).{kind}"),
        };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// The person's downloads: `XDG_DOWNLOAD_DIR`, what `user-dirs.dirs` says, else `Downloads` at home.
fn downloads() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(named) = folder("XDG_DOWNLOAD_DIR") {
        return named.into();
    }
    let home = folder("HOME")
        .or_else(|| folder("USERPROFILE"))
        .map(PathBuf::from);
    let Some(home) = home else {
        return std::env::temp_dir();
    };
    let config = folder("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    std::fs::read_to_string(config.join("user-dirs.dirs"))
        .ok()
        .and_then(|text| named_in(&text, &home))
        .unwrap_or_else(|| home.join("Downloads"))
}

/// The line `XDG_DOWNLOAD_DIR="$HOME/Downloads"` of `user-dirs.dirs` (freedesktop.org, xdg-user-dirs).
fn named_in(text: &str, home: &Path) -> Option<PathBuf> {
    let value = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("XDG_DOWNLOAD_DIR="))?
        .trim_matches('"');
    match value.strip_prefix("$HOME/") {
        Some(below) => Some(home.join(below)),
        None => Path::new(value).is_absolute().then(|| value.into()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_table_is_saved_and_a_second_one_of_its_name_stands_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let save = |text: &str| {
            let content = FileContent::Text(text.into());
            save_in(folder.path(), "Syncward activity 2026-11.csv", content)
                .unwrap()
                .path
        };
        let (first, second) = (save("a,b\n"), save("c,d\n"));
        assert!(
            second.ends_with("Syncward activity 2026-11 (2).csv"),
            "{second}"
        );
        assert_eq!(std::fs::read_to_string(first).unwrap(), "a,b\n");
        assert_eq!(std::fs::read_to_string(second).unwrap(), "c,d\n");
    }

    #[test]
    fn a_name_that_leads_elsewhere_or_is_no_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "../x.csv",
            "/etc/x.csv",
            ".bashrc.csv",
            "x.sh",
            "x",
            ".csv",
            "a\\b.csv",
        ] {
            let saved = save_in(folder.path(), name, FileContent::Text(String::new()));
            assert_eq!(saved.unwrap_err().code, "file_name_invalid", "{name}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_picture_comes_as_base64() {
        let folder = tempfile::tempdir().unwrap();
        let saved = save_in(
            folder.path(),
            "chart.png",
            FileContent::Base64("AQID".into()),
        )
        .unwrap();
        assert_eq!(std::fs::read(saved.path).unwrap(), [1, 2, 3]);
        let saved = save_in(folder.path(), "chart.png", FileContent::Base64("?".into()));
        assert_eq!(saved.unwrap_err().code, "file_malformed");
    }

    #[test]
    fn the_desktops_own_downloads_folder_is_taken() {
        let home = Path::new("/home/ana");
        let text = "# made by xdg-user-dirs\nXDG_DESKTOP_DIR=\"$HOME/Desk\"\nXDG_DOWNLOAD_DIR=\"$HOME/Geladen\"\n";
        assert_eq!(named_in(text, home), Some("/home/ana/Geladen".into()));
        assert_eq!(
            named_in("XDG_DOWNLOAD_DIR=\"/srv/in\"", home),
            Some("/srv/in".into())
        );
        assert_eq!(named_in("XDG_DOWNLOAD_DIR=\"elsewhere\"", home), None);
    }
}
