//! A newer version's database is refused and stays byte for byte what it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use syncward_receiver::store::{Store, StoreError};

const LATER: u32 = 4_000;

/// The database's files with what they hold; the log's index is rebuilt by every reader and holds nothing of its own.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    });
    all.filter(|(name, _)| name.starts_with("syncward.db") && !name.ends_with("-shm"))
        .collect()
}

fn is_refused(folder: &Path) {
    for opened in [Store::open(folder), Store::open_beside(folder)] {
        match opened.err() {
            Some(StoreError::Newer { found, .. }) => assert_eq!(found, LATER),
            other => panic!("not refused: {other:?}"),
        }
    }
}

#[test]
fn a_newer_database_is_refused_with_a_sentence_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    // Not even its journal's mode is ours to change.
    let database = Connection::open(folder.path().join("syncward.db")).unwrap();
    database
        .execute_batch("create table later (id integer primary key)")
        .unwrap();
    database.pragma_update(None, "user_version", LATER).unwrap();
    drop(database);
    fs::write(folder.path().join("secret.key"), "07".repeat(32)).unwrap();
    let before = files(folder.path());
    assert_eq!(before.len(), 1);
    is_refused(folder.path());
    for arguments in [&["serve"][..], &["pair"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_syncward-receiver"))
            .args(arguments)
            .env("SYNCWARD_DATA_DIR", folder.path())
            .env("SYNCWARD_LISTEN", "127.0.0.1:0")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let sentence = format!("was written by a newer version (schema {LATER}, this one knows ");
        assert!(said.contains(&sentence), "{said}");
    }
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_newer_version_that_crashed_is_known_by_its_log() {
    let lived = tempfile::tempdir().unwrap();
    drop(Store::open(lived.path()).unwrap());
    let path = lived.path().join("syncward.db");
    let database = Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", LATER).unwrap();
    // As a kill would leave it: the file still says the old version, the log beside it the new one.
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files(lived.path()) {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    drop(database);
    let before = files(folder.path());
    assert!(before["syncward.db-wal"].len() > 1000, "the log holds it");
    is_refused(folder.path());
    assert_eq!(files(folder.path()), before);
}
