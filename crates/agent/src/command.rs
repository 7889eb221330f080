//! The command line: what is so, renew, snooze and watch, without a window and without a display.
//!
//! Talks to the app that runs on this computer; without one to the receiver, with the token of the last pairing.
//! Responsible for words, shapes and exit codes on a terminal; decides nothing about alerts or channels.

mod forget;
mod named;
mod pair;
mod reader;
mod receivers;
mod renew;
mod report;
mod snooze;
mod source;
mod trust;
mod watch;

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};
use syncward_wire::Fingerprint;

use crate::bridge::{Fault, SnoozeFor};
use crate::client::ClientError;
use crate::told;
use crate::words::Language;
use reader::Reader;
use source::{HANGS, Source, unreachable_app};

/// Something to do and to end with.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Say what is so, and what needs a hand
    #[command(after_help = EXITS)]
    Status {
        /// List every calendar, not only those that differ
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        only: Only,
        #[command(flatten)]
        format: Format,
    },
    /// Open fresh channels now and wait until they are proved
    #[command(after_help = EXITS)]
    Renew {
        /// Calendars: an id, or a part of "Clinic · Calendar" that fits one only
        #[arg(required_unless_present = "due", conflicts_with = "due")]
        calendars: Vec<String>,
        /// Renew all that are due
        #[arg(long)]
        due: bool,
        /// Don't wait for the outcome
        #[arg(long)]
        no_wait: bool,
        #[command(flatten)]
        only: Only,
        #[command(flatten)]
        format: Format,
    },
    /// Keep alerts quiet (the app must run: it is what tells them)
    #[command(after_help = EXITS)]
    Snooze {
        /// An alert's id, or a calendar as in renew
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        what: Option<String>,
        /// Every alert that is told now
        #[arg(long)]
        all: bool,
        /// How long
        #[arg(long = "for", value_enum, default_value = "hour")]
        until: Until,
        #[command(flatten)]
        only: Only,
        #[command(flatten)]
        format: Format,
    },
    /// Show the certificate that stands in the way of the receiver, or accept it once its fingerprint was compared
    #[command(after_help = EXITS)]
    Trust {
        /// The fingerprint that `syncward-receiver pair` shows there; spaces and colons don't matter
        fingerprint: Option<Fingerprint>,
        #[command(flatten)]
        only: Only,
        #[command(flatten)]
        format: Format,
    },
    /// Pair this computer with a receiver, whether the app runs or not
    #[command(after_help = EXITS)]
    Pair {
        /// The link that `syncward-receiver pair` prints, or the receiver's address with the code behind it
        #[arg(value_name = "LINK")]
        receiver: String,
        /// The one-time code of `syncward-receiver pair`
        code: Option<String>,
        /// The fingerprint that `syncward-receiver pair` showed, for a receiver that signs for itself
        #[arg(long, requires = "code")]
        pin: Option<Fingerprint>,
        #[command(flatten)]
        format: Format,
    },
    /// List the receivers this computer is paired with, and whether each answers
    #[command(after_help = EXITS)]
    Receivers {
        #[command(flatten)]
        format: Format,
    },
    /// Watch a receiver no longer: its token, its key and all that it told here go; it goes on by itself
    #[command(after_help = EXITS)]
    Forget {
        /// Its name or address, as `receivers` lists them
        #[arg(value_name = "NAME")]
        receiver: String,
        /// Don't ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        format: Format,
    },
    /// Tell every change on a line of its own, until interrupted
    #[command(after_help = EXITS)]
    Watch {
        #[command(flatten)]
        only: Only,
        #[command(flatten)]
        format: Format,
    },
}

const EXITS: &str = "Exit codes: 0 all is well or done; 1 something needs a hand or was refused; 2 usage or configuration; \
3 the app or the receiver can't be reached.";

/// Whom it is about.
#[derive(Clone, Debug, Args)]
pub struct Only {
    /// Of this receiver only: its name or address, as `receivers` lists them
    #[arg(long = "receiver", value_name = "NAME")]
    receiver: Option<String>,
}

/// How to write.
#[derive(Clone, Copy, Debug, Args)]
pub struct Format {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How long a snooze lasts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Until {
    /// One hour
    Hour,
    /// Until the next 08:00
    Morning,
    /// Until it gets worse, grows, or comes back
    Change,
}

impl From<Until> for SnoozeFor {
    fn from(until: Until) -> Self {
        match until {
            Until::Hour => Self::Hour,
            Until::Morning => Self::Morning,
            Until::Change => Self::Change,
        }
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Well,
    NeedsHand,
    Misused,
    Unreachable,
}

impl Ended {
    /// How it ended in all, where several did.
    fn of_all(all: impl IntoIterator<Item = Self>) -> Self {
        let rank = |ended: &Self| match ended {
            Self::Well => 0,
            Self::NeedsHand => 1,
            Self::Misused => 2,
            Self::Unreachable => 3,
        };
        all.into_iter().max_by_key(rank).unwrap_or(Self::Well)
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::NeedsHand => 1,
            Self::Misused => 2,
            Self::Unreachable => 3,
        }
    }
}

/// Why a command did not come to its end.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{} {}", .0.message, .0.action)]
    Fault(Fault),
    #[error("Writing failed: {0}.")]
    Write(#[from] std::io::Error),
}

impl Failure {
    /// What a person reads, in their language.
    fn words(&self, language: Language) -> String {
        match self {
            Self::Fault(fault) => [&fault.message, &fault.action]
                .map(|text| told::sentences(text, language))
                .join(" ")
                .trim_end()
                .to_owned(),
            Self::Write(_) => told::sentences(&self.to_string(), language),
        }
    }

