//! Sealing of what must not lie in plain bytes: XChaCha20-Poly1305 with a key id, bound to its table, column and row.
//!
//! One key seals; those it took the place of still open what was sealed under them, and recognise their channels.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::entropy::secret_bytes;
use crate::store::{Result, StoreError};

mod key;

pub use key::{KEY_FILE, KeyError, KeyId, begin_rotation, end_rotation};
use key::{KEY_ID_BYTES, Key};

const NONCE_BYTES: usize = 24;
/// Where the keys lie whose place was taken.
pub const OLD_KEY_PLACE: &str = "old_key.sealed";

/// The receiver's secret keys and what is derived from them.
pub struct Seal {
    ring: RwLock<Ring>,
    /// Where the keys are looked for; none when they were given.
    folder: Option<PathBuf>,
}

#[derive(Clone)]
struct Ring {
    newest: Arc<Key>,
    older: Vec<Arc<Key>>,
}

impl Ring {
    fn of(&self, id: KeyId) -> Option<&Arc<Key>> {
        self.all().find(|key| key.id == id)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Key>> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

impl Seal {
    /// From the configured text: 32 bytes in base64 (either alphabet) or hex.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn from_text(text: &str) -> std::result::Result<Self, KeyError> {
        Ok(Self::new(Key::from_text(text)?, None))
    }

    /// A key that is kept nowhere, for a process that neither seals nor opens anything.
    pub fn passing() -> Self {
        Self::new(Key::from_bytes(secret_bytes::<32>()), None)
    }

    /// Reads the keys of a data folder, or makes one there with mode 0600; none is made beside a database.
    ///
    /// # Errors
    /// `File`, `Broken`, `Missing`.
    pub fn in_folder(folder: &Path) -> std::result::Result<Self, KeyError> {
        let mut keys = Key::of_folder(folder)?.into_iter();
        let newest = keys.next().ok_or(KeyError::Malformed)?;
        let seal = Self::new(newest, Some(folder.to_owned()));
        keys.for_each(|key| seal.learn(key));
        Ok(seal)
    }

    fn new(newest: Key, folder: Option<PathBuf>) -> Self {
        let ring = Ring {
            newest: Arc::new(newest),
            older: Vec::new(),
        };
        Self {
            ring: RwLock::new(ring),
            folder,
        }
    }

    /// From now on this key seals; the one before still opens.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn renew(&self, text: &str) -> std::result::Result<(), KeyError> {
        self.follow(Key::from_text(text)?);
        Ok(())
    }

    /// Whether the keys lie in a data folder, where another may come.
    pub fn is_in_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Looks whether a new key has come into the data folder; true when another key seals now.
    ///
    /// # Errors
    /// `File`, `Broken`, `Missing`.
    pub fn look(&self) -> std::result::Result<bool, KeyError> {
        let Some(folder) = &self.folder else {
            return Ok(false);
        };
        let mut keys = Key::of_folder(folder)?.into_iter();
        let changed = keys.next().is_some_and(|newest| self.follow(newest));
        keys.for_each(|key| self.learn(key));
        Ok(changed)
    }

    /// The key that seals.
    pub fn key_id(&self) -> KeyId {
        self.ring().newest.id
    }

    /// The keys that only open.
    pub fn older_ids(&self) -> Vec<KeyId> {
        self.ring().older.iter().map(|key| key.id).collect()
    }

    /// Whether something sealed under this key can be opened.
    pub fn knows(&self, id: KeyId) -> bool {
        self.ring().of(id).is_some()
    }

    /// Whether a key of this name is known.
    pub fn names(&self, name: &str) -> bool {
        self.ring().all().any(|key| key.id.to_string() == name)
    }

    /// The keys whose place was taken, sealed under the one that took it.
    ///
    /// # Errors
    /// `Sealed`.
    pub fn pack_older(&self) -> Result<Vec<(KeyId, Vec<u8>)>> {
        let ring = self.ring();
        let older = ring.older.iter().map(|key| {
            let place = key.id.to_string();
            let sealed = self.seal(OLD_KEY_PLACE, &place, key.secret.expose_secret())?;
            Ok((key.id, sealed))
        });
        older.collect()
    }

    /// Learns a key that [`Seal::pack_older`] packed.
    ///
    /// # Errors
    /// `Sealed`.
    pub fn unpack_older(&self, id: &str, sealed: &[u8]) -> Result<()> {
        let opened = self.open(OLD_KEY_PLACE, id, sealed)?;
        let secret = opened
            .try_into()
            .map_err(|_| StoreError::Sealed(OLD_KEY_PLACE))?;
        self.learn(Key::from_bytes(secret));
        Ok(())
    }

