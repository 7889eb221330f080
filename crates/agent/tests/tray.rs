//! The tray as plain values: the sentence, the worst first, what each line does.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[expect(dead_code, reason = "this file needs a part of it")]
#[path = "receiver/stand_in.rs"]
mod stand_in;

use jiff::{SignedDuration, Timestamp};
use stand_in::{because, link};
use syncward_agent::bridge::{
    Alert, AlertHush, AlertKind, AlertState, Connection, ConnectionStatus, Demo, Keychain,
    KeychainKind, Notifier, ReceiverEntry, ReceiverState, Settings, Severity, Snapshot,
    UpdateState, Updates,
};
use syncward_agent::tray::{TrayAct, TrayIcon, TrayItem, menu};
use syncward_agent::words::Language;
use syncward_wire::{Link, LinkState, Role};
use uuid::Uuid;

fn state(links: &[serde_json::Value], status: ConnectionStatus) -> Snapshot {
    let now = Timestamp::now();
    Snapshot {
        rev: 1,
        connection: Connection {
            status,
            since: now.into(),
            receiver: None,
            version: None,
            fit: None,
            role: None,
            local: true,
            stopped: false,
            round_trip_ms: None,
            clock_ahead_ms: None,
            message: String::new(),
            retry_at: None,
            certificate: None,
        },
        as_of: None,
        receivers: Vec::new(),
        overview: None,
        links: links
            .iter()
            .map(|link| serde_json::from_value::<Link>(link.clone()).unwrap())
            .collect(),
        clinics: Vec::new(),
        grants: Vec::new(),
        alerts: Vec::new(),
        banners: Vec::new(),
        hush: AlertHush::default(),
        unsent_after_s: 20 * 60,
        operations: Vec::new(),
        attempt: None,
        arrival: None,
        updates: Updates {
            address: None,
            state: UpdateState::NotAsked,
        },
        keychain: Keychain {
            kind: KeychainKind::Os,
            note: String::new(),
        },
        notifier: Notifier {
            available: true,
            note: String::new(),
        },
        language: Language::En,
        settings: Settings::default(),
        demo: Demo::Off,
        desk: Uuid::nil(),
    }
}

fn groups(items: &[TrayItem]) -> Vec<String> {
    let labels = items.iter().filter_map(|item| match item {
        TrayItem::Group { label, .. } => Some(label.clone()),
        TrayItem::Words(_) | TrayItem::Separator | TrayItem::Action { .. } => None,
    });
    labels.collect()
}

#[test]
fn the_worst_five_come_first_and_live_ones_are_not_listed() {
    let links = [
        link(1, "Live", "live", 100),
        link(2, "Due", "due", 20),
        link(3, "Gone", "expired", 1),
        link(4, "Lost", "reconnect_needed", 9),
        link(5, "Polled", "polling", 9),
        link(6, "Quiet", "unproved", 9),
        link(7, "Rest", "paused", 90),
    ];
    let shown = menu(
        &state(&links, ConnectionStatus::Connected),
        Timestamp::now(),
    );
    let groups = groups(&shown.items);
    assert_eq!(groups.len(), 5);
    assert!(groups[0].contains("Expired"), "{groups:?}");
    assert!(groups[1].contains("Reconnect"), "{groups:?}");
    assert!(groups[2].contains("Unproved"), "{groups:?}");
    assert!(groups[3].contains("Polling"), "{groups:?}");
    assert!(groups[4].contains("Due, expires in 19 h"), "{groups:?}");
    assert_eq!(shown.icon, TrayIcon::Bad);
}

#[test]
fn a_calendar_without_push_is_polled_by_design_and_wants_nobody() {
    let icon = |code| {
        let links = [
            link(1, "Holidays", "polling", 9),
            link(2, "Live", "live", 100),
        ];
        let [polled, live] = links;
        let links = [because(polled, code), live];
        let shown = menu(
            &state(&links, ConnectionStatus::Connected),
            Timestamp::now(),
        );
        (shown.icon, groups(&shown.items).len())
    };
    assert_eq!(icon("push_not_supported"), (TrayIcon::Ok, 0));
    assert_eq!(icon("webhook_url_unauthorized"), (TrayIcon::Bad, 1));
}

/// The icon and the named calendars.
fn drawn(snapshot: &Snapshot) -> (TrayIcon, Vec<String>) {
    let shown = menu(snapshot, Timestamp::now());
    (shown.icon, groups(&shown.items))
}

