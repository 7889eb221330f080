//! What PostgreSQL alone can show: the twin schema, a database that goes away, several replicas over one database.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod away;
mod fence;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../homes/home.rs"]
mod home;
mod replicas;
mod road;
mod schema;
#[path = "../webhook/seed.rs"]
mod seed;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How often [`until`] looks, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 2400;

/// A receiver's process with a folder of its own.
struct Replica {
    child: Child,
    address: String,
    folder: TempDir,
}

/// The settings that every replica over a database shares.
fn command(database: &str, settings: &[(&str, &str)]) -> (Command, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncward-receiver"));
    let nowhere = "http://127.0.0.1:9/";
    let usual = [
        ("LISTEN", "127.0.0.1:0"),
        ("DATABASE_URL", database),
        ("PUBLIC_URL", nowhere),
        ("GOOGLE_CLIENT_ID", "tests"),
        ("GOOGLE_API_URL", nowhere),
        ("GOOGLE_TOKEN_URL", nowhere),
        ("GOOGLE_REVOKE_URL", nowhere),
        ("LOG", "warn"),
    ];
    for (name, value) in usual.iter().chain(settings) {
        command.env(format!("SYNCWARD_{name}"), value);
    }
    command
        .env("SYNCWARD_SECRET_KEY", home::key())
        .env("SYNCWARD_DATA_DIR", folder.path());
    (command, folder)
}

impl Replica {
    fn start(database: &str, settings: &[(&str, &str)]) -> Self {
        let (mut command, folder) = command(database, settings);
        let log = std::fs::File::create(folder.path().join("receiver.log")).unwrap();
        let mut child = command
            .args(["serve", "--exit-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let log = || std::fs::read_to_string(folder.path().join("receiver.log"));
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{:?}", log()));
        let address = said["listening"].as_str().unwrap();
        Self {
            address: address.trim_start_matches("http://").to_owned(),
            child,
            folder,
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("receiver.log")).unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let done = Command::new("kill").args(["-s", name, &id]).status();
        assert!(done.unwrap().success());
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Replica {
    #[expect(clippy::print_stderr, reason = "its log explains the failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until there is an answer; two minutes at most.
async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    for _ in 0..LOOKS {
        tick.tick().await;
        if let Some(answer) = ask().await {
            return answer;
        }
    }
    panic!("never so: {what}");
}
