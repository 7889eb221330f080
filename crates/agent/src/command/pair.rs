//! `pair`: this computer and a receiver come to know each other, by the link or the code of `syncward-receiver pair`.

use std::io::Write;
use std::path::Path;

use serde_json::json;
use syncward_wire::Fingerprint;

use super::receivers::ReceiverLine;
use super::source::{Source, fault, unexpected, unreachable_app};
use super::{Ended, Failure};
use crate::bridge::{Answer, ReceiverEntry, Request};
use crate::claim::{Claim, ClaimError};
use crate::deep_link::{self, Visit};
use crate::keychain::Keychain;
use crate::options::PairAtStart;
use crate::pairing;
use crate::store::Store;
use crate::words::{Language, Word};

/// How a pairing link begins; an address never does.
const LINK: &str = "syncward:";

/// Pairs through the running app, which watches it from then on; without one in its files, for the next start.
pub(super) async fn run(
    wanted: PairAtStart,
    (data_dir, os_keychain): (&Path, bool),
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    // The files of an app that hangs are not changed under it.
    let app = Source::app(data_dir, || Err(unreachable_app())).await?;
    let paired = match app {
        Some(app) => {
            let PairAtStart { address, code, pin } = wanted;
            match app.ask(Request::Pair { address, code, pin }).await {
                Ok(Answer::Receivers(entries)) => entries.into_iter().find(|entry| entry.current),
                Ok(_) => None,
                Err(failure) => return Err(with_the_key(failure)),
            }
        }
        None => Some(in_files(&wanted, data_dir, os_keychain).await?),
    };
    let entry = paired.ok_or_else(unexpected)?;
    let name = &ReceiverLine::of_entry(&entry).name;
    match json {
        true => {
            let told = json!({ "paired": name, "address": entry.address, "role": entry.role });
            writeln!(out, "{told}")?;
        }
        false => writeln!(out, "{}", language.say(Word::IsPaired { name }))?,
    }
    Ok(Ended::Well)
}

/// What is asked for: a whole link, or an address and its code.
pub(super) fn wanted(
    receiver: &str,
    code: Option<&str>,
    pin: Option<Fingerprint>,
) -> Result<PairAtStart, Failure> {
    match (receiver.starts_with(LINK), code) {
        (true, None) => match deep_link::visit(receiver) {
            Visit::Pair { address, code, pin } => Ok(PairAtStart { address, code, pin }),
            Visit::Open { .. } => Err(fault(
                "link_unknown",
                "This link leads to a screen and pairs with nothing.",
                "Give the link or the address and code that `syncward-receiver pair` prints.",
            )),
            Visit::Refused { fault } => Err(Failure::Fault(fault)),
        },
        (true, Some(_)) => Err(fault(
            "code_twice",
            "A pairing link holds its code.",
            "Leave the other code out, and put the link into quotes.",
        )),
        (false, Some(code)) => Ok(PairAtStart {
            address: receiver.to_owned(),
            code: code.to_owned(),
            pin,
        }),
        (false, None) => Err(fault(
            "code_missing",
            "An address alone does not pair.",
            "Give the link or the address and code that `syncward-receiver pair` prints.",
        )),
    }
}

/// The same as the app does, over its files while it does not run.
async fn in_files(
    wanted: &PairAtStart,
    data_dir: &Path,
    os_keychain: bool,
) -> Result<ReceiverEntry, Failure> {
    let unkept = |why: String| {
        let message = format!(
            "The data folder {} can't be used: {why}.",
            data_dir.display()
        );
        let action = "Check its rights and the room on its disk; --data-dir names another folder.";
        fault("folder_unreadable", message, action)
    };
    // Before the code is spent, which is good for one time.
    let _claim = Claim::take(data_dir).map_err(|error| match error {
        ClaimError::Taken { .. } => unreachable_app(),
        ClaimError::Lock { .. } | ClaimError::Folder(_) => unkept(error.to_string()),
    })?;
    let mut store = Store::open(data_dir).map_err(|error| unkept(error.to_string()))?;
    let keychain = Keychain::new(data_dir, os_keychain);
    let PairAtStart { address, code, pin } = wanted;
    let paired = pairing::pair(address, code, *pin, false, &keychain).await;
    let mut entry = paired
        .map_err(|fault| with_the_key(Failure::Fault(fault)))?
        .entry;
    let before = store.receivers().into_iter();
    if let Some(before) = before.into_iter().find(|it| it.key() == entry.key()) {
        entry.name = before.name;
        entry.paired_at = before.paired_at;
    }
    store.put_receiver(&entry);
    let is_it =
        |kept: &ReceiverEntry| kept.key() == entry.key() && kept.pin == entry.pin && kept.current;
    match store.receivers().iter().any(is_it) {
        true => Ok(entry),
        false => Err(unkept("what was paired could not be written".into())),
    }
}

/// What to type once a certificate's key was compared.
fn with_the_key(failure: Failure) -> Failure {
    match failure {
        Failure::Fault(mut fault) if fault.certificate.is_some() => {
            fault.action += " Pair again with --pin FINGERPRINT once you have compared it.";
            Failure::Fault(fault)
        }
        Failure::Fault(_) | Failure::Write(_) => failure,
    }
}
