//! The servers as processes: started, found, measured, and ended with the bench.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

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
        let process = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
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
pub fn folder() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ack-{}", std::process::id()));
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
