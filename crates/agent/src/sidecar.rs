//! Runs the receiver that ships with the app, on this computer, and brings it back when it ends.
//!
//! Responsible for the process: its environment, its first line, its log, its restarts and its end. It never talks to it
//! over HTTP. The child ends by itself when its standard input closes, so a killed app leaves nothing behind.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use syncward_engine::Backoff;
use syncward_wire::PairingCode;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::core::{make_private_folder, private_file};
use crate::dice::Dice;

/// It must name its address within this time.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// After its input closed it may finish its work this long, then as long again after TERM.
const END_TIMEOUT: Duration = Duration::from_secs(3);
/// A run longer than this makes the next failure a first one.
const SETTLED: Duration = Duration::from_secs(60);
/// A log longer than this is set aside at the next start.
const LOG_LIMIT: u64 = 5 << 20;
/// More of its end is never read.
const LOG_SHOWN: u64 = 256 << 10;
const RESTARTS: Backoff = Backoff {
    first: Duration::from_millis(500),
    most: Duration::from_secs(30),
    attempts: None,
};

/// The desktop's own variables, which the receiver would call unknown.
const DESKTOPS: [&str; 7] = [
    "SYNCWARD_ALERT_AFTER",
    "SYNCWARD_DEMO",
    "SYNCWARD_DESKTOP_DATA_DIR",
    "SYNCWARD_KEEP_WINDOW",
    "SYNCWARD_RECEIVER_PROGRAM",
    "SYNCWARD_UPDATE_KEY",
    "SYNCWARD_UPDATE_URL",
];

/// What to run and where.
#[derive(Clone, Debug)]
pub struct SidecarConfig {
    pub program: PathBuf,
    /// The receiver's own data folder.
    pub data_dir: PathBuf,
    pub log: PathBuf,
    /// Beyond what this process has.
    pub environment: BTreeMap<String, String>,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SidecarEvent {
    /// It answers at this address.
    Listening { address: String },
    /// It ended; it is started again after this time.
    Ended { why: String, retry_in: Duration },
}

/// The supervised process; dropping it without [`Sidecar::end`] closes its input, which ends it too.
#[derive(Debug)]
pub struct Sidecar {
    ended: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Deserialize)]
struct FirstLine {
    listening: String,
}

impl SidecarConfig {
    /// The receiver beside this executable, or where `SYNCWARD_RECEIVER_PROGRAM` says.
    pub fn beside_executable(data_dir: &Path) -> Self {
        let name = format!("syncward-receiver{}", std::env::consts::EXE_SUFFIX);
        let beside = std::env::current_exe()
            .ok()
            .and_then(|exe| exe.parent().map(|folder| folder.join(&name)));
        let program = std::env::var_os("SYNCWARD_RECEIVER_PROGRAM")
            .map(PathBuf::from)
            .or(beside)
            .unwrap_or_else(|| name.into());
        Self {
            program,
            data_dir: data_dir.join("receiver"),
            log: data_dir.join("receiver.log"),
            environment: BTreeMap::new(),
        }
    }

    /// Asks the program beside the running receiver for a one-time code of an admin.
    pub async fn pairing_code(&self) -> Result<String, String> {
        let asked = self
            .command(&["pair", "--role", "admin", "--json"])
            .stdin(Stdio::null())
            .output();
        let output = tokio::time::timeout(START_TIMEOUT, asked)
            .await
            .map_err(|_| "the local receiver gave no pairing code in time".to_owned())?
            .map_err(|error| format!("the local receiver could not be asked to pair: {error}"))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "the local receiver gave no pairing code: {}",
                last_line(&words)
            ));
        }
        serde_json::from_slice::<PairingCode>(&output.stdout)
            .map(|pairing| pairing.code)
            .map_err(|error| format!("the local receiver's pairing code made no sense: {error}"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for own in DESKTOPS {
            command.env_remove(own);
        }
        command
            .args(arguments)
            .env("SYNCWARD_DATA_DIR", &self.data_dir)
            .env("SYNCWARD_LISTEN", "127.0.0.1:0")
            // Between two programs of one computer; what is set for another receiver is not this one's.
            .env("SYNCWARD_TLS", "off")
            .env_remove("SYNCWARD_TLS_CERT")
            .env_remove("SYNCWARD_TLS_KEY")
            .envs(&self.environment)
            .kill_on_drop(true);
        command
    }
}

impl Sidecar {
    /// Starts it and keeps it running until [`Sidecar::end`]; the one before it, if any, has the folder until it is gone.
    pub fn start(
        config: SidecarConfig,
        events: mpsc::Sender<SidecarEvent>,
        before: Option<CancellationToken>,
    ) -> Self {
        let ended = CancellationToken::new();
        let until = ended.clone();
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                before.cancelled().await;
            }
            supervise(config, events, until).await;
        });
        Self { ended, task }
    }

    /// Closes its input, waits, and makes sure that it is gone.
    pub async fn end(self) {
        self.ended.cancel();
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "sidecar supervision broke");
        }
    }
}