    fn ring(&self) -> Ring {
        self.ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn follow(&self, newest: Key) -> bool {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        if ring.newest.id == newest.id {
            return false;
        }
        ring.older.retain(|key| key.id != newest.id);
        let before = std::mem::replace(&mut ring.newest, Arc::new(newest));
        ring.older.push(before);
        true
    }

    fn learn(&self, key: Key) {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        if ring.of(key.id).is_none() {
            ring.older.push(Arc::new(key));
        }
    }

    /// Seals bytes for one cell: `place` is `table.column`, `row` its id.
    pub fn seal(&self, place: &'static str, row: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = secret_bytes::<NONCE_BYTES>();
        let bound = format!("{place}\0{row}");
        let key = self.ring().newest;
        let sealed = key.cipher(place)?.encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: bound.as_bytes(),
            },
        );
        let sealed = sealed.map_err(|_| StoreError::Sealed(place))?;
        Ok([key.id.0.as_slice(), &nonce, &sealed].concat())
    }

    /// Opens what [`Seal::seal`] made for the same cell.
    ///
    /// # Errors
    /// `Sealed` for an unknown key, another cell, or changed bytes.
    pub fn open(&self, place: &'static str, row: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (key_id, rest) = sealed
            .split_first_chunk::<KEY_ID_BYTES>()
            .ok_or(StoreError::Sealed(place))?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(StoreError::Sealed(place))?;
        let ring = self.ring();
        let key = ring.of(KeyId(*key_id)).ok_or(StoreError::Sealed(place))?;
        let bound = format!("{place}\0{row}");
        let opened = key.cipher(place)?.decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: bound.as_bytes(),
            },
        );
        opened.map_err(|_| StoreError::Sealed(place))
    }

    /// The same for the key that seals now.
    ///
    /// # Errors
    /// As [`Seal::open`].
    pub fn reseal(&self, place: &'static str, row: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        self.seal(place, row, &self.open(place, row, sealed)?)
    }

    /// The token of a channel: derived, so that repeating an effect after a crash gives the same one, and
    /// authenticated, so that a channel whose row was lost is still recognised as ours.
    pub fn channel_token(&self, channel_id: &str, link_id: Uuid) -> Result<String> {
        self.ring().newest.channel_token(channel_id, link_id)
    }

    /// The token of a channel that was noted by this hash, under whichever key that was.
    pub fn noted_token(&self, channel_id: &str, link_id: Uuid, noted: &[u8]) -> Option<String> {
        let ring = self.ring();
        let mut tokens = ring
            .all()
            .filter_map(|key| key.channel_token(channel_id, link_id).ok());
        tokens.find(|token| same(&hash(token), noted))
    }

    /// The link a channel token names, if the token is one of ours for that channel.
    pub fn link_of_token(&self, channel_id: &str, token: &str) -> Option<Uuid> {
        let link = URL_SAFE_NO_PAD.decode(token.split_once('.')?.0).ok()?;
        let link_id = Uuid::from_slice(&link).ok()?;
        let ring = self.ring();
        let ours = ring.all().any(|key| {
            let expected = key.channel_token(channel_id, link_id);
            expected.is_ok_and(|expected| expected.as_bytes().ct_eq(token.as_bytes()).into())
        });
        ours.then_some(link_id)
    }
}

impl Key {
    fn channel_token(&self, channel_id: &str, link_id: Uuid) -> Result<String> {
        let proof = self.mac(
            "syncward channel token",
            &[channel_id.as_bytes(), link_id.as_bytes()],
        )?;
        Ok(format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(link_id),
            URL_SAFE_NO_PAD.encode(proof)
        ))
    }

    fn cipher(&self, place: &'static str) -> Result<XChaCha20Poly1305> {
        let key = self.mac("syncward sealing key", &[])?;
        XChaCha20Poly1305::new_from_slice(&key).map_err(|_| StoreError::Sealed(place))
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Result<[u8; 32]> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.secret.expose_secret())
            .map_err(|_| StoreError::Sealed("key"))?;
        mac.update(purpose.as_bytes());
        for part in parts {
            mac.update(&[0]);
            mac.update(part);
        }
        Ok(mac.finalize().into_bytes().into())
    }
}

