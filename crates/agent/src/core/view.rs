//! The state as the window and the tray see it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use syncward_wire::Role;
use uuid::Uuid;

use super::Core;
use super::post::Post;
use super::summed::summed;
use crate::bridge::{Connection, ConnectionStatus, ReceiverEntry, ReceiverState, Snapshot};
use crate::words::Language;

impl Core {
    /// The person's choice, else the system's.
    pub(super) fn language(&self) -> Language {
        self.settings.language.unwrap_or(self.system_language)
    }

    /// Everything the window shows.
    pub(super) fn snapshot(&self, now: Timestamp) -> Snapshot {
        let chosen = self.chosen();
        Snapshot {
            rev: self.hinting.rev(),
            connection: chosen.contact.clone(),
            as_of: chosen.told.as_of.map(Into::into),
            receivers: self.receiver_states(),
            overview: summed(chosen, &self.posts),
            links: self.all(|post| post.told.links.values()),
            clinics: self.all(|post| &post.told.clinics),
            grants: self.all(|post| &post.told.grants),
            alerts: self.alerts.list(|id| self.link_of(id)),
            banners: self.banners.unread(),
            hush: self.alerts.hush(now),
            unsent_after_s: self.alerts.unsent_after_s(),
            operations: self.operations.values().cloned().collect(),
            attempt: self.attempt.clone(),
            arrival: self.arrival.clone(),
            updates: self.desk.updates(),
            keychain: self.keychain_note.clone(),
            notifier: self.notifier_note.clone(),
            language: self.language(),
            settings: self.settings,
            demo: self.demo,
            desk: self.own_id,
        }
    }

    /// What all receivers told, one after the other.
    pub(super) fn all<'a, T: Clone + 'a, I: IntoIterator<Item = &'a T>>(
        &'a self,
        of: impl Fn(&'a Post) -> I,
    ) -> Vec<T> {
        self.posts.iter().flat_map(of).cloned().collect()
    }

    fn receiver_states(&self) -> Vec<ReceiverState> {
        let several = self.is_several();
        let posts = self.posts.iter();
        posts
            .filter_map(|post| {
                let links = &post.told.links;
                Some(ReceiverState {
                    entry: post.entry.clone()?,
                    id: post.told.overview.as_ref().map(|it| it.receiver.id),
                    title: post.title().to_owned(),
                    connection: post.contact.clone(),
                    as_of: post.told.as_of.map(Into::into),
                    link_ids: links.keys().filter(|_| several).copied().collect(),
                    clinic_ids: if several {
                        clinic_ids(post)
                    } else {
                        Vec::new()
                    },
                    links: u32::try_from(links.len()).unwrap_or(u32::MAX),
                    paused: post.told.overview.as_ref().is_some_and(|it| it.paused),
                })
            })
            .collect()
    }
}

/// Whoever may not read clinics still sees those of its links.
fn clinic_ids(post: &Post) -> Vec<Uuid> {
    let listed = post.told.clinics.iter().map(|clinic| clinic.id);
    let linked = post.told.links.values().map(|link| link.clinic_id);
    listed
        .chain(linked)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// No receiver is known.
pub(super) fn unpaired(now: Timestamp) -> Connection {
    Connection {
        status: ConnectionStatus::Unpaired,
        since: now.into(),
        receiver: None,
        version: None,
        fit: None,
        role: None,
        local: false,
        stopped: false,
        round_trip_ms: None,
        clock_ahead_ms: None,
        message: "No receiver yet: pair with one, or run one on this computer.".into(),
        retry_at: None,
        certificate: None,
    }
}

/// On the way to a known receiver.
pub(super) fn connecting(entry: &ReceiverEntry, now: Timestamp) -> Connection {
    let mut connection = starting(entry.role, entry.local, now);
    connection.version = Some(entry.version.clone());
    connection.receiver = Some(entry.address.clone());
    connection.message = format!("Connecting to {}.", place(&connection));
    connection
}

/// The local receiver is being started.
pub(super) fn starting(role: Role, local: bool, now: Timestamp) -> Connection {
    Connection {
        status: ConnectionStatus::Connecting,
        since: now.into(),
        receiver: None,
        version: None,
        fit: None,
        role: Some(role),
        local,
        stopped: false,
        round_trip_ms: None,
        clock_ahead_ms: None,
        message: "Starting the receiver on this computer.".into(),
        retry_at: None,
        certificate: None,
    }
}

/// A person ended the local receiver.
pub(super) fn stopped(before: &Connection, now: Timestamp) -> Connection {
    Connection {
        status: ConnectionStatus::Offline,
        since: now.into(),
        stopped: true,
        round_trip_ms: None,
        clock_ahead_ms: None,
        retry_at: None,
        certificate: None,
        message: "The receiver on this computer was stopped by a person. Nothing is watched until it is started again.".into(),
        ..before.clone()
    }
}

/// The token is no longer taken.
pub(super) fn unauthorised(before: &Connection, why: &str, now: Timestamp) -> Connection {
    Connection {
        status: ConnectionStatus::Unpaired,
        since: now.into(),
        round_trip_ms: None,
        clock_ahead_ms: None,
        retry_at: None,
        certificate: None,
        message: format!(
            "The receiver at {} no longer knows this computer ({}). Pair with it again.",
            place(before),
            why.trim_end_matches('.')
        ),
        ..before.clone()
    }
}

/// The receiver in words.
pub(super) fn place(connection: &Connection) -> String {
    match (&connection.receiver, connection.local) {
        (_, true) => "this computer".into(),
        (Some(address), false) => address
            .trim_start_matches("https://")
            .trim_start_matches("http://")
            .to_owned(),
        (None, false) => "its address".into(),
    }
}