async fn supervise(
    config: SidecarConfig,
    events: mpsc::Sender<SidecarEvent>,
    ended: CancellationToken,
) {
    let mut attempt = 0;
    loop {
        let started = std::time::Instant::now();
        let why = run_once(&config, &events, &ended).await;
        let Some(why) = why else { return };
        attempt = if started.elapsed() > SETTLED {
            1
        } else {
            attempt + 1
        };
        let retry_in = RESTARTS.next(attempt, &mut Dice).unwrap_or(RESTARTS.most);
        tracing::warn!(
            why,
            retry_in_ms = retry_in.as_millis() as u64,
            "local receiver ended"
        );
        if events
            .send(SidecarEvent::Ended { why, retry_in })
            .await
            .is_err()
        {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(retry_in) => {}
            () = ended.cancelled() => return,
        }
    }
}

/// One life of the process: none when it was ended on purpose, else why it ended.
async fn run_once(
    config: &SidecarConfig,
    events: &mpsc::Sender<SidecarEvent>,
    ended: &CancellationToken,
) -> Option<String> {
    let (mut child, mut lines) = match spawn(config) {
        Ok(started) => started,
        Err(why) => return Some(why),
    };
    // `Child::wait` would close it, which tells the receiver to end.
    let mut stdin = child.stdin.take();
    let first = tokio::select! {
        first = tokio::time::timeout(START_TIMEOUT, first_line(&mut lines)) => first,
        () = ended.cancelled() => {
            end(&mut child, stdin.take()).await;
            return None;
        }
    };
    let address = match first {
        Ok(Some(line)) => line.listening,
        Ok(None) | Err(_) => {
            end(&mut child, stdin.take()).await;
            return Some(format!("it did not start: {}", tail(&config.log)));
        }
    };
    tracing::info!(%address, "local receiver listens");
    let _ = events.send(SidecarEvent::Listening { address }).await;
    let drain = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let why = tokio::select! {
        status = child.wait() => Some(match status {
            Ok(status) => format!("it ended ({status}): {}", tail(&config.log)),
            Err(error) => format!("it could not be watched: {error}"),
        }),
        () = ended.cancelled() => {
            end(&mut child, stdin.take()).await;
            None
        }
    };
    drain.abort();
    why
}

fn spawn(config: &SidecarConfig) -> Result<(Child, Lines<BufReader<ChildStdout>>), String> {
    make_private_folder(&config.data_dir)
        .map_err(|error| format!("its data folder could not be made: {error}"))?;
    let log =
        open_log(&config.log).map_err(|error| format!("its log could not be opened: {error}"))?;
    let mut child = config
        .command(&["serve", "--exit-with-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|error| format!("{} could not be started: {error}", config.program.display()))?;
    let stdout = child.stdout.take().ok_or("its output is missing")?;
    Ok((child, BufReader::new(stdout).lines()))
}

async fn first_line(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<FirstLine> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(first) = serde_json::from_str(&line) {
            return Some(first);
        }
    }
    None
}

/// Input closed → 3 s → TERM → 3 s → KILL.
async fn end(child: &mut Child, stdin: Option<ChildStdin>) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.shutdown().await;
    }
    if tokio::time::timeout(END_TIMEOUT, child.wait())
        .await
        .is_ok()
    {
        return;
    }
    ask_to_end(child);
    if tokio::time::timeout(END_TIMEOUT, child.wait())
        .await
        .is_ok()
    {
        return;
    }
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "local receiver could not be killed");
    }
}

#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
}

#[cfg(not(unix))]
fn ask_to_end(_child: &Child) {}

fn open_log(path: &Path) -> std::io::Result<File> {
    if fs::metadata(path).is_ok_and(|log| log.len() > LOG_LIMIT) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    private_file(path)?;
    OpenOptions::new().append(true).open(path)
}

/// The last line of its log, for a person.
fn tail(log: &Path) -> String {
    last_line(&end_of(log).unwrap_or_default())
}

/// Its newest lines, the oldest of them first.
///
/// # Errors
/// What the disk says; a log that was not begun is empty.
pub fn newest_lines(log: &Path, most: usize) -> std::io::Result<Vec<String>> {
    let text = match end_of(log) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other?,
    };
    let lines: Vec<&str> = text.lines().collect();
    let newest = lines.get(lines.len().saturating_sub(most)..);
    Ok(newest
        .into_iter()
        .flatten()
        .map(|&line| line.into())
        .collect())
}

/// The last part of a log, from the start of a line on.
fn end_of(log: &Path) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let skipped = file.metadata()?.len().saturating_sub(LOG_SHOWN);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = match skipped {
        0 => &text[..],
        _ => text.split_once('\n').map_or("", |(_, rest)| rest),
    };
    Ok(whole.to_owned())
}

fn last_line(text: &str) -> String {
    match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => line.chars().take(300).collect(),
        None => "it said nothing".into(),
    }
}
