//! `cargo xtask package`: the desktop as .deb and .rpm, with the receiver, man pages, completions and licences.
//!
//! The binaries are built first, by the usual selection; Tauri's bundler only packs what lies there.

mod clean_root;
mod deb;
mod installed;
mod papers;
mod parts;
mod rpm;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;
use xshell::{Shell, cmd};

use clean_root::CleanRoot;

use crate::step::{binaries, root};
use crate::{packages, step, ui};

/// Which binaries are packed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Profile {
    Release,
    /// What the tests have built already.
    Debug,
}

/// What the demo in the app is made of; no commands, so they lie in the app's library folder.
const DEMO: [&str; 2] = ["syncward-demo", "syncward-google-sim"];

/// The two packages.
struct Packages {
    deb: PathBuf,
    rpm: PathBuf,
}

/// Builds the release and packs it.
pub fn run(shell: &Shell, arguments: &[&str]) -> Result<()> {
    if !arguments.is_empty() {
        bail!(
            "`cargo xtask package` takes no arguments; an update source comes by environment (docs/RELEASING.md)"
        );
    }
    packages::for_builds(shell)?;
    ui::build(shell)?;
    let overlay = source_overlay()?;
    let mut build = cmd!(
        shell,
        "cargo build --locked --release -p syncward -p syncward-receiver -p syncward-demo -p syncward-google-sim"
    );
    if let Some(overlay) = overlay {
        // Read by tauri-build, so that address and key are in the program.
        build = build.env("TAURI_CONFIG", overlay);
    }
    build.run()?;
    let made = pack(shell, Profile::Release)?;
    for package in [&made.deb, &made.rpm] {
        let sum = cmd!(shell, "sha256sum {package}").quiet().read()?;
        eprintln!("{sum}");
    }
    Ok(())
}

/// Packs the debug binaries, and installs, starts and removes both packages on a clean root.
pub fn test(shell: &Shell) -> Result<()> {
    ui::build(shell)?;
    step::build_for_tests(shell)?;
    let made = pack(shell, Profile::Debug)?;
    let clean = CleanRoot::unpack(shell, &made.deb)?;
    let listed = deb::test(shell, &clean, &made.deb)?;
    rpm::test(shell, &clean, &made.rpm, &listed)
}

/// An update source for the program, when both halves are in the environment.
fn source_overlay() -> Result<Option<String>> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (
        variable("SYNCWARD_UPDATE_URL"),
        variable("SYNCWARD_UPDATE_KEY"),
    ) {
        (None, None) => Ok(None),
        (Some(address), Some(key)) => Ok(Some(
            json!({"plugins": {"updater": {"pubkey": key, "endpoints": [address]}}}).to_string(),
        )),
        _ => bail!("SYNCWARD_UPDATE_URL and SYNCWARD_UPDATE_KEY belong together: set both or none"),
    }
}

fn pack(shell: &Shell, profile: Profile) -> Result<Packages> {
    let stage = root().join("target/package");
    let (built, folder) = match profile {
        Profile::Release => (binaries().with_file_name("release"), "release"),
        Profile::Debug => (binaries(), "debug"),
    };
    let own = stage.join(folder);
    shell.remove_path(&own)?;
    shell.create_dir(&own)?;
    for program in ["syncward", "syncward-receiver"].iter().chain(&DEMO) {
        let (from, to) = (built.join(program), own.join(program));
        cmd!(shell, "strip -o {to} {from}").quiet().run()?;
    }
    let papers = papers::write(shell, &own, &stage.join("papers"))?;
    let overlay = stage.join("bundle.json");
    shell.write_file(&overlay, overlay_of(&own, &papers)?.to_string())?;
    let debug: &[&str] = match profile {
        Profile::Release => &[],
        Profile::Debug => &["--debug"],
    };
    let tauri = root().join("ui/node_modules/.bin/tauri");
    cmd!(
        shell,
        "{tauri} bundle {debug...} --ci --bundles deb,rpm --config {overlay}"
    )
    .env("CARGO_TARGET_DIR", &stage)
    .run()?;
    let bundle = own.join("bundle");
    Ok(Packages {
        deb: only(&bundle.join("deb"), "deb")?,
        rpm: only(&bundle.join("rpm"), "rpm")?,
    })
}

