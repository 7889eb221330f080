//! The demo's simulator and seeded receiver, as `cargo xtask world` starts them.

use std::path::PathBuf;
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
        use std::io::{BufRead, BufReader};
        let mut process = Command::new(binaries().join("xtask"))
            .arg("world")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("xtask starts");
        let stdout = process.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the world speaks");
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("the world said: {line:?}"));
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

    /// A person books something in the calendar of that name.
    pub async fn edit(&self, calendar: &str) {
        let state = self.get("/sim/state").await;
        let calendars = state["calendars"].as_array().expect("a list of calendars");
        let found = calendars
            .iter()
            .find(|one| one["summary"] == calendar)
            .expect("the calendar");
        let id = found["id"].as_str().expect("an id").replace('@', "%40");
        let event = json!({"summary": "Scan", "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T09:30:00Z"}});
        self.post(&format!("/sim/calendars/{id}/events"), event)
            .await;
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

impl Drop for World {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
