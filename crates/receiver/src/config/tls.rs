//! Whether the receiver speaks TLS itself, and as whom: with a given certificate, or one that it makes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use rustls::sign::CertifiedKey;
use syncward_wire::Fingerprint;

use super::wishes::path;
use crate::private_file;

mod files;

use files::Named;
pub use files::TlsError;

/// The certificate and its key that the receiver made for itself, in its data folder.
const OWN_FILE: &str = "tls.pem";
/// A certificate that ends within this is spoken of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What can be set.
#[derive(Args, Clone, Debug, Default)]
pub struct TlsWishes {
    /// self-signed: answer over https with a certificate made at the first start, whose fingerprint people compare [default: off]
    #[arg(long, env = "SYNCWARD_TLS", global = true)]
    pub tls: Option<String>,
    /// PEM file of the certificate and those it rests on: answer over https with it
    #[arg(long, env = "SYNCWARD_TLS_CERT", global = true, value_parser = path())]
    pub tls_cert: Option<PathBuf>,
    /// PEM file of its private key
    #[arg(long, env = "SYNCWARD_TLS_KEY", global = true, value_parser = path())]
    pub tls_key: Option<PathBuf>,
}

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP: on loopback, or behind a proxy that speaks TLS.
    Off,
    /// Made by the receiver and kept in its data folder.
    Own(PathBuf),
    Given {
        cert: PathBuf,
        key: PathBuf,
    },
}

/// A certificate with its key.
#[derive(Debug)]
pub struct Identity {
    pub certified: Arc<CertifiedKey>,
    /// What people compare.
    pub fingerprint: Fingerprint,
    /// When the certificate ends.
    pub ends_at: Option<Timestamp>,
}

/// How long a certificate is still good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    Ended(Timestamp),
    EndsSoon(Timestamp),
    Lasts,
}

impl Identity {
    /// As of `now`.
    pub fn life(&self, now: Timestamp) -> Life {
        match self.ends_at {
            Some(at) if at <= now => Life::Ended(at),
            Some(at) if at.duration_since(now) <= SOON => Life::EndsSoon(at),
            Some(_) | None => Life::Lasts,
        }
    }
}

impl TlsWishes {
    /// Checks that what is set fits together; reads nothing.
    pub(super) fn check(&self, data_dir: &Path, faults: &mut Vec<String>) -> Tls {
        let own = match self.tls.as_deref() {
            None | Some("off") => false,
            Some("self-signed") => true,
            Some(other) => {
                faults.push(format!(
                    "SYNCWARD_TLS: '{other}' is neither off nor self-signed; for a certificate of yours set SYNCWARD_TLS_CERT and SYNCWARD_TLS_KEY"
                ));
                false
            }
        };
        match (&self.tls_cert, &self.tls_key) {
            (None, None) if own => Tls::Own(data_dir.join(OWN_FILE)),
            (None, None) => Tls::Off,
            (Some(cert), Some(key)) if self.tls.is_none() => Tls::Given {
                cert: cert.clone(),
                key: key.clone(),
            },
            (Some(_), Some(_)) => {
                faults.push("SYNCWARD_TLS and SYNCWARD_TLS_CERT are both set; set one".to_owned());
                Tls::Off
            }
            (Some(_), None) => {
                faults.push("SYNCWARD_TLS_KEY: SYNCWARD_TLS_CERT needs its private key".to_owned());
                Tls::Off
            }
            (None, Some(_)) => {
                faults.push("SYNCWARD_TLS_CERT: SYNCWARD_TLS_KEY needs its certificate".to_owned());
                Tls::Off
            }
        }
    }
}

impl Tls {
    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Off => "http",
            Self::Own(_) | Self::Given { .. } => "https",
        }
    }

    /// The certificate as its files have it now, made for `host` at the first time; none when TLS is off.
    ///
    /// # Errors
    /// A file can't be read or written, or holds no certificate with its key.
    pub fn identity(&self, host: &str) -> Result<Option<Identity>, TlsError> {
        let (cert, key) = match self {
            Self::Off => return Ok(None),
            Self::Own(path) => {
                if !path.exists() {
                    make(path, host)?;
                }
                let variable = "SYNCWARD_TLS";
                (Named { variable, path }, Named { variable, path })
            }
            Self::Given { cert, key } => (
                Named {
                    variable: "SYNCWARD_TLS_CERT",
                    path: cert,
                },
                Named {
                    variable: "SYNCWARD_TLS_KEY",
                    path: key,
                },
            ),
        };
        files::read(cert, key).map(Some)
    }
}

/// A certificate without end: it is known by its key, and a new one would have to be compared again by everybody.
fn make(path: &Path, host: &str) -> Result<(), TlsError> {
    let names = vec!["localhost".to_owned(), host.to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(TlsError::Make)?;
    let text = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    private_file::place(path, text.as_bytes())
        .map_err(|source| TlsError::Write(path.to_owned(), source))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn its_own_certificate_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls::Own(folder.path().join("sub").join(OWN_FILE));
        let first = tls.identity("127.0.0.1").unwrap().unwrap().fingerprint;
        let again = tls.identity("elsewhere.example").unwrap().unwrap();
        assert_eq!(first, again.fingerprint);
        let Tls::Own(path) = tls else { unreachable!() };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_file(&path).unwrap();
        let anew = Tls::Own(path).identity("127.0.0.1").unwrap().unwrap();
        assert_ne!(first, anew.fingerprint);
    }

    #[test]
    fn a_certificate_needs_its_key_and_excludes_a_made_one() {
        let faults = |wishes: TlsWishes| {
            let mut faults = Vec::new();
            wishes.check(Path::new("/nowhere"), &mut faults);
            faults.join("\n")
        };
        let file = || Some(PathBuf::from("x.pem"));
        let wishes = |tls: Option<&str>, tls_cert, tls_key| TlsWishes {
            tls: tls.map(str::to_owned),
            tls_cert,
            tls_key,
        };
        assert!(faults(wishes(None, file(), None)).starts_with("SYNCWARD_TLS_KEY"));
        assert!(faults(wishes(None, None, file())).starts_with("SYNCWARD_TLS_CERT"));
        assert!(faults(wishes(Some("on"), None, None)).starts_with("SYNCWARD_TLS:"));
        assert!(faults(wishes(Some("self-signed"), file(), file())).contains("set one"));
        assert_eq!(faults(wishes(Some("self-signed"), None, None)), "");
        assert_eq!(faults(wishes(None, file(), file())), "");
    }
}
