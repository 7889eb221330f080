//! The change of the secret key beside the running receiver: a new key seals as soon as it lies in the data folder, and
//! what is under another is sealed anew in small batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::App;
use crate::clock;
use crate::seal::Seal;
use crate::store::sealed::{BATCH_MOST, SEALED};
use crate::store::{self, Store};

/// How often the data folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What was sealed before the change is committed by then.
const UNDER_WAY: Duration = Duration::from_secs(60);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Values that are under the newest key now.
    pub resealed: u64,
    /// Values that no known key opens.
    pub closed: u64,
}

/// Learns the old keys that the store keeps, refuses a key that does not fit, and notes under which one we seal.
///
/// # Errors
/// `WrongKey`, what the store says.
pub async fn begin(store: &Store, seal: &Arc<Seal>) -> store::Result<()> {
    let fits = Arc::clone(seal);
    store
        .read(move |connection| store::sealed::fit(connection, &fits))
        .await?;
    note(store, seal).await
}

/// Keeps the keys whose place was taken, and notes the one that seals.
pub async fn note(store: &Store, seal: &Arc<Seal>) -> store::Result<()> {
    let (older, key_id) = (seal.pack_older()?, seal.key_id().to_string());
    store
        .write(move |tx| {
            for (id, sealed) in &older {
                store::old_key::insert(tx, *id, sealed, clock::now())?;
            }
            store::receiver::set_seal_key(tx, &key_id)
        })
        .await
}

/// Follows the key in the data folder; what is under an old one is sealed anew at the start and after each change.
pub(super) async fn attend(app: &Arc<App>) {
    let mut sweep_at = (!app.seal.older_ids().is_empty()).then(Instant::now);
    let mut told = String::new();
    loop {
        if sweep_at.is_none() && !app.seal.is_in_folder() {
            // A given key changes with a restart only.
            return std::future::pending().await;
        }
        match app.seal.look() {
            Ok(false) => told.clear(),
            Ok(true) => {
                told.clear();
                tracing::info!(key.id = %app.seal.key_id(), "another key seals now");
                if let Err(error) = note(&app.store, &app.seal).await {
                    tracing::error!(error = %error, "could not note the key");
                }
                sweep_at = Some(Instant::now() + UNDER_WAY);
            }
            Err(error) => {
                let why = error.to_string();
                if told != why {
                    tracing::error!(error = %why, "could not look for a new key");
                    told = why;
                }
            }
        }
        if sweep_at.is_some_and(|at| at <= Instant::now()) {
            sweep_at = None;
            match sweep(&app.store, &app.seal, |_| ()).await {
                Ok(Swept {
                    resealed: 0,
                    closed: 0,
                }) => {}
                Ok(swept) => tracing::info!(
                    values = swept.resealed,
                    closed = swept.closed,
                    "sealed anew what was under an old key"
                ),
                Err(error) => {
                    tracing::error!(error = %error, "could not seal anew what is under an old key");
                    sweep_at = Some(Instant::now() + UNDER_WAY);
                }
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Seals anew whatever is not under the newest key, a batch at a time; tells how many after each.
///
/// # Errors
/// What the store says; what was sealed anew before stays so.
pub async fn sweep(
    store: &Store,
    seal: &Arc<Seal>,
    mut told: impl FnMut(u64),
) -> store::Result<Swept> {
    let mut swept = Swept::default();
    for column in &SEALED {
        let mut after = None;
        loop {
            let (key, from) = (seal.key_id(), after.take());
            // Looked for and sealed beside the writer: it only takes what is ready.
            let found = store
                .read(move |connection| column.not_under(connection, key, from.as_deref()))
                .await?;
            let Some(last) = found.last() else { break };
            after = Some(last.key.clone());
            let is_last = found.len() < BATCH_MOST as usize;
            let mut ready = Vec::with_capacity(found.len());
            for one in found {
                match column.anew(seal, &one) {
                    Ok(fresh) => ready.push((one, fresh)),
                    Err(_) => swept.closed += 1,
                }
            }
            let put = store.write(move |tx| {
                let mut put = 0;
                for (one, fresh) in &ready {
                    put += u64::from(column.replace(tx, one, fresh)?);
                }
                Ok(put)
            });
            let put = put.await?;
            swept.resealed += put;
            told(put);
            if is_last {
                break;
            }
        }
    }
    Ok(swept)
}
