//! What `status` says: a stable shape for machines, and a page for people.

use std::collections::HashMap;
use std::io::Write;

use serde::Serialize;
use syncward_wire::{At, Counts, Link, LinkState, Mode, OutboundWait};
use uuid::Uuid;

use super::reader::Reader;
use super::receivers::ReceiverLine;
use super::source::{Direct, ToldItself};
use super::{Ended, Failure};
use crate::bridge::{
    Alert, AlertKind, AlertState, Connection, ConnectionStatus, Demo, Severity, Snapshot,
};
use crate::compatibility::{Clocks, advice};
use crate::naming::link_name;
use crate::told;
use crate::tray::by_design;
use crate::words::{Language, Word};

/// Everything at once; fields are only ever added.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    /// `app` or `receiver`: who was asked.
    pub from: &'static str,
    /// The app shows a demo with made-up data.
    pub demo: bool,
    /// When the receiver told it, of several the one that told its part first; null when none ever did.
    pub as_of: Option<At>,
    /// Every receiver answers; what follows is not older than its last word.
    pub connected: bool,
    /// The chosen one's address.
    pub receiver: Option<String>,
    pub receivers: Vec<ReceiverLine>,
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
    pub reader: Reader,
}

/// One calendar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Calendar {
    pub id: Uuid,
    /// What its receiver is called, where several are paired.
    pub receiver: Option<String>,
    pub clinic: String,
    pub calendar: String,
    pub state: LinkState,
    pub mode: Mode,
    /// The reason's stable code.
    pub reason: Option<String>,
    pub expires_at: Option<At>,
    pub renews_at: Option<At>,
    pub held_cancellations: u32,
    /// Edits that Google has not taken; null while all have reached it.
    pub outbound: Option<OutboundWait>,
    /// The reason for people, as its receiver wrote it.
    #[serde(skip)]
    why: Option<String>,
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
    pub fn of_app(snapshot: &Snapshot, reader: &Reader) -> Self {
        let language = reader.language;
        let overview = snapshot.overview.as_ref();
        let receivers: Vec<ReceiverLine> = snapshot
            .receivers
            .iter()
            .map(ReceiverLine::of_app)
            .collect();
        let connected = match receivers.is_empty() {
            true => snapshot.connection.status == ConnectionStatus::Connected,
            false => receivers.iter().all(|receiver| receiver.connected),
        };
        let message = &snapshot.connection.message;
        let counts = overview.map(|overview| overview.counts);
        let in_words = |language| headline(&receivers, counts, &snapshot.links, message, language);
        let own_words = overview.filter(|_| connected).map(|it| it.sentence.clone());
        let mut alerts = snapshot.alerts.iter();
        Self {
            from: "app",
            demo: snapshot.demo != Demo::Off,
            as_of: snapshot.receivers.iter().filter_map(|it| it.as_of).min(),
            connected,
            receiver: snapshot.connection.receiver.clone(),
            sentence: own_words.unwrap_or_else(|| in_words(Language::En)),
            notes: app_notes(snapshot, language),
            needs_hand: alerts.any(|alert| alert.state == AlertState::Firing)
                || receivers.iter().any(|it| it.ended == Ended::NeedsHand),
            next_expiry_at: overview.and_then(|overview| overview.next_expiry_at),
            calendars: app_calendars(snapshot),
            alerts: Some(snapshot.alerts.iter().map(AlertLine::of).collect()),
            spoken: in_words(language),
            receivers,
            reader: reader.clone(),
        }
    }

    /// What each of `asked` told itself, in their order.
    pub fn of_receivers(
        asked: &[Direct],
        told: &[Result<ToldItself, Failure>],
        reader: &Reader,
    ) -> Self {
        let language = reader.language;
        let each = || asked.iter().zip(told);
        let receivers: Vec<ReceiverLine> = each()
            .map(|(direct, told)| ReceiverLine::of_itself(direct, told.as_ref()))
            .collect();
        let answers = || each().filter_map(|(direct, told)| Some((direct, told.as_ref().ok()?)));
        let several = asked.len() > 1;
        let title = |direct: &Direct| several.then(|| direct.entry.title().to_owned());
        let calendars: Vec<Calendar> = answers()
            .flat_map(|(direct, told)| {
                let links = told.links.iter();
                links.map(move |link| Calendar::of(link, title(direct)))
            })
            .collect();
        let mut links = Vec::new();
        let mut counts: Option<Counts> = None;
        let mut notes = Vec::new();
        for (direct, told) in answers() {
            links.extend(told.links.iter().cloned());
            let counted = told.overview.counts;
            counts = Some(counts.map_or(counted, |sum| sum + counted));
            let clocks = Clocks {
                own_ahead_ms: Some(told.clock_ahead_ms),
                google_ahead_ms: told.overview.google_ahead_ms,
            };
            let version = &told.overview.receiver.version;
            notes.extend(named(title(direct), advice(version, clocks, language)));
        }
        let in_words = |language| headline(&receivers, counts, &links, "", language);
        let own_words = match told {
            [Ok(only)] => Some(only.overview.sentence.clone()),
            _ => None,
        };
        let chosen = asked.iter().find(|it| it.entry.current).or(asked.first());
        Self {
            from: "receiver",
            demo: false,
            as_of: receivers.iter().filter_map(|it| it.as_of).min(),
            connected: receivers.iter().all(|receiver| receiver.connected),
            receiver: chosen.map(|direct| direct.entry.address.clone()),
            sentence: own_words.unwrap_or_else(|| in_words(Language::En)),
            notes,
            needs_hand: calendars.iter().any(Calendar::needs_hand)
                || receivers.iter().any(|it| it.ended == Ended::NeedsHand),
            next_expiry_at: answers()
                .filter_map(|(_, it)| it.overview.next_expiry_at)
                .min(),
            calendars,
            alerts: None,
            spoken: in_words(language),
            receivers,
            reader: reader.clone(),
        }
    }

    pub fn ended(&self) -> Ended {
        let hand = self.needs_hand.then_some(Ended::NeedsHand);
        // One that is only being started has no line yet.
        let nobody = !self.connected && self.receivers.is_empty();
        let nobody = nobody.then_some(Ended::Unreachable);
        let receivers = self.receivers.iter().map(|it| it.ended);
        Ended::of_all(receivers.chain(hand).chain(nobody))
    }

    /// No receiver will tell anything before a person pairs it again.
    pub fn is_over(&self) -> bool {
        let mut receivers = self.receivers.iter();
        !self.receivers.is_empty()
            && receivers.all(|it| matches!(it.ended, Ended::NeedsHand | Ended::Misused))
    }

    /// For machines.
    pub fn write_json(&self, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        writeln!(out, "{}", serde_json::to_string(self)?)
    }

    /// For people; the zone is the caller's to name.
    pub fn write(&self, all: bool, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        let (reader, language) = (&self.reader, self.reader.language);
        if self.demo {
            writeln!(out, "{}", language.say(Word::IsDemo))?;
        }
        writeln!(out, "{}", self.spoken)?;
        let several = self.receivers.len() > 1;
        let silent = self.receivers.iter().filter(|it| several && !it.connected);
        for receiver in silent {
            writeln!(out, "{}", receiver.standing(reader))?;
        }
        for note in &self.notes {
            writeln!(out, "{note}")?;
        }
        if let Some(at) = self.as_of.filter(|_| !self.connected && self.from == "app") {
            let moment = &reader.moment(*at);
            writeln!(out, "{}", language.say(Word::AsOf { moment }))?;
        }
        if let Some(at) = self.next_expiry_at {
            let moment = &reader.moment(*at);
            writeln!(out, "{}", language.say(Word::NextExpiryAt { moment }))?;
        }
        let alerts = self.alerts.iter().flatten();
        for alert in alerts.filter(|alert| alert.state != AlertState::Resolved) {
            writeln!(
                out,
                "\n{}  [{}] {}",
                alert.mark(language),
                alert.id,
                alert.title
            )?;
            writeln!(out, "   {}", alert.body)?;
        }
        let shown = self.shown(all);
        if !shown.is_empty() {
            writeln!(out)?;
        }
        for calendar in shown {
            writeln!(out, "{}", calendar.line(reader))?;
        }
        Ok(())
    }

    /// Whether what is written for people may hold a time.
    pub fn has_times(&self, all: bool) -> bool {
        let since = |it: &ReceiverLine| it.silent_since.or(it.as_of).is_some();
        let mut silent = self.receivers.iter().filter(|it| !it.connected);
        let mut alerts = self.alerts.iter().flatten();
        self.next_expiry_at.is_some()
            || silent.any(since)
            || alerts.any(|alert| alert.state != AlertState::Resolved)
            || self.shown(all).into_iter().any(Calendar::has_times)
    }

    fn shown(&self, all: bool) -> Vec<&Calendar> {
        let calendars = self.calendars.iter();
        calendars.filter(|it| all || it.differs()).collect()
    }
}

