//! What the desktop costs while nobody works with it: processor time and memory, release build, in the real window.
//!
//! ```text
//! cargo build -p xtask -p syncward-receiver -p syncward-google-sim && cargo bench -p syncward --bench idle --no-run
//! SYNCWARD_TEST_BINARIES=target/debug xvfb-run -a dbus-run-session -- cargo bench -p syncward --bench idle [-- SECONDS]
//! ```
//!
//! It watches the simulator's calendars, in which nobody edits and nothing fails now (`-- SECONDS busy`: somebody edits every
//! 2.5 s, and two calendars fail to be renewed at first), with its window open, then with the window closed and let go. Every
//! process that it runs counts; memory is the proportional set size.
#![expect(clippy::print_stdout, reason = "a bench tells its figures")]
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

#[path = "../tests/desktop/process.rs"]
#[expect(dead_code, reason = "the tests of the window look at more")]
mod process;
#[path = "../tests/desktop/screen.rs"]
#[expect(dead_code, reason = "the tests of the window look at more")]
mod screen;
#[path = "../tests/desktop/tray.rs"]
#[expect(dead_code, reason = "the tests of the window look at more")]
mod tray;
#[path = "../tests/desktop/world.rs"]
#[expect(dead_code, reason = "the tests of the window do more")]
mod world;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Measured when nothing else is said.
const SECONDS: u64 = 60;
/// Until what a start or a close begins has ended.
const SETTLES_IN: Duration = Duration::from_secs(20);
/// A tick of the processor time that the system counts.
const TICK_S: f64 = 0.01;

fn main() {
    let seconds = std::env::args().find_map(|word| word.parse().ok());
    let measured = Duration::from_secs(seconds.unwrap_or(SECONDS));
    let tray = tray::Tray::listen();
    let world = world::World::start();
    let busy = std::env::args().any(|word| word == "busy");
    if !busy {
        waiting().block_on(async { tokio::join!(world.quiet(), world.lift_all()) });
    }
    let folder = std::env::temp_dir().join(format!("syncward-idle-{}", std::process::id()));
    let mut desktop = Command::new(env!("CARGO_BIN_EXE_syncward"))
        .args(["--keep-window", "1", "--receiver", &world.receiver])
        .args(["--code", &world.code])
        .env("SYNCWARD_DESKTOP_DATA_DIR", &folder)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let _icon = tray.icon();
    let window = screen::OnScreen::await_one();
    let page = process::await_child(desktop.id(), "WebKitWebProcess");
    if !busy {
        renew_what_is_due(&folder);
    }
    println!("| state | of one core | PSS | processes |\n|---|---:|---:|---:|");
    tell("window open", desktop.id(), measured);
    window.close();
    process::until_gone(page);
    tell("window let go", desktop.id(), measured);
    process::terminate(desktop.id());
    desktop.wait().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

/// What failed before would be tried again in between.
fn renew_what_is_due(folder: &Path) {
    const TRIES: u32 = 50;
    let renewed = || {
        let mut renew = Command::new(env!("CARGO_BIN_EXE_syncward"));
        renew.args(["renew", "--due"]).stdout(Stdio::null());
        let ended = renew.env("SYNCWARD_DESKTOP_DATA_DIR", folder).status();
        waiting().block_on(async { tokio::time::sleep(Duration::from_millis(200)).await });
        ended.unwrap().success()
    };
    // The agent is on its way.
    assert!((0..TRIES).any(|_| renewed()), "due calendars stay due");
}

/// Measures once it has settled.
fn tell(state: &str, desktop: u32, measured: Duration) {
    let runtime = waiting();
    runtime.block_on(async { tokio::time::sleep(SETTLES_IN).await });
    let (before, began) = (spent(desktop), Instant::now());
    runtime.block_on(async { tokio::time::sleep(measured).await });
    let share = (spent(desktop) - before) / began.elapsed().as_secs_f64() * 100.0;
    let family = family(desktop);
    let memory: u64 = family.iter().filter_map(|one| pss_kib(*one)).sum();
    println!(
        "| {state}, {} s | {share:.2} % | {} MB | {} |",
        measured.as_secs(),
        memory / 1024,
        family.len()
    );
}

fn waiting() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// It and everything that it runs.
fn family(desktop: u32) -> Vec<u32> {
    let mut family = vec![desktop];
    let mut looked = 0;
    while let Some(parent) = family.get(looked).copied() {
        family.extend(process::children(parent));
        looked += 1;
    }
    family
}

/// Processor time so far, in seconds.
fn spent(desktop: u32) -> f64 {
    let ticks = |id: &u32| {
        let of = |index| process::field(*id, index)?.parse::<f64>().ok();
        Some(of(11)? + of(12)?)
    };
    family(desktop).iter().filter_map(ticks).sum::<f64>() * TICK_S
}

fn pss_kib(process: u32) -> Option<u64> {
    let rolled = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = rolled.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
