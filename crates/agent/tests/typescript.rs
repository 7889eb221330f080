//! The window's TypeScript in `ui/src/lib/wire` is what the bridge's and the control API's Rust types say.
//!
//! `UPDATE_TYPESCRIPT=1 cargo test -p syncward-agent --test typescript` writes it anew.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use syncward_agent::bridge::{Hint, Request, Response};
use ts_rs::{Config, TS};

const REGENERATE: &str = "UPDATE_TYPESCRIPT=1 cargo test -p syncward-agent --test typescript";

#[test]
fn the_typescript_of_the_bridge_is_fresh() -> Result<(), Box<dyn Error>> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/wire");
    let fresh = tempfile::tempdir()?;
    write(fresh.path())?;
    let (wanted, found) = (texts(fresh.path())?, texts(&committed)?);
    if std::env::var_os("UPDATE_TYPESCRIPT").is_some() {
        for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
            std::fs::remove_file(committed.join(name))?;
        }
        for (name, text) in &wanted {
            std::fs::write(committed.join(name), text)?;
        }
        return Ok(());
    }
    let stale: Vec<&String> = wanted
        .keys()
        .chain(found.keys().filter(|name| !wanted.contains_key(*name)))
        .filter(|name| wanted.get(*name) != found.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "ui/src/lib/wire is stale ({stale:?}); write it anew with: {REGENERATE}"
    );
    Ok(())
}

/// Every type that a question, an answer or a hint reaches, a file each, and an index.
fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::new().with_large_int("number").with_out_dir(folder);
    Request::export_all(&config)?;
    Response::export_all(&config)?;
    Hint::export_all(&config)?;
    let mut index = "// Everything generated from Rust, under one name.\n".to_owned();
    for name in texts(folder)?.keys() {
        let module = name.trim_end_matches(".ts");
        writeln!(index, "export type * from './{module}';")?;
    }
    std::fs::write(folder.join("index.ts"), index)?;
    Ok(())
}

fn texts(folder: &Path) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        texts.insert(name, std::fs::read_to_string(entry.path())?);
    }
    Ok(texts)
}
