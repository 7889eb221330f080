//! The tray's icon, sentence and menu as plain values; the shell only draws them.

use jiff::Timestamp;
use syncward_wire::{Link, LinkState};
use uuid::Uuid;

use crate::bridge::{Alert, AlertState, ConnectionStatus, Demo, ReceiverState, Snapshot};
use crate::naming::{clock_time, link_name, shorten, span};
use crate::words::{Language, Word};

/// Links listed by name.
const WORST: usize = 5;

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrayMenu {
    pub icon: TrayIcon,
    /// The sentence; also the tooltip.
    pub sentence: String,
    pub items: Vec<TrayItem>,
}

impl Default for TrayMenu {
    fn default() -> Self {
        Self {
            icon: TrayIcon::Offline,
            sentence: "Starting.".into(),
            items: Vec::new(),
        }
    }
}

/// The icon's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayIcon {
    Ok,
    Due,
    Bad,
    Paused,
    Offline,
}

/// One line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrayItem {
    /// Words, not to be clicked.
    Words(String),
    Separator,
    Action {
        label: String,
        act: TrayAct,
    },
    Group {
        label: String,
        items: Vec<TrayItem>,
    },
}

/// What a click does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayAct {
    Renew(Uuid),
    OpenLink(Uuid),
    /// Quiet for an hour what is told of this calendar.
    Snooze(Uuid),
    RenewDue,
    PauseAlerts,
    ResumeAlerts,
    OpenReceiver,
    Open,
    Quit,
}

/// The tray for this state, in the snapshot's language.
pub fn menu(snapshot: &Snapshot, now: Timestamp) -> TrayMenu {
    let say = |word| snapshot.language.say(word);
    let sentence = sentence(snapshot, now);
    let mut items = vec![TrayItem::Words(sentence.clone())];
    items.extend(next_expiry(snapshot, now).map(TrayItem::Words));
    let worst = worst(&snapshot.links);
    if !worst.is_empty() {
        items.push(TrayItem::Separator);
        items.extend(worst.iter().map(|link| group(link, snapshot, now)));
    }
    items.push(TrayItem::Separator);
    if snapshot.links.iter().any(|link| link.state.wants_renewal()) {
        items.push(action(say(Word::RenewAllDue), TrayAct::RenewDue));
    }
    items.push(match snapshot.hush.paused_until {
        Some(until) => {
            let until = clock_time(*until);
            let label = snapshot.language.say(Word::ResumeAlerts { until: &until });
            action(label, TrayAct::ResumeAlerts)
        }
        None => action(say(Word::PauseAlerts), TrayAct::PauseAlerts),
    });
    items.push(action(say(Word::Receiver), TrayAct::OpenReceiver));
    items.push(action(say(Word::OpenSyncward), TrayAct::Open));
    items.push(action(say(quit_word(snapshot)), TrayAct::Quit));
    TrayMenu {
        icon: icon(snapshot),
        sentence,
        items,
    }
}

/// The sentence a person reads first, honest about its age.
fn sentence(snapshot: &Snapshot, now: Timestamp) -> String {
    let sentence = state_sentence(snapshot, now);
    match snapshot.demo {
        Demo::Off => sentence,
        Demo::Around | Demo::Within => snapshot.language.say(Word::Demo {
            sentence: &sentence,
        }),
    }
}

/// Where several receivers are watched, those that are silent, the longest first; none while all are.
fn silent_of_several(snapshot: &Snapshot) -> Vec<&ReceiverState> {
    let receivers = snapshot.receivers.iter();
    let mut silent: Vec<_> = receivers.filter(|receiver| receiver.is_silent()).collect();
    silent.sort_by_key(|receiver| *receiver.connection.since);
    match silent.len() < snapshot.receivers.len() {
        true => silent,
        false => Vec::new(),
    }
}

fn state_sentence(snapshot: &Snapshot, now: Timestamp) -> String {
    if let Some(silent) = silent_of_several(snapshot).first() {
        return snapshot.language.say(Word::OneSilent {
            sentence: &overview_sentence(snapshot),
            name: &shorten(&silent.title, 32),
            span: &span(*silent.connection.since, now, snapshot.language),
        });
    }
    if snapshot.receivers.len() > 1 && !everybody_is_silent(snapshot) {
        return overview_sentence(snapshot);
    }
    let say = |word| snapshot.language.say(word);
    match snapshot.connection.status {
        ConnectionStatus::Unpaired => say(Word::NoReceiver),
        ConnectionStatus::Connecting if snapshot.overview.is_none() => say(Word::Connecting),
        ConnectionStatus::Connected | ConnectionStatus::Connecting => overview_sentence(snapshot),
        ConnectionStatus::Stale | ConnectionStatus::Offline => {
            let span = span(*snapshot.connection.since, now, snapshot.language);
            say(Word::Silent { span: &span })
        }
    }
}

fn overview_sentence(snapshot: &Snapshot) -> String {
    let Some(overview) = &snapshot.overview else {
        return snapshot.language.say(Word::NothingKnown);
    };
    snapshot
        .language
        .overview(&overview.counts, by_design(&snapshot.links))
}

/// How many are polled because Google has no push for them.
pub(crate) fn by_design(links: &[Link]) -> u32 {
    let by_design = links.iter().filter(|link| is_by_design(link));
    u32::try_from(by_design.count()).unwrap_or(u32::MAX)
}

