//! The window's questions about alerts and their rules, and what a person does about one.

use jiff::Timestamp;
use syncward_wire::{LagSeries, Page};
use uuid::Uuid;

use super::asked::{answer, ok};
use super::series::Question;
use super::{Core, Reply};
use crate::alerts::{Refused, Trial, test_bubble};
use crate::bridge::{Answer, Fault, HintEntity, QuietSpan, RuleSetting, SnoozeFor};

/// Alerts in one page of the history.
const PAGE_MOST: u32 = 500;

impl Core {
    pub(super) fn acknowledge(&mut self, incident: &str, now: Timestamp, reply: Reply) {
        let known = self.alerts.acknowledge(incident);
        self.attended(known, incident, now, reply);
    }

    pub(super) fn snooze(
        &mut self,
        incident: &str,
        until: SnoozeFor,
        now: Timestamp,
        reply: Reply,
    ) {
        let known = self.alerts.snooze(incident, until, now);
        self.attended(known, incident, now, reply);
    }

    pub(super) fn snooze_link(
        &mut self,
        link_id: Uuid,
        until: SnoozeFor,
        now: Timestamp,
        reply: Reply,
    ) {
        for incident in self.alerts.firing_of(link_id) {
            self.alerts.snooze(&incident, until, now);
            self.put_away(&incident);
        }
        self.alerts_changed(now);
        ok(reply, Answer::Done);
    }

    pub(super) fn pause_alerts(&mut self, now: Timestamp, reply: Reply) {
        self.alerts.pause(now);
        self.alerts_changed(now);
        ok(reply, Answer::Done);
    }

    pub(super) fn resume_alerts(&mut self, now: Timestamp, reply: Reply) {
        self.alerts.resume();
        self.alerts_changed(now);
        ok(reply, Answer::Done);
    }

    pub(super) fn set_alert_rule(&mut self, rule: &RuleSetting, now: Timestamp, reply: Reply) {
        let set = self.alerts.set_rule(rule, &mut self.store, now);
        self.rules_set(set, now, reply);
    }

    pub(super) fn set_quiet_hours(&mut self, days: &[QuietSpan], now: Timestamp, reply: Reply) {
        let set = self.alerts.set_quiet_hours(days, &mut self.store, now);
        self.rules_set(set, now, reply);
    }

    pub(super) fn try_rule(&self, rule: &RuleSetting, now: Timestamp, reply: Reply) {
        match self.alerts.trial(rule, &self.store, now) {
            Ok(trial) => self.run_trial(trial, reply),
            Err(refused) => answer(reply, Err(unfit(&refused))),
        }
    }

    fn attended(&mut self, known: bool, incident: &str, now: Timestamp, reply: Reply) {
        if known {
            self.put_away(incident);
            self.alerts_changed(now);
            return ok(reply, Answer::Done);
        }
        answer(
            reply,
            Err(Fault::new(
                "incident_unknown",
                "This alert is over.",
                "Nothing to do.",
            )),
        );
    }

    fn alerts_changed(&mut self, now: Timestamp) {
        self.alerts.remember(&mut self.store, now);
        self.hinting.mark(HintEntity::Snapshot);
        self.judge(now);
        self.redraw(now);
    }

    pub(super) fn past_alerts(&self, before: Option<String>, limit: u32, reply: Reply) {
        let limit = limit.clamp(1, PAGE_MOST);
        let before = before.and_then(|cursor| cursor.parse().ok());
        let found = self.store.incidents(before, limit);
        let full = found.len() == limit as usize;
        let next = found.last().filter(|_| full).map(|(id, _)| id.to_string());
        let items = found.into_iter().map(|(_, alert)| alert).collect();
        ok(reply, Answer::AlertHistory(Page { items, next }));
    }

    fn rules_set(&mut self, set: Result<(), Refused>, now: Timestamp, reply: Reply) {
        match set {
            Ok(()) => {
                self.alerts_changed(now);
                ok(
                    reply,
                    Answer::AlertRules(self.alerts.rules(self.language())),
                );
            }
            Err(refused) => answer(reply, Err(unfit(&refused))),
        }
    }

    /// Lives through the past on a thread of its own; latency is the receiver's to tell.
    fn run_trial(&self, trial: Trial, reply: Reply) {
        let Some((from, to, buckets)) = trial.wants_lag() else {
            tokio::task::spawn_blocking(move || ok(reply, Answer::Backtest(trial.run())));
            return;
        };
        let query = Question::of_all(from, to, buckets).query();
        self.remote(reply, async move |client| {
            let lag: LagSeries = client.get("lag", &query).await?;
            Ok(Answer::Backtest(trial.with_lag(&lag).run()))
        });
    }

    pub(super) fn test_alert(&self, reply: Reply) {
        if !self.notifier_note.available {
            let message = self.notifier_note.note.clone();
            let fault = Fault::new(
                "notifications_unavailable",
                message,
                "Alerts stay visible in this window and in the tray.",
            );
            return answer(reply, Err(fault));
        }
        self.notifier.show(test_bubble(self.language()));
        ok(reply, Answer::Done);
    }
}

fn unfit(refused: &Refused) -> Fault {
    Fault::new(
        "rule_unfit",
        format!("This can't be kept: failed to {refused}."),
        "Correct it; what was set before still holds.",
    )
}
