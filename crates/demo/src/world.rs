//! The demo's processes: the Google simulator and a receiver on it, each ended by its closing stdin.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// The two programs of the demo.
pub struct Programs {
    pub simulator: PathBuf,
    pub receiver: PathBuf,
}

impl Programs {
    /// Both as they are called, in one folder.
    pub fn in_folder(folder: &Path) -> Self {
        let named = |name: &str| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Self {
            simulator: named("syncward-google-sim"),
            receiver: named("syncward-receiver"),
        }
    }
}

/// A simulator and a receiver, both answering.
pub struct World {
    pub google: String,
    pub receiver: String,
    pub folder: PathBuf,
    programs: Programs,
    children: Vec<Child>,
}

impl World {
    /// Starts both on free loopback ports; whatever was in `folder` is gone.
    pub fn start(programs: Programs, folder: &Path) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)
                .with_context(|| format!("clearing {}", folder.display()))?;
        }
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let mut world = Self {
            google: String::new(),
            receiver: String::new(),
            folder: folder.to_owned(),
            programs,
            children: Vec::new(),
        };
        let mut simulator = Command::new(&world.programs.simulator);
        simulator.args([
            "--listen",
            "127.0.0.1:0",
            "--seed",
            "7",
            "--consent",
            "page",
            "--exit-with-stdin",
        ]);
        world.google = world.listen(simulator, "the Google simulator")?;
        // Push needs an address that is known before the receiver answers.
        let port = free_port()?;
        let mut receiver = Command::new(&world.programs.receiver);
        receiver.args(["serve", "--exit-with-stdin"]);
        receiver.envs(world.environment());
        receiver.env("SYNCWARD_LISTEN", format!("127.0.0.1:{port}"));
        receiver.env("SYNCWARD_PUBLIC_URL", format!("http://127.0.0.1:{port}"));
        receiver.stderr(std::fs::File::create(world.folder.join("receiver.log"))?);
        world.receiver = world.listen(receiver, "the receiver")?;
        Ok(world)
    }

    /// A one-time code from the receiver's own command line.
    pub fn pairing_code(&self, role: &str) -> Result<String> {
        let output = Command::new(&self.programs.receiver)
            .args(["pair", "--role", role, "--json"])
            .envs(self.environment())
            .output()
            .context("running syncward-receiver pair")?;
        if !output.status.success() {
            bail!(
                "syncward-receiver pair: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let answer: Value =
            serde_json::from_slice(&output.stdout).context("reading what pair printed")?;
        Ok(answer["code"]
            .as_str()
            .context("pair printed no code")?
            .to_owned())
    }

    /// Where both are, and a code for an admin, as JSON.
    pub fn told(&self) -> Result<Value> {
        let code = self.pairing_code("admin")?;
        Ok(json!({"google": self.google, "receiver": self.receiver, "code": code}))
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let google = &self.google;
        vec![
            (
                "SYNCWARD_DATA_DIR",
                self.folder.join("receiver").to_string_lossy().into_owned(),
            ),
            (
                "SYNCWARD_GOOGLE_CLIENT_ID",
                "demo.apps.googleusercontent.com".to_owned(),
            ),
            ("SYNCWARD_GOOGLE_API_URL", google.clone()),
            (
                "SYNCWARD_GOOGLE_AUTH_URL",
                format!("{google}/o/oauth2/v2/auth"),
            ),
            ("SYNCWARD_GOOGLE_TOKEN_URL", format!("{google}/token")),
            ("SYNCWARD_GOOGLE_REVOKE_URL", format!("{google}/revoke")),
        ]
    }

    /// Starts a child that says where it listens in its first line, and keeps its stdin open for as long as we live.
    fn listen(&mut self, mut command: Command, what: &str) -> Result<String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {what}"))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        self.children.push(child);
        let mut lines = BufReader::new(stdout).lines();
        let line = lines
            .next()
            .with_context(|| format!("{what} ended before it answered"))??;
        // Whatever else it prints is drained, so that it never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let said: Value =
            serde_json::from_str(&line).with_context(|| format!("{what} said: {line}"))?;
        Ok(said["listening"]
            .as_str()
            .with_context(|| format!("{what} said: {line}"))?
            .to_owned())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            drop(child.stdin.take());
        }
        let (_keep, never) = std::sync::mpsc::channel::<()>();
        for child in &mut self.children {
            for _ in 0..40 {
                if matches!(child.try_wait(), Ok(Some(_))) {
                    break;
                }
                let _ = never.recv_timeout(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}
