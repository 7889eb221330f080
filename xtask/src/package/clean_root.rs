//! A clean Debian with nothing but what the package says it needs, and how commands are run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::step::root;

/// What only the tests want in the clean system.
const TOOLS: &str = "dbus,desktop-file-utils";

/// A minimal system with the package's dependencies, unpacked; gone when dropped.
pub(super) struct CleanRoot {
    pub path: PathBuf,
    sudo: Vec<String>,
}

impl CleanRoot {
    pub fn unpack(shell: &Shell, deb: &Path) -> Result<Self> {
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

    pub fn outside(&self, shell: &Shell, words: &[&str]) -> Result<()> {
        let all: Vec<&str> = self
            .sudo
            .iter()
            .map(String::as_str)
            .chain(words.iter().copied())
            .collect();
        let (program, arguments) = all.split_first().context("a command has a first word")?;
        Ok(cmd!(shell, "{program} {arguments...}").quiet().run()?)
    }

    pub fn command(&self, words: &[&str]) -> Result<Command> {
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

    pub fn run(&self, shell: &Shell, command: &str) -> Result<String> {
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
