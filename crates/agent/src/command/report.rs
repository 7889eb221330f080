//! What `status` says: a stable shape for machines, and a page for people.

use std::io::Write;

use serde::Serialize;
use syncward_wire::{At, Link, LinkState, Mode, Overview};
use uuid::Uuid;

use super::Ended;
use crate::bridge::{Alert, AlertKind, AlertState, ConnectionStatus, Demo, Severity, Snapshot};
use crate::compatibility::{Clocks, advice};
use crate::naming::{link_name, moment};
use crate::words::Language;

/// Everything at once; fields are only ever added.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    /// `app` or `receiver`: who was asked.
    pub from: &'static str,
    /// The app shows a demo with made-up data.
    pub demo: bool,
    /// When the receiver told it; null when it never did.
    pub as_of: Option<At>,
    /// The receiver answers; what follows is not older than its last word.
    pub connected: bool,
    pub receiver: Option<String>,
    pub sentence: String,
    /// Versions and clocks that don't fit, each with what helps.
    pub notes: Vec<String>,
    pub needs_hand: bool,
    pub next_expiry_at: Option<At>,
    pub calendars: Vec<Calendar>,
    /// Null from a receiver: alerts are the app's.
    pub alerts: Option<Vec<AlertLine>>,
}

/// One calendar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Calendar {
    pub id: Uuid,
    pub clinic: String,
    pub calendar: String,
    pub state: LinkState,
    pub mode: Mode,
    /// The reason's stable code.
    pub reason: Option<String>,
    pub expires_at: Option<At>,
    pub renews_at: Option<At>,
    pub held_cancellations: u32,
    #[serde(skip)]
    name: String,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct AlertLine {
    pub id: String,
    pub kind: AlertKind,
    pub severity: Severity,
    pub state: AlertState,
    pub title: String,
    pub body: String,
    pub since: At,
    pub until: Option<At>,
    pub calendar_ids: Vec<Uuid>,
}

impl Report {
    pub fn of_app(snapshot: &Snapshot) -> Self {
        let overview = snapshot.overview.as_ref();
        let calendars: Vec<Calendar> = snapshot.links.iter().map(Calendar::of).collect();
        let connected = snapshot.connection.status == ConnectionStatus::Connected;
        let mut alerts = snapshot.alerts.iter();
        Self {
            from: "app",
            demo: snapshot.demo != Demo::Off,
            as_of: snapshot.as_of,
            connected,
            receiver: snapshot.connection.receiver.clone(),
            sentence: match (connected, overview) {
                (true, Some(overview)) => overview.sentence.clone(),
                _ => snapshot.connection.message.clone(),
            },
            notes: match (connected, &snapshot.connection.version) {
                (true, Some(version)) => advice(
                    version,
                    Clocks {
                        own_ahead_ms: snapshot.connection.clock_ahead_ms,
                        google_ahead_ms: overview.and_then(|overview| overview.google_ahead_ms),
                    },
                ),
                _ => Vec::new(),
            },
            needs_hand: alerts.any(|alert| alert.state == AlertState::Firing),
            next_expiry_at: overview.and_then(|overview| overview.next_expiry_at),
            calendars,
            alerts: Some(snapshot.alerts.iter().map(AlertLine::of).collect()),
        }
    }

    /// `clock_ahead_ms`: how far this computer's clock is ahead of the receiver's.
    pub fn of_receiver(
        address: &str,
        overview: &Overview,
        clock_ahead_ms: i64,
        links: &[Link],
    ) -> Self {
        let calendars: Vec<Calendar> = links.iter().map(Calendar::of).collect();
        Self {
            from: "receiver",
            demo: false,
            as_of: Some(overview.now_at),
            connected: true,
            receiver: Some(address.to_owned()),
            sentence: overview.sentence.clone(),
            notes: advice(
                &overview.receiver.version,
                Clocks {
                    own_ahead_ms: Some(clock_ahead_ms),
                    google_ahead_ms: overview.google_ahead_ms,
                },
            ),
            needs_hand: calendars.iter().any(Calendar::needs_hand),
            next_expiry_at: overview.next_expiry_at,
            calendars,
            alerts: None,
        }
    }

    pub fn ended(&self) -> Ended {
        match (self.connected, self.needs_hand) {
            (false, _) => Ended::Unreachable,
            (true, true) => Ended::NeedsHand,
            (true, false) => Ended::Well,
        }
    }

