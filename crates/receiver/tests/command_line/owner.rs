//! Whose the data folder's files are, and that nobody else reads them.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Place, code};

/// A user that is not root; it needs no name.
const SERVICE: u32 = 65_534;

/// The files of a folder with what `of` says of each.
fn files<T>(folder: &Path, of: impl Fn(&std::fs::Metadata) -> T) -> BTreeMap<String, T> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, of(&entry.metadata().unwrap()))
    });
    all.collect()
}

fn mode(of: &std::fs::Metadata) -> u32 {
    of.permissions().mode() & 0o777
}

/// The same command under the umask that most systems have.
fn under_usual_umask(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 022; exec \"$0\" \"$@\""]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null());
    shell.stdout(Stdio::null()).stderr(Stdio::null());
    shell
}

#[tokio::test]
async fn nobody_else_reads_what_a_receiver_makes_or_finds() {
    let place = Place::new();
    let folder = place.folder.path().join("kept").join("receiver");
    let serve = || {
        let mut command = place.command(&["serve", "--exit-with-stdin"]);
        command.env("SYNCWARD_DATA_DIR", &folder);
        under_usual_umask(&command)
    };
    let watched = async |told: &str| {
        let mut child = serve().stdin(Stdio::piped()).spawn().unwrap();
        crate::until("it listens", || {
            std::net::TcpStream::connect(&place.listen).is_ok()
        })
        .await;
        let found = files(&folder, mode);
        child.kill().unwrap();
        child.wait().unwrap();
        for name in [
            "syncward.db",
            "syncward.db-wal",
            "syncward.db-shm",
            "receiver.lock",
            "secret.key",
        ] {
            assert_eq!(found.get(name), Some(&0o600), "{told}: {found:?}");
        }
    };
    watched("made").await;
    for made in [&folder, folder.parent().unwrap()] {
        assert_eq!(mode(&made.metadata().unwrap()), 0o700, "{}", made.display());
    }
    // As an earlier version left them.
    for name in files(&folder, mode)
        .into_keys()
        .filter(|name| name != "secret.key")
    {
        std::fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o644)).unwrap();
    }
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    watched("found").await;
    assert_eq!(
        mode(&folder.metadata().unwrap()),
        0o755,
        "a folder that is there stays as it is"
    );
}

#[test]
fn what_root_makes_in_the_folder_of_a_service_is_the_services() {
    let place = Place::new();
    let folder = place.folder.path();
    if folder.metadata().unwrap().uid() != 0 {
        return; // Only root can give files away.
    }
    let source = Place::new();
    assert_eq!(source.serve().end(), Some(0));
    let copy = source.folder.path().join("copy.db");
    assert_eq!(code(&source.run(&["backup", copy.to_str().unwrap()])), 0);
    chown(folder, Some(SERVICE), Some(SERVICE)).unwrap();
    let are_the_services = |told: &str| {
        let owners = files(folder, |of| (of.uid(), of.gid()));
        assert!(owners.contains_key("syncward.db"), "{told}: {owners:?}");
        let is_its = |owner: &(u32, u32)| *owner == (SERVICE, SERVICE);
        assert!(owners.values().all(is_its), "{told}: {owners:?}");
    };
    let restored = place.run(&["restore", copy.to_str().unwrap()]);
    assert_eq!(code(&restored), 0, "{restored:?}");
    are_the_services("restored");
    // A refusal leaves nothing of root's either.
    std::fs::remove_file(folder.join("receiver.lock")).unwrap();
    assert_eq!(code(&place.run(&["restore", copy.to_str().unwrap()])), 1);
    are_the_services("refused");
    // What an earlier version left to root is given back.
    chown(folder.join("syncward.db"), Some(0), Some(0)).unwrap();
    let paired = place.run(&["pair", "--json"]);
    assert_eq!(code(&paired), 0, "{paired:?}");
    are_the_services("paired");
}
