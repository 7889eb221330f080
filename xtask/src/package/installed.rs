//! What holds of an installed package, whoever installed it: programs, papers, the demo, a window; and nothing is left.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use super::clean_root::CleanRoot;

/// From the start of the program to its window.
const PATIENCE: Duration = Duration::from_secs(90);

/// The files among what a package manager lists.
pub(super) fn files(clean: &CleanRoot, listed: &str) -> BTreeSet<String> {
    let is_file = |path: &&str| clean.path.join(path.trim_start_matches('/')).is_file();
    let files = listed.lines().filter(is_file);
    files.map(str::to_owned).collect()
}

/// The package's files are there and say what they should, and its programs start and end.
pub(super) fn test(shell: &Shell, clean: &CleanRoot, listed: &BTreeSet<String>) -> Result<()> {
    let inside = |command: &str| clean.run(shell, command);
    for program in ["syncward", "syncward-receiver"] {
        let version = inside(&format!("{program} --version"))?;
        ensure!(
            version.contains(env!("CARGO_PKG_VERSION")),
            "{program} says {version}"
        );
        for place in [
            format!("/usr/share/man/man1/{program}.1.gz"),
            format!("/usr/share/bash-completion/completions/{program}"),
            format!("/usr/share/fish/vendor_completions.d/{program}.fish"),
            format!("/usr/share/zsh/vendor-completions/_{program}"),
        ] {
            ensure!(listed.contains(&place), "the package lacks {place}");
        }
        inside(&format!(
            "bash -n /usr/share/bash-completion/completions/{program}"
        ))?;
        inside(&format!("gzip --test /usr/share/man/man1/{program}.1.gz"))?;
    }
    for place in [
        "/usr/lib/systemd/system/syncward-receiver.service",
        "/usr/lib/systemd/user/syncward-headless.service",
        "/usr/share/doc/syncward/copyright",
        "/usr/share/doc/syncward/README.md",
        "/usr/share/doc/syncward/docs/ARCHITECTURE.md",
        "/usr/share/doc/syncward/docs/INTEGRATION.md",
        "/usr/share/doc/syncward/docs/pictures/overview.png",
        "/usr/share/doc/syncward/deploy/README.md",
        "/usr/share/doc/syncward/deploy/fly.toml",
        "/usr/share/doc/syncward/THIRD-PARTY.txt",
        "/usr/share/doc/syncward/sbom.cdx.json",
        "/usr/share/icons/hicolor/128x128/apps/syncward.png",
    ] {
        ensure!(listed.contains(place), "the package lacks {place}");
    }
    tries_the_demo(clean)?;
    let entry = "/usr/share/applications/Syncward.desktop";
    inside(&format!("desktop-file-validate {entry}"))?;
    starts(shell, clean)
}

/// After the removal.
pub(super) fn left_nothing(clean: &CleanRoot, listed: &BTreeSet<String>) -> Result<()> {
    let there = |path: &&String| clean.path.join(path.trim_start_matches('/')).exists();
    let left: Vec<&String> = listed.iter().filter(there).collect();
    ensure!(left.is_empty(), "left behind by the removal: {left:?}");
    Ok(())
}

/// The demo's programs find each other where the package puts them, and end with their input.
fn tries_the_demo(clean: &CleanRoot) -> Result<()> {
    let mut demo = clean
        .command(&[
            "/usr/lib/syncward/syncward-demo",
            "--folder",
            "/tmp/demo",
            "--receiver-program",
            "/usr/bin/syncward-receiver",
        ])?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting the demo")?;
    let mut told = String::new();
    let stdout = demo.stdout.take().context("stdout is piped")?;
    BufReader::new(stdout).read_line(&mut told)?;
    ensure!(
        told.contains("\"receiver\""),
        "the packed demo told no receiver: {told}"
    );
    drop(demo.stdin.take());
    let ended = demo.wait()?;
    ensure!(ended.success(), "the packed demo ended with {ended}");
    ensure!(
        !clean.path.join("tmp/demo").exists(),
        "the packed demo left its folder behind"
    );
    Ok(())
}

/// The window opens on a virtual screen, and TERM ends the app well.
fn starts(shell: &Shell, clean: &CleanRoot) -> Result<()> {
    let screen = Screen::start()?;
    let script = "syncward & echo $! > /tmp/pid; wait $!; echo $? > /tmp/code";
    let mut command = clean.command(&[
        "env",
        "HOME=/root",
        &format!("DISPLAY={}", screen.name),
        "dbus-run-session",
        "--",
        "sh",
        "-c",
        script,
    ])?;
    let mut app = command.spawn().context("starting the installed app")?;
    let display = screen.name.as_str();
    until("a window called Syncward", || {
        let windows = cmd!(shell, "xwininfo -display {display} -root -tree")
            .quiet()
            .ignore_stderr()
            .read()
            .unwrap_or_default();
        if let Some(status) = app.try_wait()? {
            bail!("the installed app ended by itself: {status}");
        }
        // By its title; the toolkit's own window of that class comes first.
        Ok(windows.contains("\"Syncward\": ("))
    })?;
    let pid = shell.read_file(clean.path.join("tmp/pid"))?;
    clean.outside(shell, &["kill", "-TERM", pid.trim()])?;
    until("the app to end", || Ok(app.try_wait()?.is_some()))?;
    let code = shell.read_file(clean.path.join("tmp/code"))?;
    ensure!(code.trim() == "0", "the installed app ended with {code}");
    Ok(())
}

/// A virtual screen; ends when dropped. Its socket has an abstract name, so a changed root sees it.
struct Screen {
    server: Child,
    name: String,
}

impl Screen {
    fn start() -> Result<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-ac"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting Xvfb")?;
        let mut number = String::new();
        let told = server.stdout.take().context("Xvfb tells its display")?;
        BufReader::new(told).read_line(&mut number)?;
        Ok(Self {
            server,
            name: format!(":{}", number.trim()),
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn until(what: &str, mut look: impl FnMut() -> Result<bool>) -> Result<()> {
    const TICK: Duration = Duration::from_millis(200);
    let (_keep, never) = mpsc::channel::<()>();
    let end = Instant::now() + PATIENCE;
    while !look()? {
        ensure!(
            Instant::now() < end,
            "waited {} s for {what}",
            PATIENCE.as_secs()
        );
        let _ = never.recv_timeout(TICK);
    }
    Ok(())
}
