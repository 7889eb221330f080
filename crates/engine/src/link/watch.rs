//! The coverage ledger's entries: how the link is watched from when, so that no interval is left untold.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pace::NOT_WATCHABLE;
use super::turn::{Turn, between, later};
use super::{Link, Phase, TroubleKind};
use crate::effect::Watching;
use crate::{Effect, Fact, Input, Settings, Trigger};

/// The cause of a gap in which the receiver did nothing though a deadline had come.
pub const RECEIVER_ASLEEP: &str = "receiver_asleep";
/// The cause of a gap that a person made.
pub const PAUSED: &str = "paused";
/// The cause of a gap while Google does not honour the grant.
pub const GRANT_LOST: &str = "grant_lost";
/// The cause of polling while the channel is stopped on purpose.
pub const FIRE_DRILL: &str = "fire_drill";
/// The cause of polling until a channel is proved that nothing has gone wrong with so far.
const OPENING: &str = "opening";
/// After the end of the link.
pub const ENDED: &str = "ended";

/// The interval under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spell {
    watching: Watching,
    from: Timestamp,
}

impl Link {
    /// A deadline that passed unserved for longer than scheduling explains means that nobody was acting.
    pub(super) fn notice_sleep(&self, input: &Input, turn: &mut Turn<'_>) {
        if self.phase != Phase::Active {
            return;
        }
        let told = match input {
            Input::Woke { asleep_from } => Some(*asleep_from),
            _ => None,
        };
        let tolerance = turn
            .settings
            .poll_interval
            .clamp(Duration::from_secs(5), Duration::from_secs(60));
        let deadline = self.next_deadline(turn.settings).map(|(at, _)| at);
        let missed = deadline.filter(|at| between(*at, turn.now) > tolerance);
        turn.asleep_from = told.into_iter().chain(missed).min();
    }

    /// Emits what changed about how the link is watched; after a sleep first the gap, from its true beginning.
    pub(super) fn tell_watching(&mut self, turn: &mut Turn<'_>) {
        if let Some(asleep_from) = turn.asleep_from
            && self.spell.as_ref().is_some_and(Spell::is_watched)
        {
            let cause = RECEIVER_ASLEEP.to_owned();
            self.begin_spell(Watching::Gap { cause }, asleep_from, turn);
            self.runs.mark(Trigger::Check);
        }
        let Some((watching, from)) = self.watched_now(turn) else {
            return;
        };
        if self
            .spell
            .as_ref()
            .is_none_or(|spell| spell.watching != watching)
        {
            self.tell_turn(&watching, turn);
            self.begin_spell(watching, from, turn);
        }
    }

    fn watched_now(&self, turn: &Turn<'_>) -> Option<(Watching, Timestamp)> {
        let gap = |cause: &str| {
            let cause = cause.to_owned();
            Some((Watching::Gap { cause }, turn.now))
        };
        match &self.phase {
            Phase::New => None,
            Phase::Paused { .. } => gap(PAUSED),
            Phase::GrantLost { .. } => gap(GRANT_LOST),
            Phase::Ended => gap(ENDED),
            Phase::Active => Some(self.watched_while_active(turn)),
        }
    }

    fn watched_while_active(&self, turn: &Turn<'_>) -> (Watching, Timestamp) {
        if let Some(channel) = self.subscription.watching(turn.now) {
            let generation = channel.generation;
            let watching = match self.subscription.both_deliver(turn.now) {
                true => Watching::Overlap { generation },
                false => Watching::Push { generation },
            };
            return (watching, turn.now);
        }
        if let Some(trouble) = &self.runs.trouble {
            // Polling that has not worked for two intervals watches nothing.
            let good_at = self.runs.synced_at.unwrap_or(trouble.since_at);
            let blind_from = later(good_at, turn.settings.poll_interval.saturating_mul(2));
            if blind_from <= turn.now {
                let cause = trouble.failure.reason.clone();
                return (Watching::Gap { cause }, blind_from);
            }
        }
        let cause = self.without_push(turn.settings).to_owned();
        (Watching::Polling { cause }, turn.now)
    }

    fn begin_spell(&mut self, watching: Watching, from: Timestamp, turn: &mut Turn<'_>) {
        let from = match &self.spell {
            Some(spell) => from.max(spell.from).min(turn.now),
            None => from,
        };
        turn.emit(Effect::Watch {
            watching: watching.clone(),
            from,
        });
        self.spell = Some(Spell { watching, from });
    }

    /// Push that begins or ends is told, and a run closes the seam.
    fn tell_turn(&mut self, next: &Watching, turn: &mut Turn<'_>) {
        let Some(Spell { watching: last, .. }) = &self.spell else {
            return;
        };
        let pushed = is_push(last);
        match next {
            Watching::Push { .. } | Watching::Overlap { .. } if !pushed => {
                let is_first = is_first_push(last, next);
                self.runs.mark(Trigger::Check);
                if !is_first {
                    turn.record(Fact::PushRestored);
                }
            }
            Watching::Polling { cause } if pushed => {
                let cause = cause.clone();
                self.runs.mark(Trigger::Poll);
                turn.record(Fact::FellBackToPolling { cause });
            }
            Watching::Push { .. }
            | Watching::Overlap { .. }
            | Watching::Polling { .. }
            | Watching::Gap { .. } => {}
        }
    }

    /// The stable word for why there is no push now.
    pub(crate) fn without_push(&self, settings: &Settings) -> &'static str {
        if !settings.push {
            return "no_public_address";
        }
        if self.drill.is_some() {
            return FIRE_DRILL;
        }
        match self.subscription.trouble.as_ref().map(|it| &it.kind) {
            Some(TroubleKind::Refused { failure }) => match failure.reason.as_str() {
                NOT_WATCHABLE => "push_not_supported",
                "webhookUrlNotHttps" => "webhook_url_not_https",
                "webhookUrlUnauthorized" | "push.webhookUrlUnauthorized" => {
                    "webhook_url_unauthorized"
                }
                _ => "watch_refused",
            },
            Some(TroubleKind::Failing { .. }) => "watch_failing",
            Some(TroubleKind::Silent) => "no_handshake",
            None if self.ran_out() => "channel_expired",
            None => OPENING,
        }
    }
}

impl Link {
    /// Whether the last channel that was proved has reached its expiry.
    fn ran_out(&self) -> bool {
        let mut proved = self.subscription.channels.iter().rev();
        let last = proved.find(|channel| channel.verified_at.is_some());
        last.is_some_and(|channel| channel.stage == super::Stage::Expired)
    }
}

impl Spell {
    fn is_watched(&self) -> bool {
        !matches!(self.watching, Watching::Gap { .. })
    }
}

/// A new link's first channel was proved in time: nothing had been lost that could be restored.
fn is_first_push(last: &Watching, next: &Watching) -> bool {
    matches!(last, Watching::Polling { cause } if cause == OPENING)
        && matches!(next, Watching::Push { generation: 1 })
}

fn is_push(watching: &Watching) -> bool {
    matches!(watching, Watching::Push { .. } | Watching::Overlap { .. })
}
