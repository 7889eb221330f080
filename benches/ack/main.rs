//! How fast a notification is acknowledged once it is durable: the real receiver, the same axum answer that stores
//! nothing, and Express with better-sqlite3 committing each request, side by side in one run; and how long one change
//! takes from its notification to the commit.
//!
//! `cargo bench -p syncward-receiver --bench ack [-- --seconds 8 --rounds 3 --connections 64]`. Prints a table; never fails on
//! a figure, only on a server that answers anything but 200.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints its figures"
)]

mod change;
mod null;
#[path = "../common/post.rs"]
#[expect(dead_code, reason = "shared with the other bench")]
mod post;
#[path = "../common/processes.rs"]
#[expect(dead_code, reason = "shared with the other bench")]
mod processes;
mod receiver;
#[path = "../common/site.rs"]
#[expect(dead_code, reason = "shared with the other bench")]
mod site;

use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use crate::post::{Measured, Target};
use crate::processes::Running;

/// Measures durable acknowledgement side by side.
#[derive(Parser)]
struct Arguments {
    /// Measured time for each server in each round.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Rounds; the servers take turns, and the median round counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections that each send one request after the other.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Changes timed one after the other, from the notification to the commit.
    #[arg(long, default_value_t = 400)]
    changes: usize,
    /// Serves the answer that stores nothing, for the bench itself.
    #[arg(long, hide = true)]
    null_server: bool,
    /// Cargo says this to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One server under load and what each round measured.
struct Contender {
    name: &'static str,
    target: Target,
    rounds: Vec<Measured>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.null_server {
        return null::serve().await;
    }
    let folder = processes::folder("ack")?;
    eprintln!("databases in {}", folder.display());
    let receiver = receiver::start(&folder).await?;
    let idle_kib = receiver.site.process.resident_kib()?;
    let changes = change::measure(&receiver, arguments.changes).await?;
    let null = null::start().await?;
    let express = start_express(&folder, &receiver.target).await?;
    let mut contenders = [
        contender("axum, stores nothing", receiver.target.at(null.address)),
        contender(
            "Express + better-sqlite3",
            receiver.target.at(express.address),
        ),
        contender("syncward-receiver", receiver.target.clone()),
    ];
    for round in 1..=arguments.rounds {
        for contender in &mut contenders {
            let seconds = Duration::from_secs(arguments.seconds);
            let measured = post::run(&contender.target, arguments.connections, seconds)
                .await
                .with_context(|| format!("failed to load {}", contender.name))?;
            eprintln!(
                "round {round}: {} {:.0} requests/s",
                contender.name, measured.per_second
            );
            contender.rounds.push(measured);
        }
    }
    report(
        &contenders,
        arguments.connections,
        idle_kib,
        receiver.site.process.resident_kib()?,
    );
    println!(
        "| notification to committed change, {} in turn, p50 | {:.1} ms | |",
        changes.count, changes.p50_ms
    );
    println!(
        "| notification to committed change, p95, with the simulator's answer | {:.1} ms | < 100 ms |",
        changes.p95_ms
    );
    drop((receiver, null, express));
    std::fs::remove_dir_all(&folder).context("failed to remove the databases")
}

fn contender(name: &'static str, target: Target) -> Contender {
    Contender {
        name,
        target,
        rounds: Vec::new(),
    }
}

async fn start_express(folder: &std::path::Path, target: &Target) -> anyhow::Result<Running> {
    let express = processes::root().join("benches/express");
    processes::install(&express).await?;
    let mut command = tokio::process::Command::new("node");
    command
        .arg(express.join("server.mjs"))
        .arg(folder.join("express.sqlite"))
        .env("NODE_ENV", "production")
        .env("BENCH_CHANNEL_TOKEN", &target.token);
    Running::announced(command).await
}

fn report(contenders: &[Contender], connections: usize, idle_kib: u64, loaded_kib: u64) {
    let medians: Vec<Measured> = contenders
        .iter()
        .map(|contender| post::median(&contender.rounds))
        .collect();
    let [null, express, receiver] = medians.as_slice() else {
        unreachable!("there are three contenders");
    };
    println!(
        "\n{connections} connections, median of {} rounds\n",
        contenders[0].rounds.len()
    );
    println!("| server | requests/s | p50 ms | p99 ms | of the one that stores nothing |");
    println!("|---|---:|---:|---:|---:|");
    for (contender, measured) in contenders.iter().zip(&medians) {
        println!(
            "| {} | {:.0} | {:.2} | {:.2} | {:.3} |",
            contender.name,
            measured.per_second,
            measured.p50_ms,
            measured.p99_ms,
            measured.per_second / null.per_second,
        );
    }
    println!("\n| figure | seen | target |");
    println!("|---|---:|---:|");
    println!(
        "| receiver ÷ stores nothing | {:.3} | ≥ 0.22 |",
        receiver.per_second / null.per_second
    );
    println!(
        "| receiver ÷ Express | {:.1} | ≥ 4 |",
        receiver.per_second / express.per_second
    );
    println!("| receiver p99 | {:.1} ms | < 20 ms |", receiver.p99_ms);
    println!(
        "| receiver idle RSS | {:.1} MB | < 40 MB |",
        megabytes(idle_kib)
    );
    println!(
        "| receiver RSS after the load | {:.1} MB | |",
        megabytes(loaded_kib)
    );
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(kib: u64) -> f64 {
    kib as f64 * 1024.0 / 1e6
}
