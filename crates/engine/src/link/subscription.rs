//! The chain of channels: opening the next one, and what Google's answer to that means.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pace::NOT_WATCHABLE;
use super::turn::{Turn, millis_between};
use super::{Channel, Link, Phase, Stage};
use crate::activity::Unrenewed;
use crate::effect::Step;
use crate::{Backoff, ChannelId, Effect, Fact, Failure, FailureClass, OperationId, Settings};

/// So many channels are remembered, those that are over among them; the store keeps every one for 400 days.
const REMEMBERED_CHANNELS: usize = 4;
/// While so many channels wait to be stopped, no further attempt follows one that stayed silent.
const UNSTOPPED_MOST: usize = 3;
/// A permanent refusal is tried again this often.
const REFUSAL_RETRY: Duration = Duration::from_secs(24 * 60 * 60);

/// The link's channels, oldest first, and how opening the next one goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    pub generation: u32,
    /// Attempts to open a channel that failed since the last proof.
    pub failures: u32,
    /// When to open the next one whatever else; by backoff, or because a person asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// Operations that follow the renewal under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationId>,
}

/// Why the last attempt to be watched by push failed, and since when attempts fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trouble {
    pub kind: TroubleKind,
    pub since_at: Timestamp,
}

/// How an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TroubleKind {
    /// Google will not open a channel as things are.
    Refused { failure: Failure },
    /// It did not work, and may work later.
    Failing { failure: Failure },
    /// It opened, but no handshake came.
    Silent,
}

impl Subscription {
    /// The newest channel that has proved itself and has not been superseded.
    pub fn live(&self) -> Option<&Channel> {
        let mut newest_first = self.channels.iter().rev();
        newest_first.find(|channel| channel.stage == Stage::Live)
    }

    /// The newest proved channel that still delivers, superseded or not.
    pub fn watching(&self, now: Timestamp) -> Option<&Channel> {
        let mut newest_first = self.channels.iter().rev();
        newest_first.find(|channel| channel.stage.watches() && channel.expires_at > now)
    }

    /// A channel is being opened or proved, or an old one lives out its overlap.
    pub fn renewing(&self) -> bool {
        self.channels.iter().any(|channel| {
            matches!(
                channel.stage,
                Stage::Opening | Stage::Proving { .. } | Stage::Superseded { .. }
            )
        })
    }

    /// Whether the next channel must wait: one is under way, or silent ones pile up that Google does not stop.
    pub(super) fn must_wait(&self) -> bool {
        let stopping = |channel: &&Channel| matches!(channel.stage, Stage::Stopping { .. });
        let unstopped = self.channels.iter().filter(stopping).count();
        let trouble = self.trouble.as_ref();
        let silent = trouble.is_some_and(|trouble| trouble.kind == TroubleKind::Silent);
        let piling_up = silent && self.operations.is_empty() && unstopped >= UNSTOPPED_MOST;
        piling_up || self.renewing()
    }

    pub fn try_again_at(&mut self, at: Timestamp) {
        self.retry_at = Some(self.retry_at.map_or(at, |earlier| earlier.min(at)));
    }

    pub(super) fn index_of(&self, id: &ChannelId) -> Option<usize> {
        self.channels.iter().position(|channel| channel.id == *id)
    }

    /// When a channel is to be opened; `None` while one is under way.
    pub(super) fn opens_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.must_wait() {
            return None;
        }
        match (self.retry_at, self.live()) {
            (Some(at), _) => Some(at),
            (None, Some(live)) => Some(live.renews_at),
            (None, None) => Some(now),
        }
    }
}

impl Link {
    pub(super) fn open_if_due(&mut self, turn: &mut Turn<'_>) {
        if !turn.settings.push || self.drill_holds() {
            return;
        }
        let due = self.subscription.opens_at(turn.now);
        if due.is_some_and(|at| at <= turn.now) {
            self.open_channel(turn);
        }
    }

