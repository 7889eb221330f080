//! The parts of others that the programs are made of: from cargo's and npm's own lock files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::step::root;

/// The packages whose dependencies are packed.
const PRODUCT: [&str; 4] = [
    "syncward",
    "syncward-receiver",
    "syncward-demo",
    "syncward-google-sim",
];

/// One part.
pub(super) struct Part {
    name: String,
    version: String,
    licence: String,
    /// `cargo` or `npm`, as package URLs say it.
    kind: &'static str,
    folder: PathBuf,
}

/// Everything that is linked into the programs or bundled with the window, by name.
pub(super) fn of_the_product(shell: &Shell) -> Result<Vec<Part>> {
    let mut parts = crates(shell)?;
    parts.extend(modules(shell)?);
    parts.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(parts)
}

/// What cargo resolves for this platform, without what only builds or tests.
fn crates(shell: &Shell) -> Result<Vec<Part>> {
    let host = cmd!(shell, "rustc -vV").quiet().read()?;
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names its host")?
        .to_owned();
    let told = cmd!(
        shell,
        "cargo metadata --locked --format-version 1 --filter-platform {host}"
    )
    .quiet()
    .read()?;
    let told: Value = serde_json::from_str(&told)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> = list(&told["packages"])
        .into_iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let nodes: BTreeMap<String, Value> = list(&told["resolve"]["nodes"])
        .into_iter()
        .map(|node| (text(&node["id"]), node))
        .collect();
    let mut open: Vec<String> = packages
        .iter()
        .filter(|(_, package)| {
            package["source"].is_null() && PRODUCT.contains(&text(&package["name"]).as_str())
        })
        .map(|(id, _)| id.clone())
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let Some(node) = nodes.get(&id) else { continue };
        for dependency in list(&node["deps"]) {
            // A null kind is an ordinary dependency; "dev" and "build" are not part of the program.
            if list(&dependency["dep_kinds"])
                .iter()
                .any(|kind| kind["kind"].is_null())
            {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    Ok(seen
        .iter()
        .filter_map(|id| packages.get(id))
        .filter(|package| !package["source"].is_null())
        .map(|package| Part {
            name: text(&package["name"]),
            version: text(&package["version"]),
            licence: package["license"]
                .as_str()
                .unwrap_or("see its files")
                .to_owned(),
            kind: "cargo",
            folder: Path::new(&text(&package["manifest_path"]))
                .parent()
                .map_or_else(PathBuf::new, Path::to_path_buf),
        })
        .collect())
}

/// What npm has for the running window; Svelte's own run time is bundled as well.
fn modules(shell: &Shell) -> Result<Vec<Part>> {
    let ui = root().join("ui");
    let lock: Value = serde_json::from_str(&shell.read_file(ui.join("package-lock.json"))?)?;
    let packages = lock["packages"]
        .as_object()
        .context("a lock file has packages")?;
    Ok(packages
        .iter()
        .filter(|(place, package)| {
            !place.is_empty()
                && (package["dev"] != json!(true) || place.as_str() == "node_modules/svelte")
        })
        .map(|(place, package)| Part {
            name: place.trim_start_matches("node_modules/").to_owned(),
            version: text(&package["version"]),
            licence: package["license"]
                .as_str()
                .unwrap_or("see its files")
                .to_owned(),
            kind: "npm",
            folder: ui.join(place),
        })
        .collect())
}

/// Names, licences, and each licence's text once for all that have the very same.
pub(super) fn notice(parts: &[Part]) -> Result<String> {
    let mut notice = format!(
        "Syncward is made of its own code and of {} parts by others, each under its own licence.\n\n",
        parts.len()
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in parts {
        writeln!(notice, "{} {}: {}", part.name, part.version, part.licence)?;
        for text in licences(&part.folder) {
            let named = format!("{} {}", part.name, part.version);
            texts.entry(text).or_default().push(named);
        }
    }
    for (text, names) in texts {
        write!(
            notice,
            "\n{}\n{}\n\n{}\n",
            "-".repeat(100),
            names.join(", "),
            text.trim_end()
        )?;
    }
    Ok(notice)
}

/// The licence and notice files of a package's folder.
fn licences(folder: &Path) -> Vec<String> {
    let starts = ["licen", "copying", "notice", "unlicense"];
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .to_lowercase();
            path.is_file() && starts.iter().any(|start| name.starts_with(start))
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect()
}

/// The bill of materials as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/).
pub(super) fn bill(parts: &[Part]) -> Result<String> {
    let components: Vec<Value> = parts
        .iter()
        .map(|part| {
            let purl = format!(
                "pkg:{}/{}@{}",
                part.kind,
                part.name.replace('@', "%40"),
                part.version.replace('+', "%2B")
            );
            json!({
                "type": "library",
                "bom-ref": purl,
                "name": part.name,
                "version": part.version,
                // Cargo's older form writes a choice with a stroke.
                "licenses": [{"expression": part.licence.replace('/', " OR ")}],
                "purl": purl,
            })
        })
        .collect();
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application",
            "name": "syncward",
            "version": env!("CARGO_PKG_VERSION"),
            "licenses": [{"expression": "Apache-2.0 OR MIT"}],
        }},
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&bill)?)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
