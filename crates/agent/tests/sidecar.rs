//! The supervised receiver: brought back after it died, ended when its input closes, killed when it will not end.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use syncward_agent::sidecar::{Sidecar, SidecarConfig, SidecarEvent, newest_lines};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

fn program(folder: &Path, script: &str) -> SidecarConfig {
    let program = folder.join("receiver.sh");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    SidecarConfig {
        program,
        data_dir: folder.join("receiver"),
        log: folder.join("receiver.log"),
        environment: BTreeMap::new(),
    }
}

async fn next(events: &mut mpsc::Receiver<SidecarEvent>) -> SidecarEvent {
    let event = tokio::time::timeout(Duration::from_secs(20), events.recv());
    event.await.expect("an event in time").unwrap()
}

fn pid_in(address: &str) -> Pid {
    Pid::from_raw(address.rsplit('/').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn it_is_started_again_after_it_was_killed_and_ends_with_its_input() {
    let folder = TempDir::new().unwrap();
    let script = r#"echo '{"listening":"http://127.0.0.1:1/'$$'"}'; exec cat >/dev/null"#;
    let (out, mut events) = mpsc::channel(8);
    let sidecar = Sidecar::start(program(folder.path(), script), out, None);
    let SidecarEvent::Listening { address } = next(&mut events).await else {
        panic!("it did not start");
    };
    let first = pid_in(&address);
    kill(first, Signal::SIGKILL).unwrap();
    assert!(matches!(
        next(&mut events).await,
        SidecarEvent::Ended { .. }
    ));
    let SidecarEvent::Listening { address } = next(&mut events).await else {
        panic!("it did not come back");
    };
    let second = pid_in(&address);
    assert_ne!(first, second);
    sidecar.end().await;
    assert!(kill(second, None).is_err(), "no orphan");
}

#[tokio::test]
async fn one_that_ignores_its_input_and_term_is_killed() {
    let folder = TempDir::new().unwrap();
    let script = r#"trap '' TERM; echo '{"listening":"http://127.0.0.1:1/'$$'"}'; while :; do read line || tail -f /dev/null & wait; done"#;
    let (out, mut events) = mpsc::channel(8);
    let sidecar = Sidecar::start(program(folder.path(), script), out, None);
    let SidecarEvent::Listening { address } = next(&mut events).await else {
        panic!("it did not start");
    };
    sidecar.end().await;
    assert!(kill(pid_in(&address), None).is_err(), "no orphan");
}

#[tokio::test]
async fn one_that_can_not_start_says_why_in_its_own_words() {
    let folder = TempDir::new().unwrap();
    let script = "echo 'failed to listen on 127.0.0.1:8480: address in use' >&2; exit 1";
    let (out, mut events) = mpsc::channel(8);
    let sidecar = Sidecar::start(program(folder.path(), script), out, None);
    let SidecarEvent::Ended { why, .. } = next(&mut events).await else {
        panic!("it started");
    };
    assert!(why.contains("address in use"), "{why}");
    sidecar.end().await;
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let folder = TempDir::new().unwrap();
    let mut config = program(folder.path(), "");
    config.program = folder.path().join("nothing-here");
    let (out, mut events) = mpsc::channel(8);
    let sidecar = Sidecar::start(config, out, None);
    let SidecarEvent::Ended { why, .. } = next(&mut events).await else {
        panic!("it started");
    };
    assert!(why.contains("nothing-here"), "{why}");
    sidecar.end().await;
}

#[tokio::test]
async fn the_next_one_waits_until_the_one_before_is_gone() {
    let folder = TempDir::new().unwrap();
    let script = r#"echo '{"listening":"http://127.0.0.1:1/'$$'"}'; exec cat >/dev/null"#;
    let (out, mut events) = mpsc::channel(8);
    let gone = CancellationToken::new();
    let config = program(folder.path(), script);
    let sidecar = Sidecar::start(config, out, Some(gone.clone()));
    let early = tokio::time::timeout(Duration::from_millis(300), events.recv()).await;
    assert!(early.is_err(), "it started beside the other: {early:?}");
    gone.cancel();
    assert!(matches!(
        next(&mut events).await,
        SidecarEvent::Listening { .. }
    ));
    sidecar.end().await;
}

#[test]
fn of_a_log_the_newest_whole_lines_are_shown() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("receiver.log");
    assert_eq!(newest_lines(&log, 10).unwrap(), Vec::<String>::new());
    std::fs::write(&log, "one\ntwo\nthree\n").unwrap();
    assert_eq!(newest_lines(&log, 2).unwrap(), ["two", "three"]);
    assert_eq!(newest_lines(&log, 10).unwrap(), ["one", "two", "three"]);
    let long: String = (0..40_000).map(|n| format!("line {n:06}\n")).collect();
    std::fs::write(&log, long).unwrap();
    let shown = newest_lines(&log, usize::MAX).unwrap();
    assert_eq!(shown.last().map(String::as_str), Some("line 039999"));
    assert!(shown.len() < 40_000, "all of it was read");
    assert!(
        shown.iter().all(|line| line.len() == 11),
        "{:?}",
        shown.first()
    );
}
