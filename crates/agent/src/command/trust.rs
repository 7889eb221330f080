//! `trust`: what certificate stands in the way of the receiver, and taking it once a person has compared it.

use std::io::Write;
use std::path::Path;

use futures_util::future::join_all;
use serde_json::json;
use syncward_wire::{Fingerprint, StrangeCertificate};

use super::source::{Direct, Source, fault, unpaired};
use super::{Ended, Failure};
use crate::bridge::{ConnectionStatus, ReceiverState, Request};
use crate::store::Store;
use crate::told;
use crate::words::Language;

/// A receiver, and what became of the look at its certificate.
struct Met {
    address: String,
    certificate: Certificate,
}

enum Certificate {
    /// Plain http to this computer.
    None,
    /// Taken; known by this key where one was compared.
    Trusted(Option<Fingerprint>),
    Strange(StrangeCertificate),
    /// It could not be looked at.
    Unseen(Failure),
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
    if let Some(compared) = compared {
        let receiver = take(source, met, data_dir, compared).await?;
        page(&receiver, json, language, out)?;
        return Ok(Ended::Well);
    }
    let mut ended = Ended::Well;
    let in_the_way = met.iter().any(|it| it.strange().is_some());
    for receiver in met {
        match receiver.certificate {
            Certificate::Strange(_) => ended = Ended::NeedsHand,
            _ if in_the_way => continue,
            // Those before it were shown; what is not known of this one is the end.
            Certificate::Unseen(failure) => return Err(failure),
            Certificate::None | Certificate::Trusted(_) => {}
        }
        page(&Shown::of(&receiver), json, language, out)?;
    }
    Ok(ended)
}

/// Accepts the certificate with that fingerprint, or says what it was compared with.
async fn take(
    source: &Source,
    met: Vec<Met>,
    data_dir: &Path,
    compared: Fingerprint,
) -> Result<Shown, Failure> {
    let found = |it: &Met| it.strange().map(|strange| strange.found);
    if let Some(receiver) = met.iter().find(|it| found(it) == Some(compared)) {
        accept(source, &receiver.address, data_dir, compared).await?;
        return Ok(Shown {
            is_accepted: true,
            ..Shown::of(receiver)
        });
    }
    let is_known =
        |it: &&Met| matches!(it.certificate, Certificate::Trusted(Some(pin)) if pin == compared);
    if let Some(receiver) = met.iter().find(is_known) {
        return Ok(Shown::of(receiver));
    }
    let other = met.iter().find_map(|it| match &it.certificate {
        Certificate::Strange(strange) => Some(strange.found),
        Certificate::None | Certificate::Trusted(_) | Certificate::Unseen(_) => None,
    });
    let pinned = met.iter().find_map(|it| match it.certificate {
        Certificate::Trusted(pin) => pin,
        Certificate::None | Certificate::Strange(_) | Certificate::Unseen(_) => None,
    });
    let mut trusted = None;
    let mut plain = None;
    for receiver in met {
        match receiver.certificate {
            Certificate::Unseen(failure) if other.is_none() => return Err(failure),
            Certificate::Trusted(_) => trusted = trusted.or(Some(receiver)),
            Certificate::None => plain = plain.or(Some(receiver.address)),
            Certificate::Strange(_) | Certificate::Unseen(_) => {}
        }
    }
    match (other.or(pinned), trusted, plain) {
        (Some(other), _, _) => Err(fault(
            "certificate_other",
            format!("The receiver shows another fingerprint than this one: {other}."),
            "Nothing was accepted. If you compared it well, somebody may stand between.",
        )),
        (None, Some(receiver), _) => Ok(Shown::of(&receiver)),
        (None, None, Some(address)) => Err(fault(
            "certificate_none",
            no_certificate(&address),
            "Leave the fingerprint out.",
        )),
        (None, None, None) => Err(unpaired()),
    }
}

/// All that the command is about, each looked at.
async fn met(source: &Source) -> Result<Vec<Met>, Failure> {
    Ok(match source {
        Source::App(app) => {
            let receivers = app.snapshot().await?.receivers.into_iter();
            receivers.map(Met::of_app).collect()
        }
        Source::Receivers(receivers) => join_all(receivers.iter().map(Met::of_itself)).await,
    })
}

impl Met {
    fn of_app(state: ReceiverState) -> Self {
        let (entry, contact) = (state.entry, state.connection);
        let certificate = match (contact.certificate, contact.status) {
            _ if is_plain(&entry.address) => Certificate::None,
            (Some(strange), _) => Certificate::Strange(strange),
            // Whoever refuses was trusted first.
            (None, ConnectionStatus::Connected | ConnectionStatus::Unpaired) => {
                Certificate::Trusted(entry.pin)
            }
            (
                None,
                ConnectionStatus::Connecting | ConnectionStatus::Stale | ConnectionStatus::Offline,
            ) => Certificate::Unseen(unseen(contact.message)),
        };
        Self {
            address: entry.address,
            certificate,
        }
    }

    async fn of_itself(direct: &Direct) -> Self {
        let address = direct.entry.address.clone();
        if is_plain(&address) {
            return Self {
                address,
                certificate: Certificate::None,
            };
        }
        let certificate = match direct.strange_certificate().await {
            Ok(None) => Certificate::Trusted(direct.entry.pin),
            Ok(Some(strange)) => Certificate::Strange(strange),
            Err(Failure::Fault(fault)) if fault.code == "receiver_unreachable" => {
                Certificate::Unseen(unseen(fault.message))
            }
            Err(failure) => Certificate::Unseen(failure),
        };
        Self {
            address,
            certificate,
        }
    }

    fn strange(&self) -> Option<&StrangeCertificate> {
        match &self.certificate {
            Certificate::Strange(strange) => Some(strange),
            Certificate::None | Certificate::Trusted(_) | Certificate::Unseen(_) => None,
        }
    }
}

fn is_plain(address: &str) -> bool {
    address.starts_with("http://")
}

fn unseen(message: String) -> Failure {
    fault(
        "receiver_unreachable",
        message,
        "Nothing was compared. Check that it runs and that this computer is online.",
    )
}

fn no_certificate(receiver: &str) -> String {
    format!(
        "{receiver} has no certificate to trust: it is reached over plain http, on this computer only."
    )
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

/// What is written of one receiver.
struct Shown {
    address: String,
    certificate: Option<StrangeCertificate>,
    is_accepted: bool,
}

impl Shown {
    fn of(met: &Met) -> Self {
        Self {
            address: met.address.clone(),
            certificate: met.strange().cloned(),
            is_accepted: false,
        }
    }
}

fn page(
    shown: &Shown,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> std::io::Result<()> {
    let Shown {
        address: receiver,
        certificate: met,
        is_accepted,
    } = shown;
    if json {
        let told = json!({ "receiver": receiver, "certificate": met, "accepted": is_accepted });
        return writeln!(out, "{told}");
    }
    let mut say = |text: &str| writeln!(out, "{}", told::sentences(text, language));
    let Some(strange) = met else {
        return say(&match is_plain(receiver) {
            true => no_certificate(receiver),
            false => {
                format!("The certificate of {receiver} is trusted; nothing stands in the way.")
            }
        });
    };
    let found = strange.found;
    if *is_accepted {
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
