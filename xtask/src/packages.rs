//! System packages: finds what is missing, names it, installs it.

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// What compiling the desktop needs.
const BUILD: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    // For strip.
    "binutils",
];

/// What driving it in tests needs.
const TEST: &[&str] = &[
    "xvfb",
    "xauth",
    "webkit2gtk-driver",
    "dbus",
    "dbus-x11",
    "gnome-keyring",
    "x11-utils",
    "imagemagick",
    "chromium",
    "python3-venv",
    "systemd",
    // For the receiver over PostgreSQL.
    "postgresql",
    // For promtool, which checks the alert rules.
    "prometheus",
    // For the packages: a clean root to install them on, and rpm's own tools.
    "mmdebstrap",
    "rpm",
    "cpio",
    "desktop-file-utils",
];

/// Makes sure that everything the tests need is installed.
pub fn for_tests(shell: &Shell) -> Result<()> {
    need_node(shell)?;
    install(shell, &[BUILD, TEST].concat())
}

/// Makes sure that everything a build needs is installed.
pub fn for_builds(shell: &Shell) -> Result<()> {
    need_node(shell)?;
    install(shell, BUILD)
}

fn need_node(shell: &Shell) -> Result<()> {
    cmd!(shell, "npm --version").quiet().ignore_stderr().read().map(|_| ()).context(
        "Node.js with npm is missing: install Node.js 20 or newer (https://nodejs.org), then run this again",
    )
}

fn install(shell: &Shell, packages: &[&str]) -> Result<()> {
    if cmd!(shell, "dpkg-query --version")
        .quiet()
        .ignore_stderr()
        .read()
        .is_err()
    {
        eprintln!(
            "This is not Debian or Ubuntu; these must be there by other means: {}",
            packages.join(" ")
        );
        return Ok(());
    }
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !installed(shell, package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("Installing system packages: {}", missing.join(" "));
    let root = cmd!(shell, "id -u").quiet().read()? == "0";
    if !root
        && cmd!(shell, "sudo -V")
            .quiet()
            .ignore_stderr()
            .read()
            .is_err()
    {
        bail!(
            "not root and no sudo: ask an administrator to run  apt-get install {}",
            missing.join(" ")
        );
    }
    let sudo: &[&str] = if root { &[] } else { &["sudo"] };
    let apt = [
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=600",
        "-q",
        "-y",
    ];
    let prefix: Vec<&str> = sudo.iter().chain(&apt).copied().collect();
    let (program, arguments) = prefix.split_first().context("a command has a first word")?;
    cmd!(shell, "{program} {arguments...} update").run()?;
    cmd!(
        shell,
        "{program} {arguments...} install --no-install-recommends {missing...}"
    )
    .run()?;
    Ok(())
}

fn installed(shell: &Shell, package: &str) -> bool {
    let format = "-f=${db:Status-Status}";
    cmd!(shell, "dpkg-query -W {format} {package}")
        .quiet()
        .ignore_stderr()
        .read()
        .is_ok_and(|status| status == "installed")
}
