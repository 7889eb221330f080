//! What the receiver told, taken into the state and remembered.

use jiff::Timestamp;
use syncward_wire::stream::StreamEvent;
use syncward_wire::{Activity, Link, OperationState, Overview, StrangeCertificate};

use super::post::Post;
use super::pulse::{Pulse, Seen};
use super::{Core, view};
use crate::bridge::{ConnectionStatus, HintEntity};
use crate::compatibility::{self, ahead_ms};
use crate::connection::{Everything, Heard};
use crate::store::Store;

impl Core {
    pub(super) fn heard(&mut self, at: usize, heard: Heard, now: Timestamp) {
        let (post, store) = (&mut self.posts[at], &mut self.store);
        if !matches!(heard, Heard::Pulse { .. }) {
            // The next pulse may take back what this shows.
            post.pulse = Pulse::default();
        }
        match heard {
            Heard::Everything(everything) => {
                post.told_everything(*everything, store, now);
                self.leave_out_same(at);
            }
            Heard::Streamed(event) => self.streamed(at, *event, now),
            Heard::Pulse {
                overview,
                round_trip_ms,
            } => {
                let ahead_ms = ahead_ms(now, *overview.now_at, round_trip_ms);
                let seen = Seen::of(&overview, round_trip_ms, ahead_ms);
                post.contact.round_trip_ms = Some(round_trip_ms);
                post.contact.clock_ahead_ms = Some(ahead_ms);
                post.told_overview(*overview, store, now);
                if !post.pulse.is_news(seen, now) {
                    return;
                }
            }
            Heard::Lost { why, retry_at } => post.lost(&why, retry_at, now),
            Heard::NotUnderstood { version, retry_at } => {
                post.not_understood(version, retry_at, now);
            }
            Heard::RoleTooLow { retry_at } => post.told_nothing(retry_at, now),
            Heard::Strange {
                certificate,
                retry_at,
            } => post.met_stranger(certificate, retry_at, now),
            Heard::Unauthorised { why } => {
                post.contact = view::unauthorised(&post.contact, &why, now);
                post.connection = None;
                self.repair_local(at, now);
            }
        }
        self.hinting.mark(HintEntity::Snapshot);
        self.unjudged = true;
    }

    fn streamed(&mut self, at: usize, event: StreamEvent, now: Timestamp) {
        let (post, store) = (&mut self.posts[at], &mut self.store);
        post.told.as_of = Some(now);
        match event {
            StreamEvent::Overview(overview) => {
                // Nothing else tells of a link that somebody removed.
                if post.told.links.len() > overview.counts.total as usize {
                    post.refresh();
                }
                post.told_overview(*overview, store, now);
            }
            StreamEvent::Link(link) => post.told_link(*link, store),
            StreamEvent::Activity(line) => {
                post.told_activity(line, store);
                self.hinting.mark(HintEntity::Activity);
            }
            StreamEvent::Operation(operation) => self.told_operation(operation, now),
        }
    }

    pub(super) fn told_operation(&mut self, operation: OperationState, now: Timestamp) {
        if operation.is_settled() {
            self.operation_settled(&operation, now);
        }
        self.operations.insert(operation.id, operation);
    }
}

impl Post {
    fn told_everything(&mut self, everything: Everything, store: &mut Store, now: Timestamp) {
        if self.contact.status != ConnectionStatus::Connected {
            self.contact.status = ConnectionStatus::Connected;
            self.contact.since = now.into();
        }
        self.contact.retry_at = None;
        self.contact.certificate = None;
        self.contact.round_trip_ms = Some(everything.round_trip_ms);
        self.contact.message = format!("Connected to {}.", view::place(&self.contact));
        self.told.links = everything
            .links
            .into_iter()
            .map(|link| (link.id, link))
            .collect();
        self.told.clinics = everything.clinics;
        self.told.grants = everything.grants;
        store.put_links(&self.key, self.told.links.values());
        store.remember_told(&self.key, "clinics", &self.told.clinics, now);
        store.remember_told(&self.key, "grants", &self.told.grants, now);
        self.told_overview(everything.overview, store, now);
    }