fn next_expiry(snapshot: &Snapshot, now: Timestamp) -> Option<String> {
    let soonest = snapshot
        .links
        .iter()
        .filter_map(|link| Some((*link.channel.as_ref()?.expires_at?, link)))
        .filter(|(at, _)| *at > now)
        .min_by_key(|(at, _)| *at)?;
    let name = shorten(&link_name(soonest.1), 32);
    let span = span(now, soonest.0, snapshot.language);
    Some(snapshot.language.say(Word::NextExpiry {
        name: &name,
        span: &span,
    }))
}

fn worst(links: &[Link]) -> Vec<&Link> {
    let mut worst: Vec<&Link> = links.iter().filter(|link| rank(link) > 0).collect();
    worst.sort_by(|a, b| {
        let key = |link: &Link| (rank(link), std::cmp::Reverse(expiry(link)));
        key(b)
            .cmp(&key(a))
            .then_with(|| link_name(a).cmp(&link_name(b)))
    });
    worst.truncate(WORST);
    worst
}

fn expiry(link: &Link) -> Option<Timestamp> {
    link.channel.as_ref()?.expires_at.map(|at| *at)
}

/// How much a calendar wants a person; 0 is normal.
fn rank(link: &Link) -> u8 {
    match link.state {
        LinkState::Polling if is_by_design(link) => 0,
        LinkState::Expired | LinkState::ReconnectNeeded => 5,
        LinkState::Unproved => 4,
        LinkState::Polling => 3,
        LinkState::Due => 2,
        LinkState::Paused => 1,
        LinkState::Renewing | LinkState::Live => 0,
    }
}

/// Google offers no push for it, so polling is as it should be.
fn is_by_design(link: &Link) -> bool {
    let reason = link.reason.as_ref();
    link.state == LinkState::Polling
        && reason.is_some_and(|reason| reason.code == "push_not_supported")
}

fn group(link: &Link, snapshot: &Snapshot, now: Timestamp) -> TrayItem {
    let language = snapshot.language;
    let mut items = Vec::new();
    if !matches!(link.state, LinkState::ReconnectNeeded | LinkState::Paused) {
        let label = language.say(Word::RenewNow);
        items.push(action(label, TrayAct::Renew(link.id)));
    }
    let open = language.say(Word::Open);
    items.push(action(open, TrayAct::OpenLink(link.id)));
    let mut alerts = snapshot.alerts.iter();
    let told =
        |alert: &Alert| alert.state == AlertState::Firing && alert.link_ids.contains(&link.id);
    if alerts.any(told) {
        let snooze = language.say(Word::SnoozeAnHour);
        items.push(action(snooze, TrayAct::Snooze(link.id)));
    }
    TrayItem::Group {
        label: format!(
            "{}  {}",
            shorten(&link_name(link), 32),
            standing(link, language, now)
        ),
        items,
    }
}

/// Shape and word, so that no colour is needed.
fn standing(link: &Link, language: Language, now: Timestamp) -> String {
    let left = expiry(link).map(|at| span(now, at, language));
    let (shape, word) = match (link.state, &left) {
        (LinkState::Due, Some(span)) => ("◐", Word::DueIn { span }),
        (LinkState::Due, None) => ("◐", Word::Due),
        (LinkState::Live, _) => ("●", Word::Live),
        (LinkState::Renewing, _) => ("●", Word::Renewing),
        (LinkState::Unproved, _) => ("▲", Word::Unproved),
        (LinkState::Polling, _) => ("◌", Word::Polling),
        (LinkState::Expired, _) => ("■", Word::Expired),
        (LinkState::ReconnectNeeded, _) => ("■", Word::Reconnect),
        (LinkState::Paused, _) => ("○", Word::Paused),
    };
    format!("{shape} {}", language.say(word))
}

fn quit_word(snapshot: &Snapshot) -> Word<'static> {
    let local = snapshot.connection.local
        || snapshot
            .receivers
            .iter()
            .any(|receiver| receiver.entry.local);
    match (snapshot.links.len(), local) {
        (0, _) => Word::Quit,
        (channels, true) => Word::QuitStops { channels },
        // The receiver elsewhere goes on; only this computer's warnings stop.
        (_, false) => Word::QuitSilences,
    }
}

fn icon(snapshot: &Snapshot) -> TrayIcon {
    if !silent_of_several(snapshot).is_empty() {
        return TrayIcon::Bad;
    }
    if everybody_is_silent(snapshot) {
        return TrayIcon::Offline;
    }
    let worst = snapshot.links.iter().map(rank).max();
    match worst {
        Some(3..) => TrayIcon::Bad,
        Some(2) => TrayIcon::Due,
        Some(1) => TrayIcon::Paused,
        Some(0) | None => TrayIcon::Ok,
    }
}

fn everybody_is_silent(snapshot: &Snapshot) -> bool {
    match snapshot.receivers.as_slice() {
        [] | [_] => matches!(
            snapshot.connection.status,
            ConnectionStatus::Unpaired | ConnectionStatus::Offline | ConnectionStatus::Stale
        ),
        several => several.iter().all(ReceiverState::is_silent),
    }
}

fn action(label: String, act: TrayAct) -> TrayItem {
    TrayItem::Action { label, act }
}
