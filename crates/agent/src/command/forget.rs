//! `forget`: a receiver is watched no longer, once a person has read what goes with it and said yes.

use std::path::Path;

use serde_json::json;
use syncward_wire::Overview;
use uuid::Uuid;

use super::receivers::ReceiverLine;
use super::source::{Source, fault, paired, unexpected};
use super::{Ended, Failure, Terminal};
use crate::alerts::Alerts;
use crate::bridge::{ReceiverEntry, Request};
use crate::clock;
use crate::keychain::Keychain;
use crate::words::{Language, Word};

/// What is a yes, in the languages that we speak.
const YES: [&str; 9] = ["y", "yes", "j", "ja", "s", "si", "sí", "o", "oui"];

/// Forgets the one receiver of `source`.
pub(super) async fn run(
    source: &Source,
    (data_dir, os_keychain): (&Path, bool),
    yes: bool,
    json: bool,
    language: Language,
    terminal: &mut Terminal<'_>,
) -> Result<Ended, Failure> {
    let (receiver, calendars) = receiver(source, data_dir).await?;
    let name = &receiver.name;
    if !yes && !agrees(&receiver, calendars, language, terminal)? {
        writeln!(terminal.err, "{}", language.say(Word::NothingForgotten))?;
        return Ok(Ended::NeedsHand);
    }
    match source {
        Source::App(app) => {
            let address = receiver.address.clone();
            app.ask(Request::ForgetReceiver { address }).await?;
        }
        Source::Receivers(receivers) => {
            for direct in receivers {
                forget(&direct.entry, data_dir, os_keychain).await?;
            }
        }
    }
    let address = &receiver.address;
    match json {
        true => writeln!(
            terminal.out,
            "{}",
            json!({ "forgotten": name, "address": address, "calendars": calendars })
        )?,
        false => writeln!(terminal.out, "{}", language.say(Word::IsForgotten { name }))?,
    }
    Ok(Ended::Well)
}

/// The one that is meant, and how many calendars of it are known here.
async fn receiver(source: &Source, data_dir: &Path) -> Result<(ReceiverLine, u32), Failure> {
    match source {
        Source::App(app) => {
            let snapshot = app.snapshot().await?;
            let state = snapshot.receivers.first().ok_or_else(unexpected)?;
            Ok((ReceiverLine::of_app(state), state.links))
        }
        Source::Receivers(receivers) => {
            let direct = receivers.first().ok_or_else(unexpected)?;
            let links = paired(data_dir)?.links(direct.entry.key()).len();
            let line = ReceiverLine::of_entry(&direct.entry);
            Ok((line, u32::try_from(links).unwrap_or(u32::MAX)))
        }
    }
}

/// Says what goes and waits for a yes; refused where nobody can be asked.
fn agrees(
    receiver: &ReceiverLine,
    calendars: u32,
    language: Language,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let Some(answers) = terminal.answers.as_mut() else {
        return Err(fault(
            "confirmation_missing",
            "Forgetting a receiver needs a yes, and nobody can be asked here.",
            "Add --yes.",
        ));
    };
    let goes = match receiver.local {
        true => Word::ForgetsLocal { calendars },
        false => Word::Forgets {
            name: &receiver.name,
            address: &receiver.address,
            calendars,
        },
    };
    writeln!(terminal.err, "{}", language.say(goes))?;
    write!(terminal.err, "{} ", language.say(Word::ForgetIt))?;
    terminal.err.flush()?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(YES.contains(&answer.trim().to_lowercase().as_str()))
}

/// The same as the app does, over its files while it does not run.
async fn forget(entry: &ReceiverEntry, data_dir: &Path, os_keychain: bool) -> Result<(), Failure> {
    let key = entry.key().to_owned();
    let mut store = paired(data_dir)?;
    let links: Vec<Uuid> = store.links(&key).iter().map(|link| link.id).collect();
    if let Some((told, _)) = store.recall_told::<Overview>(&key, "overview") {
        Alerts::leave_out_at_rest(&mut store, told.receiver.id, &links, clock::now());
    }
    store.forget_receiver(entry);
    if let (true, Some(mut next)) = (entry.current, store.receivers().into_iter().next()) {
        next.current = true;
        store.put_receiver(&next);
    }
    let name = key.clone();
    let keychain = Keychain::new(data_dir, os_keychain);
    let forgotten = keychain
        .off_loop(move |keychain| keychain.forget(&name))
        .await;
    match forgotten {
        Some(Ok(())) => {
            store.token_gone(&key);
            Ok(())
        }
        Some(Err(_)) | None => Err(fault(
            "token_left",
            "The receiver is forgotten, but its token could not be removed from where tokens are kept.",
            "Unlock the keychain; it is removed when Syncward starts next.",
        )),
    }
}
