//! The .rpm, read with rpm's own tools: the same files as the .deb, the same rights, the scripts.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::step::root;

/// Where Debian and Fedora differ by custom: Tauri writes no such file into an .rpm.
const DEBIAN_ONLY: &str = "/usr/share/doc/syncward/changelog.gz";

/// Compares with the files of the .deb, unpacks, and starts what starts without a screen.
pub(super) fn test(shell: &Shell, rpm: &Path, wanted: &BTreeSet<String>) -> Result<()> {
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

    let folder = root().join("target/package/rpm-root");
    shell.remove_path(&folder)?;
    shell.create_dir(&folder)?;
    let unpack = format!(
        "rpm2cpio {} | cpio -idm --quiet --no-absolute-filenames",
        rpm.display()
    );
    let _inside = shell.push_dir(&folder);
    cmd!(shell, "sh -c {unpack}").quiet().run()?;
    for program in ["syncward", "syncward-receiver"] {
        let binary = folder.join("usr/bin").join(program);
        let version = cmd!(shell, "{binary} --version").quiet().read()?;
        ensure!(
            version.contains(env!("CARGO_PKG_VERSION")),
            "{program} of the .rpm says {version}"
        );
    }
    Ok(())
}
