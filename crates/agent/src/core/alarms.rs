//! Alerts and bubbles: what is due is shown, what a person presses is done and reported in the same bubble.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_wire::{Operation, OperationState};
use uuid::Uuid;

use super::Core;
use super::event::Outcome;
use crate::alerts::{DIGEST, RENEW, Reported, SNOOZE, Say, World};
use crate::bridge::{ConnectionStatus, Fault, HintEntity, Severity, SnoozeFor};
use crate::naming::{link_name, moment, title, zone_of};
use crate::notifier::{Bubble, BubbleEvent, Pressed};
use crate::words::Word;

/// One press renews no more links than this.
const MOST_RENEWED: usize = 20;

impl Core {
    /// Looks at the world; last known links are not judged as if they were fresh.
    pub(super) fn judge(&mut self, now: Timestamp) {
        let told = self
            .posts
            .iter()
            .filter(|post| post.told.overview.is_some());
        // A receiver that no longer knows this computer leaves it in the dark, too.
        if !told
            .clone()
            .any(|post| post.contact.status != ConnectionStatus::Connecting)
        {
            return;
        }
        let several = self.is_several();
        let posts = told.filter_map(|post| {
            Some(Reported {
                name: if several { post.title() } else { "" },
                connection: &post.contact,
                told_at: post.told.as_of,
                lag_p95_ms: post.told.lag_p95_ms,
                overview: post.told.overview.as_ref()?,
                links: &post.told.links,
                clinics: &post.told.clinics,
            })
        });
        let world = World {
            receivers: posts.collect(),
        };
        let zone = self.zone();
        let language = self.language();
        let judgement = self
            .alerts
            .judge(&world, zone, language, &mut self.store, now);
        if judgement.changed {
            self.alerts.remember(&mut self.store, now);
            self.hinting.mark(HintEntity::Snapshot);
        }
        self.say(judgement.say);
    }

    /// The clock that the person chose.
    fn zone(&self) -> TimeZone {
        let clinics = self.posts.iter().flat_map(|post| &post.told.clinics);
        zone_of(self.settings.zone, clinics)
    }

    pub(super) fn say(&mut self, say: Vec<Say>) {
        for say in say {
            match say {
                Say::Show(bubble) => {
                    self.reported.remove(&bubble.key);
                    if self.settings.notifications {
                        self.show(bubble);
                    }
                }
                // A bubble that reports a renewal goes away by itself; one that was pressed will report.
                Say::Close(key) if self.reported.remove(&key) || self.is_pressed(&key) => {
                    self.close_banner(&key);
                }
                Say::Close(key) => self.put_away(&key),
            }
        }
    }

    fn is_pressed(&self, incident: &str) -> bool {
        self.pressed.values().any(|asked| asked == incident)
    }

    pub(super) fn bubble(&mut self, event: BubbleEvent, now: Timestamp) {
        match event {
            BubbleEvent::Availability(note) => {
                self.notifier_note = note;
                self.hinting.mark(HintEntity::Snapshot);
            }
            BubbleEvent::Pressed(Pressed { key, action }) => match action.as_str() {
                RENEW => self.renew_from_bubble(&key),
                SNOOZE => {
                    self.alerts.snooze(&key, SnoozeFor::Hour, now);
                    self.alerts.remember(&mut self.store, now);
                    self.put_away(&key);
                    self.hinting.mark(HintEntity::Snapshot);
                }
                _ => {
                    if key != DIGEST {
                        tracing::debug!(incident = key, "bubble opened");
                    }
                    self.hinting.mark(HintEntity::Open);
                }
            },
        }
    }

    fn renew_from_bubble(&mut self, incident: &str) {
        for link_id in self
            .alerts
            .links_of(incident)
            .into_iter()
            .take(MOST_RENEWED)
        {
            let Some(connection) = &self.of_link(link_id).connection else {
                let language = self.language();
                let why = language.say(Word::Unreachable);
                let next = language.say(Word::TriedAgain);
                return self.report_failure(incident, link_id, &why, &next);
            };
            let (client, outcomes) = (connection.client.clone(), self.ways.outcomes.clone());
            let incident = incident.to_owned();
            tokio::spawn(async move {
                let path = format!("links/{link_id}/renew");
                let result = client.post::<Operation>(&path, None::<&()>).await;
                let outcome = Outcome::Ordered {
                    incident,
                    link_id,
                    result: result.map_err(Fault::from),
                };
                let _ = outcomes.send(outcome).await;
            });
        }
    }

    pub(super) fn ordered(
        &mut self,
        incident: String,
        link_id: Uuid,
        result: Result<Operation, Fault>,
        now: Timestamp,
    ) {
        match result {
            Ok(operation) => {
                self.pressed.insert(operation.operation, incident);
                // Its end may have been told before its beginning.
                let known = self.operations.get(&operation.operation).cloned();
                if let Some(settled) = known.filter(OperationState::is_settled) {
                    self.operation_settled(&settled, now);
                }
            }
            Err(fault) => self.report_failure(&incident, link_id, &fault.message, &fault.action),
        }
    }

    /// Reports a renewal that a bubble asked for in that bubble.
    pub(super) fn operation_settled(&mut self, operation: &OperationState, now: Timestamp) {
        let Some(incident) = self.pressed.remove(&operation.id) else {
            return;
        };
        let Some(link_id) = operation.link_id else {
            return;
        };
        if operation.failed {
            // The message says itself what watches the calendar meanwhile.
            return self.report_failure(&incident, link_id, &operation.message, "");
        }
        let Some(link) = self.link_of(link_id) else {
            return;
        };
        let expires_at = link
            .channels
            .iter()
            .chain(link.channel.as_ref())
            .filter_map(|channel| channel.expires_at)
            .max()
            .filter(|at| **at > now);
        let language = self.language();
        let body = match expires_at {
            Some(at) => language.say(Word::ValidUntil {
                moment: &moment(*at, &self.zone(), language),
            }),
            None => operation.message.clone(),
        };
        let title = title(&link_name(link), &language.say(Word::Renewed));
        self.report(incident, title, body, Severity::Notice);
    }

    fn report_failure(&mut self, incident: &str, link_id: Uuid, why: &str, next: &str) {
        let name = self.link_of(link_id).map(link_name);
        let language = self.language();
        let name = name.unwrap_or_else(|| language.say(Word::ACalendar));
        let title = title(&name, &language.say(Word::NotRenewed));
        let body = format!("{why} {next}").trim().to_owned();
        self.report(incident.to_owned(), title, body, Severity::Warning);
    }

    fn report(&mut self, key: String, title: String, body: String, severity: Severity) {
        self.reported.insert(key.clone());
        self.notifier.show(Bubble {
            key,
            title,
            body,
            severity,
            actions: Vec::new(),
            brief: true,
        });
    }
}
