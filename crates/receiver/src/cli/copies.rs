//! `backup` and `restore`: a copy out of a running receiver, and back into one that does not run.

use std::path::Path;

use anyhow::{Context, Error, Result, anyhow, bail};

use super::said::say;
use crate::config::Config;
use crate::seal::{KEY_FILE, Seal};
use crate::store::copy::{self, Copied};
use crate::store::{Place, StoreError};

/// Copies the database into a new file.
pub fn backup(config: &Config, target: &Path, json: bool) -> Result<()> {
    let folder = folder(config, "pg_dump")?;
    let copied = copy::backup(folder, target)
        .map_err(|error| with_remedy(error, "name a new one"))
        .context("failed to back up")?;
    tell(&copied, "Backed up", json)?;
    if !json {
        let key = match config.key_in_folder {
            true => folder.join(KEY_FILE).display().to_string(),
            false => "SYNCWARD_SECRET_KEY".to_owned(),
        };
        eprintln!(
            "Keep the secret key ({key}) in another place: without it the copy can't be opened."
        );
    }
    Ok(())
}

/// Puts a copy back.
pub fn restore(config: &Config, source: &Path, replace: bool, json: bool) -> Result<()> {
    let folder = folder(config, "pg_restore")?;
    if !source.exists() {
        bail!(
            "there is no file {}: name one that `backup` has written",
            source.display()
        );
    }
    let remedy = |error| {
        let of_file = "--replace puts the copy in its place and keeps it beside";
        with_remedy(error, of_file).context("failed to restore")
    };
    if config.key_in_folder && !folder.join(KEY_FILE).exists() {
        copy::fits(source, &config.seal).map_err(remedy)?;
        // Nothing is sealed in it then, and a receiver wants a key beside its database.
        Seal::in_folder(folder).context("failed to restore")?;
    }
    let copied = copy::restore(folder, source, &config.seal, replace).map_err(remedy)?;
    tell(&copied, "Restored", json)?;
    if let Some(replaced) = copied.replaced.filter(|_| !json) {
        eprintln!(
            "The database that was there is kept at {}.",
            replaced.display()
        );
    }
    Ok(())
}

/// The error, with what can be done about it here.
fn with_remedy(error: StoreError, of_file: &str) -> Error {
    match &error {
        StoreError::InUse(_) => anyhow!("{error}: stop it first"),
        StoreError::Exists(_) => anyhow!("{error}: {of_file}"),
        StoreError::OtherKey(_) => anyhow!(
            "{error}: give the key of that time, as {KEY_FILE} in the data folder or as SYNCWARD_SECRET_KEY"
        ),
        _ => error.into(),
    }
}

/// The folder of an SQLite database; PostgreSQL has tools of its own.
fn folder<'a>(config: &'a Config, instead: &str) -> Result<&'a Path> {
    match &config.place {
        Place::Folder(folder) => Ok(folder),
        Place::Postgres(address) => {
            bail!("the data lies in PostgreSQL ({address}, SYNCWARD_DATABASE_URL): use {instead}")
        }
    }
}

fn tell(copied: &Copied, what: &str, json: bool) -> Result<()> {
    if json {
        say!("{}", serde_json::to_string(copied)?);
    } else {
        say!(
            "{what}: {} ({} links, {} appointments, {} bytes, every page checked)",
            copied.path.display(),
            copied.links,
            copied.appointments,
            copied.bytes
        );
    }
    Ok(())
}
