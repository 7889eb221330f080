//! The receiver under the loads that a fleet brings: a burst of notifications, a day like any other on ten thousand links,
//! the first listing of a very large calendar, what the window asks of a month, and of very many calendars.
//!
//! `cargo bench -p syncward-receiver --bench load -- [burst] [first-sync] [steady] [questions] [lists]` (all without a name). Prints a
//! table; fails on whatever was lost or left undone, never on a figure.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints its figures"
)]

mod burst;
mod first_sync;
mod fleet;
mod lists;
#[path = "../common/post.rs"]
#[expect(dead_code, reason = "shared with the other bench")]
mod post;
#[path = "../common/processes.rs"]
#[expect(dead_code, reason = "shared with the other bench")]
mod processes;
mod questions;
#[path = "../common/site.rs"]
#[expect(dead_code, reason = "shared with the other bench")]
mod site;
mod steady;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures the receiver under load.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything without a name.
    loads: Vec<Load>,
    /// Links of the burst.
    #[arg(long, default_value_t = 1_000)]
    burst_links: usize,
    /// Notifications of the burst for each of its links.
    #[arg(long, default_value_t = 20)]
    burst_each: usize,
    /// Events of the calendar that is listed for the first time.
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Links of the ordinary day.
    #[arg(long, default_value_t = 10_000)]
    links: usize,
    /// How long the ordinary day is looked at: a whole check interval.
    #[arg(long, default_value_t = 900)]
    seconds: u64,
    /// Life of a channel on the ordinary day; a short one renews every link while it is looked at.
    #[arg(long, default_value = "7d")]
    ttl: String,
    /// Calendars of which a month is asked for.
    #[arg(long, default_value_t = 1_000)]
    asked_links: usize,
    /// Changes of each of them on one day.
    #[arg(long, default_value_t = 8)]
    changes_a_day: i64,
    /// Leave the receiver's folder there, for `npm run pixels`.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Calendars that are listed.
    #[arg(long, default_value_t = 10_000)]
    listed_links: usize,
    /// Cargo says this to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Load {
    Burst,
    FirstSync,
    Steady,
    Questions,
    Lists,
}

/// One line of the table.
pub struct Figure {
    pub what: String,
    pub seen: String,
    pub target: &'static str,
}

impl Figure {
    pub fn new(what: impl Into<String>, seen: impl Into<String>, target: &'static str) -> Self {
        Self {
            what: what.into(),
            seen: seen.into(),
            target,
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let wanted = |load| arguments.loads.is_empty() || arguments.loads.contains(&load);
    let mut figures = Vec::new();
    if wanted(Load::Burst) {
        figures.extend(burst::measure(arguments.burst_links, arguments.burst_each).await?);
    }
    if wanted(Load::FirstSync) {
        figures.extend(first_sync::measure(arguments.events).await?);
    }
    if wanted(Load::Steady) {
        figures.extend(steady::measure(arguments.links, arguments.seconds, &arguments.ttl).await?);
    }
    if wanted(Load::Questions) {
        let (links, changes) = (arguments.asked_links, arguments.changes_a_day);
        figures.extend(questions::measure(links, changes, arguments.keep.as_deref()).await?);
    }
    if wanted(Load::Lists) {
        figures.extend(lists::measure(arguments.listed_links).await?);
    }
    println!("\n| figure | seen | target |");
    println!("|---|---:|---:|");
    for Figure { what, seen, target } in figures {
        println!("| {what} | {seen} | {target} |");
    }
    Ok(())
}

/// Kibibytes as people read them.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub fn megabytes(kib: u64) -> String {
    format!("{:.1} MB", kib as f64 * 1024.0 / 1e6)
}