#[test]
fn what_waits_for_a_person_on_a_live_calendar_counts_as_it_does_in_the_window() {
    let ago = |minutes| Timestamp::now() - SignedDuration::from_mins(minutes);
    let mut held = link(1, "Held", "live", 90);
    held["held_cancellations"] = 12.into();
    let wait = |number, name, minutes| {
        let mut stuck = link(number, name, "live", 90);
        stuck["outbound"] = serde_json::json!({"since_at": ago(minutes), "edits": 2, "failure": null, "refused": false,
            "next_start_at": null});
        stuck
    };
    let mut late = link(4, "Late", "due", 20);
    late["channel"]["renews_at"] = serde_json::json!(ago(61));
    let links = [
        held,
        wait(2, "Stuck", 21),
        wait(3, "Underway", 19),
        late,
        link(5, "Due", "due", 20),
    ];
    let (icon, named) = drawn(&state(&links, ConnectionStatus::Connected));
    assert_eq!(icon, TrayIcon::Bad);
    let wanted = [
        "Nord · Held  ▲ Held: decide",
        "Nord · Late  ▲ Late, expires in 19 h",
        "Nord · Stuck  ▲ Unsent edits",
        "Nord · Due  ◐ Due, expires in 19 h",
    ];
    assert_eq!(named, wanted);
    let mut underway = state(&links[2..3], ConnectionStatus::Connected);
    assert_eq!(drawn(&underway).0, TrayIcon::Ok);
    underway.unsent_after_s = 18 * 60;
    assert_eq!(drawn(&underway).0, TrayIcon::Bad, "as the rule was set");
}

#[test]
fn it_is_paused_when_every_calendar_is_or_the_receiver() {
    let [live, paused] = ["live", "paused"].map(|it| link(1, it, it, 90));
    let of = |links: &[serde_json::Value]| state(links, ConnectionStatus::Connected);
    assert_eq!(drawn(&of(&[live.clone(), paused.clone()])).0, TrayIcon::Ok);
    assert_eq!(drawn(&of(&[paused])).0, TrayIcon::Paused);
    let mut whole = of(&[live, link(2, "Due", "due", 20)]);
    let mut told = stand_in::overview();
    told["paused"] = true.into();
    whole.overview = Some(serde_json::from_value(told).unwrap());
    let shown = menu(&whole, Timestamp::now());
    assert_eq!(shown.icon, TrayIcon::Paused);
    assert!(shown.sentence.ends_with("The receiver is paused."));
}

/// One of several receivers, with the calendars of these numbers.
fn receiver(title: &str, numbers: &[u128], paused: bool) -> ReceiverState {
    let alone = state(&[], ConnectionStatus::Connected);
    let ids = numbers.iter().map(|number| link(*number, "", "live", 90));
    let link_ids = ids.map(|link| link["id"].as_str().unwrap().parse().unwrap());
    ReceiverState {
        entry: ReceiverEntry {
            address: format!("https://{title}.example"),
            local: false,
            current: title == "North",
            role: Role::Admin,
            version: "0.1.0".into(),
            paired_at: Timestamp::now().into(),
            pin: None,
            name: String::new(),
        },
        id: None,
        title: title.into(),
        connection: alone.connection,
        as_of: None,
        link_ids: link_ids.collect(),
        clinic_ids: Vec::new(),
        links: u32::try_from(numbers.len()).unwrap(),
        paused,
    }
}

/// Three receivers, of which these are paused; the chosen one is North.
fn three(paused: [bool; 3]) -> Snapshot {
    let links = [1, 2, 3].map(|number| link(number, "Room", "live", 90));
    let mut whole = state(&links, ConnectionStatus::Connected);
    whole.connection.local = false;
    let mut told = stand_in::overview();
    told["paused"] = paused[0].into();
    whole.overview = Some(serde_json::from_value(told).unwrap());
    let [north, south, west] = paused;
    whole.receivers = vec![
        receiver("North", &[1], north),
        receiver("South", &[2], south),
        receiver("West", &[3], west),
    ];
    whole
}

#[test]
fn of_several_receivers_it_is_paused_when_all_are_and_names_the_one_that_is() {
    let drawn = |paused| {
        let shown = menu(&three(paused), Timestamp::now());
        let (_, end) = shown.sentence.split_once(". ").unwrap_or_default();
        (shown.icon, end.to_owned())
    };
    let of = |icon, end: &str| (icon, end.to_owned());
    assert_eq!(drawn([false, false, false]), of(TrayIcon::Ok, ""));
    let one = of(TrayIcon::Ok, "North is paused.");
    assert_eq!(drawn([true, false, false]), one);
    let another = of(TrayIcon::Ok, "South is paused.");
    assert_eq!(drawn([false, true, false]), another);
    let some = of(TrayIcon::Ok, "2 receivers are paused.");
    assert_eq!(drawn([true, false, true]), some);
    let all = of(TrayIcon::Paused, "All receivers are paused.");
    assert_eq!(drawn([true, true, true]), all);
}

#[test]
fn it_is_paused_when_what_the_paused_receivers_leave_is_paused_itself() {
    let mut whole = three([true, false, true]);
    whole.links[1].state = LinkState::Paused;
    assert_eq!(drawn(&whole).0, TrayIcon::Paused);
}

