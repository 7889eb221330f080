//! The agent without a window, where nobody can be asked: what was refused at the start is said and ends it.

use std::path::Path;

use crate::Agent;
use crate::bridge::{Answer, Request, Response};
use crate::command::{self, Ended};
use crate::deep_link::{self, Visit};
use crate::help::Obstacle;
use crate::options::PairAtStart;
use crate::told;
use crate::words::Language;

/// A pairing that did not come about while nothing else is watched.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub ended: Ended,
    /// What is wrong and what to do, in the person's language.
    pub said: String,
}

/// What is said when it has nothing to watch: it goes on, silent otherwise, as one that watches does.
pub async fn nothing_watched(agent: &Agent) -> Option<String> {
    let Response::Ok(Answer::Receivers(receivers)) = agent.ask(Request::Receivers).await else {
        return None;
    };
    receivers
        .is_empty()
        .then(|| Obstacle::NothingWatched.said(Language::of_system()))
}

/// The pairing that a typed link asks for: who typed it has agreed to it.
///
/// # Errors
/// With what to say in the language, when it is no link of ours or leads elsewhere.
pub fn pairing_of(link: &str, language: Language) -> Result<PairAtStart, String> {
    match deep_link::visit(link) {
        Visit::Pair { address, code, pin } => Ok(PairAtStart { address, code, pin }),
        Visit::Open { .. } => Err(Obstacle::NoPairingLink.said(language)),
        Visit::Refused { fault } => {
            let said = [fault.message, fault.action];
            Err(said.map(|text| told::sentences(&text, language)).join(" "))
        }
    }
}

/// Pairs as the command line says.
///
/// # Errors
/// When the pairing was refused and the agent watches no other receiver; else that is logged only.
pub async fn pair(agent: &Agent, wanted: PairAtStart, data_dir: &Path) -> Result<(), Refused> {
    let PairAtStart { address, code, pin } = wanted;
    let Response::Error(mut fault) = agent.ask(Request::Pair { address, code, pin }).await else {
        return Ok(());
    };
    let watched = match agent.ask(Request::Receivers).await {
        Response::Ok(Answer::Receivers(receivers)) => !receivers.is_empty(),
        _ => false,
    };
    if watched {
        tracing::warn!(code = %fault.code, "the pairing at the start was refused; the other receivers are watched");
        return Ok(());
    }
    if fault.certificate.is_some() {
        fault.action += " Start it with --receiver ADDRESS --code CODE --pin FINGERPRINT once you have compared it.";
    }
    let (ended, said) = command::refusal(fault, data_dir);
    let ended = match ended {
        Ended::Unreachable => Ended::Unreachable,
        Ended::Well | Ended::NeedsHand | Ended::Misused => Ended::Misused,
    };
    Err(Refused { ended, said })
}
