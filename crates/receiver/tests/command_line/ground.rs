//! What a command needs to find: most make neither database nor key, and nothing makes a key beside a database.

use std::path::Path;
use std::process::Stdio;

use crate::{Place, code, complaint, said};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_mistyped_data_folder_is_told_and_nothing_is_made_in_it() {
    const LINK: &str = "00000000-0000-4000-8000-000000000000";
    let place = Place::new();
    let copy = place.folder.path().join("copy.db");
    let commands = [
        &["pair"][..],
        &["links"],
        &["renew"],
        &["sync", LINK],
        &["fire-drill", LINK],
        &["forecast"],
        &["devices"],
        &["revoke", LINK],
        &["attest", "--month", "2026-01"],
        &["forget", LINK, "--yes"],
        &["doctor"],
        &["health"],
        &["backup", copy.to_str().unwrap()],
        &["rotate-key"],
    ];
    let nowhere = place.folder.path().join("nowhere");
    for folder in [place.folder.path(), &nowhere] {
        for arguments in commands {
            let mut command = place.command(arguments);
            let output = command.env("SYNCWARD_DATA_DIR", folder).output().unwrap();
            assert_eq!(code(&output), 2, "{arguments:?}: {output:?}");
            let why = complaint(&output);
            let sentence = format!("there is no database in {}", folder.display());
            assert!(
                why.contains(&sentence) && why.contains("SYNCWARD_DATA_DIR"),
                "{arguments:?}: {why}"
            );
            assert_eq!(why.lines().count(), 1, "{arguments:?}: {why}");
            assert!(names(place.folder.path()).is_empty(), "{arguments:?}");
        }
    }
}

#[test]
fn what_needs_no_store_makes_none() {
    let place = Place::new();
    let left = || {
        let names = names(&std::env::temp_dir());
        names
            .into_iter()
            .filter(|name| name.starts_with("syncward-openapi"))
            .count()
    };
    let before = left();
    assert_eq!(code(&place.run(&["openapi"])), 0);
    assert!(names(place.folder.path()).is_empty());
    let mut folderless = place.command(&["openapi"]);
    folderless.env("TMPDIR", "/nowhere");
    assert_eq!(code(&folderless.output().unwrap()), 0);
    assert_eq!(left(), before);
    let papers = place.folder.path().join("papers");
    assert_eq!(code(&place.run(&["papers", papers.to_str().unwrap()])), 0);
    assert_eq!(names(place.folder.path()), ["papers"]);
}

#[test]
fn no_key_is_made_beside_a_database_whose_key_is_gone() {
    let place = Place::new();
    assert_eq!(place.serve().end(), Some(0));
    let copy = place.folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    assert_eq!(code(&place.run(&["backup", copy])), 0);
    let key = place.folder.path().join("secret.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let new_key = "07".repeat(32);
    for arguments in [
        &["serve"][..],
        &["doctor"],
        &["rotate-key"],
        &["restore", "--replace", copy],
    ] {
        for more in [&[][..], &[("SYNCWARD_NEW_SECRET_KEY", new_key.as_str())]] {
            let output = place
                .command(arguments)
                .envs(more.iter().copied())
                .output()
                .unwrap();
            assert_eq!(code(&output), 2, "{arguments:?}: {output:?}");
            let why = complaint(&output);
            for part in [
                &format!("{} is missing", key.display()),
                "put a copy of it back",
                "SYNCWARD_SECRET_KEY",
            ] {
                assert!(why.contains(part), "{arguments:?}: {why}");
            }
        }
    }
    // Most have no use for a key: a service whose key is given is asked without it.
    let paired = place.run(&["pair", "--json"]);
    assert_eq!(code(&paired), 0, "{paired:?}");
    assert_eq!(said(&paired)["code"].as_str().map(str::len), Some(11));
    let left = names(place.folder.path());
    assert!(
        !left.iter().any(|name| name.starts_with("secret.key")),
        "{left:?}"
    );

    std::fs::write(&key, "not a key").unwrap();
    let broken = place.run(&["serve"]);
    assert_eq!(code(&broken), 2);
    let why = complaint(&broken);
    assert!(
        why.contains(&key.display().to_string()) && why.contains("put a copy of it back"),
        "{why}"
    );
    std::fs::write(&key, kept).unwrap();
    assert_eq!(place.serve().end(), Some(0));
}

#[test]
fn a_reader_that_has_had_enough_is_no_fault() {
    let place = Place::new();
    let mut openapi = place.command(&["openapi"]);
    let openapi = openapi.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = openapi.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_is_empty_is_not_set() {
    let place = Place::new();
    let mut serve = place.command(&["serve", "--exit-with-stdin"]);
    for name in [
        "CHANNEL_TTL",
        "DATABASE_URL",
        "GOOGLE_CLIENT_SECRET_FILE",
        "LOG",
        "NEW_SECRET_KEY",
        "PUBLIC_URL",
        "SECRET_KEY",
        "SECRET_KEY_FILE",
        "TLS",
        "TLS_CERT",
        "TLS_KEY",
    ] {
        serve.env(format!("SYNCWARD_{name}"), "");
    }
    let output = serve.output().unwrap();
    assert_eq!(code(&output), 0, "{output:?}");
    let file = place.folder.path().join("given.key");
    std::fs::write(&file, "short").unwrap();
    let broken = place
        .command(&["serve"])
        .env("SYNCWARD_SECRET_KEY_FILE", &file)
        .output()
        .unwrap();
    let why = complaint(&broken);
    assert_eq!(code(&broken), 2);
    assert!(
        why.contains(&file.display().to_string()) && why.contains("openssl rand"),
        "{why}"
    );
}

#[test]
fn the_first_man_page_names_every_variable() {
    let place = Place::new();
    let papers = place.folder.path().join("papers");
    assert_eq!(code(&place.run(&["papers", papers.to_str().unwrap()])), 0);
    let page = std::fs::read_to_string(papers.join("syncward-receiver.1")).unwrap();
    let (_, section) = page.split_once(".SH ENVIRONMENT").unwrap();
    let help = String::from_utf8(place.run(&["--help"]).stdout).unwrap();
    let named = help.split("[env: ").skip(1);
    let named: Vec<&str> = named
        .filter_map(|rest| rest.split(['=', ']']).next())
        .collect();
    assert!(named.len() > 25, "{named:?}");
    for name in named {
        assert!(section.contains(&format!("\\fB{name}\\fR")), "{name}");
    }
    assert!(section.contains("Folder of the database and the key"));
    let pages = std::fs::read_dir(&papers).unwrap();
    let pages = pages.map(|it| it.unwrap().file_name().into_string().unwrap());
    let needless: Vec<String> = pages.filter(|it| it.contains("-help")).collect();
    assert_eq!(needless, Vec::<String>::new());
}

#[test]
fn what_a_command_takes_of_its_own_stands_before_the_configuration() {
    let place = Place::new();
    for (command, own) in [
        ("pair", "--role"),
        ("forecast", "--off-from"),
        ("attest", "--out"),
    ] {
        let help = String::from_utf8(place.run(&[command, "--help"]).stdout).unwrap();
        let (before, configuration) = help.split_once("\nConfiguration:\n").unwrap();
        assert!(before.contains(own) && before.contains("--json"), "{help}");
        assert!(!before.contains("--listen"), "{help}");
        assert!(
            configuration.contains("--listen") && !configuration.contains(own),
            "{help}"
        );
    }
}
