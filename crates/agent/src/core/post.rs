//! One receiver that is watched: the way to it, and what it told last. Each goes on by itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use syncward_wire::{Clinic, Grant, Link, Overview};
use uuid::Uuid;

use super::pulse::Pulse;
use super::view;
use crate::bridge::{self, ConnectionStatus, ReceiverEntry};
use crate::connection::Connection;
use crate::store::Store;

/// What a receiver told last.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub as_of: Option<Timestamp>,
    pub overview: Option<Overview>,
    pub links: BTreeMap<Uuid, Link>,
    pub clinics: Vec<Clinic>,
    pub grants: Vec<Grant>,
    /// Sync latency of the last minutes, when there was enough to say.
    pub lag_p95_ms: Option<u64>,
}

impl Told {
    /// What is remembered of a receiver from the last time.
    pub(super) fn recall(store: &Store, receiver: &str) -> Self {
        let overview: Option<(Overview, Timestamp)> = store.recall_told(receiver, "overview");
        let links = store.links(receiver).into_iter();
        Self {
            as_of: overview.as_ref().map(|known| known.1),
            overview: overview.map(|known| known.0),
            links: links.map(|link| (link.id, link)).collect(),
            clinics: store
                .recall_told(receiver, "clinics")
                .map(|known| known.0)
                .unwrap_or_default(),
            grants: store
                .recall_told(receiver, "grants")
                .map(|known| known.0)
                .unwrap_or_default(),
            lag_p95_ms: None,
        }
    }
}

/// One receiver.
pub(super) struct Post {
    /// Under which its token and what it told are kept: `local` or its address; empty while nobody is known.
    pub key: String,
    /// None until it is paired.
    pub entry: Option<ReceiverEntry>,
    pub contact: bridge::Connection,
    pub connection: Option<Connection>,
    /// What is heard from an earlier connection is marked with an earlier one.
    pub epoch: u64,
    pub told: Told,
    pub lag_asked_at: Option<Timestamp>,
    pub pulse: Pulse,
}

impl Post {
    /// Where a receiver will be, once one is known.
    pub(super) fn vacant(key: &str, contact: bridge::Connection) -> Self {
        Self {
            key: key.to_owned(),
            entry: None,
            contact,
            connection: None,
            epoch: 0,
            told: Told::default(),
            lag_asked_at: None,
            pulse: Pulse::default(),
        }
    }

    /// A receiver of the last time, with what was last known of it.
    pub(super) fn recall(entry: ReceiverEntry, store: &Store, now: Timestamp) -> Self {
        let mut post = Self::vacant(entry.key(), view::connecting(&entry, now));
        post.told = Told::recall(store, entry.key());
        post.entry = Some(entry);
        post
    }

    pub(super) fn is_connected(&self) -> bool {
        self.contact.status == ConnectionStatus::Connected
    }

    pub(super) fn refresh(&self) {
        if let Some(connection) = &self.connection {
            connection.refresh();
        }
    }

    /// What it is called where several are watched.
    pub(super) fn title(&self) -> &str {
        self.entry.as_ref().map_or("", ReceiverEntry::title)
    }
}