    fn ended(&self) -> Ended {
        match self {
            Self::Fault(fault) => match fault.code.as_str() {
                "app_unreachable" | "receiver_unreachable" | "no_receiver" => Ended::Unreachable,
                "calendar_unknown"
                | "calendar_ambiguous"
                | "receiver_unknown"
                | "not_paired"
                | "confirmation_missing"
                | "certificate_none"
                | "address_invalid"
                | "code_missing"
                | "code_twice"
                | "link_malformed"
                | "link_foreign"
                | "link_incomplete"
                | "link_unknown"
                | "folder_unreadable"
                | "role_too_low" => Ended::Misused,
                _ => Ended::NeedsHand,
            },
            // Whoever read the lines has enough of them.
            Self::Write(_) => Ended::Well,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Fault(error.into())
    }
}

/// Where a command writes, and who answers its questions.
pub struct Terminal<'a> {
    pub out: &'a mut (dyn Write + Send),
    /// Failures and questions.
    pub err: &'a mut (dyn Write + Send),
    /// None where nobody can be asked.
    pub answers: Option<&'a mut (dyn BufRead + Send)>,
}

/// Runs a command of this process; somebody can be asked when both ends are a terminal.
pub async fn run_here(command: &Command, data_dir: &Path, os_keychain: bool) -> Ended {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut answers = BufReader::new(std::io::stdin());
    let somebody = std::io::stdin().is_terminal() && err.is_terminal();
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        answers: somebody.then_some(&mut answers),
    };
    run(command, data_dir, os_keychain, &mut terminal).await
}

/// Runs a command over the files in `data_dir`.
pub async fn run(
    command: &Command,
    data_dir: &Path,
    os_keychain: bool,
    terminal: &mut Terminal<'_>,
) -> Ended {
    let json = command.format().json;
    match attempt(command, data_dir, os_keychain, terminal).await {
        Ok(ended) => ended,
        Err(failure) => {
            let _ = match (&failure, json) {
                (Failure::Fault(fault), true) => {
                    writeln!(terminal.out, "{}", serde_json::json!({ "error": fault }))
                }
                _ => writeln!(terminal.err, "{}", failure.words(language(data_dir))),
            };
            failure.ended()
        }
    }
}

async fn attempt(
    command: &Command,
    data_dir: &Path,
    os_keychain: bool,
    terminal: &mut Terminal<'_>,
) -> Result<Ended, Failure> {
    if let Command::Pair {
        receiver,
        code,
        pin,
        format,
    } = command
    {
        let wanted = pair::wanted(receiver, code.as_deref(), *pin)?;
        let (files, language) = ((data_dir, os_keychain), language(data_dir));
        return pair::run(wanted, files, format.json, language, terminal.out).await;
    }
    let err = &mut *terminal.err;
    let hangs = || match command {
        // Its files are not changed under it.
        Command::Forget { .. } => Err(unreachable_app()),
        _ => Ok(writeln!(
            err,
            "{}",
            told::sentences(HANGS, language(data_dir))
        )?),
    };
    let source = Source::find(data_dir, os_keychain, command.receiver(), hangs).await?;
    let reader = Reader::of(&source, data_dir).await;
    let language = reader.language;
    let json = command.format().json;
    let out = &mut *terminal.out;
    match command {
        Command::Status { all, .. } => {
            let report = source.report(&reader).await?;
            match json {
                true => report.write_json(out)?,
                false => {
                    report.write(*all, out)?;
                    if report.has_times(*all) {
                        writeln!(out, "{}", reader.times())?;
                    }
                }
            }
            Ok(report.ended())
        }
        Command::Renew {
            calendars, no_wait, ..
        } => renew::run(&source, calendars, !no_wait, json, language, terminal).await,
        Command::Snooze { what, until, .. } => {
            let until = (*until).into();
            snooze::run(&source, what.as_deref(), until, json, language, out).await
        }
        Command::Trust { fingerprint, .. } => {
            trust::run(&source, data_dir, *fingerprint, json, language, out).await
        }
        Command::Receivers { .. } => receivers::run(&source, json, &reader, out).await,
        Command::Forget { yes, .. } => {
            let files = (data_dir, os_keychain);
            forget::run(&source, files, *yes, json, language, terminal).await
        }
        Command::Watch { .. } => watch::run(&source, json, &reader, out).await,
        // It asks nobody that is known.
        Command::Pair { .. } => Ok(Ended::Well),
    }
}

/// How a command would end with that refusal, and what a person reads of it.
pub(crate) fn refusal(fault: Fault, data_dir: &Path) -> (Ended, String) {
    let failure = Failure::Fault(fault);
    (failure.ended(), failure.words(language(data_dir)))
}

/// What the person chose in the window, else what the system speaks.
fn language(data_dir: &Path) -> Language {
    Reader::of_files(data_dir).language
}

impl Command {
    /// The only receiver that it is about, as a person named it.
    fn receiver(&self) -> Option<&str> {
        match self {
            Self::Status { only, .. }
            | Self::Renew { only, .. }
            | Self::Snooze { only, .. }
            | Self::Trust { only, .. }
            | Self::Watch { only, .. } => only.receiver.as_deref(),
            Self::Forget { receiver, .. } => Some(receiver),
            Self::Receivers { .. } | Self::Pair { .. } => None,
        }
    }

    fn format(&self) -> Format {
        match self {
            Self::Status { format, .. }
            | Self::Renew { format, .. }
            | Self::Snooze { format, .. }
            | Self::Trust { format, .. }
            | Self::Receivers { format }
            | Self::Pair { format, .. }
            | Self::Forget { format, .. }
            | Self::Watch { format, .. } => *format,
        }
    }
}