/// The sentence that a person reads first: of the calendars while a receiver answers, then who does not.
fn headline(
    receivers: &[ReceiverLine],
    counts: Option<Counts>,
    links: &[Link],
    message: &str,
    language: Language,
) -> String {
    let overview = counts.map(|counts| language.overview(&counts, by_design(links)));
    let silent = receivers.iter().find(|receiver| !receiver.connected);
    let nobody = receivers.iter().all(|receiver| !receiver.connected);
    match (overview, silent, receivers.len()) {
        (Some(sentence), None, 1..) => sentence,
        (Some(sentence), Some(silent), 2..) if !nobody => {
            let (sentence, name) = (&sentence, &silent.spoken_name(language));
            language.say(match silent.ended {
                Ended::Unreachable | Ended::Well => Word::NoAnswerFrom { sentence, name },
                Ended::NeedsHand | Ended::Misused => Word::OnePairAgain { sentence, name },
            })
        }
        (_, _, 2..) => language.say(Word::NobodyAnswers),
        _ => told::sentences(message, language),
    }
}

fn app_calendars(snapshot: &Snapshot) -> Vec<Calendar> {
    let receivers = snapshot.receivers.iter();
    let owners: HashMap<Uuid, &str> = receivers
        .flat_map(|receiver| {
            let links = receiver.link_ids.iter();
            links.map(|id| (*id, receiver.title.as_str()))
        })
        .collect();
    let links = snapshot.links.iter();
    let owner = |link: &Link| owners.get(&link.id).map(|name| (*name).to_owned());
    links.map(|link| Calendar::of(link, owner(link))).collect()
}

