//! The files of a certificate: read, held against each other, and each fault told in words that name the variable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use syncward_wire::Fingerprint;

use super::Identity;

/// Why there is no certificate to use.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{0}: could not read {1}")]
    Read(&'static str, PathBuf, #[source] std::io::Error),
    #[error("{0}: {1} is empty")]
    Empty(&'static str, PathBuf),
    #[error(
        "{variable}: {path} is in DER; write it as PEM: openssl {tool} -inform der -in {path} -out NEW.pem"
    )]
    Der {
        variable: &'static str,
        path: PathBuf,
        tool: &'static str,
    },
    #[error(
        "{0}: {1} is locked with a passphrase; write it without: openssl pkey -in {1} -out NEW.pem"
    )]
    Locked(&'static str, PathBuf),
    #[error("{0}: {1} holds no {2} in PEM (the block that begins with -----BEGIN)")]
    Nothing(&'static str, PathBuf, &'static str),
    #[error("{0}: {1} holds no {2} that can be used")]
    Unfit(&'static str, PathBuf, &'static str, #[source] rustls::Error),
    #[error(
        "{cert_variable} and {key_variable}: the key in {key} is not that of the first certificate in {cert}; name two files \
         that belong together"
    )]
    Strangers {
        cert_variable: &'static str,
        key_variable: &'static str,
        cert: PathBuf,
        key: PathBuf,
    },
    #[error("SYNCWARD_TLS: could not make a certificate")]
    Make(#[source] rcgen::Error),
    #[error("SYNCWARD_TLS: could not write {0}")]
    Write(PathBuf, #[source] std::io::Error),
}

/// A file and the variable that names it.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub variable: &'static str,
    pub path: &'a Path,
}

const CERTIFICATE: &str = "certificate";
const KEY: &str = "private key";

impl Named<'_> {
    /// The text of a PEM file; `tool` of openssl is what turns DER into it.
    fn pem(self, tool: &'static str) -> Result<Vec<u8>, TlsError> {
        let (variable, path) = (self.variable, || self.path.to_owned());
        let bytes =
            std::fs::read(self.path).map_err(|error| TlsError::Read(variable, path(), error))?;
        if bytes.trim_ascii().is_empty() {
            return Err(TlsError::Empty(variable, path()));
        }
        // Everything in DER that matters here is a sequence.
        if bytes.first() == Some(&0x30) {
            let path = path();
            return Err(TlsError::Der {
                variable,
                path,
                tool,
            });
        }
        Ok(bytes)
    }

    fn unfit(self, what: &'static str) -> impl FnOnce(rustls::Error) -> TlsError {
        let path = self.path.to_owned();
        move |why| TlsError::Unfit(self.variable, path, what, why)
    }

    fn nothing(self, what: &'static str) -> TlsError {
        TlsError::Nothing(self.variable, self.path.to_owned(), what)
    }
}

/// The certificate and its key as their files have them now.
pub(super) fn read(cert: Named<'_>, key: Named<'_>) -> Result<Identity, TlsError> {
    let bytes = cert.pem("x509")?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|_| cert.nothing(CERTIFICATE))?;
    let first = chain.first().ok_or_else(|| cert.nothing(CERTIFICATE))?;
    let fingerprint = Fingerprint::of(first).map_err(cert.unfit(CERTIFICATE))?;
    let ends_at = ends_at(first);
    let bytes = key.pem("pkey")?;
    let secret = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| match is_locked(&bytes) {
        true => TlsError::Locked(key.variable, key.path.to_owned()),
        false => key.nothing(KEY),
    })?;
    // An old way of locking keeps the block's name.
    if is_locked(&bytes) {
        return Err(TlsError::Locked(key.variable, key.path.to_owned()));
    }
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let certified = CertifiedKey::from_der(chain, secret, &provider).map_err(|why| match why {
        rustls::Error::InconsistentKeys(_) => TlsError::Strangers {
            cert_variable: cert.variable,
            key_variable: key.variable,
            cert: cert.path.to_owned(),
            key: key.path.to_owned(),
        },
        why => key.unfit(KEY)(why),
    })?;
    Ok(Identity {
        certified: Arc::new(certified),
        fingerprint,
        ends_at,
    })
}

fn is_locked(pem: &[u8]) -> bool {
    String::from_utf8_lossy(pem).lines().any(|line| {
        (line.starts_with("-----BEGIN") || line.starts_with("Proc-Type"))
            && line.contains("ENCRYPTED")
    })
}

/// When it ends; none for times that nobody can mean.
fn ends_at(certificate: &[u8]) -> Option<jiff::Timestamp> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
    jiff::Timestamp::from_second(read.validity().not_after.timestamp()).ok()
}
