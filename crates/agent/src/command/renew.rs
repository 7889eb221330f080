//! `renew`: orders renewals and waits for what becomes of them.

use std::borrow::Borrow;
use std::io::Write;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use syncward_wire::stream::StreamEvent;
use syncward_wire::{Link, OperationState};
use uuid::Uuid;

use super::source::{Direct, Links, Owned, Source, fault, unexpected};
use super::{Ended, Failure, Terminal};
use crate::naming::link_name;
use crate::told;
use crate::words::{Language, Word};

/// A renewal that takes longer is left to the receiver.
const PATIENCE: Duration = Duration::from_secs(120);
/// A wait that takes longer is explained.
const LONG: Duration = Duration::from_secs(3);
/// The app is asked this often.
const LOOKS_EVERY: Duration = Duration::from_millis(300);
/// So many renewals are under way at once.
const AT_ONCE: usize = 8;
const UNKNOWN: &str = "calendar_unknown";

/// Renews `calendars`, or without any all that are due.
pub(super) async fn run(
    source: &Source,
    calendars: &[String],
    wait: bool,
    json: bool,
    language: Language,
    terminal: &mut Terminal<'_>,
) -> Result<Ended, Failure> {
    let (out, err) = (&mut *terminal.out, &mut *terminal.err);
    if calendars.is_empty() {
        return due(source, wait, json, language, out).await;
    }
    let links = source.links().await?;
    // All are found before any is asked.
    let chosen = calendars.iter().map(|text| among(&links, text));
    let chosen: Vec<&Owned<'_>> = chosen.collect::<Result<_, _>>()?;
    let mut ended = Ended::Well;
    for owned in chosen {
        let link = &owned.link;
        let state = match wait {
            true => {
                let says = || match json {
                    true => Ok(()),
                    false => {
                        let name = &link_name(link);
                        writeln!(err, "{}", language.say(Word::WaitsForProof { name }))
                    }
                };
                Some(order_and_wait(source, owned, says).await?)
            }
            false => {
                let operation = source.renew(owned).await?.operation;
                tell_asked(link, operation, json, language, out)?;
                None
            }
        };
        if let Some(state) = state {
            tell_outcome(link, &state, json, language, out)?;
            if state.failed || !state.is_settled() {
                ended = Ended::NeedsHand;
            }
        }
    }
    Ok(ended)
}

/// Renews all that are due, some at a time, and tells of each; a receiver that could not be read is named at the end.
async fn due(
    source: &Source,
    wait: bool,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let links = match source.links().await {
        Ok(links) => links,
        Err(failure) => {
            // What the order itself needs is said first.
            source.renew_due().await?;
            return Err(failure);
        }
    };
    let wanting = |owned: &&Owned<'_>| owned.link.state.wants_renewal();
    let due: Vec<&Owned<'_>> = links.found.iter().filter(wanting).collect();
    let mut ended = Ended::Well;
    let mut failed = None;
    if wait && !due.is_empty() {
        let orders = due.into_iter().map(|owned| async move {
            let state = order_and_wait(source, owned, || Ok(())).await;
            (&owned.link, state)
        });
        let mut told = futures_util::stream::iter(orders).buffered(AT_ONCE);
        while let Some((link, state)) = told.next().await {
            match state {
                Ok(state) => {
                    tell_outcome(link, &state, json, language, out)?;
                    if state.failed || !state.is_settled() {
                        ended = Ended::NeedsHand;
                    }
                }
                Err(failure) => failed = failed.or(Some(failure)),
            }
        }
    } else {
        // Also of nothing: what is known may be old, and an answer shows that somebody is there.
        let operation = source.renew_due().await?.operation;
        let said = match due.is_empty() {
            true => Word::NothingDue,
            false => Word::AllBeingRenewed,
        };
        match json {
            true => writeln!(
                out,
                "{}",
                json!({ "operation": operation, "calendar_id": null })
            )?,
            false => writeln!(out, "{}", language.say(said))?,
        }
    }
    match failed.or(links.unread) {
        Some(failure) => Err(failure),
        None => Ok(ended),
    }
}

/// The link that is meant; none that could be read may be it while a receiver does not answer.
fn among<'a, 'b>(links: &'a Links<'b>, text: &str) -> Result<&'a Owned<'b>, Failure> {
    find(&links.found, text).map_err(|failure| match (&failure, &links.unread) {
        (Failure::Fault(fault), Some(Failure::Fault(unread))) if fault.code == UNKNOWN => {
            Failure::Fault(unread.clone())
        }
        _ => failure,
    })
}

