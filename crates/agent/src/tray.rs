//! The tray's icon, sentence and menu as plain values; the shell only draws them.

mod standing;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_wire::{Link, LinkState};
use uuid::Uuid;

use crate::bridge::{Alert, AlertState, ConnectionStatus, Demo, ReceiverState, Snapshot};
use crate::naming::{clock_time, link_name, shorten, span};
use crate::words::Word;
use standing::{Standing, is_by_design};

/// Links listed by name.
const WORST: usize = 5;
/// From this rank on something is wrong, and not only due.
const BAD: u8 = 3;

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
    let worst = worst(snapshot, now);
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
            let until = clock_time(*until, &TimeZone::system());
            let label = snapshot.language.say(Word::ResumeAlerts { until: &until });
            action(label, TrayAct::ResumeAlerts)
        }
        None => action(say(Word::PauseAlerts), TrayAct::PauseAlerts),
    });
    items.push(action(say(Word::Receiver), TrayAct::OpenReceiver));
    items.push(action(say(Word::OpenSyncward), TrayAct::Open));
    items.push(action(say(quit_word(snapshot)), TrayAct::Quit));
    TrayMenu {
        icon: icon(snapshot, now),
        sentence,
        items,
    }
}

/// The sentence a person reads first, honest about its age.
fn sentence(snapshot: &Snapshot, now: Timestamp) -> String {
    let mut sentence = state_sentence(snapshot, now);
    if let Some(paused) = paused_words(snapshot) {
        sentence = format!("{sentence} {paused}");
    }
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

fn worst(snapshot: &Snapshot, now: Timestamp) -> Vec<&Link> {
    let rank = |link: &Link| standing(link, snapshot, now).rank();
    let links = snapshot.links.iter();
    let mut worst: Vec<&Link> = links.filter(|link| rank(link) > 0).collect();
    worst.sort_by(|a, b| {
        let key = |link: &Link| (rank(link), std::cmp::Reverse(expiry(link)));
        key(b)
            .cmp(&key(a))
            .then_with(|| link_name(a).cmp(&link_name(b)))
    });
    worst.truncate(WORST);
    worst
}

fn standing(link: &Link, snapshot: &Snapshot, now: Timestamp) -> Standing {
    Standing::of(link, snapshot.unsent_after_s, now)
}

fn expiry(link: &Link) -> Option<Timestamp> {
    link.channel.as_ref()?.expires_at.map(|at| *at)
}

fn group(link: &Link, snapshot: &Snapshot, now: Timestamp) -> TrayItem {
    let language = snapshot.language;
    let mut items = Vec::new();
    let standing = standing(link, snapshot, now);
    if standing.is_renewable() {
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
            standing.said(link, language, now)
        ),
        items,
    }
}

fn quit_word(snapshot: &Snapshot) -> Word<'static> {
    let receivers = snapshot.receivers.iter();
    let channels: u32 = match snapshot.receivers.len() {
        0 | 1 if is_local(snapshot) => u32::try_from(snapshot.links.len()).unwrap_or(u32::MAX),
        _ => receivers
            .filter(|it| it.entry.local)
            .map(|it| it.links)
            .sum(),
    };
    match (snapshot.links.len(), channels) {
        (0, _) => Word::Quit,
        // The receiver elsewhere goes on; only this computer's warnings stop.
        (_, 0) => Word::QuitSilences,
        (_, channels) => Word::QuitStops {
            channels: channels as usize,
        },
    }
}

fn is_local(snapshot: &Snapshot) -> bool {
    let mut receivers = snapshot.receivers.iter();
    snapshot.connection.local || receivers.any(|receiver| receiver.entry.local)
}

fn icon(snapshot: &Snapshot, now: Timestamp) -> TrayIcon {
    if !silent_of_several(snapshot).is_empty() {
        return TrayIcon::Bad;
    }
    if everybody_is_silent(snapshot) {
        return TrayIcon::Offline;
    }
    let links = snapshot.links.iter();
    let worst = links.map(|link| standing(link, snapshot, now).rank()).max();
    let worst = worst.unwrap_or(0);
    let due = Standing::Own(LinkState::Due).rank();
    if worst >= BAD {
        TrayIcon::Bad
    } else if does_all_rest(snapshot) {
        TrayIcon::Paused
    } else if worst == due {
        TrayIcon::Due
    } else {
        TrayIcon::Ok
    }
}

/// Which receivers are paused, in words; none while all go on.
fn paused_words(snapshot: &Snapshot) -> Option<String> {
    let say = |word| Some(snapshot.language.say(word));
    if is_whole_paused(snapshot) {
        return match snapshot.receivers.len() {
            0 | 1 => say(Word::ReceiverPaused),
            _ => say(Word::AllPaused),
        };
    }
    let paused = snapshot.receivers.iter().filter(|it| it.paused);
    let paused: Vec<&ReceiverState> = paused.collect();
    match paused.as_slice() {
        [] => None,
        [one] => say(Word::OnePaused {
            name: &shorten(&one.title, 32),
        }),
        some => say(Word::SomePaused {
            receivers: some.len(),
        }),
    }
}

/// Whether every receiver is paused.
fn is_whole_paused(snapshot: &Snapshot) -> bool {
    match snapshot.receivers.as_slice() {
        [] | [_] => snapshot.overview.as_ref().is_some_and(|it| it.paused),
        several => several.iter().all(|it| it.paused),
    }
}

/// Whether each calendar rests, by a pause of its own or of its receiver.
fn does_all_rest(snapshot: &Snapshot) -> bool {
    let is_of_paused = |link: &Link| {
        let mut paused = snapshot.receivers.iter().filter(|it| it.paused);
        paused.any(|receiver| receiver.link_ids.contains(&link.id))
    };
    let mut links = snapshot.links.iter();
    let rests = |link: &Link| link.state == LinkState::Paused || is_of_paused(link);
    is_whole_paused(snapshot) || (!snapshot.links.is_empty() && links.all(rests))
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
