//! The demo's simulator and seeded receiver, as `cargo xtask world` starts them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A running world; ends when dropped.
pub struct World {
    pub google: String,
    pub receiver: String,
    pub code: String,
    process: Child,
}

/// Where the built binaries lie.
pub fn binaries() -> PathBuf {
    PathBuf::from(
        std::env::var("SYNCWARD_TEST_BINARIES").expect("run by `cargo xtask test desktop`"),
    )
}

impl World {
    /// Starts it and waits until it is seeded.
    pub fn start() -> Self {
        let mut world = Command::new(binaries().join("xtask"));
        let (process, said) = spoken(world.arg("world"));
        let text = |key: &str| {
            said[key]
                .as_str()
                .expect("the world says where it is")
                .to_owned()
        };
        Self {
            google: text("google"),
            receiver: text("receiver"),
            code: text("code"),
            process,
        }
    }

    /// Only the simulator, with one account and its empty calendar; the desktop runs its own receiver.
    pub fn google_alone() -> Self {
        let mut simulator = Command::new(binaries().join("syncward-google-sim"));
        simulator.args(["--listen", "127.0.0.1:0", "--empty", "--consent", "page"]);
        let (process, said) = spoken(simulator.arg("--exit-with-stdin"));
        Self {
            google: said["listening"].as_str().expect("an address").to_owned(),
            receiver: String::new(),
            code: String::new(),
            process,
        }
    }

    /// What makes a receiver take the simulator for Google.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let at = |path: &str| format!("{}{path}", self.google);
        vec![
            (
                "SYNCWARD_GOOGLE_CLIENT_ID",
                "practice.apps.googleusercontent.com".to_owned(),
            ),
            ("SYNCWARD_GOOGLE_API_URL", at("")),
            ("SYNCWARD_GOOGLE_AUTH_URL", at("/o/oauth2/v2/auth")),
            ("SYNCWARD_GOOGLE_TOKEN_URL", at("/token")),
            ("SYNCWARD_GOOGLE_REVOKE_URL", at("/revoke")),
        ]
    }

    /// A person books something in the account's calendar.
    pub async fn book(&self, account: &str) {
        let at = |minute: u32| json!({"dateTime": format!("2030-05-06T09:{minute:02}:00Z")});
        let event = json!({"summary": "Scan", "start": at(0), "end": at(30)});
        let path = format!("/sim/calendars/{}/events", account.replace('@', "%40"));
        self.post(&path, event).await;
    }

    /// Stops the people who edit by themselves, so that a test sees only its own edits.
    pub async fn quiet(&self) {
        self.post("/sim/trickle", json!({"every_ms": 0})).await;
    }

    /// How many calls of an operation Google has seen.
    pub async fn calls(&self, operation: &str) -> usize {
        let seen = self.get("/sim/requests").await;
        let listed = seen
            .as_array()
            .or_else(|| seen["requests"].as_array())
            .or_else(|| seen["items"].as_array());
        let listed = listed.unwrap_or_else(|| panic!("no list of requests in {seen}"));
        listed
            .iter()
            .filter(|one| one["operation"] == operation)
            .count()
    }

    /// A person moves an appointment in the calendar of that name, with Google's own Python client.
    pub async fn edit(&self, calendar: &str) {
        let found = self.calendar(calendar).await;
        let python =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("target/conformance/venv/bin/python");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desktop/google_edit.py");
        let run = tokio::process::Command::new(python)
            .arg(script)
            .arg(&self.google)
            .arg(owner(&found))
            .arg(text(&found, "id"))
            .env("NO_PROXY", "127.0.0.1,localhost")
            .output()
            .await
            .expect("the venv of `tests/conformance/run.py --prepare` is there");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "Google's client failed: {said}");
    }

    /// Somebody takes the consent back at Google, which an edit of the calendar brings to light.
    pub async fn withdraw(&self, email: &str, calendar: &str) {
        for what in ["revoke", "expire-access-tokens"] {
            let path = format!("/sim/accounts/{}/{what}", email.replace('@', "%40"));
            self.post(&path, json!({})).await;
        }
        self.edit(calendar).await;
    }

    /// A new account at Google with an empty primary calendar.
    pub async fn account(&self, email: &str) {
        let account = json!({"email": email, "name": "Front office", "time_zone": "Europe/London"});
        self.post("/sim/accounts", account).await;
    }

    /// From now on Google refuses channels for the calendar of that name; answers with the rule's id.
    pub async fn refuse_channels(&self, calendar: &str) -> String {
        let found = self.calendar(calendar).await;
        let rule = json!({
            "match": {"operation": "events.watch", "calendar": found["id"]},
            "action": {"kind": "refuse", "status": 503, "reason": "backendError"},
        });
        let made = self.post("/sim/faults", rule).await;
        match &made["id"] {
            Value::String(id) => id.clone(),
            id => id.to_string(),
        }
    }

    /// Google is well again.
    pub async fn lift(&self, rule: &str) {
        self.delete(&format!("/sim/faults/{rule}")).await;
    }

    /// Google is well in every way again.
    pub async fn lift_all(&self) {
        self.delete("/sim/faults").await;
    }

    async fn delete(&self, path: &str) {
        let url = format!("{}{path}", self.google);
        let answer = reqwest::Client::new().delete(url).send().await;
        let status = answer.expect("the simulator answers").status();
        assert!(status.is_success(), "DELETE {path}: {status}");
    }

    async fn calendar(&self, summary: &str) -> Value {
        let state = self.get("/sim/state").await;
        let calendars = state["calendars"].as_array().expect("a list of calendars");
        let found = calendars.iter().find(|one| one["summary"] == summary);
        found
            .unwrap_or_else(|| panic!("no calendar {summary} in {state}"))
            .clone()
    }

    async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.google))
            .await
            .expect("the simulator answers");
        answer.json().await.expect("the simulator speaks JSON")
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = reqwest::Client::new()
            .post(format!("{}{path}", self.google))
            .json(&body)
            .send()
            .await;
        let answer = answer.expect("the simulator answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or(Value::Null)
    }
}

/// Starts a program that says one line of JSON when it is ready, and ends with its standard input.
fn spoken(command: &mut Command) -> (Child, Value) {
    use std::io::{BufRead, BufReader};
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let stdout = process.stdout.take().expect("stdout is piped");
    let mut line = String::new();
    let read = BufReader::new(stdout).read_line(&mut line);
    read.expect("it speaks");
    let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it said: {line:?}"));
    (process, said)
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// The account that a calendar belongs to.
fn owner(calendar: &Value) -> &str {
    let roles = calendar["roles"].as_object().expect("a calendar has roles");
    let mut owners = roles.iter().filter(|(_, role)| *role == "owner");
    owners.next().expect("a calendar has an owner").0
}
