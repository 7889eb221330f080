//! The servers as processes: started, found, measured, and ended with the bench.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Linux counts processor time in hundredths of a second.
const TICK_MS: u64 = 10;

/// A server process; it ends when this is dropped.
pub struct Running {
    pub address: SocketAddr,
    child: Child,
}

impl Running {
    /// Starts a server that prints `{"listening": …}` as its first line.
    pub async fn announced(mut command: Command) -> anyhow::Result<Self> {
        let mut child = started(command.stdout(Stdio::piped()))?;
        let stdout = child
            .stdout
            .take()
            .context("failed to read what the server prints")?;
        let line = BufReader::new(stdout)
            .lines()
            .next_line()
            .await?
            .context("the server ended before it listened")?;
        let said: Value = serde_json::from_str(&line)?;
        let address = said["listening"]
            .as_str()
            .and_then(|address| address.strip_prefix("http://"))
            .context("the server did not say where it listens")?
            .parse()?;
        Ok(Self { address, child })
    }

    /// Starts a server that was told where to listen.
    pub fn at(address: SocketAddr, mut command: Command) -> anyhow::Result<Self> {
        let child = started(command.stdout(Stdio::null()))?;
        Ok(Self { address, child })
    }

    /// Its resident memory.
    pub fn resident_kib(&self) -> anyhow::Result<u64> {
        self.memory_kib("VmRSS:")
    }

    /// The most resident memory since its start, or since [`Self::forget_peak`].
    pub fn peak_kib(&self) -> anyhow::Result<u64> {
        self.memory_kib("VmHWM:")
    }

    /// Lets the peak begin anew.
    pub fn forget_peak(&self) -> anyhow::Result<()> {
        Ok(std::fs::write(
            format!("/proc/{}/clear_refs", self.id()?),
            "5",
        )?)
    }

    /// Processor time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()?))?;
        let after_name = stat.rsplit(") ").next().context("failed to read stat")?;
        let mut fields = after_name.split(' ').skip(11);
        let mut ticks = || -> anyhow::Result<u64> {
            Ok(fields.next().context("failed to read stat")?.parse()?)
        };
        let (user, system) = (ticks()?, ticks()?);
        Ok(Duration::from_millis((user + system) * TICK_MS))
    }

    fn id(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server has ended")
    }

    fn memory_kib(&self, line: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()?))?;
        status
            .lines()
            .find_map(|it| it.strip_prefix(line))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
            .context("failed to read the server's memory")
    }
}

fn started(command: &mut Command) -> anyhow::Result<Child> {
    command
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("failed to start {:?}", command.as_std().get_program()))
}

/// A fresh folder on the disk that holds the build, since a memory file system would flatter everybody.
pub fn folder(bench: &str) -> anyhow::Result<PathBuf> {
    let folder = format!("{bench}-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Installs a Node package's dependencies once.
pub async fn install(package: &Path) -> anyhow::Result<()> {
    if package
        .join("node_modules/better-sqlite3/build/Release/better_sqlite3.node")
        .exists()
    {
        return Ok(());
    }
    eprintln!("npm ci in {}", package.display());
    let status = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(package)
        .status()
        .await
        .context("failed to start npm")?;
    if !status.success() {
        bail!("npm ci in {} failed: {status}", package.display());
    }
    Ok(())
}
