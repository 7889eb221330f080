//! Processes as the system lists them.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// The process that `parent` runs of that program.
pub fn child(parent: u32, program: &str) -> u32 {
    look(parent, program).unwrap_or_else(|| panic!("{parent} runs no {program}"))
}

fn look(parent: u32, program: &str) -> Option<u32> {
    children(parent).into_iter().find(|id| {
        let path = std::fs::read_link(format!("/proc/{id}/exe")).unwrap_or_else(|_| PathBuf::new());
        path.file_name().is_some_and(|name| name == program)
    })
}

/// The one that `parent` will run in a while.
pub fn await_child(parent: u32, program: &str) -> u32 {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look(parent, program) {
            return found;
        }
        assert!(Instant::now() < until, "{parent} never ran {program}");
        std::thread::yield_now();
    }
}

/// All that `parent` runs.
pub fn children(parent: u32) -> Vec<u32> {
    let listed = std::fs::read_dir("/proc").expect("processes are listed");
    let ids = listed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

/// Asks it to end.
pub fn terminate(process: u32) {
    let status = Command::new("kill").arg(process.to_string()).status();
    status.expect("kill is there");
}

/// Ends it without a word; one that has just ended by itself stays so.
pub fn kill(process: u32) {
    let status = Command::new("kill")
        .args(["-9", &process.to_string()])
        .status();
    status.expect("kill is there");
}

/// Waits until it has ended; one that nobody has buried yet has ended.
pub fn until_gone(process: u32) {
    let until = Instant::now() + Duration::from_secs(20);
    while state(process).is_some_and(|state| state != "Z") {
        assert!(Instant::now() < until, "{process} lives on");
        std::thread::yield_now();
    }
}

/// How much of programs and libraries it has in memory.
pub fn code_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssFile:"));
    let words = line.expect("the system tells it").trim();
    let number = words.strip_suffix(" kB").and_then(|kib| kib.parse().ok());
    number.expect("a number of kB")
}

/// Waits until it has less of them in memory.
pub fn until_code_is_below(process: u32, kib: u64) {
    let until = Instant::now() + Duration::from_secs(20);
    while code_kib(process) >= kib {
        assert!(Instant::now() < until, "{process} keeps {kib} kB and more");
        std::thread::yield_now();
    }
}

fn parent_of(process: u32) -> Option<u32> {
    field(process, 1)?.parse().ok()
}

fn state(process: u32) -> Option<String> {
    field(process, 0)
}

/// A field of `/proc/PID/stat` after the name, which may hold anything.
pub fn field(process: u32, index: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(index).map(str::to_owned)
}
