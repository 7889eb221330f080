//! A link as a person sees it: one word, why, its channels, its proof, and what comes next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::link::{Channel, Phase, Proof, Stage, TroubleKind};
use crate::{Link, RunId, RunKind, Settings};

mod why;

pub use why::Why;

/// What the receiver tells of a link; it adds names and counters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub state: LinkState,
    pub mode: Mode,
    pub reason: Option<Why>,
    /// The newest proved channel that still delivers.
    pub channel: Option<ChannelView>,
    /// The last generations, newest first.
    pub channels: Vec<ChannelView>,
    pub proof: Option<Proof>,
    /// When the next run starts by itself; absent while one is under way or none may start.
    pub next_run_at: Option<Timestamp>,
    /// End of the last run that worked.
    pub synced_at: Option<Timestamp>,
    /// The run under way.
    pub run: Option<RunView>,
    /// When the next attempt to open a channel is made.
    pub next_attempt_at: Option<Timestamp>,
    /// Attempts to open a channel that failed since the last proof.
    pub failed_attempts: u32,
}

/// The one word a person sees for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Live,
    Due,
    Renewing,
    Unproved,
    Polling,
    Expired,
    ReconnectNeeded,
    Paused,
}

/// How the link is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Push,
    Polling,
}

/// A channel, as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    pub id: String,
    pub resource_id: Option<String>,
    pub generation: u32,
    pub state: ChannelState,
    pub registered_at: Option<Timestamp>,
    pub verified_at: Option<Timestamp>,
    /// Absent until Google has granted it.
    pub expires_at: Option<Timestamp>,
    /// Only while its renewal lies ahead; none where it is not renewed by itself.
    pub renews_at: Option<Timestamp>,
}

/// The sync run under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    pub id: RunId,
    pub kind: RunKind,
    /// When it was asked for; none of one that an earlier version began.
    pub asked_at: Option<Timestamp>,
}

/// Where a channel is in its life, in a person's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    Opening,
    Unproved,
    Live,
    Superseded,
    Stopped,
    Expired,
    Refused,
}

impl Link {
    /// The link at `now`; pure, so that any moment can be asked for.
    pub fn view(&self, now: Timestamp, settings: &Settings) -> View {
        let watching = self.subscription.watching(now);
        let newest_first = self.subscription.channels.iter().rev();
        let active = self.phase == Phase::Active;
        let shown = |channel: &Channel| {
            let mut shown = show(channel, now);
            // No successor is opened without a public address, for what is paused, or for a lost grant.
            shown.renews_at.take_if(|_| !(settings.push && active));
            shown
        };
        View {
            state: self.state(now, settings),
            mode: match watching {
                Some(_) if active => Mode::Push,
                Some(_) | None => Mode::Polling,
            },
            reason: self.why(now, settings),
            channel: watching.map(shown),
            channels: newest_first.map(shown).collect(),
            proof: self.proof,
            next_run_at: match active {
                true => {
                    let pace = self.pace(watching.is_some(), settings);
                    self.runs.due_at(now, pace, settings)
                }
                false => None,
            },
            synced_at: self.runs.synced_at,
            run: self.runs.current.as_ref().map(|run| RunView {
                id: run.id,
                kind: run.kind,
                asked_at: run.asked_at,
            }),
            next_attempt_at: match active && settings.push {
                true => self.subscription.retry_at,
                false => None,
            },
            failed_attempts: match self.is_unwatchable() {
                true => 0,
                false => self.subscription.failures,
            },
        }
    }

    /// Whether a notification is worth a run: neither paused, nor ended, nor without a grant.
    pub fn heeds_notifications(&self) -> bool {
        matches!(self.phase, Phase::New | Phase::Active)
    }

    /// The channels that are not as `before` had them.
    pub fn channels_unlike(&self, before: &Self, now: Timestamp) -> Vec<ChannelView> {
        let had = &before.subscription.channels;
        let channels = self.subscription.channels.iter();
        let unlike = channels.filter(|channel| !had.contains(channel));
        unlike.map(|channel| show(channel, now)).collect()
    }

    fn state(&self, now: Timestamp, settings: &Settings) -> LinkState {
        match self.phase {
            Phase::Active => {}
            Phase::New => return LinkState::Polling,
            Phase::Paused { .. } | Phase::Ended => return LinkState::Paused,
            Phase::GrantLost { .. } => return LinkState::ReconnectNeeded,
        }
        let Some(watching) = self.subscription.watching(now) else {
            return self.state_without_push(now, settings);
        };
        if self.subscription.renewing() {
            LinkState::Renewing
        } else if !settings.push {
            // It delivers until it runs out; nothing is due, since nobody will renew it.
            LinkState::Live
        } else if watching.due_at(settings) <= now || self.subscription.retry_at.is_some() {
            // Its window is open, or a renewal was wanted and has not happened yet.
            LinkState::Due
        } else {
            LinkState::Live
        }
    }

    fn state_without_push(&self, now: Timestamp, settings: &Settings) -> LinkState {
        let trouble = self.subscription.trouble.as_ref();
        let refused = trouble.is_some_and(|it| matches!(it.kind, TroubleKind::Refused { .. }));
        if !settings.push || refused {
            return LinkState::Polling;
        }
        let mut channels = self.subscription.channels.iter();
        if channels.any(|channel| matches!(channel.stage, Stage::Unproved { .. })) {
            return LinkState::Unproved;
        }
        let mut proved = self.subscription.channels.iter().rev();
        let last_proved = proved.find(|channel| channel.verified_at.is_some());
        match last_proved {
            Some(channel) if channel.expires_at <= now => LinkState::Expired,
            Some(_) | None => LinkState::Polling,
        }
    }
}

fn show(channel: &Channel, now: Timestamp) -> ChannelView {
    let state = match channel.stage {
        Stage::Opening | Stage::Doubtful | Stage::Proving { .. } => ChannelState::Opening,
        Stage::Unproved { .. } | Stage::Lost => ChannelState::Unproved,
        Stage::Live if channel.expires_at <= now => ChannelState::Expired,
        Stage::Live => ChannelState::Live,
        Stage::Superseded { .. } | Stage::Stopping { .. } => ChannelState::Superseded,
        Stage::Stopped => ChannelState::Stopped,
        Stage::Expired => ChannelState::Expired,
        Stage::Refused => ChannelState::Refused,
    };
    let granted = channel.registered_at.is_some();
    ChannelView {
        id: channel.id.0.clone(),
        resource_id: channel.resource_id.clone(),
        generation: channel.generation,
        state,
        registered_at: channel.registered_at,
        verified_at: channel.verified_at,
        expires_at: granted.then_some(channel.expires_at),
        renews_at: (channel.stage == Stage::Live).then_some(channel.renews_at),
    }
}
