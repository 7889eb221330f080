//! The alert policy of the engine at work on this desktop: facts go in, bubbles and the list of alerts come out.
//!
//! Responsible for translating between the wire, the policy and the desktop. What is worth an alert, its words and when
//! it is told again are decided in `syncward_engine::alert`.

mod facts;
mod recorder;
mod settings;
mod show;
mod trial;

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use syncward_engine::alert::{
    Incident, Kind, Notice, Policy, QuietHours, Reader, Rules, Snooze, next_morning,
};
use syncward_wire::Link;
use uuid::Uuid;

use crate::bridge::{Alert, AlertHush, SnoozeFor};
use crate::notifier::Bubble;
use crate::store::Store;
use crate::words::Language;
pub use facts::{Reported, World};
use recorder::Recorder;
pub use settings::{Refused, kept_rules, unsent_after_s};
pub use show::{DIGEST, RENEW, SNOOZE, stays_bubble, test_bubble};
pub use trial::{Trial, p95_of};

const MEMORY: &str = "alerts";
const RULES: &str = "alert_rules";
const QUIET_HOURS: &str = "quiet_hours";
/// A pause of all alerts.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// The policy looks at least this often, for what comes with time alone.
const LOOKS_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// What to do with the desktop's bubbles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    Show(Bubble),
    Close(String),
}

/// What a look at the world changed.
#[derive(Debug, Default)]
pub struct Judgement {
    pub say: Vec<Say>,
    /// The list of alerts looks different.
    pub changed: bool,
}

/// All incidents, open and lately resolved.
#[derive(Debug)]
pub struct Alerts {
    policy: Policy,
    /// As a person set them.
    rules: Rules,
    recorder: Recorder,
    /// Replaces the patience of the rules, for tests of the whole product.
    hurry: Option<Duration>,
    look_again_at: Option<Timestamp>,
    zone: TimeZone,
    language: Language,
}

impl Alerts {
    /// The incidents of the last time, so that a restart does not tell them again.
    pub fn recall(store: &mut Store, hurry: Option<Duration>, now: Timestamp) -> Self {
        let recalled = |name| store.recall(name).map(|known| known.0);
        let mut policy: Policy = recalled(MEMORY).unwrap_or_default();
        policy.quiet = store
            .recall::<QuietHours>(QUIET_HOURS)
            .map(|known| known.0)
            .unwrap_or_default();
        let rules = kept_rules(store);
        let recorder = Recorder::resume(store, now);
        let mut alerts = Self {
            policy,
            rules,
            recorder,
            hurry,
            look_again_at: None,
            zone: TimeZone::UTC,
            language: Language::default(),
        };
        alerts.hurry_up();
        alerts
    }

    /// Keeps them for the next start.
    pub fn remember(&self, store: &mut Store, now: Timestamp) {
        store.remember(MEMORY, &self.policy, now);
    }

