//! Why a use case did not do as asked, in words for a person and a code for programs.

use syncward_engine::{Failure, FailureClass};

use crate::store::StoreError;

/// A refusal: HTTP's status, a stable code, what is wrong, and what heals it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UseError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub action: String,
}

impl UseError {
    /// A refusal of the caller's wish.
    pub fn new(
        status: u16,
        code: &'static str,
        message: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            action: action.into(),
        }
    }

    /// Nothing here has that id.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            404,
            "not_found",
            format!("There is no such {what}."),
            "Check the id; it may have been deleted.",
        )
    }

    /// The store failed.
    pub fn store(error: &StoreError) -> Self {
        tracing::error!(error = %chain(error), "the store failed");
        match error {
            StoreError::Full(folder) => Self::new(
                503,
                "disk_full",
                match folder.as_ref().map(|folder| folder.display()) {
                    Some(folder) => format!(
                        "The receiver's disk, which holds {folder}, is full; nothing was changed."
                    ),
                    None => "The receiver's disk is full; nothing was changed.".to_owned(),
                },
                "Free space there and try again; the receiver goes on by itself.",
            ),
            _ => Self::new(
                503,
                "store_failed",
                "The receiver could not write to its database.",
                "Try again; see the receiver's log if it lasts.",
            ),
        }
    }

    /// Google refused or could not be reached.
    pub fn google(failure: &Failure) -> Self {
        let reason = &failure.reason;
        match failure.class {
            FailureClass::Transient { .. } => Self::new(
                502,
                "google_unavailable",
                format!("Google could not be reached or is busy ({reason})."),
                "Try again in a minute; nothing was changed.",
            ),
            FailureClass::GrantLost => Self::new(
                409,
                "grant_lost",
                format!("Google no longer honours this consent ({reason})."),
                "Connect Google again.",
            ),
            FailureClass::Permanent
            | FailureClass::CursorGone
            | FailureClass::Gone
            | FailureClass::Conflict => Self::new(
                422,
                "google_refused",
                format!("Google refused ({reason})."),
                "Check the Google account's access and the receiver's Google client.",
            ),
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
