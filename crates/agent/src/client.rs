//! What a failed call to a receiver means to a person.

pub use syncward_wire::client::{Client, ClientError, pair, parse_address};

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
