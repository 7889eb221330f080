//! The state as the window and the tray see it.

use jiff::Timestamp;
use syncward_wire::Role;

use super::Core;
use crate::bridge::{Connection, ConnectionStatus, ReceiverEntry, Snapshot};
use crate::words::Language;

impl Core {
    /// The person's choice, else the system's.
    pub(super) fn language(&self) -> Language {
        self.settings.language.unwrap_or(self.system_language)
    }

    /// Everything the window shows.
    pub(super) fn snapshot(&self, now: Timestamp) -> Snapshot {
        Snapshot {
            rev: self.hinting.rev(),
            connection: self.contact.clone(),
            as_of: self.told.as_of.map(Into::into),
            overview: self.told.overview.clone(),
            links: self.told.links.values().cloned().collect(),
            clinics: self.told.clinics.clone(),
            grants: self.told.grants.clone(),
            alerts: self.alerts.list(|id| self.told.links.get(&id)),
            hush: self.alerts.hush(now),
            operations: self.operations.values().cloned().collect(),
            attempt: self.attempt.clone(),
            arrival: self.arrival.clone(),
            updates: self.desk.updates(),
            keychain: self.keychain_note.clone(),
            notifier: self.notifier_note.clone(),
            language: self.language(),
            demo: self.demo,
        }
    }
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
        round_trip_ms: None,
        clock_ahead_ms: None,
        message: "Starting the receiver on this computer.".into(),
        retry_at: None,
        certificate: None,
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