/// The link with this id, or the only one whose name has this text.
pub(super) fn find<'a, L: Borrow<Link>>(links: &'a [L], text: &str) -> Result<&'a L, Failure> {
    if let Ok(id) = text.parse::<Uuid>()
        && let Some(link) = links.iter().find(|link| (*link).borrow().id == id)
    {
        return Ok(link);
    }
    let wanted = text.to_lowercase();
    let fits = |link: &&L| link_name((*link).borrow()).to_lowercase().contains(&wanted);
    let found: Vec<&L> = links.iter().filter(fits).collect();
    match found.as_slice() {
        [link] => Ok(link),
        [] => Err(fault(
            UNKNOWN,
            format!("No calendar is called {text:?}."),
            "`syncward status --all` lists them.",
        )),
        many => Err(fault(
            "calendar_ambiguous",
            format!("{} calendars have {text:?} in their name.", many.len()),
            "Name one by its id, by more of its name, or its receiver; `syncward status --all --json` lists the ids.",
        )),
    }
}

/// Orders, and tells `says` what is waited for when that takes long.
async fn order_and_wait(
    source: &Source,
    owned: &Owned<'_>,
    says: impl FnOnce() -> std::io::Result<()>,
) -> Result<OperationState, Failure> {
    let outcome = async {
        match (source, owned.owner) {
            (Source::App(app), _) => {
                let id = source.renew(owned).await?.operation;
                loop {
                    let operations = app.snapshot().await?.operations;
                    let known = operations.into_iter().find(|it| it.id == id);
                    if let Some(state) = known.filter(OperationState::is_settled) {
                        return Ok(state);
                    }
                    tokio::time::sleep(LOOKS_EVERY).await;
                }
            }
            (Source::Receivers(_), Some(owner)) => follow(source, owner, owned).await,
            (Source::Receivers(_), None) => Err(unexpected()),
        }
    };
    tokio::pin!(outcome);
    if let Ok(outcome) = tokio::time::timeout(LONG, &mut outcome).await {
        return outcome;
    }
    says()?;
    match tokio::time::timeout(PATIENCE - LONG, outcome).await {
        Ok(outcome) => outcome,
        Err(_) => Err(fault(
            "renewal_unfinished",
            format!("{} is still being renewed.", link_name(&owned.link)),
            "The receiver goes on by itself; `syncward status` tells what became of it.",
        )),
    }
}

/// Listens first, then orders, so that no step is missed.
async fn follow(
    source: &Source,
    owner: &Direct,
    owned: &Owned<'_>,
) -> Result<OperationState, Failure> {
    let mut stream = Box::pin(owner.client()?.stream(None).await?);
    let id = source.renew(owned).await?.operation;
    // One that was under way already may have come so far before, and tells no more for a while.
    if let Some(state) = owner.operation(id).await.filter(OperationState::is_settled) {
        return Ok(state);
    }
    while let Some(event) = stream.next().await {
        if let (_, Some(StreamEvent::Operation(state))) = event?
            && state.id == id
            && state.is_settled()
        {
            return Ok(state);
        }
    }
    Err(crate::client::ClientError::Silent.into())
}

fn tell_asked(
    link: &Link,
    operation: Uuid,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> std::io::Result<()> {
    match json {
        true => writeln!(
            out,
            "{}",
            json!({ "operation": operation, "calendar_id": link.id })
        ),
        false => {
            let name = &link_name(link);
            writeln!(out, "{}", language.say(Word::BeingRenewed { name }))
        }
    }
}

fn tell_outcome(
    link: &Link,
    state: &OperationState,
    json: bool,
    language: Language,
    out: &mut (dyn Write + Send),
) -> std::io::Result<()> {
    let name = &link_name(link);
    match (json, state.failed) {
        (true, _) => writeln!(
            out,
            "{}",
            json!({
                "operation": state.id,
                "calendar_id": link.id,
                "renewed": !state.failed,
                "message": state.message,
                "at": state.at,
            })
        ),
        (false, true) => {
            let why = &told::sentences(&state.message, language);
            writeln!(out, "{}", language.say(Word::IsNotRenewed { name, why }))
        }
        (false, false) => writeln!(out, "{}", language.say(Word::IsRenewed { name })),
    }
}
