//! The tray's icon, sentence and menu as plain values; the shell only draws them.

use jiff::Timestamp;
use syncward_wire::{Link, LinkState};
use uuid::Uuid;

use crate::bridge::{ConnectionStatus, Snapshot};
use crate::naming::{link_name, shorten, span};

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
    RenewDue,
    Open,
    Quit,
}

/// The tray for this state.
pub fn menu(snapshot: &Snapshot, now: Timestamp) -> TrayMenu {
    let sentence = sentence(snapshot, now);
    let mut items = vec![TrayItem::Words(sentence.clone())];
    items.extend(next_expiry(snapshot, now).map(TrayItem::Words));
    let worst = worst(&snapshot.links);
    if !worst.is_empty() {
        items.push(TrayItem::Separator);
        items.extend(worst.iter().map(|link| group(link, now)));
    }
    items.push(TrayItem::Separator);
    if snapshot.links.iter().any(renewable_and_due) {
        items.push(action("Renew all due", TrayAct::RenewDue));
    }
    items.push(action("Open Syncward", TrayAct::Open));
    items.push(action(&quit_label(snapshot), TrayAct::Quit));
    TrayMenu {
        icon: icon(snapshot),
        sentence,
        items,
    }
}

/// The sentence a person reads first, honest about its age.
fn sentence(snapshot: &Snapshot, now: Timestamp) -> String {
    match snapshot.connection.status {
        ConnectionStatus::Unpaired => "No receiver yet.".into(),
        ConnectionStatus::Connecting if snapshot.overview.is_none() => "Connecting.".into(),
        ConnectionStatus::Connected | ConnectionStatus::Connecting => overview_sentence(snapshot),
        ConnectionStatus::Stale | ConnectionStatus::Offline => {
            let since = span(*snapshot.connection.since, now);
            format!("Receiver silent for {since}.")
        }
    }
}

fn overview_sentence(snapshot: &Snapshot) -> String {
    match &snapshot.overview {
        Some(overview) => overview.sentence.clone(),
        None => "Nothing is known yet.".into(),
    }
}

fn next_expiry(snapshot: &Snapshot, now: Timestamp) -> Option<String> {
    let soonest = snapshot
        .links
        .iter()
        .filter_map(|link| Some((*link.channel.as_ref()?.expires_at?, link)))
        .filter(|(at, _)| *at > now)
        .min_by_key(|(at, _)| *at)?;
    let name = shorten(&link_name(soonest.1), 32);
    Some(format!("Next expiry: {name} in {}", span(now, soonest.0)))
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
    let reason = link.reason.as_ref();
    let by_design = reason.is_some_and(|reason| reason.code == "push_not_supported");
    match link.state {
        LinkState::Polling if by_design => 0,
        LinkState::Expired | LinkState::ReconnectNeeded => 5,
        LinkState::Unproved => 4,
        LinkState::Polling => 3,
        LinkState::Due => 2,
        LinkState::Paused => 1,
        LinkState::Renewing | LinkState::Live => 0,
    }
}

fn group(link: &Link, now: Timestamp) -> TrayItem {
    let mut items = Vec::new();
    if !matches!(link.state, LinkState::ReconnectNeeded | LinkState::Paused) {
        items.push(action("Renew now", TrayAct::Renew(link.id)));
    }
    items.push(action("Open", TrayAct::OpenLink(link.id)));
    TrayItem::Group {
        label: format!("{}  {}", shorten(&link_name(link), 32), standing(link, now)),
        items,
    }
}

/// Shape and word, so that no colour is needed.
fn standing(link: &Link, now: Timestamp) -> String {
    match (link.state, expiry(link)) {
        (LinkState::Due, Some(at)) => format!("◐ Due, expires in {}", span(now, at)),
        (LinkState::Due, None) => "◐ Due".into(),
        (LinkState::Live, _) => "● Live".into(),
        (LinkState::Renewing, _) => "● Renewing".into(),
        (LinkState::Unproved, _) => "▲ Unproved".into(),
        (LinkState::Polling, _) => "◌ Polling".into(),
        (LinkState::Expired, _) => "■ Expired".into(),
        (LinkState::ReconnectNeeded, _) => "■ Reconnect".into(),
        (LinkState::Paused, _) => "○ Paused".into(),
    }
}

fn renewable_and_due(link: &Link) -> bool {
    matches!(
        link.state,
        LinkState::Due | LinkState::Unproved | LinkState::Expired
    )
}

fn quit_label(snapshot: &Snapshot) -> String {
    match (snapshot.links.len(), snapshot.connection.local) {
        (0, _) => "Quit".into(),
        (1, true) => "Quit: stops watching 1 channel".into(),
        (count, true) => format!("Quit: stops watching {count} channels"),
        // The receiver elsewhere goes on; only this computer's warnings stop.
        (_, false) => "Quit: no more alerts on this computer".into(),
    }
}

fn icon(snapshot: &Snapshot) -> TrayIcon {
    match snapshot.connection.status {
        ConnectionStatus::Unpaired | ConnectionStatus::Offline | ConnectionStatus::Stale => {
            return TrayIcon::Offline;
        }
        ConnectionStatus::Connecting | ConnectionStatus::Connected => {}
    }
    let worst = snapshot.links.iter().map(rank).max();
    match worst {
        Some(3..) => TrayIcon::Bad,
        Some(2) => TrayIcon::Due,
        Some(1) => TrayIcon::Paused,
        Some(0) | None => TrayIcon::Ok,
    }
}

fn action(label: &str, act: TrayAct) -> TrayItem {
    TrayItem::Action {
        label: label.to_owned(),
        act,
    }
}
