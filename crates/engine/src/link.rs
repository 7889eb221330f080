//! The state machine of one calendar link.
//!
//! One way in ([`Link::handle`]), one way out (its effects and [`Link::next_deadline`]). The whole value is
//! serialised by the executor in the transaction that stores its effects.

mod canary;
mod channel;
mod deadline;
mod drill;
mod pace;
mod phase;
mod proof;
mod renewal;
mod runs;
mod stopping;
mod subscription;
mod turn;
mod watch;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use channel::{Channel, Stage};
pub use deadline::Reason;
pub use drill::{DRILL_MOST, Drill, DrillRefusal};
pub use pace::{APPOINTMENTS_NEAR, NEAR_INTERVAL};
pub use proof::{Proof, ProofKind};

pub use watch::FIRE_DRILL;

pub(crate) use canary::Canary;
pub(crate) use pace::Pace;
pub(crate) use phase::Phase;
pub(crate) use runs::Runs;
pub(crate) use subscription::{Subscription, TroubleKind};
use turn::Turn;
use watch::Spell;

use crate::{Effect, Entropy, Input, LinkId, Settings};

/// One link's state: its channels by generation, its run, its polling, and why it is as it is. It is written and read with
/// each input, so what is empty is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub id: LinkId,
    pub clinic_id: Uuid,
    pub(crate) phase: Phase,
    pub(crate) subscription: Subscription,
    pub(crate) runs: Runs,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) canary: Option<Canary>,
    /// When delivery was last tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) canary_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<Proof>,
    /// A fire drill under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drill: Option<Drill>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spell: Option<Spell>,
}

impl Link {
    /// A link that has not started yet.
    pub fn new(id: LinkId, clinic_id: Uuid) -> Self {
        Self {
            id,
            clinic_id,
            phase: Phase::New,
            subscription: Subscription::default(),
            runs: Runs::default(),
            canary: None,
            canary_at: None,
            proof: None,
            drill: None,
            spell: None,
        }
    }

    /// Takes one input at `now` and answers with the effects to commit and perform.
    pub fn handle(
        &mut self,
        now: Timestamp,
        input: Input,
        settings: &Settings,
        entropy: &mut dyn Entropy,
    ) -> Vec<Effect> {
        let mut turn = Turn::new(now, settings, entropy);
        self.notice_sleep(&input, &mut turn);
        self.take(input, &mut turn);
        self.advance(&mut turn);
        turn.into_effects()
    }

    /// When the link wants to wake, and why.
    pub fn next_deadline(&self, settings: &Settings) -> Option<(Timestamp, Reason)> {
        self.deadlines(settings)
            .into_iter()
            .min_by_key(|(at, _)| *at)
    }

    /// Whether the link has ended and every channel it opened is over, so that its grant may be revoked.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Ended
            && self.canary.is_none()
            && self
                .subscription
                .channels
                .iter()
                .all(|channel| channel.stage.is_over())
    }

    /// Whether a person wants nothing to be done to the calendar, in either direction.
    pub fn is_paused(&self) -> bool {
        matches!(self.phase, Phase::Paused { .. })
    }

    /// The resource id Google gave to this calendar's channels, once one was opened.
    pub fn resource_id(&self) -> Option<&str> {
        let mut newest_first = self.subscription.channels.iter().rev();
        newest_first.find_map(|channel| channel.resource_id.as_deref())
    }

    fn take(&mut self, input: Input, turn: &mut Turn<'_>) {
        match input {
            Input::Started => self.start(turn),
            Input::Notified { channel, kind, .. } => self.notified(&channel, kind, turn),
            Input::WatchOpened {
                channel,
                resource_id,
                expires_at,
            } => self.watch_opened(&channel, resource_id, expires_at, turn),
            Input::WatchRefused { channel, failure } => self.watch_refused(&channel, failure, turn),
            Input::ChannelStopped { channel } => self.channel_stopped(&channel, turn),
            Input::StopFailed { channel, failure } => self.stop_failed(&channel, &failure, turn),
            Input::RunFinished { run, report } => self.run_finished(run, report, turn),
            Input::RunFailed { run, failure } => self.run_failed(run, failure, turn),
            Input::RunPutOff { run, wait } => self.run_put_off(run, wait, turn),
            Input::AppointmentsKnown { next_at } => self.runs.next_appointment_at = next_at,
            Input::RenewAsked { operation } => self.renew_asked(operation, turn),
            Input::SyncAsked { operation } => self.sync_asked(operation, turn),
            Input::TestDeliveryAsked { operation } => self.test_delivery_asked(operation, turn),
            Input::FireDrillAsked { operation } => self.fire_drill_asked(operation, turn),
            Input::SilenceUnusual => self.silence_unusual(turn),
            Input::SilenceUnknown => self.silence_unknown(turn),
            Input::PauseAsked => self.pause(turn),
            Input::ResumeAsked => self.resume(turn),
            Input::GrantLost { reason } => self.lose_grant(reason, turn),
            Input::GrantRestored => self.restore_grant(turn),
            Input::ConfigurationChanged => self.configuration_changed(turn),
            Input::Ended => self.end(turn),
            Input::Woke { .. } | Input::DeadlineReached => {}
        }
    }

    /// Does everything whose time has come; the order is that of a life: expire, doubt, stop, open, run, tell.
    fn advance(&mut self, turn: &mut Turn<'_>) {
        self.expire_channels(turn);
        self.retry_stops(turn);
        if self.phase == Phase::Active {
            self.doubt_silent_channels(turn);
            self.end_overlaps(turn);
            self.end_drill(turn);
            self.open_if_due(turn);
        }
        self.end_canary(turn);
        self.tell_watching(turn);
        if self.phase == Phase::Active {
            self.run_if_due(turn);
        }
        self.forget_old_channels();
    }
}