    /// Whether time alone makes another look worth while.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.look_again_at.is_none_or(|at| at <= now)
    }

    /// Compares the world with the open incidents; answers with what is due on the desktop.
    pub fn judge(
        &mut self,
        world: &World<'_>,
        zone: TimeZone,
        language: Language,
        store: &mut Store,
        now: Timestamp,
    ) -> Judgement {
        self.zone = zone;
        self.language = language;
        let before: Vec<Incident> = self.policy.incidents().into_iter().cloned().collect();
        let hush = self.hush(now);
        let facts = world.facts(now);
        self.recorder.look(&facts, store, now);
        let reader = Reader {
            zone: &self.zone,
            language: language.into(),
        };
        let notices = self.policy.observe(now, &facts, reader);
        self.keep_resolved(&notices, world, store, now);
        let soon = now + LOOKS_EVERY;
        let due = self.policy.next_deadline(now, &self.zone);
        self.look_again_at = Some(due.unwrap_or(soon).min(soon));
        let listed = self.policy.incidents();
        let changed = !listed.into_iter().eq(before.iter()) || hush != self.hush(now);
        Judgement {
            say: show::gather(notices, language),
            changed,
        }
    }

    /// Open incidents, worst first, then the rest.
    pub fn list<'a>(&self, link: impl Fn(Uuid) -> Option<&'a Link>) -> Vec<Alert> {
        let incidents = self.policy.incidents().into_iter();
        incidents
            .map(|incident| show::alert(incident, &link, self.language))
            .collect()
    }

    /// Quiet until it recovers; false when there is no such incident.
    pub fn acknowledge(&mut self, id: &str) -> bool {
        self.policy.acknowledge(id)
    }

    /// Quiet as long as asked; false when there is no such incident.
    pub fn snooze(&mut self, id: &str, until: SnoozeFor, now: Timestamp) -> bool {
        let snooze = match until {
            SnoozeFor::Hour => Snooze::Until(now + SignedDuration::from_hours(1)),
            SnoozeFor::Morning => Snooze::Until(next_morning(now, &self.zone)),
            SnoozeFor::Change => Snooze::Change,
        };
        self.policy.snooze(id, snooze)
    }

    /// Nothing is told for an hour.
    pub fn pause(&mut self, now: Timestamp) {
        self.policy.pause_until(now + PAUSE);
    }

    /// Goes on; what was held back is told at the next look.
    pub fn resume(&mut self) {
        self.policy.resume();
    }

    /// What keeps bubbles back.
    pub fn hush(&self, now: Timestamp) -> AlertHush {
        AlertHush {
            paused_until: self.policy.paused_until().map(Into::into),
            quiet_until: self.policy.quiet.end(now, &self.zone).map(Into::into),
        }
    }

    /// Lets go of all that was told of a receiver that is watched no longer; answers with the bubbles to close.
    pub fn leave_out(&mut self, receiver: Uuid, links: &[Uuid]) -> Vec<Say> {
        let gone = self.policy.leave_out(&receiver.to_string(), links);
        show::gather(gone, self.language)
    }

    /// The same for the next start, while nobody watches.
    pub fn leave_out_at_rest(store: &mut Store, receiver: Uuid, links: &[Uuid], now: Timestamp) {
        if let Some((mut policy, _)) = store.recall::<Policy>(MEMORY) {
            policy.leave_out(&receiver.to_string(), links);
            store.remember(MEMORY, &policy, now);
        }
    }

    /// The links an incident touches.
    pub fn links_of(&self, id: &str) -> Vec<Uuid> {
        let incidents = self.policy.incidents();
        let found = incidents.into_iter().find(|incident| incident.id == id);
        found
            .map(|incident| incident.links.clone())
            .unwrap_or_default()
    }

    /// The incidents that are told of a link now.
    pub fn firing_of(&self, link_id: Uuid) -> Vec<String> {
        let incidents = self.policy.incidents().into_iter();
        incidents
            .filter(|incident| incident.is_firing() && incident.links.contains(&link_id))
            .map(|incident| incident.id.clone())
            .collect()
    }

    /// Over how long a time latency is judged; none while the rule is off.
    pub fn lag_window(&self) -> Option<Duration> {
        let rules = &self.policy.rules;
        rules.has(Kind::Lag).then_some(rules.lag_for)
    }

    fn keep_resolved(
        &self,
        notices: &[Notice],
        world: &World<'_>,
        store: &mut Store,
        now: Timestamp,
    ) {
        for notice in notices {
            let Notice::Resolve {
                incident: id, body, ..
            } = notice
            else {
                continue;
            };
            let incidents = self.policy.incidents();
            if let Some(incident) = incidents.into_iter().find(|it| it.id == *id) {
                let mut alert = show::alert(incident, &|id| world.link(id), self.language);
                alert.body.clone_from(body);
                store.put_incident(&alert, now);
            }
        }
    }

    /// The policy goes by the rules, in a hurry where it is asked to.
    fn hurry_up(&mut self) {
        self.policy.rules.clone_from(&self.rules);
        if let Some(after) = self.hurry {
            let rules = &mut self.policy.rules;
            rules.silent_after = after;
            rules.unproved_after = after;
            rules.polling_after = after;
            rules.failing_after = after;
            rules.sync_failing_after = after;
            rules.outbound_after = after;
        }
    }
}