/// SHA-256, for tokens of 256 random bits.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Compares two hashes in constant time.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// The key something was sealed under.
pub fn key_of(sealed: &[u8]) -> Option<KeyId> {
    sealed.first_chunk::<KEY_ID_BYTES>().map(|id| KeyId(*id))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    const PLACE: &str = "google_grant.refresh_token";

    fn under(byte: &str) -> Seal {
        Seal::from_text(&byte.repeat(32)).unwrap()
    }

    #[test]
    fn what_is_sealed_for_one_row_does_not_open_in_another() {
        let seal = under("07");
        let sealed = seal.seal(PLACE, "a", b"secret").unwrap();
        assert_eq!(seal.open(PLACE, "a", &sealed).unwrap(), b"secret");
        assert!(seal.open(PLACE, "b", &sealed).is_err());
        assert!(under("08").open(PLACE, "a", &sealed).is_err());
    }

    #[test]
    fn a_channel_token_names_its_link_and_fits_no_other_channel() {
        let seal = under("07");
        let link = Uuid::from_u128(5);
        let token = seal.channel_token("clinic_x_00000001", link).unwrap();
        assert_eq!(
            token,
            seal.channel_token("clinic_x_00000001", link).unwrap()
        );
        assert!(token.len() <= 256);
        assert_eq!(seal.link_of_token("clinic_x_00000001", &token), Some(link));
        assert_eq!(seal.link_of_token("clinic_x_00000002", &token), None);
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_and_recognises() {
        let seal = under("07");
        let old = seal.seal(PLACE, "a", b"secret").unwrap();
        let link = Uuid::from_u128(5);
        let token = seal.channel_token("clinic_x_00000001", link).unwrap();
        seal.renew(&"08".repeat(32)).unwrap();
        let new = seal.seal(PLACE, "a", b"secret").unwrap();
        assert_eq!(key_of(&new), Some(under("08").key_id()));
        assert!(under("07").open(PLACE, "a", &new).is_err());
        assert_eq!(seal.open(PLACE, "a", &old).unwrap(), b"secret");
        let resealed = seal.reseal(PLACE, "a", &old).unwrap();
        assert_eq!(under("08").open(PLACE, "a", &resealed).unwrap(), b"secret");
        assert_eq!(seal.link_of_token("clinic_x_00000001", &token), Some(link));
        let noted = seal.noted_token("clinic_x_00000001", link, &hash(&token));
        assert_eq!(noted, Some(token));
    }

    #[test]
    fn who_has_the_new_key_learns_the_old_one_from_its_seal() {
        let seal = under("07");
        let old = seal.seal(PLACE, "a", b"secret").unwrap();
        seal.renew(&"08".repeat(32)).unwrap();
        let (id, packed) = seal.pack_older().unwrap().remove(0);
        let fresh = under("08");
        assert!(fresh.open(PLACE, "a", &old).is_err());
        fresh.unpack_older(&id.to_string(), &packed).unwrap();
        assert_eq!(fresh.open(PLACE, "a", &old).unwrap(), b"secret");
        assert!(under("09").unpack_older(&id.to_string(), &packed).is_err());
    }

    #[test]
    fn a_folders_key_is_followed_through_a_rotation_and_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::in_folder(folder.path()).unwrap();
        let old = seal.key_id();
        assert!(!seal.look().unwrap());
        begin_rotation(folder.path(), None).unwrap();
        let other = begin_rotation(folder.path(), Some(&"08".repeat(32)));
        assert!(matches!(other, Err(KeyError::Rotating(_))), "{other:?}");
        begin_rotation(folder.path(), None).unwrap();
        assert!(seal.look().unwrap());
        let fresh = Seal::in_folder(folder.path()).unwrap();
        assert_eq!(
            (seal.key_id(), seal.older_ids()),
            (fresh.key_id(), vec![old])
        );
        assert_eq!(fresh.older_ids(), [old]);
        let kept = end_rotation(folder.path()).unwrap().unwrap();
        assert!(!seal.look().unwrap());
        let alone = Seal::in_folder(folder.path()).unwrap();
        assert_eq!((alone.key_id(), alone.older_ids()), (seal.key_id(), vec![]));
        let aside = std::fs::read_to_string(kept).unwrap();
        assert_eq!(Seal::from_text(&aside).unwrap().key_id(), old);
        assert!(end_rotation(folder.path()).unwrap().is_none());
    }
}
