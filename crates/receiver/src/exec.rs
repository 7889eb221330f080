//! The executor: feeds engine links, performs what they ask for, and wakes them in time.
//!
//! Every effect lies in the store before it is performed and leaves it in the transaction that stores its result, so
//! that a crash repeats it with the same ids. Decides nothing about links.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncward_engine::{Effect, Input};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::store;

pub mod activity_text;
pub mod apply;
mod channels;
mod claim;
pub mod content;
pub mod google;
mod merge;
pub mod orphans;
pub mod outbound;
mod pulse;
pub mod retention;
mod run;
mod tally;
pub mod turn;
mod webhooks;

pub use claim::Hold;
pub use turn::Pending;

/// Calls to Google under way at the same time, over all links.
const CALLS_MOST: usize = 64;
/// Calls of one grant under way at the same time, so that a slow account delays no other.
const CALLS_PER_GRANT_MOST: usize = 4;
/// Links woken in one pass.
const DUE_MOST: u32 = 500;
/// Longest time between two looks at the clock: laptops sleep and clocks step.
pub const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Pause after the store failed.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// What is under way.
pub struct Running {
    calls: Arc<Semaphore>,
    grants: Mutex<HashMap<Uuid, Arc<Semaphore>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    hold: watch::Sender<Hold>,
    /// Effects being performed.
    claimed: Mutex<BTreeSet<i64>>,
    /// How much is under way: effects, and outboxes being emptied.
    under_way: watch::Sender<usize>,
    alive: AtomicBool,
    /// Endpoints of the clinic's own system that are being told.
    telling: Mutex<BTreeSet<Uuid>>,
    /// Something is to be told to an endpoint.
    pub(crate) announced: Notify,
    /// Links whose outbox is being emptied, and whether more came meanwhile.
    pub(crate) pushing: Mutex<HashMap<Uuid, bool>>,
    /// Orphans being stopped, by channel id.
    hunted: Mutex<BTreeSet<String>>,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            calls: Arc::new(Semaphore::new(CALLS_MOST)),
            grants: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            hold: watch::Sender::new(Hold::Working),
            claimed: Mutex::default(),
            under_way: watch::Sender::new(0),
            alive: AtomicBool::new(false),
            telling: Mutex::default(),
            announced: Notify::new(),
            pushing: Mutex::default(),
            hunted: Mutex::default(),
        }
    }
}

impl Running {
    /// Whether the executor's loops run.
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    fn grant(&self, google_grant_id: Uuid) -> Arc<Semaphore> {
        let mut grants = self
            .grants
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(
            grants
                .entry(google_grant_id)
                .or_insert_with(|| Arc::new(Semaphore::new(CALLS_PER_GRANT_MOST))),
        )
    }
}

/// Runs until [`stop`]: repeats what a crash left, then attends to inbox, deadlines and outbox.
pub async fn run(app: Arc<App>) -> store::Result<()> {
    app.forget_drain().await?;
    if app.store.read(store::receiver::paused).await? {
        app.exec.hold(Hold::Paused);
    }
    pulse::begin(&app).await?;
    take_up(&app).await?;
    app.exec.alive.store(true, Ordering::SeqCst);
    let stop = app.exec.stop.clone();
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = attend_inbox(&app) => {}
        () = attend_deadlines(&app) => {}
        () = outbound::attend(&app) => {}
        () = retention::attend(&app) => {}
        () = webhooks::attend(&app) => {}
        () = pulse::attend(&app) => {}
    }
    if let Err(error) = pulse::note(&app).await {
        tracing::error!(error = %error, "could not note the last pulse");
    }
    app.exec.alive.store(false, Ordering::SeqCst);
    app.exec.tasks.close();
    app.exec.tasks.wait().await;
    Ok(())
}

/// Ends the loops; calls under way are given up and repeated at the next start.
pub fn stop(app: &App) {
    app.exec.stop.cancel();
}

/// Starts everything that is stored and not yet begun: what a crash left, or what a hold kept back.
pub(crate) async fn take_up(app: &Arc<App>) -> store::Result<()> {
    let left = app.store.read(store::effect::all).await?;
    let pending = left
        .into_iter()
        .map(|(effect_id, link_id, effect)| Pending {
            effect_id,
            link_id,
            effect,
        })
        .collect();
    start(app, pending);
    let now = clock::now();
    let (links, _) = app
        .store
        .read(move |connection| store::outbox::waiting(connection, now))
        .await?;
    links
        .into_iter()
        .for_each(|link_id| outbound::push(app, link_id));
    Ok(())
}

