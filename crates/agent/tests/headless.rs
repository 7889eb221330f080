//! The agent where nobody can be asked: what ends it at the start, and one process per data folder.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/gate.rs"]
mod gate;
#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use gate::Gate;
use stand_in::{CODE, StandIn, link, options, paired};
use syncward_agent::Agent;
use syncward_agent::claim::Claim;
use syncward_agent::command::Ended;
use syncward_agent::headless::{nothing_watched, pair, pairing_of};
use syncward_agent::options::PairAtStart;
use syncward_agent::words::Language;
use syncward_wire::Fingerprint;
use syncward_wire::pairing::pairing_link;
use tempfile::TempDir;

fn wanted(address: &str, code: &str) -> PairAtStart {
    PairAtStart {
        address: address.into(),
        code: code.into(),
        pin: None,
    }
}

#[tokio::test]
async fn a_refused_pairing_ends_it_with_the_refusal_while_nothing_else_is_watched() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let refused = pair(&agent, wanted(&receiver.address, "WRONG"), folder.path()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.ended, Ended::Misused);
    assert_eq!(refused.said, "This code is wrong. Pair again.");
    let refused = pair(&agent, wanted("ftp://here", CODE), folder.path()).await;
    assert_eq!(refused.unwrap_err().ended, Ended::Misused);
    let refused = pair(&agent, wanted("http://127.0.0.1:1", CODE), folder.path()).await;
    assert_eq!(refused.unwrap_err().ended, Ended::Unreachable);
    let paired = pair(&agent, wanted(&receiver.address, CODE), folder.path()).await;
    assert_eq!(paired, Ok(()));
}

#[tokio::test]
async fn a_refused_pairing_does_not_end_what_watches_another_receiver() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let (folder, agent, _desktop) = paired(&receiver).await;
    let other = StandIn::start(Vec::new()).await;
    let refused = pair(&agent, wanted(&other.address, "WRONG"), folder.path()).await;
    assert_eq!(refused, Ok(()));
}

#[tokio::test]
async fn a_typed_link_pairs_and_holds_to_the_pin_in_it() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let gate = Gate::before(&receiver.address).await;
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let linked = |pin: Option<&Fingerprint>| {
        let link = pairing_link(&gate.address, CODE, pin);
        pairing_of(&link, Language::En).unwrap()
    };
    let other: Fingerprint = "0".repeat(64).parse().unwrap();
    for pin in [None, Some(&other)] {
        let refused = pair(&agent, linked(pin), folder.path()).await;
        assert_eq!(refused.unwrap_err().ended, Ended::Misused);
        assert_eq!(receiver.body("pair"), None, "the code stays secret");
    }
    let paired = pair(&agent, linked(Some(&gate.fingerprint())), folder.path()).await;
    assert_eq!(paired, Ok(()));
    assert_eq!(nothing_watched(&agent).await, None);
}

#[test]
fn a_link_that_pairs_nothing_is_refused_in_every_language() {
    for link in [
        "syncward://open/settings",
        "syncward://erase/everything",
        "syncward://pair?address=https://a.example",
        "syncward:pair me",
    ] {
        let said = |language| pairing_of(link, language).unwrap_err();
        let english = said(Language::En);
        assert!(english.ends_with('.'), "{english}");
        for language in [Language::De, Language::Es, Language::Fr] {
            assert_ne!(said(language), english, "{language:?}");
        }
    }
}

#[tokio::test]
async fn one_that_watches_nothing_says_so_and_how_to_pair() {
    let receiver = StandIn::start(vec![link(1, "Room 1", "live", 90)]).await;
    let folder = TempDir::new().unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let told = nothing_watched(&agent).await.unwrap();
    assert!(told.contains("`syncward pair`"), "{told}");
    let paired = pair(&agent, wanted(&receiver.address, CODE), folder.path()).await;
    assert_eq!(paired, Ok(()));
    assert_eq!(nothing_watched(&agent).await, None);
}

#[cfg(unix)]
#[tokio::test]
async fn what_it_keeps_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let everybodys = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), everybodys).unwrap();
    let _claim = Claim::take(folder.path()).unwrap();
    let (options, _desktop) = options(folder.path());
    let agent = Agent::start(options).unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap()).collect();
    assert!(files.len() > 1, "{files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file:?}");
    }
    agent.quit().await;
}

fn agent_over(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncward-agent"));
    command
        .args(["--no-keychain", "--data-dir"])
        .arg(folder.path())
        .env("LC_ALL", "C");
    command
}

#[test]
fn a_second_process_over_the_same_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let mut first = agent_over(&folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    let mut lines = BufReader::new(first.stdout.take().unwrap());
    lines.read_line(&mut told).unwrap();
    assert!(told.contains("listening"), "{told}");
    let second = agent_over(&folder).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    let named = folder.path().display().to_string();
    assert!(
        said.starts_with("Syncward already runs with") && said.contains(&named),
        "{said}"
    );
    first.kill().unwrap();
    first.wait().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_goes_away_ends_it_in_order_unless_it_was_told_to_stay() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let folder = TempDir::new().unwrap();
    let started = |mut command: Command| {
        let mut agent = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(agent.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        assert!(folder.path().join("door.json").exists());
        agent
    };
    let tell = |agent: &std::process::Child, signal| {
        kill(Pid::from_raw(agent.id().try_into().unwrap()), signal).unwrap();
    };
    // Whoever runs the tests may have been told to stay, too.
    let plain = agent_over(&folder);
    let mut ending = Command::new("env");
    ending.arg("--default-signal=HUP");
    ending.arg(plain.get_program()).args(plain.get_args());
    let mut agent = started(ending);
    tell(&agent, Signal::SIGHUP);
    assert_eq!(agent.wait().unwrap().code(), Some(0));
    assert!(!folder.path().join("door.json").exists());

    let mut staying = Command::new("nohup");
    staying.arg(plain.get_program()).args(plain.get_args());
    let mut agent = started(staying);
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.id())).unwrap();
    let ignored = status.lines().find_map(|it| it.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    tell(&agent, Signal::SIGTERM);
    assert_eq!(agent.wait().unwrap().code(), Some(0));
    assert_eq!(ignored & 1, 1, "nohup's wish stands");
}

#[test]
fn a_patience_that_is_no_duration_is_refused_by_its_name() {
    let folder = TempDir::new().unwrap();
    let refused = agent_over(&folder)
        .env("SYNCWARD_ALERT_AFTER", "soon")
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("SYNCWARD_ALERT_AFTER") && said.contains("soon"),
        "{said}"
    );
}

#[test]
fn a_log_that_goes_into_a_file_has_no_colours() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("desktop.sqlite"), "no database at all").unwrap();
    let asked = agent_over(&folder)
        .arg("status")
        .env("RUST_LOG", "warn")
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    let log = String::from_utf8(asked.stderr).unwrap();
    assert!(log.contains("set aside"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}