    fn told_overview(&mut self, overview: Overview, store: &mut Store, now: Timestamp) {
        let version = overview.receiver.version.clone();
        self.contact.fit = Some(compatibility::fit(&version));
        self.contact.version = Some(version);
        store.remember_told(&self.key, "overview", &overview, now);
        self.told.overview = Some(overview);
        self.told.as_of = Some(now);
    }

    fn told_link(&mut self, link: Link, store: &mut Store) {
        let known_grant = self
            .told
            .grants
            .iter()
            .any(|grant| grant.id == link.grant_id);
        store.put_link(&self.key, &link);
        self.told.links.insert(link.id, link);
        if !known_grant {
            self.refresh();
        }
    }

    fn told_activity(&self, line: Activity, store: &mut Store) {
        let about_grant = line.kind.contains("grant") || line.kind.contains("clinic");
        let unknown_link = line
            .link_id
            .is_some_and(|id| !self.told.links.contains_key(&id));
        if about_grant || unknown_link {
            self.refresh();
        }
        store.put_activity(&self.key, &[line]);
    }

    fn lost(&mut self, why: &str, retry_at: Timestamp, now: Timestamp) {
        match self.contact.status {
            ConnectionStatus::Connected => {
                self.contact.status = ConnectionStatus::Stale;
                self.contact.since = now.into();
            }
            ConnectionStatus::Connecting => {
                self.contact.status = ConnectionStatus::Offline;
                self.contact.since = now.into();
            }
            ConnectionStatus::Stale | ConnectionStatus::Offline | ConnectionStatus::Unpaired => {}
        }
        self.contact.certificate = None;
        self.contact.retry_at = Some(retry_at.into());
        self.contact.message = format!(
            "The receiver at {} can't be reached: {}. What you see is the last known state; this computer tries again by itself.",
            view::place(&self.contact),
            why.trim_end_matches('.')
        );
    }

    /// Somebody answers, of another version or another program; updates may heal it, so it is tried again.
    fn not_understood(&mut self, version: Option<String>, retry_at: Timestamp, now: Timestamp) {
        self.went_offline(now);
        self.contact.message = format!(
            "The receiver at {} {}. What you see is the last known state.",
            view::place(&self.contact),
            compatibility::not_understood(version.as_deref())
        );
        self.contact.fit = version.as_deref().map(compatibility::fit);
        self.contact.version = version.or(self.contact.version.take());
        self.contact.certificate = None;
        self.contact.retry_at = Some(retry_at.into());
    }

    /// It answers, but not to the role of this computer; a person pairs with a higher one.
    fn told_nothing(&mut self, retry_at: Timestamp, now: Timestamp) {
        self.went_offline(now);
        self.contact.message = format!(
            "The receiver at {} tells nothing to this computer's role. \
             Pair with a code of the role viewer or a higher one: syncward-receiver pair --role viewer.",
            view::place(&self.contact)
        );
        self.contact.certificate = None;
        self.contact.retry_at = Some(retry_at.into());
    }

    fn went_offline(&mut self, now: Timestamp) {
        if self.contact.status != ConnectionStatus::Offline {
            self.contact.status = ConnectionStatus::Offline;
            self.contact.since = now.into();
        }
    }

    /// Somebody answers whom this computer does not know as the receiver; a person decides.
    fn met_stranger(
        &mut self,
        certificate: StrangeCertificate,
        retry_at: Timestamp,
        now: Timestamp,
    ) {
        self.went_offline(now);
        let place = view::place(&self.contact);
        self.contact.message = match &certificate.pinned {
            Some(pinned) => format!(
                "The receiver at {place} shows another certificate than the one that was compared (it was {pinned}, it is {} now). \
                 Nothing is sent to it until you compare and accept the new one.",
                certificate.found
            ),
            None => format!(
                "The receiver at {place} is no longer trusted: {certificate}. \
                 Nothing is sent to it until that is mended, or you compare and accept its fingerprint {}.",
                certificate.found
            ),
        };
        self.contact.retry_at = Some(retry_at.into());
        self.contact.certificate = Some(certificate);
    }
}