/// Performs effects, each on its own task, within the bounds; during a hold they stay in the store.
pub(crate) fn start(app: &Arc<App>, pending: Vec<Pending>) {
    if app.exec.is_held() {
        return;
    }
    for one in pending {
        let Some(claim) = app.claim(Some(one.effect_id)) else {
            continue;
        };
        let app = Arc::clone(app);
        let stop = app.exec.stop.clone();
        app.exec.tasks.clone().spawn(async move {
            let _claim = claim;
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = repeat(&app, one) => {}
            }
        });
    }
}

/// Performs one effect here and now, unless it is under way.
pub(crate) async fn perform(app: &Arc<App>, pending: Pending) {
    if let Some(_claim) = app.claim(Some(pending.effect_id)) {
        repeat(app, pending).await;
    }
}

/// Performs one effect and feeds its result back; a store that fails leaves the effect for later.
async fn repeat(app: &Arc<App>, pending: Pending) {
    let mut wait = tokio::time::interval(AFTER_FAULT);
    loop {
        wait.tick().await;
        match once(app, &pending).await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(link.id = %pending.link_id, error = %error, "could not store an effect's result")
            }
        }
    }
}

async fn once(app: &Arc<App>, pending: &Pending) -> store::Result<()> {
    let (link_id, effect_id) = (pending.link_id, pending.effect_id);
    let (waits, link) = app
        .store
        .read(move |connection| {
            let waits = store::effect::is_waiting(connection, effect_id)?;
            Ok((waits, store::link::find_any(connection, link_id)?))
        })
        .await?;
    // Done since it was read.
    if !waits {
        return Ok(());
    }
    let Some(link) = link else {
        app.store
            .write(move |tx| store::effect::done(tx, effect_id).map(|_| ()))
            .await?;
        return Ok(());
    };
    let link = Arc::new(link);
    let grant = app.exec.grant(link.google_grant_id);
    let mine = grant.acquire_owned().await;
    let call = Arc::clone(&app.exec.calls).acquire_owned().await;
    let (Ok(_mine), Ok(_call)) = (mine, call) else {
        return Ok(());
    };
    match pending.effect.clone() {
        Effect::OpenChannel {
            channel,
            expires_at,
            ..
        } => channels::open(app, link, pending.effect_id, channel, expires_at).await,
        Effect::StopChannel {
            channel,
            resource_id,
        } => channels::stop(app, link, pending.effect_id, channel, resource_id).await,
        Effect::StartRun { run, kind, trigger } => {
            run::run(app, link, pending.effect_id, run, kind, trigger).await
        }
        // These are done in the transaction that made them.
        Effect::Record { .. } | Effect::Step { .. } | Effect::Watch { .. } => Ok(()),
    }
}

/// Turns stored notifications into dirty marks.
async fn attend_inbox(app: &Arc<App>) {
    loop {
        let mut wait = app.look_every;
        if !app.exec.is_held() {
            match turn::take_inbox(app).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(error = %error, "could not read the inbox");
                    wait = AFTER_FAULT;
                }
            }
        }
        tokio::select! {
            biased;
            () = app.arrived.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Wakes links whose deadline has come.
async fn attend_deadlines(app: &Arc<App>) {
    loop {
        let wait = match wake_due(app).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(error = %error, "could not wake due links");
                AFTER_FAULT
            }
        };
        tokio::select! {
            biased;
            () = app.stirred.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn wake_due(app: &Arc<App>) -> store::Result<Duration> {
    if app.exec.is_held() {
        return Ok(app.look_every);
    }
    let now = clock::now();
    let due = app
        .store
        .read(move |connection| store::link::due(connection, now, DUE_MOST))
        .await?;
    for link_id in due {
        if let Err(error) = app
            .feed(link_id, vec![Input::DeadlineReached], |_| Ok(()))
            .await
        {
            tracing::error!(link.id = %link_id, error = %error, "could not wake a link");
        }
    }
    let next = app.store.read(store::link::next_deadline).await?;
    let until = next.map_or(app.look_every, |at| {
        Duration::try_from(at.duration_since(clock::now())).unwrap_or_default()
    });
    Ok(until.clamp(Duration::from_millis(20), app.look_every))
}