    fn open_channel(&mut self, turn: &mut Turn<'_>) {
        self.make_room(turn);
        if let Some(live) = self.subscription.live()
            && self.subscription.retry_at.is_none()
        {
            let expires_at = live.expires_at;
            turn.record(Fact::RenewalDue { expires_at });
        }
        let expires_at = turn.after(self.asked_life(turn.settings));
        if self.ask_again(expires_at, turn) {
            return;
        }
        let id = self.fresh_channel_id("clinic", turn);
        let subscription = &mut self.subscription;
        subscription.generation += 1;
        subscription.retry_at = None;
        let generation = subscription.generation;
        subscription.channels.push(Channel {
            id: id.clone(),
            generation,
            resource_id: None,
            stage: Stage::Opening,
            asked_at: turn.now,
            doubted: false,
            registered_at: None,
            verified_at: None,
            expires_at,
            renews_at: expires_at,
        });
        turn.step(&subscription.operations, &Step::Opening);
        turn.record(Fact::ChannelOpening { generation });
        turn.emit(Effect::OpenChannel {
            channel: id,
            generation,
            expires_at,
            canary: false,
        });
    }

    /// Repeats the call whose outcome is in doubt, with the very same id: Google opens it, or says that it has.
    fn ask_again(&mut self, expires_at: Timestamp, turn: &mut Turn<'_>) -> bool {
        let subscription = &mut self.subscription;
        let mut channels = subscription.channels.iter_mut();
        let Some(channel) = channels.find(|channel| channel.stage == Stage::Doubtful) else {
            return false;
        };
        subscription.retry_at = None;
        channel.stage = Stage::Opening;
        channel.asked_at = turn.now;
        (channel.expires_at, channel.renews_at) = (expires_at, expires_at);
        let (id, generation) = (channel.id.clone(), channel.generation);
        turn.step(&subscription.operations, &Step::Opening);
        turn.emit(Effect::OpenChannel {
            channel: id,
            generation,
            expires_at,
            canary: false,
        });
        true
    }

    /// Stops unproved channels of earlier attempts, so that never more than two deliver; never the one in charge.
    fn make_room(&mut self, turn: &mut Turn<'_>) {
        let standing: Vec<usize> = (0..self.subscription.channels.len())
            .filter(|&index| {
                let stage = self.subscription.channels[index].stage;
                stage.stands() && stage != Stage::Doubtful
            })
            .collect();
        let channels = &self.subscription.channels;
        // Without one in charge: the newest that ever delivered, before one that never has.
        let delivered = |&&index: &&usize| channels[index].verified_at.is_some();
        let newest = standing.iter().rfind(delivered).or(standing.last());
        let keep = match self.subscription.live() {
            Some(live) => Some(live.generation),
            None => newest.map(|&index| channels[index].generation),
        };
        for index in standing {
            if Some(self.subscription.channels[index].generation) != keep {
                self.stop_channel(index, turn);
            }
        }
    }

    pub(super) fn watch_opened(
        &mut self,
        id: &ChannelId,
        resource_id: String,
        expires_at: Timestamp,
        turn: &mut Turn<'_>,
    ) {
        if self.canary_opened(id, &resource_id, turn) {
            return;
        }
        let Some(index) = self.subscription.index_of(id) else {
            return;
        };
        let channel = &mut self.subscription.channels[index];
        if channel.stage != Stage::Opening {
            return;
        }
        channel.resource_id = Some(resource_id);
        channel.registered_at = Some(turn.now);
        channel.expires_at = expires_at;
        let window = channel.renewal_window(turn.settings);
        channel.renews_at = channel.due_at(turn.settings) + turn.jitter(window / 10);
        channel.stage = Stage::Proving {
            until: turn.after(turn.settings.handshake_timeout),
        };
        if self.phase == Phase::Ended {
            self.stop_channel(index, turn);
        } else if self.subscription.channels[index].verified_at.is_some() {
            self.proved(index, turn);
        } else {
            turn.step(&self.subscription.operations, &Step::Proving);
            self.drill_opened(turn);
        }
    }

