//! Keeps device tokens: in the system's keychain, else in a file only this user can read, and says which.
//!
//! Every call may block (D-Bus, disk): call it through [`Keychain::off_loop`].

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::bridge;

const SERVICE: &str = "org.syncward.desktop";
/// A keychain that asks for a password may take its time; a broken one must not hang the start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where tokens live on this computer.
#[derive(Clone, Debug)]
pub struct Keychain {
    file: PathBuf,
    /// The file is changed by one thread at a time.
    changing: Arc<Mutex<()>>,
    /// Distinguishes several data folders of one user.
    realm: String,
    os: bool,
}

/// A token could be kept nowhere, or not be removed.
#[derive(Debug, thiserror::Error)]
pub enum KeychainError {
    #[error("write {}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("remove the token from the system's keychain: {0}")]
    System(String),
}

impl Keychain {
    /// Tokens of the app whose data lie in `data_dir`; `os` false never asks the system.
    pub fn new(data_dir: &Path, os: bool) -> Self {
        Self {
            file: data_dir.join("tokens.json"),
            changing: Arc::default(),
            realm: data_dir.display().to_string(),
            os,
        }
    }

    /// Runs `work` on a thread of its own: keychains block, and some bring a runtime of their own.
    pub async fn off_loop<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        let (done, wait) = tokio::sync::oneshot::channel();
        let keychain = self.clone();
        std::thread::Builder::new()
            .name("keychain".into())
            .spawn(move || done.send(work(&keychain)).is_ok())
            .ok()?;
        tokio::time::timeout(PATIENCE, wait).await.ok()?.ok()
    }

    /// Keeps a token and says where.
    pub fn save(
        &self,
        receiver: &str,
        token: &SecretString,
    ) -> Result<bridge::Keychain, KeychainError> {
        match self.save_in_os(receiver, token) {
            Ok(()) => {
                self.change_file(|tokens| drop(tokens.remove(receiver)))?;
                Ok(in_os())
            }
            Err(why) => {
                let token = token.expose_secret().to_owned();
                self.change_file(|tokens| drop(tokens.insert(receiver.to_owned(), token)))?;
                Ok(self.in_file(&why))
            }
        }
    }

    /// The token and where it was found.
    pub fn load(&self, receiver: &str) -> Option<(SecretString, bridge::Keychain)> {
        if let Some(token) = self.read_file().remove(receiver) {
            return Some((token.into(), self.in_file("it was kept there before")));
        }
        let token = self.entry(receiver).ok()?.get_password().ok()?;
        Some((token.into(), in_os()))
    }

    /// Removes a token from wherever it lies.
    ///
    /// # Errors
    /// When the file can't be written, or when only the system's keychain can have the token and it did not answer.
    pub fn forget(&self, receiver: &str) -> Result<(), KeychainError> {
        let was_in_file = self.read_file().contains_key(receiver);
        self.change_file(|tokens| drop(tokens.remove(receiver)))?;
        match self.forget_in_os(receiver) {
            Err(why) if !was_in_file => Err(KeychainError::System(why)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn forget_in_os(&self, receiver: &str) -> Result<(), String> {
        if !self.os {
            return Ok(());
        }
        match self.entry(receiver)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Where a token would go, before there is one.
    pub fn describe(&self) -> bridge::Keychain {
        match self.os {
            true => in_os(),
            false => self.in_file("the system's keychain is switched off"),
        }
    }

    fn save_in_os(&self, receiver: &str, token: &SecretString) -> Result<(), String> {
        let entry = self.entry(receiver)?;
        entry
            .set_password(token.expose_secret())
            .map_err(|error| error.to_string())?;
        match entry.get_password() {
            Ok(kept) if kept == token.expose_secret() => Ok(()),
            Ok(_) => Err("it gave back something else".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn entry(&self, receiver: &str) -> Result<keyring::Entry, String> {
        if !self.os {
            return Err("the system's keychain is switched off".into());
        }
        keyring::Entry::new(SERVICE, &format!("{receiver} {}", self.realm))
            .map_err(|error| error.to_string())
    }

    fn in_file(&self, why: &str) -> bridge::Keychain {
        bridge::Keychain {
            kind: bridge::KeychainKind::File,
            note: format!(
                "In {}, readable by this user only, because the system's keychain can't be used: {why}.",
                self.file.display()
            ),
        }
    }

    fn change_file(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<(), KeychainError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.read_file();
        let mut tokens = before.clone();
        change(&mut tokens);
        match tokens == before {
            true => Ok(()),
            false => self.write_file(&tokens),
        }
    }

    fn read_file(&self) -> BTreeMap<String, String> {
        fs::read(&self.file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    fn write_file(&self, tokens: &BTreeMap<String, String>) -> Result<(), KeychainError> {
        let failed = |source| KeychainError::File {
            path: self.file.clone(),
            source,
        };
        let text = serde_json::to_vec_pretty(tokens).map_err(|error| failed(error.into()))?;
        let fresh = self.file.with_extension("json.new");
        let mut file = private_file(&fresh).map_err(failed)?;
        file.write_all(&text).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&fresh, &self.file).map_err(failed)
    }
}

fn in_os() -> bridge::Keychain {
    bridge::Keychain {
        kind: bridge::KeychainKind::Os,
        note: "In the system's keychain.".into(),
    }
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    if path.exists() {
        fs::remove_file(path)?;
    }
    options.open(path)
}
