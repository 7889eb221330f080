//! `trust`: what certificate stands in the way of the receiver, and taking it once a person has compared it.

use std::io::Write;
use std::path::Path;

use serde_json::json;
use syncward_wire::{Fingerprint, StrangeCertificate};

use super::source::{Direct, Source, fault};
use super::{Ended, Failure};
use crate::bridge::Request;
use crate::store::Store;

/// Shows it, or accepts it when its fingerprint is the given one.
pub(super) async fn run(
    source: &Source,
    data_dir: &Path,
    compared: Option<Fingerprint>,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let (receiver, met) = met(source).await?;
    let is_accepted = match (compared, &met) {
        (Some(compared), Some(strange)) if compared == strange.found => {
            accept(source, data_dir, compared).await?;
            true
        }
        (Some(_), Some(strange)) => {
            return Err(fault(
                "certificate_other",
                format!(
                    "The receiver shows another fingerprint than this one: {}.",
                    strange.found
                ),
                "Nothing was accepted. If you compared it well, somebody may stand between.",
            ));
        }
        (None, _) | (Some(_), None) => false,
    };
    if json {
        let told = json!({ "receiver": receiver, "certificate": met, "accepted": is_accepted });
        writeln!(out, "{told}")?;
    } else {
        page(&receiver, met.as_ref(), is_accepted, out)?;
    }
    Ok(match (met, is_accepted) {
        (None, _) | (Some(_), true) => Ended::Well,
        (Some(_), false) => Ended::NeedsHand,
    })
}

async fn met(source: &Source) -> Result<(String, Option<StrangeCertificate>), Failure> {
    match source {
        Source::App(app) => {
            let connection = app.snapshot().await?.connection;
            let receiver = connection.receiver.unwrap_or_default();
            Ok((receiver, connection.certificate))
        }
        Source::Receiver(direct) => {
            Ok((direct.address.clone(), direct.strange_certificate().await?))
        }
    }
}

async fn accept(source: &Source, data_dir: &Path, fingerprint: Fingerprint) -> Result<(), Failure> {
    match source {
        Source::App(app) => {
            app.ask(Request::TrustCertificate { fingerprint }).await?;
        }
        Source::Receiver(direct) => keep(direct, data_dir, fingerprint)?,
    }
    Ok(())
}

fn keep(direct: &Direct, data_dir: &Path, fingerprint: Fingerprint) -> Result<(), Failure> {
    let unkept = |why: String| {
        let action = "Check the folder's rights and that no newer version wrote it.";
        fault(
            "pin_not_kept",
            format!("The fingerprint could not be kept: {why}."),
            action,
        )
    };
    let mut store = Store::open(data_dir).map_err(|error| unkept(error.to_string()))?;
    let mut receivers = store.receivers().into_iter();
    let mut entry = receivers
        .find(|entry| entry.address == direct.address)
        .ok_or_else(|| unkept("the receiver is no longer known".into()))?;
    entry.pin = Some(fingerprint);
    store.put_receiver(&entry);
    Ok(())
}

fn page(
    receiver: &str,
    met: Option<&StrangeCertificate>,
    is_accepted: bool,
    out: &mut (dyn Write + Send),
) -> std::io::Result<()> {
    let Some(strange) = met else {
        return writeln!(
            out,
            "The certificate of {receiver} is trusted; nothing stands in the way."
        );
    };
    if is_accepted {
        return writeln!(
            out,
            "Accepted: {receiver} is known by {} from now on.",
            strange.found
        );
    }
    writeln!(out, "{receiver} is not trusted: {strange}.")?;
    if let Some(pinned) = strange.pinned {
        writeln!(out, "it was  {pinned}")?;
    }
    writeln!(out, "it is   {}", strange.found)?;
    writeln!(
        out,
        "Compare it with what `syncward-receiver pair` shows there. If it is the same: syncward trust {}",
        strange.found.hex()
    )
}
