//! The simulator's command line: builds a world, serves it, and says where.

use std::{io::Read, net::SocketAddr};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use jiff::Timestamp;
use serde_json::json;
use syncward_google_sim::{
    face::Face,
    model::{
        World,
        oauth::{ClientRegistration, ConsentMode},
    },
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// Google, simulated: OAuth, Calendar v3, push and faults, on this machine only.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Builds the demo's world from this seed (the default, with seed 1).
    #[arg(long, conflicts_with = "empty")]
    seed: Option<u64>,
    /// Builds one account, admin@clinic.example, with an empty primary calendar.
    #[arg(long)]
    empty: bool,
    /// What the consent page does.
    #[arg(long, value_enum, default_value = "page")]
    consent: Consent,
    /// The only OAuth client id taken; any when absent.
    #[arg(long)]
    client_id: Option<String>,
    /// The secret that this client must show.
    #[arg(long, requires = "client_id")]
    client_secret: Option<String>,
    /// Ends when standard input ends.
    #[arg(long)]
    exit_with_stdin: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Consent {
    Page,
    Allow,
    Deny,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("SYNCWARD_SIM_LOG")
                .unwrap_or_else(|_| "warn".into()),
        )
        .init();
    let now = Timestamp::now();
    let mut world = if arguments.empty {
        World::empty(now)
    } else {
        World::seeded(arguments.seed.unwrap_or(1), now)
    };
    world.consent_mode = match arguments.consent {
        Consent::Page => ConsentMode::Page,
        Consent::Allow => ConsentMode::Allow,
        Consent::Deny => ConsentMode::Deny,
    };
    world.consents.registration = ClientRegistration {
        id: arguments.client_id,
        secret: arguments.client_secret,
    };
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("failed to listen on {}", arguments.listen))?;
    announce(listener.local_addr()?);
    Face::new(world)?
        .serve(listener, ended(arguments.exit_with_stdin)?)
        .await
}

#[expect(
    clippy::print_stdout,
    reason = "whoever started this reads the address here"
)]
fn announce(address: SocketAddr) {
    println!("{}", json!({ "listening": format!("http://{address}") }));
}

/// Resolves on SIGTERM, ctrl-c, or the end of standard input.
fn ended(with_stdin: bool) -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let (closed, mut on_close) = oneshot::channel::<()>();
    if with_stdin {
        std::thread::spawn(move || {
            let mut sink = [0; 256];
            while std::io::stdin()
                .read(&mut sink)
                .is_ok_and(|count| count > 0)
            {}
            let _ = closed.send(());
        });
    }
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
            _ = &mut on_close, if with_stdin => {}
        }
    })
}
