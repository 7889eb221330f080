//! A disk that fills up under the real process: 503 while it is full, and on as before once there is space.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::Client;
use rusqlite::Connection;
use serde_json::Value;
use syncward_receiver::store::Store;

use crate::{seed, until};

const RESOURCE: &str = "resource-1";
/// Posts after which a full disk must have shown.
const POSTS_MOST: u64 = 500;

/// A receiver whose data folder has an end.
struct Small {
    child: Child,
    address: String,
    /// The data folder, as this process sees it, and as the receiver does.
    folder: PathBuf,
    seen_within: PathBuf,
    end: End,
}

/// What ends it.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// A file system of 8 MB of its own, where the machine lets us mount one: `ENOSPC`.
    Mount,
    /// A limit on the process's files: `EFBIG`.
    Limit,
}

impl Small {
    fn start(seeded: &Path) -> Self {
        let may_mount = Command::new("unshare")
            .args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let small = seeded.join("small");
        fs::create_dir(&small).unwrap();
        let script = "trap '' XFSZ; cp \"$SEEDED\"/syncward.db* \"$SYNCWARD_DATA_DIR\" && exec \"$0\" serve --exit-with-stdin";
        let (end, mut command) = if may_mount {
            let mut command = Command::new("unshare");
            let mount =
                format!("mount -t tmpfs -o size=8m tmpfs \"$SYNCWARD_DATA_DIR\" && {script}");
            command.args(["-rm", "sh", "-c", &mount]);
            (End::Mount, command)
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            (End::Limit, command)
        };
        let nowhere = "http://127.0.0.1:9/";
        let mut child = command
            .arg(env!("CARGO_BIN_EXE_syncward-receiver"))
            .env("SEEDED", seeded)
            .env("SYNCWARD_DATA_DIR", &small)
            .env("SYNCWARD_SECRET_KEY", "07".repeat(32))
            .env("SYNCWARD_LISTEN", "127.0.0.1:0")
            .env("SYNCWARD_GOOGLE_CLIENT_ID", "tests")
            .env("SYNCWARD_GOOGLE_API_URL", nowhere)
            .env("SYNCWARD_GOOGLE_TOKEN_URL", nowhere)
            .env("SYNCWARD_LOG", "off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["listening"].as_str().unwrap().to_owned();
        let folder = match end {
            End::Mount => {
                let root = PathBuf::from(format!("/proc/{}/root", child.id()));
                root.join(small.strip_prefix("/").unwrap())
            }
            End::Limit => small.clone(),
        };
        Self {
            child,
            address,
            folder,
            seen_within: small,
            end,
        }
    }

    fn fill(&self) {
        match self.end {
            End::Mount => {
                let mut ballast = File::create(self.folder.join("ballast")).unwrap();
                for size in [64 * 1024, 4096, 1] {
                    while ballast.write_all(&vec![0; size]).is_ok() {}
                }
            }
            End::Limit => self.limit("0:"),
        }
    }

    fn free(&self) {
        match self.end {
            End::Mount => fs::remove_file(self.folder.join("ballast")).unwrap(),
            End::Limit => self.limit("unlimited:"),
        }
    }

    /// What another receiver says that starts on the same disk with a folder of its own.
    fn second_start(&self) -> String {
        let there = self.child.id().to_string();
        let started = Command::new("nsenter")
            .args(["--preserve-credentials", "-U", "-m", "-t", &there])
            .args([env!("CARGO_BIN_EXE_syncward-receiver"), "serve"])
            .env("SYNCWARD_DATA_DIR", self.seen_within.join("second"))
            .env("SYNCWARD_SECRET_KEY", "07".repeat(32))
            .env("SYNCWARD_LISTEN", "127.0.0.1:0")
            .env("SYNCWARD_LOG", "off")
            .output()
            .unwrap();
        assert_eq!(started.status.code(), Some(1), "{started:?}");
        String::from_utf8(started.stderr).unwrap()
    }

    /// Sets the soft limit.
    fn limit(&self, fsize: &str) {
        let set = Command::new("prlimit")
            .args([
                format!("--pid={}", self.child.id()),
                format!("--fsize={fsize}"),
            ])
            .status();
        assert!(set.unwrap().success(), "prlimit");
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("{}{path}", self.address))
            .await
            .unwrap();
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or_default(),
        )
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_full_disk_is_503_and_its_end_is_noticed() {
    let seeded = tempfile::tempdir().unwrap();
    let store = Store::open(seeded.path()).unwrap();
    let link_id = seed::link(&store).await.unwrap();
    let channel = seed::channel(&store, link_id, "live", Some(RESOURCE));
    let channel_id = channel.await.unwrap();
    drop(store);
    // Its writer closes on a thread of its own, and takes the log with it.
    let log = seeded.path().join("syncward.db-wal");
    until("it is closed", || async { !log.exists() }).await;
    let receiver = Small::start(seeded.path());
    let http = Client::new();
    let post = async |number: u64| {
        let request = http
            .post(format!("{}/webhooks/calendar/google", receiver.address))
            .header("X-Goog-Channel-ID", &channel_id)
            .header("X-Goog-Channel-Token", seed::TOKEN)
            .header("X-Goog-Resource-ID", RESOURCE)
            .header("X-Goog-Resource-State", "exists")
            .header("X-Goog-Message-Number", number);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap())
    };
    until("it is ready", || async {
        receiver.get("/readyz").await.0 == 200
    })
    .await;

    let mut acknowledged = BTreeSet::new();
    for number in 1..=20 {
        assert_eq!(post(number).await.0, 200);
        acknowledged.insert(number);
    }
    receiver.fill();
    let mut first_refused = None;
    for number in 21..21 + POSTS_MOST {
        match post(number).await.0 {
            200 => acknowledged.insert(number),
            503 => {
                first_refused = Some(number);
                break;
            }
            other => panic!("{other} for {number}"),
        };
    }
    let refused = first_refused.expect("a full disk shows");
    let (status, why) = receiver.get("/readyz").await;
    let reason = match receiver.end {
        End::Mount => "the store takes no writes: the disk is full",
        End::Limit => "the store takes no writes",
    };
    assert_eq!(status, 503, "{why}");
    assert!(why["error"].as_str().unwrap().starts_with(reason), "{why}");
    assert_eq!(receiver.get("/healthz").await.0, 200, "full, not dead");
    if receiver.end == End::Mount {
        let why = receiver.second_start();
        let sentence = "small/second is full: free space there, and the receiver goes on by itself";
        assert!(why.contains(sentence), "{why}");
    }

    receiver.free();
    until("it is ready again", || async {
        receiver.get("/readyz").await.0 == 200
    })
    .await;
    // Google tries again what was 503, and it counts as new.
    let (status, answer) = post(refused).await;
    assert_eq!((status, &answer["status"]), (200, &"accepted".into()));
    acknowledged.insert(refused);
    // As a kill would leave it.
    let left = tempfile::tempdir().unwrap();
    for name in ["syncward.db", "syncward.db-wal"] {
        fs::copy(receiver.folder.join(name), left.path().join(name)).unwrap();
    }
    let database = Connection::open(left.path().join("syncward.db")).unwrap();
    let mut statement = database
        .prepare("select message_number from notification")
        .unwrap();
    let rows = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    let stored: BTreeSet<u64> = rows.map(|number| number.unwrap().cast_unsigned()).collect();
    assert_eq!(stored, acknowledged);
}