#[test]
fn quitting_stops_only_what_the_receiver_on_this_computer_watches() {
    let quit = |whole: &Snapshot| match menu(whole, Timestamp::now()).items.pop() {
        Some(TrayItem::Action { label, .. }) => label,
        other => panic!("no way to quit: {other:?}"),
    };
    let mut whole = three([false; 3]);
    assert_eq!(quit(&whole), "Quit: no more alerts on this computer");
    whole.receivers[1].entry.local = true;
    assert_eq!(quit(&whole), "Quit: stops watching 1 channel");
}

#[test]
fn quitting_says_what_it_stops_and_renewing_all_is_offered_when_something_is_due() {
    let links = [link(1, "One", "due", 20), link(2, "Two", "live", 90)];
    let shown = menu(
        &state(&links, ConnectionStatus::Connected),
        Timestamp::now(),
    );
    let acts: Vec<(String, TrayAct)> = shown
        .items
        .iter()
        .filter_map(|item| match item {
            TrayItem::Action { label, act } => Some((label.clone(), *act)),
            TrayItem::Words(_) | TrayItem::Separator | TrayItem::Group { .. } => None,
        })
        .collect();
    assert_eq!(
        acts,
        [
            ("Renew all due".to_owned(), TrayAct::RenewDue),
            ("Pause alerts for 1 h".to_owned(), TrayAct::PauseAlerts),
            ("Receiver…".to_owned(), TrayAct::OpenReceiver),
            ("Open Syncward".to_owned(), TrayAct::Open),
            ("Quit: stops watching 2 channels".to_owned(), TrayAct::Quit),
        ]
    );
    assert_eq!(shown.icon, TrayIcon::Due);
}

#[test]
fn a_silent_receiver_is_told_by_word_and_shape() {
    let links = [link(1, "One", "live", 90)];
    let shown = menu(&state(&links, ConnectionStatus::Offline), Timestamp::now());
    assert_eq!(shown.icon, TrayIcon::Offline);
    assert!(shown.sentence.contains("silent"), "{}", shown.sentence);
}

#[test]
fn no_e_mail_address_reaches_the_tray() {
    let links = [link(1, "admin@clinic.example", "due", 20)];
    let shown = menu(
        &state(&links, ConnectionStatus::Connected),
        Timestamp::now(),
    );
    assert!(!format!("{shown:?}").contains('@'));
}

#[test]
fn every_line_follows_the_language() {
    let links = [link(1, "Due", "due", 20), link(2, "Gone", "expired", 1)];
    let mut german = state(&links, ConnectionStatus::Connected);
    german.language = Language::De;
    let shown = menu(&german, Timestamp::now());
    let groups = groups(&shown.items);
    assert!(groups[0].contains("■ Abgelaufen"), "{groups:?}");
    assert!(groups[1].contains("◐ Fällig, läuft in"), "{groups:?}");
    let labels: Vec<&str> = shown
        .items
        .iter()
        .filter_map(|item| match item {
            TrayItem::Action { label, .. } => Some(label.as_str()),
            TrayItem::Words(_) | TrayItem::Separator | TrayItem::Group { .. } => None,
        })
        .collect();
    assert_eq!(
        labels,
        [
            "Alle fälligen erneuern",
            "Warnungen 1 h pausieren",
            "Empfänger…",
            "Syncward öffnen",
            "Beenden: 2 Kanäle werden nicht mehr überwacht"
        ]
    );
}

#[test]
fn what_is_told_of_a_calendar_can_be_snoozed_and_a_pause_can_be_ended() {
    let gone = link(1, "Gone", "expired", 1);
    let quiet = link(2, "Quiet", "unproved", 9);
    let mut shown = state(&[gone, quiet], ConnectionStatus::Connected);
    let until: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    shown.hush.paused_until = Some(until.into());
    let touched = shown.links[0].id;
    shown.alerts = vec![alert(touched)];
    let menu = menu(&shown, Timestamp::now());
    let snoozes = |item: &TrayItem| {
        match item {
        TrayItem::Group { items, .. } => items.iter().any(|item| {
            matches!(item, TrayItem::Action { act: TrayAct::Snooze(id), label } if *id == touched && label == "Snooze 1 h")
        }),
        TrayItem::Words(_) | TrayItem::Separator | TrayItem::Action { .. } => false,
    }
    };
    assert_eq!(menu.items.iter().filter(|item| snoozes(item)).count(), 1);
    let resumes = menu.items.iter().any(|item| {
        matches!(item, TrayItem::Action { act: TrayAct::ResumeAlerts, label } if label.starts_with("Resume alerts, paused until "))
    });
    assert!(resumes, "{:?}", menu.items);
}

fn alert(link_id: uuid::Uuid) -> Alert {
    Alert {
        id: "expired:r".into(),
        kind: AlertKind::Expired,
        title: "Nord · Gone has an expired channel".into(),
        body: String::new(),
        severity: Severity::Warning,
        since: Timestamp::now().into(),
        state: AlertState::Firing,
        until: None,
        resolved_at: None,
        unknown_since: None,
        link_ids: vec![link_id],
        lapses: Vec::new(),
        actions: Vec::new(),
    }
}
