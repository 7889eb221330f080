//! Secret keys: how they are written, named, and kept in a data folder while one takes another's place.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::entropy::secret_bytes;
use crate::private_file;
use crate::store::folder::database;

/// The key's file in the data folder.
pub const KEY_FILE: &str = "secret.key";
/// The key that is taking the other's place; it seals already.
const NEW_KEY_FILE: &str = "secret.key.new";
pub(super) const KEY_ID_BYTES: usize = 4;

/// Which key something is sealed under: the beginning of its digest, in front of everything sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; KEY_ID_BYTES]);

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key is not 32 bytes in base64 or hex; `openssl rand -base64 32` makes one")]
    Malformed,
    #[error("the key file {0} does not hold 32 bytes in base64 or hex; put a copy of it back")]
    Broken(PathBuf),
    #[error(
        "the key file {0} is missing, and the database beside it can't be opened without: put a copy of it back, or give the \
         key as SYNCWARD_SECRET_KEY"
    )]
    Missing(PathBuf),
    #[error("read or make the key file {0}")]
    File(PathBuf, #[source] std::io::Error),
    #[error(
        "another key is taking its place already ({0}): finish that first, with syncward-receiver rotate-key alone"
    )]
    Rotating(PathBuf),
}

/// One secret key.
pub(super) struct Key {
    pub secret: SecretBox<[u8; 32]>,
    pub id: KeyId,
}

impl Key {
    pub fn from_bytes(key: [u8; 32]) -> Self {
        let digest = Sha256::digest([b"syncward key id".as_slice(), &key].concat());
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Self {
            secret: SecretBox::new(Box::new(key)),
            id: KeyId(id),
        }
    }

    /// 32 bytes in base64 (either alphabet) or hex.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()
            .filter(|bytes| bytes.len() == 32)
            .or_else(|| {
                URL_SAFE_NO_PAD
                    .decode(
                        text.trim_end_matches('=')
                            .replace('+', "-")
                            .replace('/', "_"),
                    )
                    .ok()
            })
            .ok_or(KeyError::Malformed)?;
        Ok(Self::from_bytes(
            bytes.try_into().map_err(|_| KeyError::Malformed)?,
        ))
    }

    /// The keys of a data folder, the one to seal with first; makes the first one, but never beside a database.
    pub fn of_folder(folder: &Path) -> Result<Vec<Self>, KeyError> {
        // The key that comes is read first: between the two it may take the other's place, and never vanishes.
        let new = read(&folder.join(NEW_KEY_FILE))?;
        let path = folder.join(KEY_FILE);
        let present = match read(&path)? {
            Some(key) => key,
            None if database(folder).exists() => return Err(KeyError::Missing(path)),
            None => {
                make(&path, None)?;
                read(&path)?.ok_or(KeyError::Missing(path))?
            }
        };
        let mut keys: Vec<Self> = new.into_iter().collect();
        if keys.iter().all(|key| key.id != present.id) {
            keys.push(present);
        }
        Ok(keys)
    }
}

/// Makes the key that is to take the place of a folder's key, or takes the given one; one that waits already is gone on
/// with.
///
/// # Errors
/// `File`, `Malformed`, `Broken`, `Missing`, `Rotating` when another one waits than the given.
pub fn begin_rotation(folder: &Path, given: Option<&str>) -> Result<(), KeyError> {
    let path = folder.join(NEW_KEY_FILE);
    let given = given.map(Key::from_text).transpose()?;
    let present_path = folder.join(KEY_FILE);
    let present = read(&present_path)?;
    if present.is_none() && database(folder).exists() {
        return Err(KeyError::Missing(present_path));
    }
    if let (Some(given), Some(present)) = (&given, &present)
        && given.id == present.id
    {
        return Ok(());
    }
    let Some(waiting) = read(&path)? else {
        return make(&path, given);
    };
    match given {
        Some(given) if given.id != waiting.id => Err(KeyError::Rotating(path)),
        Some(_) | None => Ok(()),
    }
}

/// Puts the new key into the old one's place; answers where the old one is kept.
///
/// # Errors
/// `File`, `Broken`.
pub fn end_rotation(folder: &Path) -> Result<Option<PathBuf>, KeyError> {
    let (path, new) = (folder.join(KEY_FILE), folder.join(NEW_KEY_FILE));
    if read(&new)?.is_none() {
        return Ok(None);
    }
    let mut kept = None;
    if let Some(old) = read(&path)? {
        let aside = folder.join(format!("{KEY_FILE}.{}", old.id));
        if read(&aside)?.is_none() {
            make(&aside, Some(old))?;
        }
        kept = Some(aside);
    }
    let failed = |source| KeyError::File(path.clone(), source);
    std::fs::rename(&new, &path).map_err(failed)?;
    let folder = std::fs::File::open(folder).map_err(failed)?;
    folder.sync_all().map_err(failed)?;
    Ok(kept)
}

fn read(path: &Path) -> Result<Option<Key>, KeyError> {
    match std::fs::read_to_string(path) {
        Ok(text) => match Key::from_text(&text) {
            Err(KeyError::Malformed) => Err(KeyError::Broken(path.to_owned())),
            read => read.map(Some),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeyError::File(path.to_owned(), error)),
    }
}

/// Makes a key file with mode 0600, whole or not at all; one that another process made first is left alone.
fn make(path: &Path, given: Option<Key>) -> Result<(), KeyError> {
    let key = given.unwrap_or_else(|| Key::from_bytes(secret_bytes::<32>()));
    let text = URL_SAFE_NO_PAD.encode(key.secret.expose_secret());
    private_file::place(path, text.as_bytes())
        .map_err(|source| KeyError::File(path.to_owned(), source))
}
