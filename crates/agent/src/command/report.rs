//! What `status` says: a stable shape for machines, and a page for people.

use std::io::Write;

use serde::Serialize;
use syncward_wire::{At, Link, LinkState, Mode, Overview};
use uuid::Uuid;

use super::Ended;
use crate::bridge::{Alert, AlertKind, AlertState, ConnectionStatus, Demo, Severity, Snapshot};
use crate::compatibility::{Clocks, advice};
use crate::naming::{link_name, moment};
use crate::tray::by_design;
use crate::words::{Language, Word};

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
    /// The sentence for people, in their language.
    #[serde(skip)]
    pub spoken: String,
    #[serde(skip)]
    pub language: Language,
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
    pub fn of_app(snapshot: &Snapshot, language: Language) -> Self {
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
                    language,
                ),
                _ => Vec::new(),
            },
            needs_hand: alerts.any(|alert| alert.state == AlertState::Firing),
            next_expiry_at: overview.and_then(|overview| overview.next_expiry_at),
            calendars,
            alerts: Some(snapshot.alerts.iter().map(AlertLine::of).collect()),
            spoken: match (connected, overview) {
                (true, Some(overview)) => {
                    language.overview(&overview.counts, by_design(&snapshot.links))
                }
                _ => snapshot.connection.message.clone(),
            },
            language,
        }
    }

    /// `clock_ahead_ms`: how far this computer's clock is ahead of the receiver's.
    pub fn of_receiver(
        address: &str,
        overview: &Overview,
        clock_ahead_ms: i64,
        links: &[Link],
        language: Language,
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
                language,
            ),
            needs_hand: calendars.iter().any(Calendar::needs_hand),
            next_expiry_at: overview.next_expiry_at,
            calendars,
            alerts: None,
            spoken: language.overview(&overview.counts, by_design(links)),
            language,
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
        let language = self.language;
        if self.demo {
            writeln!(out, "{}", language.say(Word::IsDemo))?;
        }
        writeln!(out, "{}", self.spoken)?;
        for note in &self.notes {
            writeln!(out, "{note}")?;
        }
        if let Some(at) = self.as_of.filter(|_| !self.connected) {
            let moment = &moment(*at, language);
            writeln!(out, "{}", language.say(Word::AsOf { moment }))?;
        }
        if let Some(at) = self.next_expiry_at {
            let moment = &moment(*at, language);
            writeln!(out, "{}", language.say(Word::NextExpiryAt { moment }))?;
        }
        let alerts = self.alerts.iter().flatten();
        for alert in alerts.filter(|alert| alert.state != AlertState::Resolved) {
            writeln!(
                out,
                "\n{}  [{}] {}",
                alert.mark(self.language),
                alert.id,
                alert.title
            )?;
            writeln!(out, "   {}", alert.body)?;
        }
        let shown = self.calendars.iter();
        let shown: Vec<&Calendar> = shown.filter(|it| all || it.differs()).collect();
        if !shown.is_empty() {
            writeln!(out)?;
        }
        for calendar in shown {
            writeln!(out, "{}", calendar.line(self.language))?;
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

    fn line(&self, language: Language) -> String {
        let expiry = self.expires_at.map(|at| moment(*at, language));
        let expiry = expiry.map(|moment| language.say(Word::ExpiresAt { moment: &moment }));
        let words = [
            Some(word(self.state, language)),
            expiry,
            self.reason.clone(),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        format!("{}  {}", self.name, words.join(", "))
    }
}

/// A state as `status` and `watch` write it for people.
pub(super) fn word(state: LinkState, language: Language) -> String {
    let (shape, word) = match state {
        LinkState::Live => ('●', Word::Live),
        LinkState::Due => ('◐', Word::Due),
        LinkState::Renewing => ('◐', Word::Renewing),
        LinkState::Unproved => ('▲', Word::Unproved),
        LinkState::Polling => ('◌', Word::Polling),
        LinkState::Expired => ('■', Word::Expired),
        LinkState::ReconnectNeeded => ('■', Word::Reconnect),
        LinkState::Paused => ('○', Word::Paused),
    };
    format!("{shape} {}", language.say(word))
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

    pub fn mark(&self, language: Language) -> String {
        let (shape, word) = match (self.state, self.severity) {
            (AlertState::Firing, Severity::Urgent) => ('■', Word::Urgent),
            (AlertState::Firing, Severity::Warning) => ('▲', Word::Warning),
            (AlertState::Firing, Severity::Notice) => ('◐', Word::Notice),
            (AlertState::Pending, _) => ('…', Word::Pending),
            (AlertState::Acknowledged, _) => ('○', Word::Acknowledged),
            (AlertState::Snoozed, _) => ('○', Word::Snoozed),
            (AlertState::Recovering, _) => ('◐', Word::Recovering),
            (AlertState::Resolved, _) => ('●', Word::Resolved),
        };
        format!("{shape} {}", language.say(word))
    }
}
