//! Which of the receivers a person means by `--receiver NAME`, and how things stand with that one alone.

use std::collections::HashSet;

use syncward_wire::{Counts, Link, Overview};
use uuid::Uuid;

use super::Failure;
use super::source::fault;
use crate::bridge::{Alert, ReceiverEntry, Snapshot};
use crate::words::Language;

/// The receiver with this name or address; a name in other letters is taken when only one fits.
pub(super) fn find<'a>(
    entries: impl Iterator<Item = &'a ReceiverEntry>,
    name: &str,
) -> Result<&'a ReceiverEntry, Failure> {
    let entries: Vec<&ReceiverEntry> = entries.collect();
    let by_name = |entry: &&&ReceiverEntry| entry.title() == name || entry.address == name;
    let lower = name.to_lowercase();
    let alike = |entry: &&&ReceiverEntry| entry.title().to_lowercase() == lower;
    let mut fitting = entries.iter().filter(alike);
    let only = fitting.next().filter(|_| fitting.next().is_none());
    let found = entries.iter().find(by_name).or(only);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = entries.iter().map(|entry| entry.title()).collect();
        let action = match names.as_slice() {
            [] => "None is paired.".to_owned(),
            names => format!("There are: {}.", names.join(", ")),
        };
        fault(
            "receiver_unknown",
            format!("No receiver is called {name:?}."),
            &action,
        )
    })
}

/// The snapshot as if this receiver were the only one.
pub(super) fn alone(mut snapshot: Snapshot, key: &str) -> Snapshot {
    let is_it = |entry: &ReceiverEntry| entry.key() == key;
    let Some(at) = snapshot.receivers.iter().position(|one| is_it(&one.entry)) else {
        return snapshot;
    };
    if snapshot.receivers.len() == 1 {
        return snapshot;
    }
    let receiver = snapshot.receivers.swap_remove(at);
    let own: HashSet<Uuid> = receiver.link_ids.iter().copied().collect();
    snapshot.links.retain(|link| own.contains(&link.id));
    let touches = |links: &[Uuid]| links.iter().any(|id| own.contains(id));
    // One without calendars has alerts of its own all the same.
    let is_its = |alert: &Alert| receiver.id.is_some_and(|id| alert.is_of(id));
    snapshot
        .alerts
        .retain(|alert| touches(&alert.link_ids) || is_its(alert));
    let told = snapshot
        .overview
        .take()
        .filter(|_| receiver.as_of.is_some());
    snapshot.overview =
        told.map(|overview| recounted(overview, &snapshot.links, receiver.entry.current));
    snapshot.connection = receiver.connection.clone();
    snapshot.as_of = receiver.as_of;
    snapshot.receivers = vec![receiver];
    snapshot
}

/// The overview of these links; what only their receiver can tell is left out unless it is `its_own`.
fn recounted(overview: Overview, links: &[Link], its_own: bool) -> Overview {
    let counts: Counts = links.iter().map(|link| link.state).collect();
    let expiries = links
        .iter()
        .filter_map(|link| link.channel.as_ref()?.expires_at);
    Overview {
        sentence: Language::En.overview(&counts, 0),
        detail: String::new(),
        counts,
        next_expiry_at: expiries.min(),
        google_ahead_ms: overview.google_ahead_ms.filter(|_| its_own),
        ..overview
    }
}