    pub(super) fn watch_refused(&mut self, id: &ChannelId, failure: Failure, turn: &mut Turn<'_>) {
        if self.canary_refused(id, &failure, turn) {
            return;
        }
        let Some(index) = self.subscription.index_of(id) else {
            return;
        };
        if self.subscription.channels[index].stage != Stage::Opening {
            return;
        }
        let heard_of = self.subscription.channels[index].verified_at.is_some();
        if failure.reason == "channelIdNotUnique" || (failure.leaves_doubt() && heard_of) {
            // The call was repeated and had worked the first time, or the handshake came and the answer did not:
            // Google has the channel, and nobody knows its terms.
            self.subscription.channels[index].stage = Stage::Lost;
            self.subscription.failures += 1;
            let delay = match self.subscription.failures {
                // After a crash, or after a call in doubt: Google answers, so nothing speaks for waiting.
                1 | 2 if !failure.is_a_quota() => Duration::ZERO,
                failures => self.opening_delay(failures, turn),
            };
            self.subscription.try_again_at(turn.after(delay));
            if self.phase == Phase::Ended {
                self.stop_channel(index, turn);
            }
            return;
        }
        let channel = &mut self.subscription.channels[index];
        channel.doubted |= failure.leaves_doubt() && !failure.is_a_quota();
        channel.stage = match (failure.leaves_doubt(), channel.doubted) {
            (true, _) => Stage::Doubtful,
            (false, true) => Stage::Lost,
            (false, false) => Stage::Refused,
        };
        match failure.class {
            FailureClass::GrantLost => self.lose_grant(failure.reason, turn),
            FailureClass::Permanent | FailureClass::Gone => self.refused_for_good(failure, turn),
            FailureClass::Transient { retry_after } => {
                self.refused_for_now(failure, retry_after, turn);
            }
            FailureClass::CursorGone | FailureClass::Conflict => {
                self.refused_for_now(failure, None, turn);
            }
        }
    }

    fn refused_for_good(&mut self, failure: Failure, turn: &mut Turn<'_>) {
        let spread = turn.jitter(REFUSAL_RETRY / 10);
        self.subscription.failures += 1;
        self.subscription.retry_at = Some(turn.after(REFUSAL_RETRY - spread));
        // By design nothing new happens each day.
        if !(self.is_unwatchable() && failure.reason == NOT_WATCHABLE) {
            turn.record(Fact::WatchRefused {
                failure: failure.clone(),
            });
        }
        self.attempt_failed(TroubleKind::Refused { failure }, turn);
    }

    fn refused_for_now(
        &mut self,
        failure: Failure,
        retry_after: Option<Duration>,
        turn: &mut Turn<'_>,
    ) {
        self.subscription.failures += 1;
        let delay = self.opening_delay(self.subscription.failures, turn);
        let retry_at = turn.after(delay.max(retry_after.unwrap_or_default()));
        self.subscription.retry_at = Some(retry_at);
        turn.record(Fact::RenewalFailed {
            failure: failure.clone(),
            retry_at: Some(retry_at),
        });
        self.attempt_failed(TroubleKind::Failing { failure }, turn);
    }

    /// Ends the operations that followed the attempt; what was in charge stays in charge.
    pub(super) fn attempt_failed(&mut self, kind: TroubleKind, turn: &mut Turn<'_>) {
        let why = match &kind {
            TroubleKind::Refused { failure } => format!("Google refused: {}.", failure.in_words()),
            TroubleKind::Failing { failure } => format!("It did not work: {}.", failure.in_words()),
            TroubleKind::Silent => {
                "The channel opened, but Google's handshake did not arrive.".into()
            }
        };
        let still = match self.subscription.watching(turn.now) {
            Some(live) => format!(
                "The old channel stays in charge until {}.",
                live.expires_at.strftime("%-d %b %H:%M UTC")
            ),
            None => "The calendar is polled meanwhile.".into(),
        };
        let message = format!("{why} {still}");
        let operations = std::mem::take(&mut self.subscription.operations);
        turn.step(&operations, &Step::Failed { message });
        self.fail_drill(&why, turn);
        let since_at = match &self.subscription.trouble {
            Some(trouble) => trouble.since_at,
            None => turn.now,
        };
        self.subscription.trouble = Some(Trouble { kind, since_at });
    }

