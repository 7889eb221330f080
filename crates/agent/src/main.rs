//! `syncward-agent`: the agent without a window, for UI tests and previews in a browser.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use syncward_agent::Agent;
use syncward_agent::bridge::Demo;
use syncward_agent::claim::{Claim, ClaimError};
use syncward_agent::command::{self, Command};
use syncward_agent::door::Door;
use syncward_agent::ending::Ending;
use syncward_agent::face::Face;
use syncward_agent::help::Obstacle;
use syncward_agent::options::{
    ALERT_AFTER, Options, PairAtStart, alert_after_from_environment, default_data_dir,
};
use syncward_agent::words::Language;
use syncward_wire::Fingerprint;

/// The background agent of Syncward with a page for this computer's browser.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where the agent keeps its files.
    #[arg(long, env = "SYNCWARD_DESKTOP_DATA_DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The built window.
    #[arg(long, default_value = "ui/dist")]
    pages: PathBuf,
    /// Pair with this receiver at the start.
    #[arg(long, requires = "code")]
    receiver: Option<String>,
    /// The one-time code of `syncward-receiver pair`.
    #[arg(long, requires = "receiver")]
    code: Option<String>,
    /// The fingerprint that `syncward-receiver pair` showed, for a receiver that signs for itself.
    #[arg(long, requires = "receiver")]
    pin: Option<Fingerprint>,
    /// Start the receiver beside this program.
    #[arg(long, conflicts_with = "receiver")]
    local: bool,
    /// Keep tokens in a private file instead of the system's keychain.
    #[arg(long, global = true)]
    no_keychain: bool,
    /// The receiver talks to the simulator.
    #[arg(long, env = "SYNCWARD_DEMO")]
    demo: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let arguments = Arguments::parse();
    let data_dir = arguments.data_dir.unwrap_or_else(default_data_dir);
    if let Some(command) = &arguments.command {
        let keychain = !arguments.no_keychain;
        let ended = command::run_here(command, &data_dir, keychain).await;
        return Ok(ExitCode::from(ended.code()));
    }
    let _claim = match Claim::take(&data_dir) {
        Err(ClaimError::Taken { folder }) => {
            return Ok(refused(Obstacle::RunsAlready { folder: &folder }));
        }
        claim => claim.context("take the data folder")?,
    };
    let alert_after = match alert_after_from_environment() {
        Ok(alert_after) => alert_after,
        Err(value) => {
            let (name, value) = (ALERT_AFTER, &value);
            return Ok(refused(Obstacle::NoDuration { name, value }));
        }
    };
    let ending = Ending::listen().context("listen for the end")?;
    let mut options = Options::for_desktop(&data_dir);
    options.os_keychain = !arguments.no_keychain;
    options.alert_after = alert_after;
    if arguments.demo {
        options.demo = Demo::Around;
    }
    options.local = arguments.local;
    options.pair = arguments
        .receiver
        .zip(arguments.code)
        .map(|(address, code)| PairAtStart {
            address,
            code,
            pin: arguments.pin,
        });
    let agent = Agent::start(options).context("start the agent")?;
    let door = Door::open(agent.clone(), &data_dir)
        .await
        .context("open the door for the command line")?;
    let pages = arguments.pages.is_dir().then_some(arguments.pages);
    let face = Face::bind(agent.clone(), pages, arguments.port)
        .await
        .with_context(|| format!("listen on port {} of this computer", arguments.port))?;
    announce(&face.address());
    face.serve(ending.told())
        .await
        .context("serve the browser")?;
    drop(door);
    agent.quit().await;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "there is no page yet to say it on")]
fn refused(obstacle: Obstacle<'_>) -> ExitCode {
    eprintln!("{}", obstacle.said(Language::of_system()));
    ExitCode::from(2)
}

#[expect(
    clippy::print_stdout,
    reason = "the caller reads the address from here"
)]
fn announce(address: &str) {
    println!("{}", serde_json::json!({ "listening": address }));
}
