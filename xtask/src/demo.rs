//! `cargo xtask run`: the desktop over a local receiver, on the simulator or on real Google.
//!
//! Starts real processes and talks to them over their public faces only; every child ends when this process does,
//! because each watches the pipe that it holds open.

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use syncward_demo::{Programs, World, seed};
use xshell::{Shell, cmd};

use crate::step::{binaries, build, root};
use crate::{packages, ui};

/// Sets up, builds, starts; returns the desktop's exit code.
pub fn run(shell: &Shell, arguments: &[&str]) -> Result<ExitCode> {
    if !arguments.is_empty() {
        bail!(
            "`cargo xtask run` takes no arguments; configuration comes by environment (see the README's table)"
        );
    }
    let stop = Arc::new(AtomicBool::new(false));
    packages::for_builds(shell)?;
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        eprintln!(
            "There is no display: run this from a desktop session, or under `xvfb-run -a cargo xtask run` \
             (on a server, deploy only the receiver: see deploy/README.md)."
        );
        return Ok(ExitCode::from(2));
    }
    ui::build(shell)?;
    build(shell)?;
    ctrlc::set_handler({
        let stop = Arc::clone(&stop);
        move || stop.store(true, Ordering::SeqCst)
    })?;
    if std::env::var_os("SYNCWARD_GOOGLE_CLIENT_ID").is_some() {
        eprintln!("SYNCWARD_GOOGLE_CLIENT_ID is set: running on real Google.");
        return attend(desktop().spawn().context("starting the desktop")?, &stop);
    }
    eprintln!(
        "No Google client is configured (SYNCWARD_GOOGLE_CLIENT_ID): running on the Google simulator."
    );
    let world = world()?;
    let code = world.pairing_code("admin")?;
    let mut command = desktop();
    command.args(["--receiver", &world.receiver, "--code", &code]);
    command.env("SYNCWARD_DESKTOP_DATA_DIR", world.folder.join("desktop"));
    command.env("SYNCWARD_DEMO", "true");
    attend(command.spawn().context("starting the desktop")?, &stop)
}

/// Starts the demo's processes without a desktop, for tests and for a browser preview.
pub fn world_only(shell: &Shell) -> Result<()> {
    if !beside()?.join("syncward-receiver").exists() {
        build(shell)?;
    }
    let world = world()?;
    println!("{}", world.told()?);
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
        .context("waiting for the end of standard input")?;
    Ok(())
}

/// Where the programs are that were built like this one.
fn beside() -> Result<PathBuf> {
    let mut own = std::env::current_exe().context("finding this program")?;
    own.pop();
    Ok(own)
}

/// The seeded demo under `target/demo`.
fn world() -> Result<World> {
    let world = World::start(Programs::in_folder(&beside()?), &root().join("target/demo"))?;
    seed(&world).context("seeding the demo")?;
    Ok(world)
}

fn desktop() -> Command {
    let mut command = Command::new(binaries().join("syncward"));
    command.current_dir(root());
    command
}

/// Waits for the desktop; when asked to stop, tells it to end and gives it five seconds.
fn attend(mut desktop: Child, stop: &AtomicBool) -> Result<ExitCode> {
    const TICK: Duration = Duration::from_millis(100);
    const PATIENCE_TICKS: u32 = 50;
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let mut ticks_left = None;
    loop {
        if let Some(status) = desktop.try_wait()? {
            let asked = ticks_left.is_some();
            return Ok(if asked || status.success() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        match ticks_left {
            None if stop.load(Ordering::SeqCst) => {
                let shell = Shell::new()?;
                let id = desktop.id().to_string();
                cmd!(shell, "kill -TERM {id}")
                    .quiet()
                    .ignore_stderr()
                    .ignore_status()
                    .run()?;
                ticks_left = Some(PATIENCE_TICKS);
            }
            None => {}
            Some(0) => desktop.kill()?,
            Some(ticks) => ticks_left = Some(ticks - 1),
        }
        let _ = never.recv_timeout(TICK);
    }
}
