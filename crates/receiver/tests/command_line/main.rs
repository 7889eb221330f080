//! The command line as scripts use it: exit codes (0 done, 1 failed, 2 misused) and JSON on standard output.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod asking;
mod ground;
mod health;
mod network;
#[cfg(unix)]
mod owner;
mod pairing;
#[expect(dead_code, reason = "shared with the webhook's tests")]
#[path = "../webhook/seed.rs"]
mod seed;

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use syncward_receiver::store::Store;
use syncward_wire::client::{Client, ClientError, pair};
use syncward_wire::{CertificateFault, Fingerprint};
use uuid::Uuid;

/// How often [`until`] looks, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 1200;

/// A folder and a port of its own; Google is a port that nobody listens on.
struct Place {
    folder: tempfile::TempDir,
    listen: String,
}

impl Place {
    fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            listen: free.local_addr().unwrap().to_string(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncward-receiver"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SYNCWARD_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .env("SYNCWARD_DATA_DIR", self.folder.path())
            .env("SYNCWARD_LISTEN", &self.listen)
            .env("SYNCWARD_GOOGLE_CLIENT_ID", "tests")
            .env("SYNCWARD_GOOGLE_TOKEN_URL", "http://127.0.0.1:1/token")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A receiver that ends with its standard input.
    fn serve(&self) -> Serving {
        let (serving, said) = self.serve_with(&[]);
        assert_eq!(said["listening"], format!("http://{}", self.listen));
        serving
    }

    /// The same with more variables; also what it said of itself.
    fn serve_with(&self, variables: &[(&str, &str)]) -> (Serving, Value) {
        let mut child = self
            .command(&["serve", "--exit-with-stdin"])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        (Serving(child), serde_json::from_str(&line).unwrap())
    }
}

struct Serving(Child);

impl Serving {
    fn end(mut self) -> Option<i32> {
        drop(self.0.stdin.take());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for what comes soon.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    for _ in 0..LOOKS {
        tick.tick().await;
        if is_so() {
            return;
        }
    }
    panic!("never so: {what}");
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "complaints go to standard error");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn said(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{fault}: {text}"))
}

/// Tokens that the command line left behind.
fn left_tokens(folder: &Path) -> i64 {
    let store = Store::open_beside(folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let count = store.read(|connection| {
        let sql = "select count(*) from device where name = 'command line'";
        Ok(connection.query_row(sql, [], |row| row.get(0))?)
    });
    runtime.block_on(count).unwrap()
}

#[test]
fn misuse_is_two_and_says_how_it_is_used() {
    let place = Place::new();
    for arguments in [
        &[][..],
        &["fly"],
        &["serve", "--wings"],
        &["renew", "not-an-id"],
        &["sync"],
        &["pair", "--role", "king"],
    ] {
        let output = place.run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(
            complaint(&output).contains("Usage") || complaint(&output).contains("--help"),
            "{arguments:?}"
        );
    }
    for arguments in [&["--help"][..], &["--version"], &["serve", "--help"]] {
        assert_eq!(code(&place.run(arguments)), 0, "{arguments:?}");
    }
}

#[test]
fn a_configuration_that_does_not_fit_is_two_and_every_fault_is_named() {
    let place = Place::new();
    let output = place
        .command(&["serve"])
        .env("SYNCWARD_CHANNEL_TTL", "a week")
        .env("SYNCWARD_LOG", "all=loud")
        .env("SYNCWARD_SECRET_KEY", "short")
        .env("SYNCWARD_PUBLIC_URL", "http://receiver.example")
        .env("SYNCWARD_LISTEN", "everywhere")
        .env("SYNCWARD_TRUSTED_PROXIES", "127.0.0.1,proxy")
        .output()
        .unwrap();
    assert_eq!(code(&output), 2);
    let complaint = complaint(&output);
    for name in [
        "SYNCWARD_CHANNEL_TTL",
        "SYNCWARD_PUBLIC_URL",
        "SYNCWARD_LISTEN",
        "SYNCWARD_TRUSTED_PROXIES",
        "SYNCWARD_LOG",
        "SYNCWARD_SECRET_KEY",
    ] {
        assert!(complaint.contains(name), "{name}: {complaint}");
    }
    let output = place
        .command(&["openapi"])
        .env("SYNCWARD_CHANEL_TTL", "7d")
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "an unknown variable is a warning");
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(
        warning.contains("SYNCWARD_CHANNEL_TTL"),
        "names the nearest: {warning}"
    );
}

#[test]
fn what_can_not_be_done_is_one_with_a_sentence() {
    let place = Place::new();
    assert_eq!(place.serve().end(), Some(0));
    for arguments in [
        &["links", "--json"][..],
        &["renew"],
        &["sync", &Uuid::nil().to_string()],
    ] {
        let output = place.run(arguments);
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(
            complaint(&output).contains("is it running?")
                && !complaint(&output).contains("os error"),
            "{arguments:?}"
        );
    }
    let output = place.run(&["doctor", "--json"]);
    assert_eq!(code(&output), 1, "google does not answer");
    let findings = said(&output);
    let of = |check: &str| {
        let mut findings = findings.as_array().unwrap().iter();
        findings.find(|one| one["check"] == check).unwrap().clone()
    };
    assert_eq!(of("google")["ok"], false);
    assert_eq!(of("store")["ok"], true);
    assert_eq!(of("audit")["ok"], true);
    assert_eq!(left_tokens(place.folder.path()), 0);
}

#[test]
fn beside_a_running_receiver_answers_are_json_and_nothing_is_left() {
    let place = Place::new();
    let serving = place.serve();
    let links = place.run(&["links", "--json"]);
    assert_eq!((code(&links), said(&links)), (0, Value::Array(Vec::new())));
    let renewed = place.run(&["renew", "--json"]);
    assert_eq!(code(&renewed), 0);
    let operation = said(&renewed)["operation"].as_str().unwrap().to_owned();
    assert!(operation.parse::<Uuid>().is_ok(), "{operation}");
    let told = place.run(&["forecast", "--json"]);
    assert_eq!((code(&told), &said(&told)["absence"]), (0, &Value::Null));
    let at =
        |hours: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours)).to_string();
    let (from, until) = (at(5), at(9));
    let off = place.run(&[
        "forecast",
        "--off-from",
        &from,
        "--off-until",
        &until,
        "--json",
    ]);
    assert_eq!(
        (code(&off), &said(&off)["absence"]["off_until_at"]),
        (0, &Value::from(until.as_str()))
    );
    let backwards = place.run(&["forecast", "--off-from", &until, "--off-until", &from]);
    assert_eq!(code(&backwards), 1);
    assert!(
        complaint(&backwards).contains("off_until must be ahead"),
        "{}",
        complaint(&backwards)
    );
    let unknown = place.run(&["sync", "--json", &Uuid::nil().to_string()]);
    assert_eq!(code(&unknown), 1);
    assert!(complaint(&unknown).contains("There is no such link."));
    let pairing = place.run(&["pair", "--role", "viewer", "--json"]);
    assert_eq!(code(&pairing), 0);
    assert_eq!(said(&pairing)["role"], "viewer");
    assert_eq!(said(&pairing)["code"].as_str().unwrap().len(), 11);
    let until: jiff::Timestamp = said(&pairing)["expires_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(until > jiff::Timestamp::now());
    assert_eq!(left_tokens(place.folder.path()), 0);

    let second = place.run(&["serve"]);
    assert_eq!(code(&second), 1);
    assert!(complaint(&second).contains("in use by another receiver: stop that one first"));
    let nobody = place.run(&["links"]);
    assert_eq!(code(&nobody), 0);
    assert!(complaint(&nobody).contains("No calendar is connected yet."));
    let nobody = place.run(&["devices"]);
    assert!(complaint(&nobody).contains("No device is paired yet"));
    assert_eq!(serving.end(), Some(0));
    assert!(TcpStream::connect(&place.listen).is_err());
}

#[test]
fn a_taken_port_and_a_tampered_trail_are_told() {
    let place = Place::new();
    let _taken = TcpListener::bind(&place.listen).unwrap();
    let output = place.run(&["serve"]);
    assert_eq!(code(&output), 1);
    assert!(complaint(&output).contains("SYNCWARD_LISTEN"));
    let store = Store::open_beside(place.folder.path()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let tamper = store.write(|tx| {
        let now = jiff::Timestamp::now();
        for what in ["renew", "sync"] {
            syncward_receiver::store::audit::append(tx, "Front desk", what, None, "done", now)?;
        }
        Ok(tx.execute("update audit set result = 'refused' where audit_id = 2", [])?)
    });
    runtime.block_on(tamper).unwrap();
    let output = place.run(&["doctor", "--json"]);
    let findings = said(&output);
    let mut findings = findings.as_array().unwrap().iter();
    let audit = findings.find(|one| one["check"] == "audit").unwrap();
    assert_eq!(audit["ok"], false);
    assert!(
        audit["message"].as_str().unwrap().contains("entry 2"),
        "{audit}"
    );
}

#[test]
fn a_copy_out_of_a_running_receiver_comes_back_whole() {
    let (place, other) = (Place::new(), Place::new());
    let file = place.folder.path().join("copy.db");
    let file = file.to_str().unwrap();
    let none = place.run(&["backup", file]);
    assert_eq!(code(&none), 2, "there is nothing to copy");
    let serving = place.serve();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let store = Store::open_beside(place.folder.path()).unwrap();
    let link = runtime.block_on(seed::link(&store)).unwrap();
    let copied = place.run(&["backup", "--json", file]);
    assert_eq!(code(&copied), 0, "{copied:?}");
    assert_eq!(
        (&said(&copied)["links"], &said(&copied)["path"]),
        (&1.into(), &file.into())
    );
    let again = place.run(&["backup", file]);
    assert_eq!(code(&again), 1);
    let why = complaint(&again);
    assert!(
        why.contains("in the way") && why.contains("name a new one"),
        "{why}"
    );
    let running = place.run(&["restore", "--replace", file]);
    assert_eq!(code(&running), 1);
    assert!(complaint(&running).contains("in use by another receiver: stop it first"));
    assert_eq!(serving.end(), Some(0));

    let restored = other.run(&["restore", "--json", file]);
    assert_eq!(code(&restored), 0, "{restored:?}");
    let there = Store::open_beside(other.folder.path()).unwrap();
    let found =
        there.read(move |connection| syncward_receiver::store::link::find(connection, link));
    assert!(runtime.block_on(found).unwrap().is_some());
    drop((store, there));
    let kept = other.run(&["restore", file]);
    assert_eq!(code(&kept), 1, "what is there is not replaced unasked");
    assert!(
        complaint(&kept).contains("--replace"),
        "{}",
        complaint(&kept)
    );
    let replaced = other.run(&["restore", "--replace", "--json", file]);
    assert_eq!(code(&replaced), 0, "{replaced:?}");
    assert!(Path::new(said(&replaced)["replaced"].as_str().unwrap()).exists());

    let half = other.folder.path().join("half.db");
    let bytes = std::fs::read(file).unwrap();
    std::fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let empty = Place::new();
    let refused = empty.run(&["restore", half.to_str().unwrap()]);
    assert_eq!(code(&refused), 1);
    let key = empty.folder.path().join("secret.key");
    assert!(!key.exists(), "what was not put back leaves no key");
    assert_eq!(code(&empty.run(&["restore", file])), 0);
    assert!(key.exists(), "a receiver can start there");
    for broken in [half.to_str().unwrap(), "/dev/null", "/no/such/file"] {
        let output = other.run(&["restore", "--replace", broken]);
        assert_eq!(code(&output), 1, "{broken}");
    }
    let nothing = other.run(&["restore", "--replace", "/no/such/file"]);
    assert!(complaint(&nothing).contains("name one that `backup` has written"));
    let serving = other.serve();
    assert_eq!(
        said(&other.run(&["links", "--json"]))
            .as_array()
            .unwrap()
            .len(),
        1,
        "still whole"
    );
    assert_eq!(serving.end(), Some(0));
}

#[test]
fn the_description_is_printed_without_a_receiver() {
    let place = Place::new();
    let output = place.run(&["openapi"]);
    assert_eq!(code(&output), 0);
    let printed = said(&output);
    let kept: Value = serde_json::from_str(include_str!("../api/openapi.json")).unwrap();
    assert!(printed == kept, "it prints what it serves");
}

#[test]
fn a_month_is_attested_without_a_running_receiver_and_a_kept_proof_is_checked() {
    let place = Place::new();
    let nothing = place.run(&["attest", "--month", "2026-01"]);
    assert_eq!(code(&nothing), 2);
    assert!(complaint(&nothing).contains("there is no database"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let store = Store::open(place.folder.path()).unwrap();
    runtime.block_on(seed::link(&store)).unwrap();
    drop(store);

    let page = place.folder.path().join("proof.html");
    let file = page.to_str().unwrap();
    let written = place.run(&["attest", "--month", "2026-01", "--out", file]);
    assert_eq!(code(&written), 0, "{}", complaint(&written));
    assert!(complaint(&written).contains("SHA-256"));
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.contains("January 2026"));
    let checked = place.run(&["attest", "--verify", file, "--json"]);
    assert_eq!(code(&checked), 0);
    let verdict = said(&checked);
    assert_eq!(verdict["written"], verdict["found"]);
    std::fs::write(
        &page,
        text.replace("\"month\":\"2026-01\"", "\"month\":\"2026-02\""),
    )
    .unwrap();
    assert_eq!(code(&place.run(&["attest", "--verify", file])), 1);

    let over = ["attest", "--month", "2026-01", "--out", file];
    let refused = place.run(&over);
    assert_eq!(code(&refused), 1, "a kept proof is not replaced unasked");
    assert!(complaint(&refused).contains("--replace"));
    assert!(std::fs::read_to_string(&page).unwrap().contains("2026-02"));
    assert_eq!(code(&place.run(&[&over[..], &["--replace"]].concat())), 0);
    assert_eq!(code(&place.run(&["attest", "--verify", file])), 0);

    let json = said(&place.run(&["attest", "--month", "2026-01", "--json"]));
    assert_eq!(json["sha256"].as_str().map(str::len), Some(64));
    for (month, exit, why) in [("2999-01", 1, "has not begun"), ("jan", 2, "2026-11")] {
        let refused = place.run(&["attest", "--month", month]);
        assert_eq!(code(&refused), exit);
        assert!(complaint(&refused).contains(why), "{month}");
    }
    let unknown = [
        "attest",
        "--month",
        "2026-01",
        "--clinic",
        "00000000-0000-4000-8000-000000000000",
    ];
    assert!(complaint(&place.run(&unknown)).contains("no such clinic"));
}

#[test]
fn what_a_shell_without_the_receivers_settings_is_told_is_of_the_receiver_that_runs() {
    let place = Place::new();
    let bare = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env_remove("SYNCWARD_LISTEN").output().unwrap()
    };
    let public = [
        ("SYNCWARD_PUBLIC_URL", "https://calendar.clinic.example"),
        ("SYNCWARD_CHECK_INTERVAL", "7m"),
    ];
    let (serving, _) = place.serve_with(&public);
    let proof = &said(&bare(&["attest", "--month", "2026-01", "--json"]))["proof"];
    assert_eq!(proof["promise"]["push"], true);
    assert_eq!(proof["promise"]["check_interval_s"], 7 * 60);
    let checked = said(&bare(&["doctor", "--json"]));
    let configuration = checked[0]["message"].as_str().unwrap();
    assert!(configuration.contains(&place.listen), "{configuration}");
    assert_eq!(left_tokens(place.folder.path()), 0);
    serving.end();

    let silent = bare(&["attest", "--month", "2026-01", "--json"]);
    let why = String::from_utf8(silent.stderr).unwrap();
    assert!(
        why.contains("nothing answers") && why.contains("this shell"),
        "{why}"
    );
}

#[tokio::test]
async fn a_receiver_that_signs_for_itself_is_known_by_its_key_and_by_no_other() {
    const OWN: [(&str, &str); 1] = [("SYNCWARD_TLS", "self-signed")];
    let place = Place::new();
    let (serving, told) = place.serve_with(&OWN);
    let address = format!("https://{}", place.listen);
    assert_eq!(told["listening"], address.as_str());
    let own: Fingerprint = told["fingerprint"].as_str().unwrap().parse().unwrap();

    let ask = |arguments: &[&str]| place.command(arguments).envs(OWN).output().unwrap();
    let pairing = said(&ask(&["pair", "--json"]));
    assert_eq!(pairing["fingerprint"], own.hex());
    let link = pairing["link"].as_str().unwrap();
    assert!(link.ends_with(&format!("&pin={}", own.hex())), "{link}");
    let shown = String::from_utf8(ask(&["pair"]).stderr).unwrap();
    assert!(shown.contains(&own.to_string()), "{shown}");
    assert_eq!(code(&ask(&["links", "--json"])), 0);

    let code = pairing["code"].as_str().unwrap();
    let other: Fingerprint = "00".repeat(32).parse().unwrap();
    for (pin, fault) in [
        (None, CertificateFault::Unknown),
        (Some(other), CertificateFault::OtherKey),
    ] {
        match pair(&address, code, "tests", pin).await {
            Err(ClientError::Certificate(strange)) => {
                assert_eq!((strange.found, strange.pinned), (own, pin));
                assert_eq!(strange.fault, fault);
            }
            taken => panic!("{taken:?}"),
        }
    }
    // The code was sent to nobody before, so it is still good.
    let paired = pair(&address, code, "tests", Some(own)).await.unwrap();
    let client = Client::new(&address, paired.token.into(), Some(own)).unwrap();
    let overview: syncward_wire::Overview = client.get("overview", &[]).await.unwrap();
    assert_eq!(overview.receiver, paired.receiver);
    assert!(client.stream(None).await.is_ok());

    assert_eq!(serving.end(), Some(0));
    let (_serving, again) = place.serve_with(&OWN);
    assert_eq!(again["fingerprint"], own.hex());
}
