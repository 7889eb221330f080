//! What the receiver told, taken into the state and remembered.

use jiff::Timestamp;
use syncward_wire::stream::StreamEvent;
use syncward_wire::{Activity, Link, OperationState, Overview, StrangeCertificate};

use super::alarms::settled;
use super::{Core, Told, view};
use crate::bridge::{ConnectionStatus, HintEntity};
use crate::compatibility::{self, ahead_ms};
use crate::connection::{Everything, Heard};
use crate::store::Store;

impl Told {
    /// What is remembered from the last time.
    pub(super) fn recall(store: &Store) -> Self {
        let overview: Option<(Overview, Timestamp)> = store.recall("overview");
        Self {
            as_of: overview.as_ref().map(|known| known.1),
            overview: overview.map(|known| known.0),
            links: store
                .links()
                .into_iter()
                .map(|link| (link.id, link))
                .collect(),
            clinics: store
                .recall("clinics")
                .map(|known| known.0)
                .unwrap_or_default(),
            grants: store
                .recall("grants")
                .map(|known| known.0)
                .unwrap_or_default(),
            lag_p95_ms: None,
        }
    }
}

impl Core {
    pub(super) fn heard(&mut self, heard: Heard, now: Timestamp) {
        match heard {
            Heard::Everything(everything) => self.told_everything(*everything, now),
            Heard::Streamed(event) => self.streamed(*event, now),
            Heard::Pulse {
                overview,
                round_trip_ms,
            } => {
                self.contact.round_trip_ms = Some(round_trip_ms);
                self.contact.clock_ahead_ms = Some(ahead_ms(now, *overview.now_at, round_trip_ms));
                self.told_overview(*overview, now);
            }
            Heard::Lost { why, retry_at } => self.lost(&why, retry_at, now),
            Heard::NotUnderstood { version, retry_at } => {
                self.not_understood(version, retry_at, now);
            }
            Heard::Strange {
                certificate,
                retry_at,
            } => self.met_stranger(certificate, retry_at, now),
            Heard::Unauthorised { why } => {
                self.contact = view::unauthorised(&self.contact, &why, now);
                self.connection = None;
                self.repair_local(now);
            }
        }
        self.hinting.mark(HintEntity::Snapshot);
        self.judge(now);
        self.redraw(now);
    }

    fn told_everything(&mut self, everything: Everything, now: Timestamp) {
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
        self.store.put_links(self.told.links.values());
        self.store.remember("clinics", &self.told.clinics, now);
        self.store.remember("grants", &self.told.grants, now);
        self.told_overview(everything.overview, now);
    }

    fn told_overview(&mut self, overview: Overview, now: Timestamp) {
        let version = overview.receiver.version.clone();
        self.contact.fit = Some(compatibility::fit(&version));
        self.contact.version = Some(version);
        self.store.remember("overview", &overview, now);
        self.told.overview = Some(overview);
        self.told.as_of = Some(now);
    }

    fn streamed(&mut self, event: StreamEvent, now: Timestamp) {
        self.told.as_of = Some(now);
        match event {
            StreamEvent::Overview(overview) => self.told_overview(*overview, now),
            StreamEvent::Link(link) => self.told_link(*link),
            StreamEvent::Activity(line) => self.told_activity(line),
            StreamEvent::Operation(operation) => self.told_operation(operation, now),
        }
    }

    fn told_link(&mut self, link: Link) {
        let known_grant = self
            .told
            .grants
            .iter()
            .any(|grant| grant.id == link.grant_id);
        self.store.put_link(&link);
        self.told.links.insert(link.id, link);
        if !known_grant {
            self.refresh();
        }
    }

    fn told_activity(&mut self, line: Activity) {
        let about_grant = line.kind.contains("grant") || line.kind.contains("clinic");
        let unknown_link = line
            .link_id
            .is_some_and(|id| !self.told.links.contains_key(&id));
        if about_grant || unknown_link {
            self.refresh();
        }
        self.store.put_activity(&[line]);
        self.hinting.mark(HintEntity::Activity);
    }

    fn told_operation(&mut self, operation: OperationState, now: Timestamp) {
        if settled(&operation) {
            self.operation_settled(&operation, now);
        }
        self.operations.insert(operation.id, operation);
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
            "The receiver at {} can't be reached: {why}. What you see is the last known state; this computer tries again by itself.",
            view::place(&self.contact)
        );
    }
}

impl Core {
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
