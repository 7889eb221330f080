//! `syncward-demo`: the demo's world for as long as standard input stays open; the desktop starts it.

use std::io::{copy, sink, stdin};
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use syncward_demo::{Programs, World, seed};

/// Starts the demo's simulator and seeded receiver, prints where they are as one line of JSON, and ends, leaving
/// nothing behind, when standard input does.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The demo's own folder: emptied at the start, removed at the end.
    #[arg(long)]
    folder: PathBuf,
    /// The receiver's program; the one beside this program unless given.
    #[arg(long)]
    receiver_program: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let own = std::env::current_exe().context("failed to find this program")?;
    let mut programs = Programs::in_folder(own.parent().context("a program lies in a folder")?);
    if let Some(receiver) = arguments.receiver_program {
        programs.receiver = receiver;
    }
    let told = live(programs, &arguments.folder);
    let _ = std::fs::remove_dir_all(&arguments.folder);
    told
}

fn live(programs: Programs, folder: &std::path::Path) -> anyhow::Result<()> {
    let world = World::start(programs, folder)?;
    seed(&world).context("failed to fill the demo")?;
    announce(&world)?;
    copy(&mut stdin(), &mut sink()).context("failed to wait for the end of standard input")?;
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "whoever started this reads the addresses here"
)]
fn announce(world: &World) -> anyhow::Result<()> {
    println!("{}", world.told()?);
    Ok(())
}
