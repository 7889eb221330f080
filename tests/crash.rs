//! The receiver is killed fifty times under load, and nothing it acknowledged is lost.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "../crates/receiver/tests/homes/home.rs"]
mod home;
#[path = "../crates/receiver/tests/webhook/seed.rs"]
mod seed;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use syncward_receiver::store::sql;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::home::Home;

const LIVES: u64 = 50;
const SENDERS: usize = 16;
const RESOURCE: &str = "resource-1";
/// How long a life may take to acknowledge what it must before it is killed.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost() {
    let home = Home::new();
    let store = home.open();
    let link_id = seed::link(&store).await.unwrap();
    let channel = seed::channel(&store, link_id, "live", Some(RESOURCE));
    let channel_id = channel.await.unwrap();
    // Slow commits: whoever answered before its commit would be caught by the kill.
    let slow = home::slow("notification");
    let slow = store.write(move |tx| Ok(tx.execute_batch(&slow)?));
    slow.await.unwrap();
    drop(store);

    let numbers = Arc::new(AtomicU64::new(1));
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for life in 0..LIVES {
        let mut receiver = Receiver::start(&home);
        let seen = Arc::new(Semaphore::new(0));
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let sender = Sender {
                address: receiver.address.clone(),
                channel_id: channel_id.clone(),
                numbers: Arc::clone(&numbers),
                acknowledged: Arc::clone(&acknowledged),
                seen: Arc::clone(&seen),
            };
            senders.spawn(sender.send());
        }
        // Some die at once, some in full swing.
        let before_death = u32::try_from(1 + life * 37 % 400).unwrap();
        let reached = tokio::time::timeout(PATIENCE, seen.acquire_many(before_death)).await;
        assert!(reached.is_ok(), "life {life} acknowledged too little");
        receiver.kill();
        while senders.join_next().await.is_some() {}
    }

    let store = home.open();
    let read = store.read(|connection| {
        if !home::is_postgres() {
            let check = "pragma integrity_check";
            let sound: String = connection.query_row(check, [], |row| row.get(0))?;
            assert_eq!(sound, "ok");
        }
        let sql = "select message_number from notification";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, u64>(0))?;
        Ok(rows.collect::<sql::Result<BTreeSet<u64>>>()?)
    });
    let stored = read.await.unwrap();
    let acknowledged = acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert!(acknowledged.len() as u64 > LIVES * 50, "hardly a load");
}

/// The real binary.
struct Receiver {
    child: Child,
    address: String,
}

impl Receiver {
    fn start(home: &Home) -> Self {
        let nowhere = "http://127.0.0.1:9/";
        let mut child = Command::new(env!("CARGO_BIN_EXE_syncward-receiver"))
            .args(["serve", "--exit-with-stdin"])
            .env("SYNCWARD_LISTEN", "127.0.0.1:0")
            .envs(home.environment())
            .env("SYNCWARD_PUBLIC_URL", nowhere)
            .env("SYNCWARD_GOOGLE_CLIENT_ID", "tests")
            .env("SYNCWARD_GOOGLE_API_URL", nowhere)
            .env("SYNCWARD_GOOGLE_TOKEN_URL", nowhere)
            .env("SYNCWARD_GOOGLE_REVOKE_URL", nowhere)
            .env("SYNCWARD_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["listening"].as_str().unwrap().to_owned();
        Self { child, address }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts one notification after the other until the receiver is gone.
struct Sender {
    address: String,
    channel_id: String,
    numbers: Arc<AtomicU64>,
    acknowledged: Arc<Mutex<BTreeSet<u64>>>,
    seen: Arc<Semaphore>,
}

impl Sender {
    async fn send(self) {
        // Once in many runs the client waits for a connection that died without a word.
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let url = format!("{}/webhooks/calendar/google", self.address);
        loop {
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let request = http
                .post(&url)
                .header("X-Goog-Channel-ID", &self.channel_id)
                .header("X-Goog-Channel-Token", seed::TOKEN)
                .header("X-Goog-Resource-ID", RESOURCE)
                .header("X-Goog-Resource-State", "exists")
                .header("X-Goog-Message-Number", number.to_string());
            let Ok(answer) = request.send().await else {
                return;
            };
            // The status line is the acknowledgement, also when the body no longer comes.
            assert_eq!(answer.status(), 200);
            self.acknowledged.lock().unwrap().insert(number);
            self.seen.add_permits(1);
        }
    }
}