fn app_notes(snapshot: &Snapshot, language: Language) -> Vec<String> {
    let several = snapshot.receivers.len() > 1;
    let overview = snapshot.overview.as_ref();
    let of_one = |name: Option<String>, contact: &Connection, google_ahead_ms| {
        let answers = contact.status == ConnectionStatus::Connected;
        let version = contact.version.as_ref().filter(|_| answers);
        let clocks = Clocks {
            own_ahead_ms: contact.clock_ahead_ms,
            google_ahead_ms,
        };
        let notes = version.map(|version| advice(version, clocks, language));
        named(name, notes.unwrap_or_default())
    };
    let receivers = snapshot.receivers.iter();
    receivers
        .flat_map(|it| {
            // Only the chosen one's is known here.
            let chosen = overview.filter(|_| it.entry.current || !several);
            let google = chosen.and_then(|overview| overview.google_ahead_ms);
            of_one(several.then(|| it.title.clone()), &it.connection, google)
        })
        .collect()
}

/// The notes on one of several receivers, behind its name.
fn named(name: Option<String>, notes: Vec<String>) -> Vec<String> {
    let of_it = |note: String| match &name {
        Some(name) => format!("{name}: {note}"),
        None => note,
    };
    notes.into_iter().map(of_it).collect()
}

impl Calendar {
    /// `receiver` is what its receiver is called, where that matters.
    pub fn of(link: &Link, receiver: Option<String>) -> Self {
        let channel = link.channel.as_ref();
        Self {
            id: link.id,
            receiver,
            clinic: link.clinic_name.clone(),
            calendar: link.calendar_name.clone(),
            state: link.state,
            mode: link.mode,
            reason: link.reason.as_ref().map(|reason| reason.code.clone()),
            expires_at: channel.and_then(|channel| channel.expires_at),
            renews_at: channel.and_then(|channel| channel.renews_at),
            held_cancellations: link.held_cancellations,
            outbound: link.outbound.clone(),
            why: link.reason.as_ref().map(|reason| reason.message.clone()),
            name: link_name(link),
        }
    }

    /// Whether they differ at most in what the receiver is called, which changes as others come and go.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let receiver = other.receiver.clone();
        let own = self.clone();
        Self { receiver, ..own } == *other
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
        let refused = self.outbound.as_ref().is_some_and(|wait| wait.refused);
        ill || refused || self.held_cancellations > 0
    }

    fn differs(&self) -> bool {
        self.needs_hand() || self.outbound.is_some() || self.state != LinkState::Live
    }

    fn has_times(&self) -> bool {
        self.expires_at.is_some() || self.outbound.is_some()
    }

    fn line(&self, reader: &Reader) -> String {
        let language = reader.language;
        let expiry = self.expires_at.map(|at| reader.moment(*at));
        let expiry = expiry.map(|moment| language.say(Word::ExpiresAt { moment: &moment }));
        let held = (self.held_cancellations > 0)
            .then(|| language.say(Word::CancellationsHeld(self.held_cancellations)));
        let words = [
            Some(word(self.state, language)),
            held,
            expiry,
            self.outbound.as_ref().map(|wait| {
                let moment = &reader.moment(*wait.since_at);
                let edits = wait.edits;
                language.say(Word::EditsWait { edits, moment })
            }),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        let why = self.why.iter();
        let why: String = why
            .map(|why| format!(". {}", told::sentences(why, language)))
            .collect();
        let receiver = self.receiver.iter().map(|name| format!("  ({name})"));
        let receiver: String = receiver.collect();
        format!("{}  {}{receiver}{why}", self.name, words.join(", "))
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
