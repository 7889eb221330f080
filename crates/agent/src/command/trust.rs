//! `trust`: what certificate stands in the way of the receiver, and taking it once a person has compared it.

use std::io::Write;
use std::path::Path;

use futures_util::future::join_all;
use serde_json::json;
use syncward_wire::{Fingerprint, StrangeCertificate};

use super::source::{Direct, Source, fault, unpaired};
use super::{Ended, Failure};
use crate::bridge::Request;
use crate::store::Store;
use crate::told;
use crate::words::Language;

/// A receiver, and the certificate that stands in its way, if one does.
struct Met {
    address: String,
    certificate: Option<StrangeCertificate>,
}

/// Shows those that stand in the way, or accepts the one whose fingerprint is the given one.
pub(super) async fn run(
    source: &Source,
    data_dir: &Path,
    compared: Option<Fingerprint>,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let met = met(source).await?;
    if met.is_empty() {
        return Err(unpaired());
    }
    let found = |it: &&Met| it.certificate.as_ref().map(|strange| strange.found);
    let accepted = met
        .iter()
        .find(|it| compared.is_some() && found(it) == compared);
    match (accepted, compared, met.iter().find_map(|it| found(&it))) {
        (Some(receiver), Some(compared), _) => {
            accept(source, &receiver.address, data_dir, compared).await?;
        }
        (None, Some(_), Some(other)) => {
            return Err(fault(
                "certificate_other",
                format!("The receiver shows another fingerprint than this one: {other}."),
                "Nothing was accepted. If you compared it well, somebody may stand between.",
            ));
        }
        (_, None, _) | (None, Some(_), None) => {}
    }
    let shown = accepted.map_or(met.as_slice(), std::slice::from_ref);
    for receiver in shown {
        page(receiver, accepted.is_some(), json, language, out)?;
    }
    let in_the_way = shown.iter().any(|it| it.certificate.is_some());
    Ok(match in_the_way && accepted.is_none() {
        true => Ended::NeedsHand,
        false => Ended::Well,
    })
}

/// Those in whose way a certificate stands, else all; a receiver that can't be asked matters only when nothing was found.
async fn met(source: &Source) -> Result<Vec<Met>, Failure> {
    let (mut met, mut unasked) = (Vec::new(), None);
    match source {
        Source::App(app) => {
            let receivers = app.snapshot().await?.receivers.into_iter();
            met.extend(receivers.map(|it| Met {
                address: it.entry.address,
                certificate: it.connection.certificate,
            }));
        }
        Source::Receivers(receivers) => {
            let asked = join_all(receivers.iter().map(Direct::strange_certificate)).await;
            for (direct, asked) in receivers.iter().zip(asked) {
                match asked {
                    Ok(certificate) => met.push(Met {
                        address: direct.entry.address.clone(),
                        certificate,
                    }),
                    Err(failure) => unasked = unasked.or(Some(failure)),
                }
            }
        }
    }
    if met.iter().any(|it| it.certificate.is_some()) {
        met.retain(|it| it.certificate.is_some());
        return Ok(met);
    }
    unasked.map_or(Ok(met), Err)
}

async fn accept(
    source: &Source,
    address: &str,
    data_dir: &Path,
    fingerprint: Fingerprint,
) -> Result<(), Failure> {
    match source {
        Source::App(app) => {
            app.ask(Request::TrustCertificate { fingerprint }).await?;
        }
        Source::Receivers(_) => keep(address, data_dir, fingerprint)?,
    }
    Ok(())
}

fn keep(address: &str, data_dir: &Path, fingerprint: Fingerprint) -> Result<(), Failure> {
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
        .find(|entry| entry.address == address)
        .ok_or_else(|| unkept("the receiver is no longer known".into()))?;
    entry.pin = Some(fingerprint);
    store.put_receiver(&entry);
    Ok(())
}

fn page(
    receiver: &Met,
    is_accepted: bool,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> std::io::Result<()> {
    let Met {
        address: receiver,
        certificate: met,
    } = receiver;
    if json {
        let told = json!({ "receiver": receiver, "certificate": met, "accepted": is_accepted });
        return writeln!(out, "{told}");
    }
    let mut say = |text: &str| writeln!(out, "{}", told::sentences(text, language));
    let Some(strange) = met else {
        return say(&format!(
            "The certificate of {receiver} is trusted; nothing stands in the way."
        ));
    };
    let found = strange.found;
    if is_accepted {
        return say(&format!(
            "Accepted: {receiver} is known by {found} from now on."
        ));
    }
    say(&format!("{receiver} is not trusted: {strange}."))?;
    if let Some(pinned) = strange.pinned {
        say(&format!("It was {pinned}."))?;
    }
    say(&format!("It is {found}."))?;
    say("Compare it with what `syncward-receiver pair` shows there.")?;
    say(&format!(
        "If it is the same: syncward trust {}",
        found.hex()
    ))
}
