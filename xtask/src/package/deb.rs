//! The .deb on a clean Debian: installed, started, removed.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use xshell::Shell;

use super::clean_root::CleanRoot;
use super::installed;

/// Runs the test; answers the files that the package put into the system.
pub(super) fn test(shell: &Shell, clean: &CleanRoot, deb: &Path) -> Result<BTreeSet<String>> {
    let inside = |command: &str| clean.run(shell, command);
    shell.copy_file(deb, clean.path.join("tmp/syncward.deb"))?;
    inside("dpkg -i /tmp/syncward.deb")?;
    let listed = installed::files(clean, &inside("dpkg -L syncward")?);
    installed::test(shell, clean, &listed)?;
    let handlers = inside("cat /usr/share/applications/mimeinfo.cache")?;
    ensure!(
        handlers.contains("x-scheme-handler/syncward=Syncward.desktop"),
        "syncward:// links have no handler: {handlers}"
    );
    inside("dpkg -r syncward")?;
    installed::left_nothing(clean, &listed)?;
    Ok(listed)
}