    /// Delay after the `failures`th failed attempt: from min(1 min, a twentieth of the time left) up to 1 h, and
    /// while a channel still watches up to a quarter of what is left, so that attempts get denser towards expiry.
    pub(super) fn opening_delay(&self, failures: u32, turn: &mut Turn<'_>) -> Duration {
        const MINUTE: Duration = Duration::from_secs(60);
        let ttl = turn.settings.channel_ttl;
        let ordinary = (MINUTE * 60).min(ttl / 4);
        let (left, most) = match self.subscription.watching(turn.now) {
            Some(channel) => {
                let left = turn.left(channel.expires_at);
                let dense = (left / 4).max(MINUTE.min(ttl / 1000));
                (left, ordinary.min(dense))
            }
            None => (ttl, ordinary),
        };
        let backoff = Backoff {
            first: MINUTE.min(left / 20),
            most,
            attempts: None,
        };
        let shortest = Duration::from_millis(100);
        let delay = backoff.next(failures, turn.entropy);
        delay.unwrap_or(backoff.most).max(shortest)
    }

    pub(super) fn expire_channels(&mut self, turn: &mut Turn<'_>) {
        let unrenewed = self.unrenewed(turn.settings);
        for channel in &mut self.subscription.channels {
            let over = channel.stage.is_over() || channel.stage.is_being_asked();
            if over || channel.expires_at > turn.now {
                continue;
            }
            let stage = std::mem::replace(&mut channel.stage, Stage::Expired);
            if stage == Stage::Live {
                let generation = channel.generation;
                turn.record(Fact::ChannelExpired {
                    generation,
                    unrenewed,
                });
            } else if matches!(stage, Stage::Proving { .. }) {
                self.subscription.failures += 1;
                let delay = Duration::from_secs(60).min(turn.settings.channel_ttl / 20);
                self.subscription.retry_at = Some(turn.after(delay));
            }
        }
        self.finish_renewal(turn);
    }

    /// Why a channel that runs out now has no successor.
    fn unrenewed(&self, settings: &Settings) -> Unrenewed {
        match self.phase {
            Phase::Paused { .. } => Unrenewed::Paused,
            Phase::GrantLost { .. } => Unrenewed::GrantLost,
            Phase::New | Phase::Active | Phase::Ended if !settings.push => {
                Unrenewed::NoPublicAddress
            }
            Phase::New | Phase::Active | Phase::Ended => Unrenewed::Failed,
        }
    }

    /// Keeps the last few; always those that are not over, and the last one that was proved.
    pub(super) fn forget_old_channels(&mut self) {
        let channels = &mut self.subscription.channels;
        let proved = channels.iter().rposition(|it| it.verified_at.is_some());
        let kept = proved.map(|index| channels[index].generation);
        while channels.len() > REMEMBERED_CHANNELS {
            let oldest = channels
                .iter()
                .position(|channel| channel.stage.is_over() && Some(channel.generation) != kept);
            let Some(oldest) = oldest else {
                return;
            };
            channels.remove(oldest);
        }
    }

    /// `{prefix}_{clinic uuid}_{8 hex}`, unlike any that this link remembers.
    pub(super) fn fresh_channel_id(&self, prefix: &str, turn: &mut Turn<'_>) -> ChannelId {
        loop {
            let bits = turn.entropy.next_u64() >> 32;
            let id = ChannelId(format!("{prefix}_{}_{bits:08x}", self.clinic_id));
            if self.subscription.index_of(&id).is_none() {
                return id;
            }
        }
    }

    /// 90–100 % of the settings' life, the same for this link each time, so that a fleet's expiries are spread.
    pub(crate) fn asked_life(&self, settings: &Settings) -> Duration {
        let hash = self
            .id
            .0
            .as_bytes()
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        let permille = u32::try_from(900 + (hash >> 16) % 101).unwrap_or(1000);
        settings.channel_ttl / 1000 * permille
    }
}

/// Time between the last call for a channel and its proof, for the biography.
pub(super) fn proof_took_ms(channel: &Channel, now: Timestamp) -> u64 {
    millis_between(channel.asked_at, now)
}
