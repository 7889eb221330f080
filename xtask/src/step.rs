//! The steps of `cargo xtask test`, in the order in which they find faults soonest.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::{desktop, package, packages, ui, year};

/// One step: a name to run it alone, a sentence, and what it does.
pub struct Step {
    pub name: &'static str,
    pub about: &'static str,
    run: fn(&Shell) -> Result<()>,
}

/// Every step of `cargo xtask test`.
pub const ALL: &[Step] = &[
    Step {
        name: "packages",
        about: "system packages that build and test need",
        run: packages::for_tests,
    },
    Step {
        name: "format",
        about: "cargo fmt --check",
        run: format,
    },
    Step {
        name: "ui",
        about: "npm ci, lint, type check, unit tests and build of the window",
        run: ui::check,
    },
    Step {
        name: "lint",
        about: "clippy over everything, warnings denied",
        run: lint,
    },
    Step {
        name: "rust",
        about: "unit, scenario, contract and crash tests, and tidy",
        run: rust,
    },
    Step {
        name: "postgres",
        about: "control API, webhook, contract and crash tests once more, over PostgreSQL",
        run: postgres,
    },
    Step {
        name: "year",
        about: "one simulated year of 300 links in which everything goes wrong",
        run: year::one,
    },
    Step {
        name: "build",
        about: "the binaries that the next steps drive",
        run: build_for_tests,
    },
    Step {
        name: "conformance",
        about: "Google's own clients against the simulator, Standard Webhooks' against the receiver",
        run: conformance,
    },
    Step {
        name: "api",
        about: "the control API keeps to its own description (schemathesis), which is linted (Redocly)",
        run: api,
    },
    Step {
        name: "deploy",
        about: "the systemd units and the alert rules verify",
        run: deploy,
    },
    Step {
        name: "window",
        about: "the window in Chromium over the real agent, photographed",
        run: ui::window,
    },
    Step {
        name: "package",
        about: "the packages, of debug binaries: installed, started and removed on a clean root",
        run: package::test,
    },
    Step {
        name: "desktop",
        about: "the real window under Xvfb, by WebDriver",
        run: desktop::test,
    },
];

/// What a cold `cargo xtask test` writes without incremental builds, with some to spare.
const NEEDED_GB: u64 = 14;

/// The checkout this xtask was built from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(1)
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo puts the debug binaries.
pub fn binaries() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), PathBuf::from)
        .join("debug")
}

/// Runs the named steps, or all; stops at the first that fails and names the command that repeats it.
pub fn run(shell: &Shell, names: &[&str]) -> Result<()> {
    if let Some(unknown) = names
        .iter()
        .find(|name| ALL.iter().all(|step| step.name != **name))
    {
        bail!("there is no step '{unknown}'; `cargo xtask steps` lists them");
    }
    if let Some(free) = free_gb(shell)
        && free < NEEDED_GB
    {
        eprintln!(
            "xtask: only {free} GB are free where {} lies; a cold build with every check takes about {NEEDED_GB}",
            root().display()
        );
    }
    let mut times = Vec::new();
    for step in ALL
        .iter()
        .filter(|step| names.is_empty() || names.contains(&step.name))
    {
        eprintln!("\n== {}: {}", step.name, step.about);
        let began = Instant::now();
        if let Err(error) = (step.run)(shell) {
            let full = match free_gb(shell) {
                Some(0) => "\nthe disk is full: `cargo clean` frees what was built",
                Some(_) | None => "",
            };
            bail!(
                "step '{0}' failed: {error:#}{full}\nrepeat it with: cargo xtask test {0}",
                step.name
            );
        }
        times.push((step.name, began.elapsed().as_secs()));
    }
    let listed: Vec<String> = times
        .iter()
        .map(|(name, seconds)| format!("{name} {seconds} s"))
        .collect();
    eprintln!("\nAll steps passed: {}", listed.join(" · "));
    Ok(())
}

/// Whole gigabytes free for the build, if df tells.
fn free_gb(shell: &Shell) -> Option<u64> {
    let root = root();
    let told = cmd!(shell, "df --output=avail -B 1000000000 {root}")
        .quiet()
        .ignore_stderr()
        .read()
        .ok()?;
    told.lines().last()?.trim().parse().ok()
}

fn format(shell: &Shell) -> Result<()> {
    Ok(cmd!(shell, "cargo fmt --all --check").run()?)
}