/// The bundler's configuration beyond `tauri.conf.json`: every file and where it goes.
fn overlay_of(own: &Path, papers: &[(String, PathBuf)]) -> Result<serde_json::Value> {
    let mut files: serde_json::Map<String, serde_json::Value> = papers
        .iter()
        .map(|(place, file)| (place.clone(), json!(file)))
        .collect();
    let source = |path: &str| json!(root().join(path));
    for (place, file) in [
        (
            "/usr/lib/systemd/system/syncward-receiver.service",
            "deploy/syncward-receiver.service",
        ),
        (
            "/usr/lib/systemd/user/syncward-headless.service",
            "deploy/syncward-headless.service",
        ),
        ("/usr/share/doc/syncward/CHANGELOG.md", "CHANGELOG.md"),
        ("/usr/share/doc/syncward/LICENSE-APACHE", "LICENSE-APACHE"),
        ("/usr/share/doc/syncward/LICENSE-MIT", "LICENSE-MIT"),
        (
            "/usr/share/doc/syncward/copyright",
            "deploy/package/copyright",
        ),
        (
            "/usr/share/icons/hicolor/scalable/apps/syncward.svg",
            "icons/icon.svg",
        ),
    ] {
        files.insert(place.into(), source(file));
    }
    for guide in guides()? {
        files.insert(format!("/usr/share/doc/syncward/{guide}"), source(&guide));
    }
    files.insert(
        "/usr/bin/syncward-receiver".into(),
        json!(own.join("syncward-receiver")),
    );
    for program in DEMO {
        files.insert(
            format!("/usr/lib/syncward/{program}"),
            json!(own.join(program)),
        );
    }
    let scripts = json!({
        // Whose certificates this computer trusts; without any, neither program can speak to Google.
        "depends": ["ca-certificates"],
        "files": files,
        "desktopTemplate": source("deploy/package/syncward.desktop"),
        "postInstallScript": source("deploy/package/postinst"),
        "preRemoveScript": source("deploy/package/prerm"),
    });
    let mut deb = scripts.clone();
    deb["section"] = json!("office");
    deb["recommends"] = json!(["gnome-keyring | kwalletmanager", "xdg-utils"]);
    Ok(json!({
        "build": {"beforeBundleCommand": null},
        "bundle": {
            "targets": ["deb", "rpm"],
            "license": "Apache-2.0 OR MIT",
            "category": "Business",
            "shortDescription": "Watches Google Calendar push channels for clinics",
            "longDescription": "Keeps every connected Google calendar of a clinic watched without a gap and shows that this is so. \
                Holds the desktop (syncward) and the receiver (syncward-receiver), each with a systemd unit that is not started by itself.",
            "linux": {"deb": deb, "rpm": scripts},
        }
    }))
}

/// README and what it leads to, by their paths in the repository: beside it in the package, so that its links hold.
fn guides() -> Result<Vec<String>> {
    const PICTURE: &str = "docs/pictures/overview.png";
    let mut guides = vec!["README.md".to_owned(), PICTURE.to_owned()];
    let is_paper = |path: &str| path.ends_with(".md") && path.matches('/').count() == 1;
    guides.extend(below("docs")?.into_iter().filter(|path| is_paper(path)));
    // How packages are made is no matter of those who have one.
    let is_packing = |path: &str| path.starts_with("deploy/package/");
    guides.extend(
        below("deploy")?
            .into_iter()
            .filter(|path| !is_packing(path)),
    );
    Ok(guides)
}

/// Every file in a folder of the repository, in order.
fn below(folder: &str) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(root().join(folder)).with_context(|| folder.to_owned())?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => files.extend(below(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    Ok(files)
}

/// The one file of that kind in a folder.
fn only(folder: &Path, kind: &str) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut found = entries.filter_map(|entry| Some(entry.ok()?.path()));
    found
        .find(|path| path.extension().is_some_and(|extension| extension == kind))
        .with_context(|| format!("the bundler made no .{kind} in {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readme_leads_to_lies_beside_it_in_the_package() -> Result<()> {
        let guides = guides()?;
        let readme = std::fs::read_to_string(root().join("README.md"))?;
        let links = readme.split("](").skip(1);
        let links = links.filter_map(|rest| rest.split_once(')').map(|it| it.0));
        let links: Vec<&str> = links.filter(|link| !link.contains("://")).collect();
        assert!(links.len() >= 4, "{links:?}");
        for link in links {
            let there = guides.iter().any(|it| it == link || it.starts_with(link));
            assert!(there, "the package lacks {link}");
        }
        assert!(guides.iter().any(|it| it == "deploy/README.md"));
        assert!(!guides.iter().any(|it| it.contains("postinst")));
        Ok(())
    }
}
