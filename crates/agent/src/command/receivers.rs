//! `receivers`: which ones this computer is paired with, whether each answers, and how it is known.

use std::io::Write;

use serde::Serialize;
use serde_json::json;
use syncward_wire::{At, Fingerprint, Role};

use super::reader::Reader;
use super::source::{Direct, Source, ToldItself, unpaired};
use super::{Ended, Failure};
use crate::bridge::{ConnectionStatus, ReceiverEntry, ReceiverState, THIS_COMPUTER};
use crate::told;
use crate::words::{Language, Word};

/// One receiver; fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ReceiverLine {
    pub name: String,
    pub address: String,
    /// The one that the window's pages of a single receiver show.
    pub chosen: bool,
    /// Started by the app on this computer.
    pub local: bool,
    pub connected: bool,
    /// Since when it does not answer, as far as the app listened.
    pub silent_since: Option<At>,
    /// Why it does not answer, or what is tried.
    pub why: Option<String>,
    /// When it last told anything here.
    pub as_of: Option<At>,
    pub version: Option<String>,
    pub calendars: Option<u32>,
    pub role: Role,
    pub known_by: KnownBy,
    pub fingerprint: Option<Fingerprint>,
    pub paired_at: At,
    /// What it means for the exit code.
    #[serde(skip)]
    pub ended: Ended,
}

/// By what a receiver is known to be itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KnownBy {
    /// It answers on this computer.
    Loopback,
    /// The system trusts its certificate.
    System,
    /// A person compared its key.
    Key,
}