fn lint(shell: &Shell) -> Result<()> {
    Ok(cmd!(
        shell,
        "cargo clippy --locked --workspace --all-targets -- -D warnings"
    )
    .run()?)
}

fn rust(shell: &Shell) -> Result<()> {
    // The binaries first: tests that start the receiver or the simulator as processes take them from there.
    build_for_tests(shell)?;
    Ok(cmd!(shell, "cargo test --locked --workspace").run()?)
}

/// The suites that know no database; each process makes a cluster of its own.
fn postgres(shell: &Shell) -> Result<()> {
    let suites = ["api", "webhook", "contract", "crash"].map(|suite| format!("--test={suite}"));
    let tests = cmd!(shell, "cargo test --locked --workspace {suites...}");
    Ok(tests.env("SYNCWARD_TEST_DATABASE", "postgres").run()?)
}

/// Builds every binary, for somebody who uses them.
pub fn build(shell: &Shell) -> Result<()> {
    Ok(cmd!(shell, "cargo build --locked --workspace").run()?)
}

/// Builds every binary and every test. All checks select the whole workspace with its tests, so that each dependency
/// compiles once: without the tests, or for one package, cargo chooses other features of it and compiles it anew.
pub fn build_for_tests(shell: &Shell) -> Result<()> {
    Ok(cmd!(shell, "cargo build --locked --workspace --bins --tests").run()?)
}

fn conformance(shell: &Shell) -> Result<()> {
    let simulator = binaries().join("syncward-google-sim");
    let receiver = binaries().join("syncward-receiver");
    let run = "tests/conformance/run.py";
    Ok(cmd!(
        shell,
        "python3 {run} --sim {simulator} --receiver {receiver}"
    )
    .run()?)
}

fn api(shell: &Shell) -> Result<()> {
    let (simulator, receiver) = (
        binaries().join("syncward-google-sim"),
        binaries().join("syncward-receiver"),
    );
    let fuzz = "tests/conformance/fuzz.py";
    cmd!(
        shell,
        "python3 {fuzz} --sim {simulator} --receiver {receiver}"
    )
    .run()?;
    lint_description(shell)
}

/// The snapshot is what the receiver serves: a test compares them.
fn lint_description(shell: &Shell) -> Result<()> {
    let description = root().join("crates/receiver/tests/api/openapi.json");
    let _at = shell.push_dir("tests/conformance/openapi");
    let _quiet = [
        shell.push_env("REDOCLY_TELEMETRY", "off"),
        shell.push_env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"),
    ];
    cmd!(shell, "npm ci --no-audit --no-fund --silent").run()?;
    Ok(cmd!(shell, "npx --no redocly lint {description}").run()?)
}

fn deploy(shell: &Shell) -> Result<()> {
    verify_unit(shell, "system", "syncward-receiver", &["tls"])?;
    verify_unit(shell, "user", "syncward-headless", &[])?;
    let rules = "deploy/prometheus/syncward.rules";
    cmd!(shell, "promtool check rules {rules}.yml").run()?;
    Ok(cmd!(shell, "promtool test rules {rules}.test.yml").run()?)
}

/// The unit, with what may be dropped in beside it.
fn verify_unit(shell: &Shell, whose: &str, name: &str, drop_ins: &[&str]) -> Result<()> {
    let folder = shell.create_temp_dir()?;
    let copy = folder.path().join(format!("{name}.service"));
    let unit = shell.read_file(format!("deploy/{name}.service"))?;
    // `verify` wants the program named in ExecStart to exist, so the copy under test points at the one just built.
    let built = format!("{}/", binaries().display());
    shell.write_file(&copy, unit.replace("/usr/bin/", &built))?;
    let beside = folder.path().join(format!("{name}.service.d"));
    for drop_in in drop_ins {
        shell.create_dir(&beside)?;
        let from = format!("deploy/{name}-{drop_in}.conf");
        shell.copy_file(from, beside.join(format!("{drop_in}.conf")))?;
    }
    let verified = cmd!(shell, "systemd-analyze --{whose} verify --man=no {copy}")
        // Where there is no session, a user's units want a folder all the same.
        .env("XDG_RUNTIME_DIR", folder.path())
        .ignore_status()
        .output()?;
    let told = String::from_utf8_lossy(&verified.stderr);
    // A line that is not understood is no failure to it.
    ensure!(
        verified.status.success() && !told.contains(name),
        "systemd-analyze says of {name}: {told}"
    );
    Ok(())
}
