//! Files that a person asked the window for: tables and pages, written into the downloads folder.
//!
//! Responsible for a name that stays in that folder and never replaces an older file. Never chooses what is in them.

use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;

use crate::bridge::{Answer, Fault};

/// Copies of one name that may lie side by side.
const MOST_COPIES: u32 = 200;

/// Writes `text` under `name` and tells where it lies.
pub async fn save(name: &str, text: String) -> Result<Answer, Fault> {
    save_in(&downloads(), name, text).await
}

/// Writes `text` into `folder`; a name that is taken gets a number.
pub async fn save_in(folder: &Path, name: &str, text: String) -> Result<Answer, Fault> {
    let failed = |error: std::io::Error| {
        Fault::new(
            "save_failed",
            format!(
                "The file could not be written to {}: {error}.",
                folder.display()
            ),
            "Check that the folder exists and has room, then try again.",
        )
    };
    let Some((stem, extension)) = safe(name) else {
        return Err(Fault::new(
            "name_invalid",
            "This is no name for a file.",
            "Restart Syncward; if it happens again, the window and the agent have different versions.",
        ));
    };
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    for copy in 0..MOST_COPIES {
        let path = match copy {
            0 => folder.join(format!("{stem}.{extension}")),
            more => folder.join(format!("{stem} ({more}).{extension}")),
        };
        match tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .await
        {
            Ok(mut file) => {
                file.write_all(text.as_bytes()).await.map_err(failed)?;
                file.flush().await.map_err(failed)?;
                return Ok(Answer::Saved(path.display().to_string()));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(std::io::ErrorKind::AlreadyExists.into()))
}

/// The stem and the extension of a plain name; none for a path or a kind that the window does not write.
fn safe(name: &str) -> Option<(&str, &str)> {
    let (stem, extension) = name.rsplit_once('.')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ' ');
    let fits = !stem.is_empty() && stem.len() <= 80 && stem.chars().all(plain);
    (fits && matches!(extension, "csv" | "html" | "txt")).then_some((stem, extension))
}

/// `XDG_DOWNLOAD_DIR` or `Downloads` in the person's home; without a home the temporary folder.
fn downloads() -> PathBuf {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = folder("HOME").or_else(|| folder("USERPROFILE"));
    folder("XDG_DOWNLOAD_DIR")
        .or_else(|| home.map(|home| home.join("Downloads")))
        .unwrap_or_else(std::env::temp_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn written(folder: &Path, name: &str) -> Result<String, String> {
        match save_in(folder, name, "a;b".into()).await {
            Ok(Answer::Saved(path)) => Ok(path),
            Ok(other) => Err(format!("{other:?}")),
            Err(fault) => Err(fault.code),
        }
    }

    #[tokio::test]
    async fn a_second_file_of_the_same_name_stands_beside_the_first() -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let first = written(folder.path(), "alerts.csv").await?;
        let second = written(folder.path(), "alerts.csv").await?;
        assert!(first.ends_with("alerts.csv"), "{first}");
        assert!(second.ends_with("alerts (1).csv"), "{second}");
        Ok(())
    }

    #[tokio::test]
    async fn a_name_never_leaves_the_folder() -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        for name in ["../x.csv", "a/b.csv", ".csv", "x.sh", "x", "a\\b.csv"] {
            assert_eq!(
                written(folder.path(), name).await,
                Err("name_invalid".to_owned()),
                "{name}"
            );
        }
        Ok(())
    }
}
