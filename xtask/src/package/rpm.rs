//! The .rpm: read, installed on a clean root, started and removed with rpm's own tools; the same files as the .deb.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use super::clean_root::CleanRoot;
use super::installed;

/// Where Debian and Fedora differ by custom: Tauri writes no such file into an .rpm.
const DEBIAN_ONLY: &str = "/usr/share/doc/syncward/changelog.gz";

/// Compares with the files of the .deb, then lives with it.
pub(super) fn test(
    shell: &Shell,
    clean: &CleanRoot,
    rpm: &Path,
    wanted: &BTreeSet<String>,
) -> Result<()> {
    let listed: BTreeSet<String> = cmd!(shell, "rpm -qpl {rpm}")
        .quiet()
        .read()?
        .lines()
        .map(str::to_owned)
        .collect();
    let lacking: Vec<&String> = wanted
        .difference(&listed)
        .filter(|path| path.as_str() != DEBIAN_ONLY)
        .collect();
    ensure!(lacking.is_empty(), "the .rpm lacks {lacking:?}");
    let scripts = cmd!(shell, "rpm -qp --scripts {rpm}").quiet().read()?;
    ensure!(
        scripts.contains("try-restart") && scripts.contains("disable --now"),
        "the .rpm has no scripts: {scripts}"
    );
    let needs = cmd!(shell, "rpm -qpR {rpm}").quiet().read()?;
    ensure!(
        needs.contains("libwebkit2gtk-4.1.so.0"),
        "the .rpm needs {needs}"
    );
    let facts = cmd!(shell, "rpm -qp --qf '%{LICENSE}|%{NAME}' {rpm}")
        .quiet()
        .read()?;
    ensure!(
        facts == "Apache-2.0 OR MIT|syncward",
        "the .rpm says {facts}"
    );

    // Its dependencies have Fedora's names; what they stand for is there.
    let place = clean.path.to_string_lossy();
    let rpm_there = |words: &[&str]| {
        let before = ["rpm", "--force-debian", "--root", &place];
        clean.outside(shell, &[&before, words].concat())
    };
    rpm_there(&["--install", "--nodeps", &rpm.to_string_lossy()])?;
    let files: Vec<String> = listed.into_iter().collect();
    let listed = installed::files(clean, &files.join("\n"));
    ensure!(
        wanted
            .iter()
            .filter(|it| *it != DEBIAN_ONLY)
            .all(|it| listed.contains(it)),
        "rpm installed only {listed:?}"
    );
    installed::test(shell, clean, &listed)?;
    rpm_there(&["--erase", "--nodeps", "syncward"])?;
    installed::left_nothing(clean, &listed)
}
