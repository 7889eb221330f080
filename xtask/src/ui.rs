//! The window's page: its packages, checks and build.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::step;

/// Installs, lints, type-checks, tests and builds `ui/`.
pub fn check(shell: &Shell) -> Result<()> {
    install(shell)?;
    let _ui = shell.push_dir("ui");
    for script in ["lint", "check", "test", "build"] {
        cmd!(shell, "npm run --silent {script}").run()?;
    }
    Ok(())
}

/// Installs if the lock file is newer than what lies there, and builds `ui/dist`.
pub fn build(shell: &Shell) -> Result<()> {
    install(shell)?;
    let _ui = shell.push_dir("ui");
    Ok(cmd!(shell, "npm run --silent build").run()?)
}

/// Drives and photographs the built window in Chromium, over the real agent, receiver and simulator.
pub fn window(shell: &Shell) -> Result<()> {
    build(shell)?;
    step::build_for_tests(shell)?;
    let _ui = shell.push_dir("ui");
    Ok(cmd!(shell, "npm run --silent window")
        .env("SYNCWARD_TEST_BINARIES", step::binaries())
        .run()?)
}

fn install(shell: &Shell) -> Result<()> {
    let _ui = shell.push_dir("ui");
    let modified = |path: &str| {
        std::fs::metadata(shell.current_dir().join(path))
            .and_then(|file| file.modified())
            .ok()
    };
    let wanted = modified("package-lock.json");
    let present = modified("node_modules/.package-lock.json");
    if present.is_some() && present >= wanted {
        return Ok(());
    }
    Ok(cmd!(shell, "npm ci --no-audit --no-fund").run()?)
}
