//! The .deb on a clean Debian: installed with nothing but what it says it needs, started, removed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::step::root;

/// What only this test wants in the clean system.
const TOOLS: &str = "dbus,desktop-file-utils";
/// From the start of the program to its window.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs the test; answers the files that the package put into the system.
pub(super) fn test(shell: &Shell, deb: &Path) -> Result<BTreeSet<String>> {
    let clean = CleanRoot::unpack(shell, deb)?;
    let inside = |command: &str| clean.run(shell, command);
    shell.copy_file(deb, clean.path.join("tmp/syncward.deb"))?;
    inside("dpkg -i /tmp/syncward.deb")?;
    let listed: BTreeSet<String> = inside("dpkg -L syncward")?
        .lines()
        .filter(|path| clean.path.join(path.trim_start_matches('/')).is_file())
        .map(str::to_owned)
        .collect();
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
    tries_the_demo(&clean)?;
    let entry = "/usr/share/applications/Syncward.desktop";
    inside(&format!("desktop-file-validate {entry}"))?;
    let handlers = inside("cat /usr/share/applications/mimeinfo.cache")?;
    ensure!(
        handlers.contains("x-scheme-handler/syncward=Syncward.desktop"),
        "syncward:// links have no handler: {handlers}"
    );
    starts(shell, &clean)?;
    inside("dpkg -r syncward")?;
    let left: Vec<&String> = listed
        .iter()
        .filter(|path| clean.path.join(path.trim_start_matches('/')).exists())
        .collect();
    ensure!(left.is_empty(), "left behind by the removal: {left:?}");
    Ok(listed)
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
    let pid = pid.trim();
    let sudo = as_root(shell)?;
    let (program, before) = prefixed(&sudo, "kill");
    cmd!(shell, "{program} {before...} -TERM {pid}")
        .quiet()
        .run()?;
    until("the app to end", || Ok(app.try_wait()?.is_some()))?;
    let code = shell.read_file(clean.path.join("tmp/code"))?;
    ensure!(code.trim() == "0", "the installed app ended with {code}");
    Ok(())
}

/// A minimal system with the package's dependencies, unpacked; gone when dropped.
struct CleanRoot {
    path: PathBuf,
    sudo: Vec<String>,
}

impl CleanRoot {
    fn unpack(shell: &Shell, deb: &Path) -> Result<Self> {
        let stage = root().join("target/package");
        let needs = cmd!(shell, "dpkg-deb -f {deb} Depends").quiet().read()?;
        let archive = stage.join("clean-root.tar");
        let made_for = stage.join("clean-root.needs");
        let sudo = as_root(shell)?;
        if shell.read_file(&made_for).unwrap_or_default() != needs || !archive.exists() {
            let suite = cmd!(shell, "sh -c '. /etc/os-release && echo $VERSION_CODENAME'")
                .quiet()
                .read()?;
            let names = needs.replace(' ', "");
            let include = format!("--include={names},{TOOLS}");
            let (program, before) = prefixed(&sudo, "mmdebstrap");
            cmd!(
                shell,
                "{program} {before...} --variant=minbase {include} {suite} {archive}"
            )
            .run()?;
            shell.write_file(&made_for, &needs)?;
        }
        let clean = Self {
            path: stage.join("clean-root"),
            sudo,
        };
        clean.clear(shell)?;
        shell.create_dir(&clean.path)?;
        let (path, proc) = (&clean.path, clean.path.join("proc"));
        clean.outside(
            shell,
            &[
                "tar",
                "-xf",
                &archive.to_string_lossy(),
                "-C",
                &path.to_string_lossy(),
            ],
        )?;
        clean.outside(
            shell,
            &["mount", "-t", "proc", "proc", &proc.to_string_lossy()],
        )?;
        Ok(clean)
    }

    /// Unmounts and removes; never crosses into another file system.
    fn clear(&self, shell: &Shell) -> Result<()> {
        let proc = self.path.join("proc");
        if proc.join("self").exists() {
            self.outside(shell, &["umount", &proc.to_string_lossy()])?;
        }
        if self.path.exists() {
            self.outside(
                shell,
                &[
                    "rm",
                    "-rf",
                    "--one-file-system",
                    &self.path.to_string_lossy(),
                ],
            )?;
        }
        Ok(())
    }

    fn outside(&self, shell: &Shell, words: &[&str]) -> Result<()> {
        let all: Vec<&str> = self
            .sudo
            .iter()
            .map(String::as_str)
            .chain(words.iter().copied())
            .collect();
        let (program, arguments) = all.split_first().context("a command has a first word")?;
        Ok(cmd!(shell, "{program} {arguments...}").quiet().run()?)
    }

    fn command(&self, words: &[&str]) -> Result<Command> {
        let path = self.path.to_string_lossy();
        let all: Vec<&str> = self
            .sudo
            .iter()
            .map(String::as_str)
            .chain(["chroot", &path])
            .chain(words.iter().copied())
            .collect();
        let (program, arguments) = all.split_first().context("a command has a first word")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        for variable in [
            "DBUS_SESSION_BUS_ADDRESS",
            "XDG_RUNTIME_DIR",
            "XAUTHORITY",
            "WAYLAND_DISPLAY",
        ] {
            command.env_remove(variable);
        }
        Ok(command)
    }

    fn run(&self, shell: &Shell, command: &str) -> Result<String> {
        let path = &self.path;
        let (program, before) = prefixed(&self.sudo, "chroot");
        Ok(cmd!(shell, "{program} {before...} {path} sh -c {command}")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C.UTF-8")
            .quiet()
            .read()?)
    }
}

impl Drop for CleanRoot {
    fn drop(&mut self) {
        let cleared = Shell::new()
            .map_err(Into::into)
            .and_then(|shell| self.clear(&shell));
        if let Err(error) = cleared {
            eprintln!("{} is left: {error:#}", self.path.display());
        }
    }
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

/// Empty for root, else sudo.
fn as_root(shell: &Shell) -> Result<Vec<String>> {
    let is_root = cmd!(shell, "id -u").quiet().read()? == "0";
    Ok(if is_root {
        Vec::new()
    } else {
        vec!["sudo".into()]
    })
}

/// Program and first arguments of a command that may need sudo.
fn prefixed<'a>(sudo: &'a [String], program: &'a str) -> (&'a str, Vec<&'a str>) {
    match sudo.first() {
        Some(sudo) => (sudo, vec![program]),
        None => (program, Vec::new()),
    }
}
