//! `rotate-key`: a new secret key takes the old one's place, beside the running receiver, and goes on where it was ended.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::MISCONFIGURED;
use super::said::say;
use crate::clock;
use crate::config::Config;
use crate::exec::keys::{self, Swept};
use crate::seal::{Seal, begin_rotation, end_rotation};
use crate::store::{self, Place, Store, old_key};

/// The running receiver looks for a new key once a second.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// What was sealed just before the change is committed by then.
const UNDER_WAY: Duration = Duration::from_secs(1);

const GIVEN: &str = "The secret key is given (SYNCWARD_SECRET_KEY or its file), so only you can change it:
1. Make a new one (openssl rand -base64 32), give it as SYNCWARD_NEW_SECRET_KEY (or _FILE) beside the present
   SYNCWARD_SECRET_KEY, and restart the receiver: it opens with both and seals with the new one.
2. Run syncward-receiver rotate-key again, with the same settings as the receiver.
3. Give the new key as SYNCWARD_SECRET_KEY, take SYNCWARD_NEW_SECRET_KEY away, and restart the receiver.";

#[derive(Serialize)]
struct Rotated {
    old_key_ids: Vec<String>,
    new_key_id: String,
    /// Values that were sealed anew by this command.
    resealed: u64,
    /// Values that no known key opens.
    closed: u64,
    /// Where the old key is kept, if the keys lie in the data folder.
    old_key_file: Option<std::path::PathBuf>,
}

/// Rotates; 2 when the new key is missing.
pub async fn rotate(config: Config, json: bool) -> Result<ExitCode> {
    let seal = Arc::clone(&config.seal);
    if config.key_in_folder {
        begin_rotation(&config.data_dir, None).context("failed to make a new key")?;
        seal.look().context("failed to read the keys")?;
    } else if seal.older_ids().is_empty() {
        eprintln!("{GIVEN}");
        return Ok(ExitCode::from(MISCONFIGURED));
    }
    let store = Store::open_beside_at(&config.place)?;
    begin(&store, &seal).await?;
    taken_up(&config, &store, &seal).await?;
    let swept = sweep(&store, &seal, json).await?;
    let old_key_file = match config.key_in_folder {
        true => end_rotation(&config.data_dir).context("failed to put the new key in its place")?,
        false => None,
    };
    note(&store, "done").await?;
    let rotated = Rotated {
        old_key_ids: seal.older_ids().iter().map(ToString::to_string).collect(),
        new_key_id: seal.key_id().to_string(),
        resealed: swept.resealed,
        closed: swept.closed,
        old_key_file,
    };
    if json {
        say!("{}", serde_json::to_string(&rotated)?);
    } else {
        tell(&rotated, &config.data_dir);
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps the old key under the new one before anything else is, and says so in the audit trail.
async fn begin(store: &Store, seal: &Arc<Seal>) -> Result<()> {
    let fits = Arc::clone(seal);
    let read = store.read(move |connection| store::sealed::fit(connection, &fits));
    read.await?;
    let older = seal.pack_older()?;
    store
        .write(move |tx| {
            for (id, sealed) in &older {
                old_key::insert(tx, *id, sealed, clock::now())?;
            }
            Ok(())
        })
        .await?;
    note(store, "begun").await
}

async fn note(store: &Store, result: &'static str) -> Result<()> {
    let write = store.write(move |tx| {
        store::audit::append(tx, "command line", "rotate_key", None, result, clock::now())
    });
    Ok(write.await?)
}

/// Waits until the running receiver, if there is one, seals with the new key.
async fn taken_up(config: &Config, store: &Store, seal: &Seal) -> Result<()> {
    let new = seal.key_id().to_string();
    let since = Instant::now();
    while is_in_use(config, store).await? {
        let sealing = store.read(store::receiver::seal_key).await?;
        if sealing.as_deref() == Some(new.as_str()) {
            return Ok(());
        }
        if since.elapsed() > TAKEN_UP_WITHIN {
            match config.key_in_folder {
                true => bail!(
                    "the running receiver does not take up the new key; is it of an earlier version? Restart it, then run this again"
                ),
                false => bail!(
                    "the running receiver does not seal with the new key: restart it with SYNCWARD_NEW_SECRET_KEY as well, then run this again"
                ),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Whether a receiver works on this store now.
async fn is_in_use(config: &Config, store: &Store) -> Result<bool> {
    match &config.place {
        Place::Folder(folder) => Ok(Store::is_in_use(folder)),
        Place::Postgres(_) => {
            let nobody = 0;
            let read = store.read(move |connection| store::replica::has_others(connection, nobody));
            Ok(read.await?)
        }
    }
}

/// Until nothing is under an old key, also of what was on its way when the new one came.
async fn sweep(store: &Store, seal: &Arc<Seal>, json: bool) -> Result<Swept> {
    let mut all = Swept::default();
    let mut quiet = 0;
    while quiet < 2 {
        let mut so_far = all.resealed;
        let swept = keys::sweep(store, seal, |put| {
            so_far += put;
            if !json && put > 0 {
                eprintln!("{so_far} values sealed anew");
            }
        })
        .await?;
        all.resealed += swept.resealed;
        all.closed = swept.closed;
        if swept.resealed > 0 {
            quiet = 0;
            continue;
        }
        quiet += 1;
        tokio::time::sleep(UNDER_WAY).await;
    }
    Ok(all)
}

fn tell(rotated: &Rotated, folder: &Path) {
    say!(
        "Everything is sealed under the key {} now ({} values sealed anew). The receiver no longer needs the old key {}.",
        rotated.new_key_id,
        rotated.resealed,
        rotated.old_key_ids.join(", ")
    );
    if rotated.closed > 0 {
        eprintln!(
            "{} values are under no known key, and were before; syncward-receiver doctor names their key.",
            rotated.closed
        );
    }
    eprintln!(
        "Backups from before open with the old key only: keep it as long as you keep them. Channels opened under it stay valid."
    );
    match &rotated.old_key_file {
        Some(kept) => eprintln!(
            "The new key lies in {}; keep a copy of it. The old one is kept in {}: delete that with the last such backup.",
            folder.join(crate::seal::KEY_FILE).display(),
            kept.display()
        ),
        None => eprintln!(
            "Now give the new key as SYNCWARD_SECRET_KEY, take SYNCWARD_NEW_SECRET_KEY away, and restart the receiver."
        ),
    }
}
