//! Sealing of what must not lie in plain bytes: XChaCha20-Poly1305 with a key id, bound to its table, column and row.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::entropy::secret_bytes;
use crate::store::{Result, StoreError};

const KEY_FILE: &str = "secret.key";
const NONCE_BYTES: usize = 24;
const KEY_ID_BYTES: usize = 4;

/// The receiver's secret key and what is derived from it.
pub struct Seal {
    key: SecretBox<[u8; 32]>,
    key_id: [u8; KEY_ID_BYTES],
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key is not 32 bytes in base64 or hex")]
    Malformed,
    #[error("read or make the key file {0}")]
    File(std::path::PathBuf, #[source] std::io::Error),
}

impl Seal {
    /// From the configured text: 32 bytes in base64 (either alphabet) or hex.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn from_text(text: &str) -> std::result::Result<Self, KeyError> {
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

    /// Reads the key of a data folder, or makes one there with mode 0600.
    ///
    /// # Errors
    /// `File`, `Malformed`.
    pub fn in_folder(folder: &Path) -> std::result::Result<Self, KeyError> {
        let path = folder.join(KEY_FILE);
        let failed = |source| KeyError::File(path.clone(), source);
        match std::fs::read_to_string(&path) {
            Ok(text) => return Self::from_text(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        std::fs::create_dir_all(folder).map_err(failed)?;
        let key = secret_bytes::<32>();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                use std::io::Write;
                file.write_all(URL_SAFE_NO_PAD.encode(key).as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(failed)?;
                Ok(Self::from_bytes(key))
            }
            // Another process made it a moment ago.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Self::from_text(&std::fs::read_to_string(&path).map_err(failed)?)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn from_bytes(key: [u8; 32]) -> Self {
        let digest = Sha256::digest([b"syncward key id".as_slice(), &key].concat());
        let mut key_id = [0; KEY_ID_BYTES];
        key_id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Self {
            key: SecretBox::new(Box::new(key)),
            key_id,
        }
    }

    /// Seals bytes for one cell: `place` is `table.column`, `row` its id.
    pub fn seal(&self, place: &'static str, row: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = secret_bytes::<NONCE_BYTES>();
        let bound = format!("{place}\0{row}");
        let sealed = self.cipher("seal")?.encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: bound.as_bytes(),
            },
        );
        let sealed = sealed.map_err(|_| StoreError::Sealed(place))?;
        Ok([self.key_id.as_slice(), &nonce, &sealed].concat())
    }

    /// Opens what [`Seal::seal`] made for the same cell.
    ///
    /// # Errors
    /// `Sealed` for another key, another cell, or changed bytes.
    pub fn open(&self, place: &'static str, row: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (key_id, rest) = sealed
            .split_at_checked(KEY_ID_BYTES)
            .ok_or(StoreError::Sealed(place))?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(StoreError::Sealed(place))?;
        if key_id != self.key_id {
            return Err(StoreError::Sealed(place));
        }
        let bound = format!("{place}\0{row}");
        let opened = self.cipher("seal")?.decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: bound.as_bytes(),
            },
        );
        opened.map_err(|_| StoreError::Sealed(place))
    }

    /// The token of a channel: derived, so that repeating an effect after a crash gives the same one, and
    /// authenticated, so that a channel whose row was lost is still recognised as ours.
    pub fn channel_token(&self, channel_id: &str, link_id: Uuid) -> Result<String> {
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

    /// The link a channel token names, if the token is one of ours for that channel.
    pub fn link_of_token(&self, channel_id: &str, token: &str) -> Option<Uuid> {
        let link = URL_SAFE_NO_PAD.decode(token.split_once('.')?.0).ok()?;
        let link_id = Uuid::from_slice(&link).ok()?;
        let expected = self.channel_token(channel_id, link_id).ok()?;
        bool::from(expected.as_bytes().ct_eq(token.as_bytes())).then_some(link_id)
    }

    fn cipher(&self, place: &'static str) -> Result<XChaCha20Poly1305> {
        let key = self.mac("syncward sealing key", &[])?;
        XChaCha20Poly1305::new_from_slice(&key).map_err(|_| StoreError::Sealed(place))
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Result<[u8; 32]> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.key.expose_secret())
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn what_is_sealed_for_one_row_does_not_open_in_another() {
        let seal = Seal::from_bytes([7; 32]);
        let sealed = seal
            .seal("google_grant.refresh_token", "a", b"secret")
            .unwrap();
        assert_eq!(
            seal.open("google_grant.refresh_token", "a", &sealed)
                .unwrap(),
            b"secret"
        );
        assert!(
            seal.open("google_grant.refresh_token", "b", &sealed)
                .is_err()
        );
        assert!(
            Seal::from_bytes([8; 32])
                .open("google_grant.refresh_token", "a", &sealed)
                .is_err()
        );
    }

    #[test]
    fn a_channel_token_names_its_link_and_fits_no_other_channel() {
        let seal = Seal::from_bytes([7; 32]);
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
}