    pub fn write(
        &self,
        all: bool,
        json: bool,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        if json {
            return writeln!(out, "{}", serde_json::to_string(self)?);
        }
        if self.demo {
            writeln!(
                out,
                "This is the demo: Google is simulated, the data is made up."
            )?;
        }
        writeln!(out, "{}", self.sentence)?;
        for note in &self.notes {
            writeln!(out, "{note}")?;
        }
        if let Some(at) = self.as_of.filter(|_| !self.connected) {
            writeln!(out, "What follows is as of {}.", moment(*at, Language::En))?;
        }
        if let Some(at) = self.next_expiry_at {
            writeln!(out, "Next expiry: {}.", moment(*at, Language::En))?;
        }
        let alerts = self.alerts.iter().flatten();
        for alert in alerts.filter(|alert| alert.state != AlertState::Resolved) {
            writeln!(out, "\n{}  [{}] {}", alert.mark(), alert.id, alert.title)?;
            writeln!(out, "   {}", alert.body)?;
        }
        let shown = self.calendars.iter();
        let shown: Vec<&Calendar> = shown.filter(|it| all || it.differs()).collect();
        if !shown.is_empty() {
            writeln!(out)?;
        }
        for calendar in shown {
            writeln!(out, "{}", calendar.line())?;
        }
        Ok(())
    }
}

impl Calendar {
    pub fn of(link: &Link) -> Self {
        let channel = link.channel.as_ref();
        Self {
            id: link.id,
            clinic: link.clinic_name.clone(),
            calendar: link.calendar_name.clone(),
            state: link.state,
            mode: link.mode,
            reason: link.reason.as_ref().map(|reason| reason.code.clone()),
            expires_at: channel.and_then(|channel| channel.expires_at),
            renews_at: channel.and_then(|channel| channel.renews_at),
            held_cancellations: link.held_cancellations,
            name: link_name(link),
        }
    }

    /// As a person calls it, without an address.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn is_by_design(&self) -> bool {
        let by_design = ["push_not_supported", "no_public_address", "opening"];
        self.state == LinkState::Polling
            && self
                .reason
                .as_deref()
                .is_none_or(|it| by_design.contains(&it))
    }

    fn needs_hand(&self) -> bool {
        let ill = match self.state {
            LinkState::Expired | LinkState::ReconnectNeeded | LinkState::Unproved => true,
            LinkState::Polling => !self.is_by_design(),
            LinkState::Live | LinkState::Due | LinkState::Renewing | LinkState::Paused => self
                .reason
                .as_deref()
                .is_some_and(|it| it.ends_with("_failing")),
        };
        ill || self.held_cancellations > 0
    }

    fn differs(&self) -> bool {
        self.needs_hand() || self.state != LinkState::Live
    }

    fn line(&self) -> String {
        let expiry = self
            .expires_at
            .map(|at| format!("expires {}", moment(*at, Language::En)));
        let words = [
            Some(word(self.state).to_owned()),
            expiry,
            self.reason.clone(),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        format!("{}  {}", self.name, words.join(", "))
    }
}

/// A state as `status` and `watch` write it for people.
pub(super) fn word(state: LinkState) -> &'static str {
    match state {
        LinkState::Live => "● Live",
        LinkState::Due => "◐ Due",
        LinkState::Renewing => "◐ Renewing",
        LinkState::Unproved => "▲ Unproved",
        LinkState::Polling => "◌ Polling",
        LinkState::Expired => "■ Expired",
        LinkState::ReconnectNeeded => "■ Reconnect",
        LinkState::Paused => "○ Paused",
    }
}

impl AlertLine {
    pub fn of(alert: &Alert) -> Self {
        Self {
            id: alert.id.clone(),
            kind: alert.kind,
            severity: alert.severity,
            state: alert.state,
            title: alert.title.clone(),
            body: alert.body.clone(),
            since: alert.since,
            until: alert.until,
            calendar_ids: alert.link_ids.clone(),
        }
    }

    pub fn mark(&self) -> &'static str {
        match (self.state, self.severity) {
            (AlertState::Firing, Severity::Urgent) => "■ Urgent",
            (AlertState::Firing, Severity::Warning) => "▲ Warning",
            (AlertState::Firing, Severity::Notice) => "◐ Notice",
            (AlertState::Pending, _) => "… Pending",
            (AlertState::Acknowledged, _) => "○ Acknowledged",
            (AlertState::Snoozed, _) => "○ Snoozed",
            (AlertState::Recovering, _) => "◐ Recovering",
            (AlertState::Resolved, _) => "● Resolved",
        }
    }
}
