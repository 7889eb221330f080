//! One leased push channel and where it is in its life.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::turn::between;
use crate::{ChannelId, Settings};

/// A channel of the link's chain of generations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub id: ChannelId,
    pub generation: u32,
    /// Learnt from the watch call's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    pub stage: Stage,
    /// When the watch call was asked for, the last time if it was repeated.
    pub asked_at: Timestamp,
    /// An earlier call for it may have worked, whatever the next one is answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// Asked-for until Google answers, then as granted.
    pub expires_at: Timestamp,
    /// When its successor is opened; inside the renewal window, jittered.
    pub renews_at: Timestamp,
}

/// Where a channel is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The watch call is out; the handshake may come before its answer.
    Opening,
    /// The watch call failed in a way that says nothing of whether Google opened it; it is repeated with the same id.
    Doubtful,
    /// Open; its handshake is waited for.
    Proving {
        until: Timestamp,
    },
    /// No handshake came in time; it may still come.
    Unproved {
        since_at: Timestamp,
    },
    Live,
    /// Its successor is proved; it lives on for the overlap.
    Superseded {
        stops_at: Timestamp,
    },
    /// A stop call is out, or will be repeated.
    Stopping {
        failures: u32,
        retry_at: Option<Timestamp>,
    },
    /// No answer told its terms: its id is taken at Google, or an earlier call may have opened it. Perhaps it delivers.
    Lost,
    Stopped,
    Expired,
    Refused,
}

impl Stage {
    /// Nothing more will happen to it.
    pub fn is_over(&self) -> bool {
        matches!(self, Stage::Stopped | Stage::Expired | Stage::Refused)
    }

    /// Whether it exists is yet to be heard from Google; its times are only those asked for.
    pub fn is_being_asked(&self) -> bool {
        matches!(self, Stage::Opening | Stage::Doubtful)
    }

    /// It has proved itself and delivers.
    pub fn watches(&self) -> bool {
        matches!(self, Stage::Live | Stage::Superseded { .. })
    }

    /// It may deliver, and nobody has asked Google to stop it.
    pub fn stands(&self) -> bool {
        match self {
            Stage::Opening
            | Stage::Doubtful
            | Stage::Proving { .. }
            | Stage::Unproved { .. }
            | Stage::Live
            | Stage::Superseded { .. }
            | Stage::Lost => true,
            Stage::Stopping { .. } | Stage::Stopped | Stage::Expired | Stage::Refused => false,
        }
    }
}

impl Channel {
    /// When the renewal window opens: `renew_before` ahead of expiry, or at two thirds of a shorter life.
    pub fn due_at(&self, settings: &Settings) -> Timestamp {
        let window = self.renewal_window(settings);
        self.expires_at - window
    }

    pub(crate) fn renewal_window(&self, settings: &Settings) -> Duration {
        let life = between(self.registered_at.unwrap_or(self.asked_at), self.expires_at);
        settings.renew_before.min(life / 3)
    }
}
