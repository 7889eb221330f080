//! Whose certificate a receiver shows: fingerprints of its key, and what a client of ours takes.
//!
//! The system's own verifier decides first. What it refuses is told with the key's fingerprint, so that a person can
//! compare; a key that was compared is *pinned*, and from then on it alone is taken. Signatures are checked by rustls
//! either way. No secret is sent before the handshake has ended well.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::At;

/// When a certificate in DER ends; none for what is no certificate.
pub(crate) fn ends_at(certificate: &[u8]) -> Option<At> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let ends = read.validity().not_after.timestamp();
    Timestamp::from_second(ends).ok().map(At::from)
}

/// The SHA-256 of a certificate's public key (its SubjectPublicKeyInfo, RFC 7469 §2.4); a certificate renewed with the
/// same key keeps it.
///
/// Written as 64 hex digits, shown in groups of four; read with any spaces or colons between.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    ///
    /// # Errors
    /// It is no certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, rustls::Error> {
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        Ok(Self(Sha256::digest(&key).into()))
    }

    /// 64 hex digits, for links, files and commands.
    pub fn hex(&self) -> String {
        HEXLOWER_PERMISSIVE.encode(&self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, pair) in self.0.chunks(2).enumerate() {
            let gap = if place == 0 { "" } else { " " };
            write!(out, "{gap}{:02X}{:02X}", pair[0], pair[1])?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Fingerprint({})", self.hex())
    }
}

/// Not 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 64 digits of 0-9 and A-F")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let digits: String = text
            .chars()
            .filter(|sign| !sign.is_whitespace() && *sign != ':')
            .collect();
        let bytes = HEXLOWER_PERMISSIVE
            .decode(digits.as_bytes())
            .map_err(|_| NotAFingerprint)?;
        Ok(Self(bytes.try_into().map_err(|_| NotAFingerprint)?))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = NotAFingerprint;

    fn try_from(text: String) -> Result<Self, NotAFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.hex()
    }
}

/// A certificate that was not taken: what it was to be, what it is, and why the system does not trust it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct StrangeCertificate {
    /// The key that is there now.
    pub found: Fingerprint,
    /// The key that was compared before; null when none was.
    pub pinned: Option<Fingerprint>,
    pub fault: CertificateFault,
}

/// Why a certificate was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum CertificateFault {
    /// Signed by nobody whom this computer trusts; most often by itself.
    Unknown,
    /// Its time is over, or has not come; this computer's clock may be off.
    OutOfDate,
    /// Made out to another name.
    OtherName,
    /// Another key than the one that was compared.
    OtherKey,
    /// Something else in it.
    Unfit,
}

impl fmt::Display for StrangeCertificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.fault {
            CertificateFault::Unknown => "its certificate is signed by nobody this computer trusts",
            CertificateFault::OutOfDate => {
                "its certificate is out of date, or this computer's clock is wrong"
            }
            CertificateFault::OtherName => "its certificate is made out to another name",
            CertificateFault::OtherKey => "it shows another key than the one that was compared",
            CertificateFault::Unfit => "its certificate is unfit",
        })
    }
}

impl std::error::Error for StrangeCertificate {}

/// The strange certificate that ended a handshake, if that is what ended it.
pub(crate) fn strange(error: &(dyn std::error::Error + 'static)) -> Option<StrangeCertificate> {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if let Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(told)))) =
            one.downcast_ref()
        {
            return told.downcast_ref().cloned();
        }
        cause = match one.downcast_ref::<std::io::Error>() {
            // An `io::Error` names as its source what is behind the error it wraps, not that error.
            Some(wrapper) => wrapper.get_ref().map(|wrapped| wrapped as _),
            None => one.source(),
        };
    }
    None
}

/// TLS as a client of ours speaks it: the pinned key alone, or whom the system trusts.
///
/// # Errors
/// The system's verifier does not start.
pub(crate) fn tls(pin: Option<Fingerprint>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let judge: Arc<dyn ServerCertVerifier> = match pin {
        Some(pin) => Arc::new(Judge {
            rule: Rule::Pinned(pin),
            provider: provider.clone(),
        }),
        None => Arc::new(Judge {
            rule: Rule::System(Verifier::new(provider.clone())?),
            provider: provider.clone(),
        }),
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(judge)
        .with_no_client_auth())
}

#[derive(Debug)]
enum Rule {
    System(Verifier),
    Pinned(Fingerprint),
}

#[derive(Debug)]
struct Judge {
    rule: Rule,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = Fingerprint::of(end_entity)?;
        let (pinned, fault) = match &self.rule {
            Rule::Pinned(pin) if *pin == found => return Ok(ServerCertVerified::assertion()),
            Rule::Pinned(pin) => (Some(*pin), CertificateFault::OtherKey),
            Rule::System(system) => {
                let judged = system.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                );
                match judged {
                    Err(rustls::Error::InvalidCertificate(why)) => (None, fault_of(&why)),
                    judged => return judged,
                }
            }
        };
        let told = StrangeCertificate {
            found,
            pinned,
            fault,
        };
        Err(CertificateError::Other(OtherError(Arc::new(told))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn fault_of(why: &CertificateError) -> CertificateFault {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateFault::Unknown
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => CertificateFault::OutOfDate,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::OtherName
        }
        // rustls may name more; "CaUsedAsEndEntity" comes here as `Other`.
        _ => CertificateFault::Unfit,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_fingerprint_is_read_however_it_is_grouped() {
        let hex = "0f".repeat(32);
        let fingerprint: Fingerprint = hex.parse().unwrap();
        assert_eq!(fingerprint.hex(), hex);
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        let colons = vec!["0F"; 32].join(":");
        assert_eq!(colons.parse(), Ok(fingerprint));
        for wrong in ["", "0f", "zz", &"0f".repeat(33), &"0g".repeat(32)] {
            assert_eq!(
                wrong.parse::<Fingerprint>(),
                Err(NotAFingerprint),
                "{wrong}"
            );
        }
    }
}
