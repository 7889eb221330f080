//! A damaged database is named in a sentence, and left as it is for whoever wants to save something of it.

use std::fs;
use std::process::Command;

use syncward_receiver::store::{Store, StoreError};

use crate::until;

#[tokio::test]
async fn a_file_that_is_no_whole_database_is_told_apart_from_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("syncward.db");
    fs::write(folder.path().join("secret.key"), "07".repeat(32)).unwrap();
    drop(Store::open(folder.path()).unwrap());
    let log = folder.path().join("syncward.db-wal");
    until("it is closed", || async { !log.exists() }).await;
    let whole = fs::read(&path).unwrap();

    let mut scribbled = whole.clone();
    // The schema's root page, behind the header.
    scribbled[100..4096].fill(0xA5);
    let noise = vec![0xA5; 20_000];
    for damaged in [scribbled, noise] {
        fs::write(&path, &damaged).unwrap();
        let opened = Store::open(folder.path()).err();
        assert!(
            matches!(opened, Some(StoreError::Damaged(..))),
            "{opened:?}"
        );
        let output = Command::new(env!("CARGO_BIN_EXE_syncward-receiver"))
            .arg("serve")
            .env("SYNCWARD_DATA_DIR", folder.path())
            .env("SYNCWARD_LISTEN", "127.0.0.1:0")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("syncward.db is damaged; "), "{said}");
        assert_eq!(fs::read(&path).unwrap(), damaged);
    }
}
