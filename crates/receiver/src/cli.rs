//! The command line: `serve`, and what works beside a running receiver.
#![expect(clippy::print_stderr, reason = "a command line talks to people")]

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use syncward_wire::Role;
use tracing_subscriber::EnvFilter;

use crate::attest::Month;
use crate::config::tls::TlsError;
use crate::config::{Config, Need, Wishes, unknown_variables};
use crate::store::{Store, StoreError};
use crate::{api, serve};

mod ask;
mod attest;
mod copies;
mod devices;
mod doctor;
mod health;
mod named;
mod order;
mod pair;
mod rotate;
mod said;
mod way;

use order::Manner;
use said::say;

/// Exit code of a configuration that does not fit.
const MISCONFIGURED: u8 = 2;
const ENDS: &str = "Exit codes: 0 done; 1 failed, or not over within two minutes (the receiver goes on by itself); 2 usage or configuration.";

/// Keeps clinics' Google calendars watched, and their appointments in step.
#[derive(Parser)]
#[command(name = "syncward-receiver", version)]
struct CommandLine {
    #[command(flatten)]
    wishes: Wishes,
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run the receiver
    Serve {
        /// End when standard input does (the desktop starts it so)
        #[arg(long)]
        exit_with_stdin: bool,
    },
    /// Make a one-time code that pairs a desktop
    Pair {
        /// What the paired device may do
        #[arg(long, value_enum, default_value = "admin")]
        role: RoleName,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the calendars and their channels
    Links {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Renew channels through the running receiver, and wait until they are proved
    #[command(after_help = ENDS)]
    Renew {
        /// A link's id; all that are due when left out
        link: Option<uuid::Uuid>,
        #[command(flatten)]
        manner: Manner,
    },
    /// Sync a calendar through the running receiver, and wait for the outcome
    #[command(after_help = ENDS)]
    Sync {
        /// A link's id
        link: uuid::Uuid,
        #[command(flatten)]
        manner: Manner,
    },
    /// Stop a calendar's live channel on purpose, through the running receiver, and wait until polling took over and a new one is proved
    #[command(after_help = ENDS)]
    FireDrill {
        /// A link's id
        link: uuid::Uuid,
        #[command(flatten)]
        manner: Manner,
    },
    /// Say what the next 14 days bring, and what happens when the receiver is off meanwhile
    Forecast {
        /// When it goes off (RFC 3339, such as 2026-03-07T20:00:00Z)
        #[arg(long, requires = "off_until")]
        off_from: Option<String>,
        /// When it is back
        #[arg(long, requires = "off_from")]
        off_until: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the proof of a month as a page (or as JSON), or check one that was kept
    Attest {
        /// The month, such as 2026-11, by each clinic's own clock
        #[arg(long, required_unless_present = "verify", value_parser = month)]
        month: Option<String>,
        /// A clinic's id; all when left out
        #[arg(long)]
        clinic: Option<uuid::Uuid>,
        /// Where to write it; standard output when left out
        #[arg(long)]
        out: Option<std::path::PathBuf>,
        /// Write over the file that is there
        #[arg(long, requires = "out")]
        replace: bool,
        /// Check this page or JSON file instead: its digest, and the audit trail where the database is at hand
        #[arg(long, conflicts_with_all = ["month", "clinic", "out"])]
        verify: Option<std::path::PathBuf>,
        /// Write JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget a clinic for good, through the running receiver: stops its channels, revokes its consents, deletes all of it
    Forget {
        /// The clinic's id, or its exact name
        clinic: String,
        /// Do it; without this it only says what would go
        #[arg(long)]
        yes: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the paired devices: role, when each was paired and last seen
    Devices {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Shut a paired device out, through the running receiver: its token is taken no more
    Revoke {
        /// The device's id, or its exact name
        device: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check configuration, whether the receiver runs, its store, and the way to Google
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask the running receiver whether it is ready, for containers and monitors: 0 when it is, 1 when not
    Health {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Copy the database into a new file, also while the receiver runs
    Backup {
        /// The new file
        file: std::path::PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a copy back, while no receiver runs
    Restore {
        /// A file that backup made
        file: std::path::PathBuf,
        /// Replace the database that is there; it is kept beside
        #[arg(long)]
        replace: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a new secret key into the old one's place, beside the running receiver
    RotateKey {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the API's description
    Openapi,
    /// Write the man pages and the shell completions into a folder (for packages)
    #[command(hide = true)]
    Papers {
        /// Made when it is missing
        folder: std::path::PathBuf,
    },
}

impl Chore {
    fn need(&self) -> Need {
        match self {
            Self::Serve { .. } => Need::NewOrOld,
            Self::Restore { .. } => Need::Copy,
            Self::Doctor { .. } | Self::RotateKey { .. } => Need::DatabaseWithKey,
            // A kept proof is checked as far as it goes without.
            Self::Attest {
                verify: Some(_), ..
            }
            | Self::Openapi
            | Self::Papers { .. } => Need::Neither,
            Self::Pair { .. }
            | Self::Links { .. }
            | Self::Renew { .. }
            | Self::Sync { .. }
            | Self::FireDrill { .. }
            | Self::Forecast { .. }
            | Self::Attest { .. }
            | Self::Forget { .. }
            | Self::Devices { .. }
            | Self::Revoke { .. }
            | Self::Health { .. }
            | Self::Backup { .. } => Need::Database,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Viewer,
    Operator,
    Admin,
    Integration,
}

/// A month as `attest` takes it.
fn month(text: &str) -> Result<String, String> {
    match text.parse::<Month>() {
        Ok(_) => Ok(text.to_owned()),
        Err(wrong) => Err(format!("{} {}", wrong.message, wrong.action)),
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Operator => Self::Operator,
            RoleName::Admin => Self::Admin,
            RoleName::Integration => Self::Integration,
        }
    }
}

/// Runs the command line; 2 for a configuration that does not fit, 1 for everything else that failed.
pub fn run() -> ExitCode {
    let mut line = CommandLine::parse();
    line.wishes = line.wishes.without_empty();
    let names: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    for warning in unknown_variables(names.iter().map(String::as_str), &known_variables()) {
        eprintln!("warning: {warning}");
    }
    let config = match line.wishes.check_for(line.chore.need()) {
        Ok(config) => config,
        Err(faults) => {
            faults.0.iter().for_each(|fault| eprintln!("{fault}"));
            return ExitCode::from(MISCONFIGURED);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let done = runtime
        .context("failed to start the runtime")
        .and_then(|runtime| runtime.block_on(chore(line, config)));
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("syncward-receiver: {error:#}");
            let is_away = |cause: &(dyn std::error::Error + 'static)| {
                matches!(cause.downcast_ref(), Some(StoreError::Away(_)))
            };
            if error.chain().any(is_away) {
                eprintln!(
                    "Check that PostgreSQL runs there, that this machine may reach it, and the user and password in SYNCWARD_DATABASE_URL."
                );
                // It may come back by itself: whoever starts the receiver should go on to try.
                return ExitCode::FAILURE;
            }
            if error.chain().any(|cause| cause.is::<TlsError>()) {
                return ExitCode::from(MISCONFIGURED);
            }
            ExitCode::FAILURE
        }
    }
}

/// The error of a start, with what can be done about a folder that is taken.
fn with_way_out(error: anyhow::Error) -> anyhow::Error {
    let mut causes = error.chain();
    let taken = causes.any(|it| matches!(it.downcast_ref(), Some(StoreError::InUse(_))));
    match taken {
        true => anyhow::anyhow!(
            "{}: stop that one first, or give this one a folder of its own (SYNCWARD_DATA_DIR)",
            error.root_cause()
        ),
        false => error,
    }
}

async fn chore(line: CommandLine, config: Config) -> Result<ExitCode> {
    match line.chore {
        Chore::Serve { exit_with_stdin } => {
            let filter = line.wishes.log.as_deref().unwrap_or("info");
            let filter = EnvFilter::try_new(filter)
                .with_context(|| format!("SYNCWARD_LOG: '{filter}' is no log filter"))?;
            tracing_subscriber::fmt()
                .json()
                .with_env_filter(filter)
                .with_writer(std::io::stderr)
                .init();
            let served = serve::serve(config, exit_with_stdin).await;
            served.map_err(with_way_out)?;
        }
        Chore::Pair { role, json } => pair::pair(&config, role.into(), json).await?,
        Chore::Links { json } => ask::links(config, json).await?,
        Chore::Renew { link, manner } => return order::renew(config, link, manner).await,
        Chore::Sync { link, manner } => return order::sync(config, link, manner).await,
        Chore::FireDrill { link, manner } => {
            return order::fire_drill(config, link, manner).await;
        }
        Chore::Attest {
            verify: Some(file),
            json,
            ..
        } => return attest::check(&config, &file, json).await,
        Chore::Attest {
            month,
            clinic,
            out,
            replace,
            json,
            ..
        } => {
            let out = out.map(|file| attest::Out { file, replace });
            attest::write(&config, &month.unwrap_or_default(), clinic, out, json).await?;
        }
        Chore::Forecast {
            off_from,
            off_until,
            json,
        } => ask::forecast(config, off_from.zip(off_until), json).await?,
        Chore::Forget { clinic, yes, json } => {
            return ask::forget(config, clinic, yes, json).await;
        }
        Chore::Devices { json } => devices::devices(config, json).await?,
        Chore::Revoke { device, json } => devices::revoke(config, device, json).await?,
        Chore::Health { json } => return health::health(&config, json).await,
        Chore::Doctor { json } => return doctor::doctor(config, json).await,
        Chore::Backup { file, json } => copies::backup(&config, &file, json)?,
        Chore::Restore {
            file,
            replace,
            json,
        } => copies::restore(&config, &file, replace, json)?,
        Chore::RotateKey { json } => return rotate::rotate(config, json).await,
        Chore::Papers { folder } => syncward_papers::write(CommandLine::command(), &folder)?,
        Chore::Openapi => {
            // The routes want a store; this one is in memory alone.
            let nothing = rusqlite::Connection::open_in_memory()?;
            let app = serve::build(config, Store::over(nothing)?).await?;
            say!("{}", serde_json::to_string_pretty(&api::openapi(&app))?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Every variable that a flag reads, and the test tools' own.
fn known_variables() -> Vec<String> {
    let command = CommandLine::command();
    let arguments = command
        .get_arguments()
        .filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
    arguments
        .chain([
            "SYNCWARD_TEST_BINARIES".to_owned(),
            "SYNCWARD_DESKTOP_DATA_DIR".to_owned(),
        ])
        .collect()
}
