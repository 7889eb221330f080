//! What lies beside the programs: man pages, completions, the notice of third parties and the bill of materials.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::parts;

/// Writes them into `folder`; answers where each goes in the system.
pub(super) fn write(
    shell: &Shell,
    programs: &Path,
    folder: &Path,
) -> Result<Vec<(String, PathBuf)>> {
    shell.remove_path(folder)?;
    shell.create_dir(folder)?;
    for program in ["syncward", "syncward-receiver"] {
        let binary = programs.join(program);
        // The stage's own XDG folders, so that nothing of this person's is read or made.
        cmd!(shell, "{binary} papers {folder}")
            .env("HOME", folder)
            .env("SYNCWARD_DATA_DIR", folder.join("none"))
            .quiet()
            .run()?;
    }
    shell.remove_path(folder.join("none"))?;
    let mut placed = Vec::new();
    for path in shell.read_dir(folder)? {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("a file name is UTF-8")?
            .to_owned();
        if name.ends_with(".1") {
            cmd!(shell, "gzip --best --no-name {path}").quiet().run()?;
            let packed = path.with_file_name(format!("{name}.gz"));
            placed.push((format!("/usr/share/man/man1/{name}.gz"), packed));
        } else if let Some(place) = completion(&name) {
            placed.push((place, path));
        }
    }
    let parts = parts::of_the_product(shell)?;
    for (name, text) in [
        ("THIRD-PARTY.txt", parts::notice(&parts)?),
        ("sbom.cdx.json", parts::bill(&parts)?),
    ] {
        let path = folder.join(name);
        shell.write_file(&path, text)?;
        placed.push((format!("/usr/share/doc/syncward/{name}"), path));
    }
    Ok(placed)
}

/// Where a shell looks for a completion of this name; shells that no distribution serves are left out.
fn completion(name: &str) -> Option<String> {
    if let Some(program) = name.strip_suffix(".bash") {
        return Some(format!("/usr/share/bash-completion/completions/{program}"));
    }
    if name.ends_with(".fish") {
        return Some(format!("/usr/share/fish/vendor_completions.d/{name}"));
    }
    let zsh = name.starts_with('_') && !name.contains('.');
    zsh.then(|| format!("/usr/share/zsh/vendor-completions/{name}"))
}
