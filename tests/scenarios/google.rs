//! Just enough of Google for the engine: channels that open, prove themselves and end; a listing with a cursor.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::{ChannelId, Failure, FailureClass};

/// What Google does with calls at present.
#[derive(Clone, Debug)]
pub struct Weather {
    pub refuse_open: Option<Failure>,
    /// Channels open, and the answer is lost.
    pub lose_open: bool,
    pub refuse_stop: Option<Failure>,
    pub fail_runs: Option<Failure>,
    pub cursors_gone: u32,
    /// Runs that may wait have to.
    pub no_spare_quota: bool,
    pub handshake: Handshake,
    pub run_takes: Duration,
    /// Granted lives are cut to this.
    pub shortest_grant: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    Early,
    Late,
    Never,
}

#[derive(Clone, Debug)]
pub struct Channel {
    pub canary: bool,
    pub generation: u32,
    pub expires_at: Timestamp,
    pub stopped: bool,
}

#[derive(Debug, Default)]
pub struct Google {
    pub channels: BTreeMap<ChannelId, Channel>,
    pub edits: u32,
}

pub fn failure(class: FailureClass, reason: &str) -> Failure {
    Failure {
        class,
        reason: reason.to_owned(),
        // A refusal is an answer; what has no status may have worked all the same.
        status: matches!(reason, "rateLimitExceeded" | "forbidden").then_some(403),
    }
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            refuse_open: None,
            lose_open: false,
            refuse_stop: None,
            fail_runs: None,
            cursors_gone: 0,
            no_spare_quota: false,
            handshake: Handshake::Late,
            run_takes: Duration::from_millis(400),
            shortest_grant: None,
        }
    }
}

impl Google {
    /// Opens a channel, or says why not; ids are unique for ever.
    pub fn open(
        &mut self,
        now: Timestamp,
        id: &ChannelId,
        generation: u32,
        asked: Timestamp,
        canary: bool,
        weather: &Weather,
    ) -> Result<Timestamp, Failure> {
        if let Some(failure) = &weather.refuse_open {
            return Err(failure.clone());
        }
        if self.channels.contains_key(id) {
            return Err(failure(FailureClass::Permanent, "channelIdNotUnique"));
        }
        let cut = weather.shortest_grant.map(|life| now + life);
        let expires_at = cut.map_or(asked, |cut| cut.min(asked));
        let channel = Channel {
            canary,
            generation,
            expires_at,
            stopped: false,
        };
        self.channels.insert(id.clone(), channel);
        if weather.lose_open {
            let class = FailureClass::Transient { retry_after: None };
            return Err(failure(class, "timeout"));
        }
        Ok(expires_at)
    }

    /// The channels that deliver at `now`, canaries apart.
    pub fn delivering(&self, now: Timestamp) -> Vec<ChannelId> {
        let live =
            |channel: &Channel| !channel.stopped && !channel.canary && channel.expires_at > now;
        let channels = self.channels.iter();
        channels
            .filter(|(_, channel)| live(channel))
            .map(|(id, _)| id.clone())
            .collect()
    }
}
