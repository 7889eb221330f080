//! The agent's one owned state, its one loop and its one `match`.
//!
//! Everything that happens comes in as an [`Event`]; nothing here waits for the network. Slow work runs in tasks that
//! send their result back as an event.

mod alarms;
mod asked;
mod attended;
mod banners;
mod closing;
mod control;
mod demo;
mod desk;
mod event;
mod heard;
mod hinting;
mod lateness;
mod post;
mod posts;
mod pulse;
mod receivers;
mod series;
mod summed;
mod view;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use syncward_wire::OperationState;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::agent::StartError;
use crate::alerts::Alerts;
use crate::bridge::{
    self, Attempt, ConnectionStatus, Hint, HintEntity, Request, Response, Settings,
};
use crate::browser::Browser;
use crate::clock;
use crate::connection::Heard;
use crate::consent::Running;
use crate::deep_link::Arrival;
use crate::demo::DemoConfig;
use crate::keychain::Keychain;
use crate::notifier::{BubbleEvent, Notifier};
use crate::options::Options;
use crate::sidecar::{Sidecar, SidecarConfig, SidecarEvent};
use crate::store::Store;
use crate::tray::{self, TrayMenu};
use crate::words::Language;
use banners::Banners;
use demo::Turn;
pub use demo::live;
use desk::Desk;
pub use desk::diagnostics_at_rest;
use event::{Event, Outcome};
use hinting::Hinting;
use post::Post;

/// Events of one kind that may wait.
const QUEUE: usize = 256;

/// One question and the way back.
#[derive(Debug)]
pub struct Asked {
    pub request: Request,
    pub reply: Reply,
}

type Reply = oneshot::Sender<Response>;

/// The senders that tasks report to.
#[derive(Clone, Debug)]
struct Ways {
    heard: mpsc::Sender<(u64, Heard)>,
    sidecar: mpsc::Sender<SidecarEvent>,
    attempts: mpsc::Sender<Attempt>,
    outcomes: mpsc::Sender<Outcome>,
}

struct Inboxes {
    heard: mpsc::Receiver<(u64, Heard)>,
    sidecar: mpsc::Receiver<SidecarEvent>,
    attempts: mpsc::Receiver<Attempt>,
    outcomes: mpsc::Receiver<Outcome>,
    bubbles: mpsc::Receiver<BubbleEvent>,
}

/// The state; owned by its loop.
pub struct Core {
    data_dir: std::path::PathBuf,
    /// Whose store this is.
    own_id: Uuid,
    demo: bridge::Demo,
    demo_world: DemoConfig,
    demo_starts: bool,
    /// Set when the demo and this core are to change places.
    turn: Option<Turn>,
    browser: Browser,
    keychain: Keychain,
    sidecar_config: SidecarConfig,
    store: Store,
    ways: Ways,
    inboxes: Option<Inboxes>,
    /// Every receiver that is watched; a vacant one while none is known, so never empty.
    posts: Vec<Post>,
    /// The newest connection's.
    epoch: u64,
    operations: BTreeMap<Uuid, OperationState>,
    consent: Option<Running>,
    attempt: Option<Attempt>,
    arrival: Option<Arrival>,
    desk: Desk,
    sidecar: Option<Sidecar>,
    /// Cancelled once the local receiver that was ended last is gone.
    local_gone: Option<CancellationToken>,
    /// Those who asked to start the local receiver and wait.
    local_waiting: Vec<Reply>,
    settings: Settings,
    system_language: Language,
    keychain_note: bridge::Keychain,
    notifier_note: bridge::Notifier,
    notifier: Notifier,
    alerts: Alerts,
    banners: Banners,
    /// Renewals asked by a bubble: operation → incident.
    pressed: HashMap<Uuid, String>,
    /// Incidents whose bubble shows a renewal's result.
    reported: HashSet<String>,
    hinting: Hinting,
    /// Something was heard since the alerts and the tray were looked after; done once for all that comes within a hint.
    unjudged: bool,
    tray: watch::Sender<TrayMenu>,
}

impl Core {
    /// Opens the store, shows what was last known, and begins to reach the receiver.
    pub fn start(
        options: Options,
        hints: broadcast::Sender<Hint>,
    ) -> Result<(Self, watch::Receiver<TrayMenu>), StartError> {
        make_private_folder(&options.data_dir)?;
        let mut store = Store::open(&options.data_dir)?;
        let (ways, inboxes, bubble_events) = channels();
        let notifier =
            Notifier::start(options.bubbles, bubble_events).map_err(StartError::Notifier)?;
        let keychain = Keychain::new(&options.data_dir, options.os_keychain);
        let (tray, tray_out) = watch::channel(TrayMenu::default());
        let now = clock::now();
        let mut core = Self {
            demo: options.demo,
            demo_world: options.demo_world,
            demo_starts: false,
            turn: None,
            browser: options.browser,
            keychain_note: keychain.describe(),
            keychain,
            sidecar_config: options.sidecar,
            data_dir: options.data_dir,
            settings: store
                .recall("settings")
                .map(|known| known.0)
                .unwrap_or_default(),
            system_language: Language::of_system(),
            alerts: Alerts::recall(&mut store, options.alert_after, now),
            own_id: store.desk(now),
            store,
            ways,
            inboxes: Some(inboxes),
            posts: Vec::new(),
            epoch: 0,
            operations: BTreeMap::new(),
            consent: None,
            attempt: None,
            arrival: None,
            desk: Desk::new(options.shell, now),
            sidecar: None,
            local_gone: None,
            local_waiting: Vec::new(),
            notifier_note: bridge::Notifier {
                available: false,
                note: "Asking the desktop whether it shows notifications.".into(),
            },
            notifier,
            banners: Banners::default(),
            pressed: HashMap::new(),
            reported: HashSet::new(),
            hinting: Hinting::new(hints),
            unjudged: false,
            tray,
        };
        core.reach_at_start(options.pair, options.local);
        core.redraw(now);
        Ok((core, tray_out))
    }

