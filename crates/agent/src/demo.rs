//! The demo's world as a process of its own: the Google simulator, a receiver on it, made-up clinics.
//!
//! Responsible for its start and its end. The process ends with its standard input and clears its folder, so that an
//! app which was killed leaves nothing running either.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::options::PairAtStart;

/// It connects six clinics before it answers.
const START_TIMEOUT: Duration = Duration::from_secs(120);
const END_TIMEOUT: Duration = Duration::from_secs(8);
/// Of what it complains about.
const COMPLAINT_BYTES: u64 = 4096;

/// What to run and where.
#[derive(Clone, Debug)]
pub struct DemoConfig {
    pub program: PathBuf,
    /// The receiver that ships with this app.
    pub receiver_program: PathBuf,
    /// Everything of the demo; removed at its end.
    pub folder: PathBuf,
}

/// A demo that answers; dropping it ends it as well.
#[derive(Debug)]
pub struct Demo {
    child: Child,
    folder: PathBuf,
    /// Its receiver, and a one-time code of an admin.
    pub pair: PairAtStart,
}

#[derive(Deserialize)]
struct FirstLine {
    receiver: String,
    code: String,
}

impl DemoConfig {
    /// The demo that ships with this app: beside this executable, or in its library folder.
    pub fn beside_executable(data_dir: &Path, receiver_program: &Path) -> Self {
        let name = format!("syncward-demo{}", std::env::consts::EXE_SUFFIX);
        let own = std::env::current_exe().unwrap_or_default();
        let folder = own.parent().unwrap_or(Path::new(""));
        let beside = folder.join(&name);
        let packed = folder.join("../lib/syncward").join(&name);
        let program = match beside.exists() {
            true => beside,
            false => packed,
        };
        Self {
            program,
            receiver_program: receiver_program.to_owned(),
            folder: data_dir.join("demo"),
        }
    }

    /// Clears what a killed computer may have left.
    pub fn clear(&self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    /// Where the desktop keeps what it knows of the demo.
    pub fn desktop_folder(&self) -> PathBuf {
        self.folder.join("desktop")
    }
}

impl Demo {
    /// Starts it and waits until it is filled; the error is a clause for a person.
    pub async fn start(config: &DemoConfig) -> Result<Self, String> {
        let mut command = Command::new(&config.program);
        command
            .arg("--folder")
            .arg(&config.folder)
            .arg("--receiver-program")
            .arg(&config.receiver_program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // The person's own receiver may be configured here; the demo has nothing to do with it.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SYNCWARD_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .spawn()
            .map_err(|error| format!("{} can't be started: {error}", config.program.display()))?;
        let first = tokio::time::timeout(START_TIMEOUT, first_line(&mut child)).await;
        match first {
            Ok(Some(FirstLine { receiver, code })) => {
                drain(&mut child);
                Ok(Self {
                    child,
                    folder: config.folder.clone(),
                    pair: PairAtStart {
                        address: receiver,
                        code,
                        pin: None,
                    },
                })
            }
            Ok(None) => Err(complaint(&mut child).await),
            Err(_) => Err("it did not answer in time".into()),
        }
    }

    /// Closes its input, waits, and makes sure that it and its folder are gone.
    pub async fn end(mut self) {
        drop(self.child.stdin.take());
        let ended = tokio::time::timeout(END_TIMEOUT, self.child.wait()).await;
        if ended.is_err()
            && let Err(error) = self.child.kill().await
        {
            tracing::warn!(%error, "demo could not be killed");
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn first_line(child: &mut Child) -> Option<FirstLine> {
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    let line = lines.next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}

/// Takes what it complains about, so that it never blocks on a full pipe.
fn drain(child: &mut Child) {
    if let Some(mut stderr) = child.stderr.take() {
        tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
    }
}

/// The last line of what it said before it ended.
async fn complaint(child: &mut Child) -> String {
    let mut said = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(COMPLAINT_BYTES).read_to_end(&mut said).await;
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    last.unwrap_or("it said nothing").to_owned()
}
