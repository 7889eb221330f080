//! What a failed call to a receiver means to a person.

pub use syncward_wire::client::{Client, ClientError, pair, parse_address};

use syncward_wire::StrangeCertificate;

use crate::bridge::Fault;

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(problem) => {
                Self::new(problem.code, problem.detail, problem.action)
            }
            ClientError::Malformed(_) => Self::new(
                "receiver_answer_malformed",
                "The receiver's answer could not be understood.",
                "Check that this address is a Syncward receiver of a version that fits.",
            ),
            ClientError::Address(sentence) => Self::new(
                "address_invalid",
                sentence,
                "Write it like https://receiver.example.org or http://127.0.0.1:8480.",
            ),
            ClientError::Certificate(strange) => strange_certificate(strange),
            ClientError::Trust(error) => Self::new(
                "trust_unknown",
                format!("This computer could not say whose certificates it trusts: {error}."),
                "Check the system's certificates (on Linux the package ca-certificates), then try again.",
            ),
            ClientError::Client(error) => Self::new(
                "http_client_failed",
                format!("The network part of this app could not start: {error}."),
                "Restart the app; if it stays, reinstall it.",
            ),
            error @ (ClientError::Unreachable(_) | ClientError::Silent) => Self::new(
                "receiver_unreachable",
                format!("The receiver can't be reached: {}.", error.cause()),
                "Check that it runs and that this computer is online; nothing was changed.",
            ),
        }
    }
}

/// A certificate that was not taken, in words, with what a person compares.
fn strange_certificate(strange: StrangeCertificate) -> Fault {
    let (code, message, action) = match strange.pinned {
        Some(pinned) => (
            "certificate_changed",
            format!(
                "The receiver shows another certificate than the one that was compared. Its fingerprint was {pinned}, now it is {}. \
                 Nothing was sent.",
                strange.found
            ),
            "If the receiver got a new certificate, compare the new fingerprint with the one that `syncward-receiver pair` shows \
             there, and accept it (syncward trust); if nobody changed it, somebody may stand between: accept nothing.",
        ),
        None => (
            "certificate_untrusted",
            format!(
                "The receiver can't be trusted yet: {strange}. Its fingerprint is {}. Nothing was sent.",
                strange.found
            ),
            "Compare this fingerprint with the one that `syncward-receiver pair` shows there; accept it only if they are the same.",
        ),
    };
    let mut fault = Fault::new(code, message, action);
    fault.certificate = Some(Box::new(strange));
    fault
}
