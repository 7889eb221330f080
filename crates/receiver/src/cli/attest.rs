//! `attest`: the monthly proof as a page or as JSON, and the check of a kept one. The running receiver knows what it promises;
//! where none answers the database is read, and the promise is by the settings of this shell, which is said.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use syncward_wire::attest::Attestation;
use uuid::Uuid;

use super::said::{self, say};
use super::way::with_way;
use crate::attest::verify::{Trail, verify};
use crate::attest::{Attestant, Month, attest, digest, page};
use crate::clock;
use crate::config::Config;
use crate::store::{self, Place, Store, folder};

/// Where a proof is written.
pub struct Out {
    pub file: PathBuf,
    /// Also over a file that is there.
    pub replace: bool,
}

impl Out {
    fn write(&self, text: &str) -> Result<()> {
        let shown = self.file.display();
        let mut options = std::fs::File::options();
        options.write(true).create(true).truncate(true);
        options.create_new(!self.replace);
        let written = options
            .open(&self.file)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!("{shown} is there already: name a new file, or add --replace")
            }
            written => written.with_context(|| format!("failed to write {shown}")),
        }
    }
}

/// Writes the proof of a month.
pub async fn write(
    config: &Config,
    month: &str,
    clinic: Option<Uuid>,
    out: Option<Out>,
    json: bool,
) -> Result<()> {
    let month: Month = month.parse().map_err(said)?;
    let attestation = match asked(config, month, clinic).await {
        Ok(attestation) => attestation,
        Err(silent) => {
            let read = read(config, month, clinic).await?;
            eprintln!(
                "{silent:#}. So the page says what the settings of this shell promise: where the receiver has others, start it, or give \
                 them here."
            );
            read
        }
    };
    let text = match json {
        true => serde_json::to_string_pretty(&attestation)? + "\n",
        false => page::page(&attestation)?,
    };
    match &out {
        Some(out) => out.write(&text)?,
        None => said::text(&text),
    }
    let audit = &attestation.proof.audit;
    eprintln!("SHA-256 {}", attestation.sha256);
    match audit.seq {
        0 => eprintln!("The audit trail has no entry yet"),
        seq => eprintln!("Head of the audit trail: entry {seq} {}", audit.hash),
    }
    Ok(())
}

/// The proof as the running receiver writes it, which alone knows its own settings.
async fn asked(config: &Config, month: Month, clinic: Option<Uuid>) -> Result<Attestation> {
    let mut query = vec![("month", month.to_string())];
    query.extend(clinic.map(|clinic| ("clinic", clinic.to_string())));
    let told: Attestation = with_way(config, async |way| way.get("attest", &query).await).await?;
    // Another version's proof may hold what this one can't keep.
    match digest(&told.proof)? == told.sha256 {
        true => Ok(told),
        false => bail!(
            "the receiver that runs is of another version ({})",
            told.proof.version
        ),
    }
}

/// The proof from the records alone.
async fn read(config: &Config, month: Month, clinic: Option<Uuid>) -> Result<Attestation> {
    let store = Store::open_beside_at(&config.place)?;
    let now = clock::now();
    let receiver_id = store
        .write(move |tx| store::receiver::identity(tx, now))
        .await?;
    let by = Attestant {
        receiver_id,
        version: env!("CARGO_PKG_VERSION"),
        settings: config.settings,
    };
    let attested = store.read(move |connection| attest(connection, &by, month, clinic, now));
    attested.await?.map_err(said)
}

/// Checks a kept proof; 1 when it is not as it was written.
pub async fn check(config: &Config, file: &Path, json: bool) -> Result<ExitCode> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("failed to read {}", file.display()))?;
    let verdict = match database(config)? {
        Some(store) => {
            store
                .read(move |connection| verify(&text, Some(connection)))
                .await?
        }
        None => verify(&text, None)?,
    };
    let Some(verdict) = verdict else {
        bail!("{} is no proof that attest wrote", file.display());
    };
    let code = match verdict.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    };
    if json {
        say!("{}", serde_json::to_string(&verdict)?);
        return Ok(code);
    }
    match verdict.written == verdict.found {
        true => say!(
            "ok   digest: the proof is as it was written ({})",
            verdict.found
        ),
        false => say!(
            "FAIL digest: the proof was changed; {} was written, {} is what stands there now",
            verdict.written,
            verdict.found
        ),
    }
    match &verdict.trail {
        None => say!("–    audit trail: there is no database here to compare with"),
        Some(Trail::Began) => say!("ok   audit trail: it had no entry then"),
        Some(Trail::Continues) => say!("ok   audit trail: it goes on from the head named"),
        Some(Trail::Differs { why }) => say!("FAIL audit trail: {why}"),
    }
    Ok(code)
}

/// The database, if there is one; none is made here.
fn database(config: &Config) -> Result<Option<Store>> {
    match &config.place {
        Place::Folder(folder) if !folder::database(folder).exists() => Ok(None),
        place => Ok(Some(Store::open_beside_at(place)?)),
    }
}

fn said(refusal: crate::app::UseError) -> anyhow::Error {
    anyhow::anyhow!("{} {}", refusal.message, refusal.action)
}
