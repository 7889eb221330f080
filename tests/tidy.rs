//! House rules that no other tool holds: crate edges, banned names, file length, line width.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const MOST_LINES: usize = 600;
const MOST_COLUMNS: usize = 160;
const BANNED_NAMES: &[&str] = &[
    "manager",
    "service",
    "helper",
    "helpers",
    "util",
    "utils",
    "processor",
    "common",
    "data",
    "info",
];

/// Which of our crates each may use (DESIGN: dependencies point inward).
fn allowed_edges() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("syncward-engine", &[][..]),
        ("syncward-google", &["syncward-engine"][..]),
        ("syncward-wire", &["syncward-engine"][..]),
        (
            "syncward-receiver",
            &[
                "syncward-engine",
                "syncward-google",
                "syncward-wire",
                "syncward-papers",
            ][..],
        ),
        ("syncward-agent", &["syncward-engine", "syncward-wire"][..]),
        ("syncward-google-sim", &[][..]),
        ("syncward-papers", &[][..]),
        ("syncward-demo", &[][..]),
        (
            "syncward",
            &["syncward-agent", "syncward-wire", "syncward-papers"][..],
        ),
        ("xtask", &["syncward-demo"][..]),
    ])
}

/// What the engine must never depend on.
const IO_CRATES: &[&str] = &["tokio", "reqwest", "axum", "rusqlite", "hyper", "ureq"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn dependencies_between_our_crates_are_those_of_the_design() {
    let allowed = allowed_edges();
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let Some(edges) = allowed.get(name) else {
            wrong.push(format!("{name} is not a crate of the design"));
            continue;
        };
        // Tests may use any crate: a dev-dependency is no edge of the product.
        for dependency in package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["kind"].is_null())
        {
            let target = dependency["name"].as_str().unwrap();
            if target.starts_with("syncward") && !edges.contains(&target) {
                wrong.push(format!("{name} may not use {target}"));
            }
            if name == "syncward-engine" && IO_CRATES.contains(&target) {
                wrong.push(format!("the engine may not use {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_lines_are_narrow() {
    let mut wrong = Vec::new();
    for path in tracked(&["*.rs", "*.ts", "*.svelte"]) {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!(
                "{path}: {lines} lines, split it by idea (limit {MOST_LINES})"
            ));
        }
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.chars().count() > MOST_COLUMNS)
        {
            wrong.push(format!(
                "{path}:{}: {} columns (limit {MOST_COLUMNS})",
                number + 1,
                line.chars().count()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn modules_and_types_are_named_by_the_glossary() {
    let mut wrong = Vec::new();
    for path in tracked(&["*.rs"]) {
        let stem = Path::new(&path)
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .to_lowercase();
        if stem == "mod" || BANNED_NAMES.contains(&stem.as_str()) {
            wrong.push(format!("{path}: banned module name"));
        }
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        for line in text.lines() {
            for word in ["struct ", "enum ", "trait "] {
                let Some(rest) = line
                    .trim_start()
                    .trim_start_matches("pub ")
                    .strip_prefix(word)
                else {
                    continue;
                };
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
                let lower = name.to_lowercase();
                if BANNED_NAMES.iter().any(|banned| {
                    lower == *banned || lower.ends_with("manager") || lower.ends_with("helper")
                }) {
                    wrong.push(format!("{path}: banned type name {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rust_module_says_what_it_is_for() {
    let silent: Vec<String> =
        tracked(&["crates/*.rs", "src-tauri/*.rs", "xtask/*.rs", "tests/*.rs"])
            .into_iter()
            .filter(|path| !path.ends_with("build.rs"))
            .filter(|path| {
                !std::fs::read_to_string(root().join(path))
                    .unwrap()
                    .starts_with("//!")
            })
            .collect();
    assert!(
        silent.is_empty(),
        "these open without a //! line:\n{}",
        silent.join("\n")
    );
}

#[test]
fn nothing_sleeps_or_is_ignored_or_unfinished() {
    // Built from parts, so that this file does not find itself.
    let banned = [
        ["thread::", "sleep("].concat(),
        ["#[ig", "nore"].concat(),
        ["unimple", "mented!("].concat(),
        ["it.sk", "ip("].concat(),
    ];
    let mut wrong = Vec::new();
    for path in tracked(&["*.rs", "*.ts", "*.svelte", "*.mjs"]) {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        for (number, line) in text.lines().enumerate() {
            if let Some(found) = banned.iter().find(|word| line.contains(word.as_str())) {
                wrong.push(format!("{path}:{}: {found}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The tracked files that match, without generated ones.
fn tracked(patterns: &[&str]) -> Vec<String> {
    let output = Command::new("git")
        .arg("ls-files")
        .args(patterns)
        .current_dir(root())
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let files: Vec<String> = listed
        .lines()
        .filter(|path| !path.starts_with("ui/src/lib/wire/") && root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    assert!(!files.is_empty(), "git lists no file for {patterns:?}");
    files
}