    /// The loop; returns when `ended`, or when it is another core's turn, and the local receiver is gone.
    async fn run(
        &mut self,
        asked: &mut mpsc::Receiver<Asked>,
        ended: &CancellationToken,
    ) -> Option<Turn> {
        let mut inboxes = self.inboxes.take()?;
        let mut beat = tokio::time::interval(std::time::Duration::from_secs(1));
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let flush = self.hinting.due();
            let event = tokio::select! {
                biased;
                () = ended.cancelled() => break,
                Some(asked) = asked.recv() => Event::Asked(asked),
                Some((epoch, heard)) = inboxes.heard.recv() => Event::Heard(epoch, heard),
                Some(sidecar) = inboxes.sidecar.recv() => Event::Sidecar(sidecar),
                Some(attempt) = inboxes.attempts.recv() => Event::Attempt(attempt),
                Some(outcome) = inboxes.outcomes.recv() => Event::Outcome(outcome),
                Some(bubble) = inboxes.bubbles.recv() => Event::Bubble(bubble),
                () = flush => Event::Flush,
                _ = beat.tick() => Event::Beat,
            };
            self.handle(event, clock::now());
            if self.turn.is_some() {
                break;
            }
        }
        for post in &mut self.posts {
            post.connection = None;
        }
        if let Some(sidecar) = self.sidecar.take() {
            sidecar.end().await;
        }
        if let Some(gone) = self.local_gone.take() {
            gone.cancelled().await;
        }
        self.inboxes = Some(inboxes);
        self.turn.take()
    }

    fn handle(&mut self, event: Event, now: Timestamp) {
        match event {
            Event::Asked(asked) => self.asked(asked, now),
            Event::Heard(epoch, heard) => {
                if let Some(at) = self.at_epoch(epoch) {
                    self.heard(at, heard, now);
                }
            }
            Event::Sidecar(event) => self.sidecar_changed(event, now),
            Event::Attempt(attempt) => self.attempt_went_on(attempt),
            Event::Outcome(outcome) => self.came_back(outcome, now),
            Event::Bubble(event) => self.bubble(event, now),
            Event::Flush => {
                if std::mem::take(&mut self.unjudged) {
                    self.judge(now);
                    self.redraw(now);
                }
                self.hinting.flush();
            }
            Event::Beat => self.beat(now),
        }
    }

    fn attempt_went_on(&mut self, attempt: Attempt) {
        let over = !matches!(
            attempt.state,
            bridge::ConnectState::Waiting | bridge::ConnectState::Finishing
        );
        let current = self
            .attempt
            .as_ref()
            .is_some_and(|shown| shown.id == attempt.id);
        if current {
            self.attempt = Some(attempt);
            self.hinting.mark(HintEntity::Connect);
            self.hinting.mark(HintEntity::Snapshot);
        }
        if current && over {
            self.consent = None;
            self.refresh();
        }
    }

    fn beat(&mut self, now: Timestamp) {
        let finished = self.operations.len();
        self.operations.retain(|_, operation| {
            !operation.finished || now.duration_since(*operation.at).as_secs() < 60
        });
        if self.operations.len() != finished {
            self.hinting.mark(HintEntity::Snapshot);
        }
        for post in &mut self.posts {
            let silent_s = now.duration_since(*post.contact.since).as_secs();
            if post.contact.status == ConnectionStatus::Stale && silent_s >= 15 {
                post.contact.status = ConnectionStatus::Offline;
                self.hinting.mark(HintEntity::Snapshot);
            }
        }
        self.ask_lateness(now);
        if self.alerts.is_due(now) {
            self.judge(now);
            self.redraw(now);
        }
        self.look_for_updates(now);
    }

    fn refresh(&self) {
        for post in &self.posts {
            post.refresh();
        }
    }

    /// Draws the tray anew; the watchers wake only when it looks different.
    fn redraw(&mut self, now: Timestamp) {
        let menu = tray::menu(&self.snapshot(now), now);
        self.tray.send_if_modified(|shown| {
            let differs = *shown != menu;
            if differs {
                *shown = menu;
            }
            differs
        });
    }
}

fn channels() -> (Ways, Inboxes, mpsc::Sender<BubbleEvent>) {
    let (heard, heard_in) = mpsc::channel(QUEUE);
    let (sidecar, sidecar_in) = mpsc::channel(QUEUE);
    let (attempts, attempts_in) = mpsc::channel(QUEUE);
    let (outcomes, outcomes_in) = mpsc::channel(QUEUE);
    let (bubbles, bubbles_in) = mpsc::channel(QUEUE);
    let ways = Ways {
        heard,
        sidecar,
        attempts,
        outcomes,
    };
    let inboxes = Inboxes {
        heard: heard_in,
        sidecar: sidecar_in,
        attempts: attempts_in,
        outcomes: outcomes_in,
        bubbles: bubbles_in,
    };
    (ways, inboxes, bubbles)
}

pub(crate) fn make_private_folder(path: &std::path::Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|source| StartError::Folder {
        path: path.to_owned(),
        source,
    })
}

/// Opens a file to write; one that is made is for its owner alone, one that is there stays as it is.
pub(crate) fn private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