/// Lists them; it is no matter of the calendars whether a hand is needed.
pub(super) async fn run(
    source: &Source,
    json: bool,
    reader: &Reader,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Failure> {
    let lines: Vec<ReceiverLine> = match source {
        Source::App(app) => {
            let snapshot = app.snapshot().await?;
            snapshot
                .receivers
                .iter()
                .map(ReceiverLine::of_app)
                .collect()
        }
        Source::Receivers(receivers) => {
            let told = Direct::tell_all(receivers).await;
            let told = receivers.iter().zip(&told);
            told.map(|(direct, told)| ReceiverLine::of_itself(direct, told.as_ref()))
                .collect()
        }
    };
    if lines.is_empty() {
        return Err(unpaired());
    }
    match json {
        true => writeln!(out, "{}", json!({ "receivers": lines }))?,
        false => {
            for line in &lines {
                writeln!(
                    out,
                    "{}\n   {}",
                    line.standing(reader),
                    line.pairing(reader)
                )?;
            }
            writeln!(out, "{}", reader.times())?;
        }
    }
    Ok(Ended::of_all(lines.iter().map(|line| line.ended)))
}

impl ReceiverLine {
    pub fn of_app(state: &ReceiverState) -> Self {
        let contact = &state.connection;
        let connected = contact.status == ConnectionStatus::Connected;
        Self {
            connected,
            silent_since: state.is_silent().then_some(contact.since),
            why: (!connected).then(|| contact.message.clone()),
            as_of: state.as_of,
            version: contact.version.clone(),
            calendars: state.as_of.map(|_| state.links),
            ended: match (contact.status, state.entry.role) {
                (ConnectionStatus::Connected, _) => Ended::Well,
                (ConnectionStatus::Unpaired, _) => Ended::NeedsHand,
                // It is told nothing, whoever answers.
                (_, Role::Integration) => Ended::Misused,
                (_, Role::Viewer | Role::Operator | Role::Admin) => Ended::Unreachable,
            },
            ..Self::of_entry(&state.entry)
        }
    }

    pub fn of_itself(direct: &Direct, told: Result<&ToldItself, &Failure>) -> Self {
        let known = Self::of_entry(&direct.entry);
        match told {
            Ok(told) => Self {
                connected: true,
                as_of: Some(told.overview.now_at),
                version: Some(told.overview.receiver.version.clone()),
                calendars: u32::try_from(told.links.len()).ok(),
                ended: Ended::Well,
                ..known
            },
            Err(failure) => Self {
                why: Some(failure.to_string()),
                as_of: direct.heard_at,
                ended: failure.ended(),
                ..known
            },
        }
    }

    /// What is known without asking.
    pub fn of_entry(entry: &ReceiverEntry) -> Self {
        Self {
            name: entry.title().to_owned(),
            address: entry.address.clone(),
            chosen: entry.current,
            local: entry.local,
            connected: false,
            silent_since: None,
            why: None,
            as_of: None,
            version: Some(entry.version.clone()),
            calendars: None,
            role: entry.role,
            known_by: match (entry.pin, entry.address.starts_with("https://")) {
                (Some(_), _) => KnownBy::Key,
                (None, true) => KnownBy::System,
                (None, false) => KnownBy::Loopback,
            },
            fingerprint: entry.pin,
            paired_at: entry.paired_at,
            ended: Ended::Unreachable,
        }
    }

    /// By which it stays itself; a local one changes its port with every start.
    pub fn key(&self) -> String {
        match self.local {
            true => "local".to_owned(),
            false => self.address.clone(),
        }
    }

    /// "South  ▲ silent since Thu 26 Nov 11:58: nothing answers there", the reason as it was given.
    pub fn standing(&self, reader: &Reader) -> String {
        let language = reader.language;
        let standing = match (self.connected, self.silent_since, self.as_of) {
            (true, _, _) => language.say(Word::Answers {
                version: self.version.as_deref().unwrap_or("?"),
                calendars: self.calendars.unwrap_or_default(),
            }),
            (false, _, _) if self.ended != Ended::Unreachable => language.say(Word::PairAgain),
            (false, Some(since), _) => language.say(Word::SilentSince {
                moment: &reader.moment(*since),
            }),
            (false, None, Some(heard)) => language.say(Word::LastHeard {
                moment: &reader.moment(*heard),
            }),
            (false, None, None) => language.say(Word::NeverHeard),
        };
        let shape = if self.connected { '●' } else { '▲' };
        let why = self.why.iter();
        let why = why.map(|why| format!(": {}", told::sentences(why, language)));
        format!(
            "{}  {shape} {standing}{}",
            self.spoken_name(language),
            why.collect::<String>()
        )
    }

    /// What it is called, in the language where that is no name.
    pub fn spoken_name(&self, language: Language) -> String {
        match self.local && self.name == THIS_COMPUTER {
            true => language.say(Word::ThisComputer),
            false => self.name.clone(),
        }
    }

    fn pairing(&self, reader: &Reader) -> String {
        let language = reader.language;
        let known_by = match (self.known_by, &self.fingerprint) {
            (KnownBy::Key, Some(key)) => language.say(Word::KnownByKey {
                fingerprint: &key.to_string(),
            }),
            (KnownBy::System | KnownBy::Key, _) => language.say(Word::KnownBySystem),
            (KnownBy::Loopback, _) => language.say(Word::KnownByLoopback),
        };
        let paired = language.say(Word::PairedAs {
            moment: &reader.moment(*self.paired_at),
            role: &language.say(Word::Role(self.role)),
        });
        format!("{}, {paired}, {known_by}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn the_receiver_on_this_computer_and_its_role_are_named_in_the_language() {
        let entry = ReceiverEntry {
            address: "http://127.0.0.1:8480".into(),
            local: true,
            current: true,
            role: Role::Viewer,
            version: "0.1.0".into(),
            paired_at: clock::now().into(),
            pin: None,
            name: String::new(),
        };
        let line = ReceiverLine::of_entry(&entry);
        assert_eq!(line.name, "this computer", "machines read English");
        let german = line.standing(&Reader::in_utc(Language::De));
        assert!(german.starts_with("dieser Computer  ▲ "), "{german}");
        assert!(
            line.pairing(&Reader::in_utc(Language::De))
                .contains(" als Betrachter, ")
        );
        assert!(
            line.pairing(&Reader::in_utc(Language::En))
                .contains(" as viewer, ")
        );
        let named = ReceiverEntry {
            name: "Nord".into(),
            ..entry
        };
        let named = ReceiverLine::of_entry(&named).standing(&Reader::in_utc(Language::Fr));
        assert!(named.starts_with("Nord  ▲ "), "{named}");
    }
}
