//! The files: which facts go in. Free text is only what the receiver and the agent wrote themselves.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use syncward_wire::{Activity, Link};

use super::LINES;
use crate::bridge::{Alert, KeychainKind, Snapshot};

/// Bytes read from the end of the log.
const LOG_TAIL: u64 = 256 << 10;

/// Name and text of each file; not yet redacted.
pub(super) fn of(
    snapshot: &Snapshot,
    lines: &[Activity],
    log: &Path,
    with_names: bool,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("README.txt", readme(with_names, now)),
        ("about.json", pretty(&about(snapshot, now))),
        ("settings.json", pretty(&json!(snapshot.settings))),
        (
            "calendars.json",
            pretty(&snapshot.links.iter().map(calendar).collect()),
        ),
        (
            "alerts.json",
            pretty(&snapshot.alerts.iter().map(alert).collect()),
        ),
        ("activity.json", pretty(&lines.iter().map(line).collect())),
    ];
    if let Some(tail) = tail(log) {
        files.push(("receiver-log.txt", tail));
    }
    files
}

fn readme(with_names: bool, now: Timestamp) -> String {
    let names = match with_names {
        true => "Names of clinics and calendars are in it, as the person wished.",
        false => "Names of clinics and calendars are replaced by numbers.",
    };
    format!(
        "Syncward diagnostics, {now}\n\n\
         States, times and codes of this computer's Syncward. Tokens, e-mail addresses, the receiver's address and this\n\
         person's folders are taken out. {names} No appointment is in it: the desktop never has any.\n"
    )
}

fn about(snapshot: &Snapshot, now: Timestamp) -> Value {
    let variable = |name: &str| std::env::var(name).ok();
    let connection = &snapshot.connection;
    let keychain = match snapshot.keychain.kind {
        KeychainKind::Os => "the system's keychain",
        KeychainKind::File => "a private file",
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "at": now,
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "desktop": variable("XDG_CURRENT_DESKTOP"),
        "session": variable("XDG_SESSION_TYPE"),
        "system_language": variable("LANG"),
        "language": snapshot.language,
        "token_kept_in": keychain,
        "notifications": snapshot.notifier.available,
        "demo": snapshot.demo,
        "connection": {
            "status": connection.status,
            "since": connection.since,
            "message": connection.message,
            "receiver_version": connection.version,
            "role": connection.role,
            "local": connection.local,
            "round_trip_ms": connection.round_trip_ms,
            "retry_at": connection.retry_at,
        },
        "as_of": snapshot.as_of,
        "counts": snapshot.overview.as_ref().map(|overview| overview.counts),
        "receiver_started_at": snapshot.overview.as_ref().map(|overview| overview.started_at),
        "has_public_address": snapshot.overview.as_ref().map(|overview| overview.receiver.public_url.is_some()),
        "clinics": snapshot.clinics.len(),
        "consents": snapshot.grants.iter().map(|grant| json!({"id": grant.id, "state": grant.state})).collect::<Vec<_>>(),
    })
}

fn calendar(link: &Link) -> Value {
    json!({
        "id": link.id,
        "name": format!("{} · {}", link.clinic_name, link.calendar_name),
        "state": link.state,
        "mode": link.mode,
        "reason": link.reason,
        "channel": link.channel.as_ref().map(|channel| json!({
            "generation": channel.generation,
            "state": channel.state,
            "registered_at": channel.registered_at,
            "verified_at": channel.verified_at,
            "expires_at": channel.expires_at,
            "renews_at": channel.renews_at,
        })),
        "proof": link.proof,
        "counters": link.counters,
        "synced_at": link.synced_at,
        "held_cancellations": link.held_cancellations,
        "outbound": link.outbound,
    })
}

fn alert(alert: &Alert) -> Value {
    json!({
        "id": alert.id,
        "title": alert.title,
        "body": alert.body,
        "severity": alert.severity,
        "state": alert.state,
        "since": alert.since,
        "resolved_at": alert.resolved_at,
        "calendars": alert.link_ids,
    })
}

fn line(line: &Activity) -> Value {
    json!({
        "at": line.at,
        "kind": line.kind,
        "tone": line.tone,
        "calendar": line.link_id,
        "text": line.text,
        "detail": line.detail,
    })
}

/// The last lines of the local receiver's log, if there is one.
fn tail(log: &Path) -> Option<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)))
        .ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(LINES as usize);
    Some(lines[first..].join("\n"))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
