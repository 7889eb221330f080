//! The end-to-end step: the real window on a virtual screen, a private bus and a private keyring.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::step::{binaries, root};

/// Runs `tests/desktop.rs` inside Xvfb and its own D-Bus session.
pub fn test(shell: &Shell) -> Result<()> {
    let home = root().join("target/e2e-home");
    if home.exists() {
        std::fs::remove_dir_all(&home)?;
    }
    std::fs::create_dir_all(home.join("run"))?;
    let binaries = binaries();
    // Google's own Python client, which plays the person who edits.
    cmd!(shell, "python3 tests/conformance/run.py --prepare").run()?;
    let session = "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1; \
                   exec cargo test --locked --workspace --test desktop -- --nocapture --test-threads=1";
    Ok(cmd!(
        shell,
        "xvfb-run -a -s '-screen 0 1280x900x24' dbus-run-session -- bash -c {session}"
    )
    .env("SYNCWARD_TEST_BINARIES", &binaries)
    .env("HOME", &home)
    .env("XDG_RUNTIME_DIR", home.join("run"))
    .env(
        "CARGO_HOME",
        std::env::var("CARGO_HOME").unwrap_or_else(|_| cargo_home()),
    )
    .env(
        "RUSTUP_HOME",
        std::env::var("RUSTUP_HOME").unwrap_or_else(|_| rustup_home()),
    )
    .run()?)
}

fn cargo_home() -> String {
    format!("{}/.cargo", std::env::var("HOME").unwrap_or_default())
}

fn rustup_home() -> String {
    format!("{}/.rustup", std::env::var("HOME").unwrap_or_default())
}
