//! The certificate that clients are shown: one that was renewed on disk is shown from then on, without a restart.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use syncward_wire::Fingerprint;

use crate::app::App;
use crate::config::tls::{Identity, Tls};
use crate::store;

/// Pause between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What is shown.
#[derive(Debug)]
pub struct Shown(RwLock<Showing>);

/// A certificate with its key, and when it ends.
#[derive(Debug)]
struct Showing {
    certified: Arc<CertifiedKey>,
    ends_at: Option<Timestamp>,
}

impl Shown {
    /// Shows `identity` from the first connection on.
    pub fn new(identity: &Identity) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Showing::of(identity))))
    }

    /// When what is shown ends, if ever.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.ends_at
    }

    /// How a connection is answered: always with what is shown at that moment.
    ///
    /// # Errors
    /// The library has no safe version of TLS.
    pub fn server(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(server))
    }

    /// Shows what was read; whether it is another certificate.
    fn renew(&self, read: &Identity) -> bool {
        let mut shown = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = shown.certified.cert != read.certified.cert;
        *shown = Showing::of(read);
        is_other
    }
}

impl Showing {
    fn of(identity: &Identity) -> Self {
        Self {
            certified: Arc::clone(&identity.certified),
            ends_at: identity.ends_at,
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown.certified))
    }
}

/// Looks at the files of a given certificate for as long as it is polled; the receiver's own has no end. Files that don't
/// fit together (a renewal that is half done) are told once, and what was shown before stays.
pub async fn follow(tls: Tls, shown: Arc<Shown>, app: Arc<App>) {
    if !matches!(tls, Tls::Given { .. }) {
        return;
    }
    let mut told = String::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(fingerprint) = look(&tls, &shown, &mut told) else {
            continue;
        };
        app.meters.shows_certificate(shown.ends_at());
        let fingerprint = fingerprint.hex();
        let note = app
            .store
            .write(move |tx| store::receiver::set_fingerprint(tx, &fingerprint));
        if let Err(error) = note.await {
            tracing::warn!(error = %error, "could not note the renewed certificate's key");
        }
    }
}

/// The key of a certificate that is shown from now on; none while it is the one of before.
fn look(tls: &Tls, shown: &Shown, told: &mut String) -> Option<Fingerprint> {
    // A given certificate is not made for a host.
    match tls.identity("") {
        Ok(Some(identity)) => {
            told.clear();
            if shown.renew(&identity) {
                tracing::info!(fingerprint = %identity.fingerprint, "a renewed certificate is shown from now on");
                return Some(identity.fingerprint);
            }
        }
        Ok(None) => {}
        Err(error) => {
            let why = format!("{:#}", anyhow::Error::from(error));
            if *told != why {
                tracing::warn!(error = %why, "could not take up the certificate's files as they are now; the one before stays in use");
                *told = why;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::path::Path;

    use rustls::RootCertStore;
    use rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    /// One that ends with the beginning of that year.
    fn issue(ends: i32) -> rcgen::CertifiedKey<rcgen::KeyPair> {
        let signing_key = rcgen::KeyPair::generate().unwrap();
        let mut wanted = rcgen::CertificateParams::new(["clinic.example".to_owned()]).unwrap();
        wanted.not_after = rcgen::date_time_ymd(ends, 1, 1);
        let cert = wanted.self_signed(&signing_key).unwrap();
        rcgen::CertifiedKey { cert, signing_key }
    }

    fn year(shown: &Shown) -> String {
        shown.ends_at().unwrap().strftime("%Y").to_string()
    }

    fn put(path: &Path, text: String) {
        std::fs::write(path, text).unwrap();
    }

    /// Shakes hands as a client that trusts `root` alone.
    async fn is_met(server: &Arc<ServerConfig>, root: &CertificateDer<'static>) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (near, far) = tokio::io::duplex(16_384);
        let name = ServerName::try_from("clinic.example").unwrap();
        let (client, _) = tokio::join!(
            TlsConnector::from(Arc::new(client)).connect(name, near),
            TlsAcceptor::from(Arc::clone(server)).accept(far),
        );
        client.is_ok()
    }

    #[tokio::test]
    async fn a_renewed_certificate_is_shown_once_both_files_are_new() {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = (
            folder.path().join("cert.pem"),
            folder.path().join("key.pem"),
        );
        let (first, second) = (issue(2100), issue(2101));
        put(&cert, first.cert.pem());
        put(&key, first.signing_key.serialize_pem());
        let tls = Tls::Given {
            cert: cert.clone(),
            key: key.clone(),
        };
        let shown = Shown::new(&tls.identity("").unwrap().unwrap());
        let server = shown.server().unwrap();
        let mut told = String::new();
        assert_eq!(look(&tls, &shown, &mut told), None);
        assert!(is_met(&server, first.cert.der()).await);
        assert_eq!(year(&shown), "2100");

        put(&cert, second.cert.pem());
        assert_eq!(look(&tls, &shown, &mut told), None);
        assert!(told.contains("cert.pem"), "{told}");
        assert!(is_met(&server, first.cert.der()).await);

        put(&key, second.signing_key.serialize_pem());
        let renewed = tls.identity("").unwrap().unwrap().fingerprint;
        assert_eq!(look(&tls, &shown, &mut told), Some(renewed));
        assert_eq!(told, "");
        assert!(is_met(&server, second.cert.der()).await);
        assert!(!is_met(&server, first.cert.der()).await);
        assert_eq!(year(&shown), "2101");

        std::fs::remove_file(&cert).unwrap();
        assert_eq!(look(&tls, &shown, &mut told), None);
        assert!(is_met(&server, second.cert.der()).await);
    }
}
