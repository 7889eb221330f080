//! The executor: feeds engine links, performs what they ask for, and wakes them in time.
//!
//! Every effect lies in the store before it is performed and leaves it in the transaction that stores its result, so
//! that a crash repeats it with the same ids. Decides nothing about links.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::{Effect, Input};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::app::App;
use crate::clock;
use crate::store;
use crate::store::effect::Due;

pub mod activity_text;
pub mod apply;
mod channels;
mod claim;
pub mod content;
pub mod google;
pub mod keys;
mod merge;
pub mod near;
pub mod orphans;
pub mod outbound;
mod pass;
mod pulse;
pub mod quota;
pub mod retention;
mod run;
pub mod seat;
pub mod share;
mod tally;
pub mod turn;
mod webhooks;

pub use claim::Hold;
pub use pass::{Pass, late_after};
pub use turn::Pending;

/// Links woken in one pass.
const DUE_MOST: u32 = 500;
/// Longest time between two looks at the clock: laptops sleep and clocks step.
pub const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Pause after the store failed.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// What is under way.
pub struct Running {
    /// Who may call Google.
    pub(crate) seats: seat::Seats,
    tasks: TaskTracker,
    stop: CancellationToken,
    hold: watch::Sender<Hold>,
    /// Effects being performed.
    claimed: Mutex<BTreeSet<i64>>,
    /// How much is under way: effects, and outboxes being emptied.
    under_way: watch::Sender<usize>,
    alive: AtomicBool,
    passes: pass::Passes,
    /// Endpoints of the clinic's own system that are being told.
    telling: Mutex<BTreeSet<Uuid>>,
    /// Something is to be told to an endpoint.
    pub(crate) announced: Notify,
    /// Links whose outbox is being emptied, and whether more came meanwhile.
    pub(crate) pushing: Mutex<HashMap<Uuid, bool>>,
    /// Orphans being stopped, by channel id.
    hunted: Mutex<BTreeSet<String>>,
}

impl Running {
    /// Nothing is under way.
    pub fn new(quotas: quota::Limits) -> Self {
        Self {
            seats: seat::Seats::new(quotas),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            hold: watch::Sender::new(Hold::Working),
            claimed: Mutex::default(),
            under_way: watch::Sender::new(0),
            alive: AtomicBool::new(false),
            passes: pass::Passes::default(),
            telling: Mutex::default(),
            announced: Notify::new(),
            pushing: Mutex::default(),
            hunted: Mutex::default(),
        }
    }

    /// Whether the executor's loops run.
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    /// The last look at the deadlines that was completed; none before the executor's start.
    pub fn last_pass(&self) -> Option<Pass> {
        self.passes.last()
    }
}

/// Runs until [`stop`]: repeats what a crash left, then attends to inbox, deadlines and outbox.
pub async fn run(app: Arc<App>) -> store::Result<()> {
    let stop = app.exec.stop.clone();
    while let Err(error) = begin(&app).await {
        // A database that is away now may be back soon.
        tracing::error!(error = %error, "could not begin to work");
        tokio::select! {
            biased;
            () = stop.cancelled() => return Err(error),
            () = tokio::time::sleep(AFTER_FAULT) => {}
        }
    }
    app.exec.passes.note();
    app.exec.alive.store(true, Ordering::SeqCst);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = attend_inbox(&app) => {}
        () = attend_deadlines(&app) => {}
        () = outbound::attend(&app) => {}
        () = retention::attend(&app) => {}
        () = webhooks::attend(&app) => {}
        () = pulse::attend(&app) => {}
        () = keys::attend(&app) => {}
        () = quota::kept::attend(&app) => {}
        () = share::attend(&app) => {}
        () = share::listen(&app) => {}
    }
    if let Err(error) = pulse::note(&app).await {
        tracing::error!(error = %error, "could not note the last pulse");
    }
    app.exec.alive.store(false, Ordering::SeqCst);
    app.exec.tasks.close();
    app.exec.tasks.wait().await;
    if let Err(error) = quota::kept::save(&app).await {
        tracing::error!(error = %error, "could not note the last calls");
    }
    if let Err(error) = share::end(&app).await {
        tracing::error!(error = %error, "could not give the lease back");
    }
    Ok(())
}

async fn begin(app: &Arc<App>) -> store::Result<()> {
    if app.store.read(store::receiver::paused).await? {
        app.exec.hold(Hold::Paused);
    }
    app.forget_drain().await?;
    share::take_over(app).await?;
    quota::kept::learn(app).await?;
    pulse::beat(app).await?;
    take_up(app).await
}

/// Ends the loops; calls under way are given up and repeated at the next start.
pub fn stop(app: &App) {
    app.exec.stop.cancel();
}

/// Starts everything that is stored and not yet begun: what a crash left, or what a hold kept back.
pub(crate) async fn take_up(app: &Arc<App>) -> store::Result<()> {
    let left = app.store.read(|connection| {
        let mine = store::effect::mine(connection)?;
        Ok((connection.fence(), mine))
    });
    let (fence, left) = left.await?;
    let pending = left
        .into_iter()
        .map(|(effect_id, link_id, effect)| Pending {
            due: Due { effect_id, fence },
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
        let Some(claim) = app.claim(Some(one.due.effect_id)) else {
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
    if let Some(_claim) = app.claim(Some(pending.due.effect_id)) {
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
            Err(store::StoreError::Stale) => {
                tracing::warn!(link.id = %pending.link_id, "another replica does this effect now");
                return;
            }
            Err(error) => {
                tracing::error!(link.id = %pending.link_id, error = %error, "could not store an effect's result")
            }
        }
    }
}

async fn once(app: &Arc<App>, pending: &Pending) -> store::Result<()> {
    let (link_id, due) = (pending.link_id, pending.due);
    let (waits, link) = app
        .store
        .read(move |connection| {
            let waits = store::effect::is_waiting(connection, due.effect_id)?;
            Ok((waits, store::link::calendar(connection, link_id)?))
        })
        .await?;
    // Done since it was read.
    if !waits {
        return Ok(());
    }
    let Some(link) = link else {
        app.store
            .write(move |tx| store::effect::done(tx, due).map(|_| ()))
            .await?;
        return Ok(());
    };
    let link = Arc::new(link);
    match pending.effect.clone() {
        Effect::OpenChannel {
            channel,
            expires_at,
            ..
        } => channels::open(app, link, due, channel, expires_at).await,
        Effect::StopChannel {
            channel,
            resource_id,
        } => channels::stop(app, link, due, channel, resource_id).await,
        Effect::StartRun {
            run,
            kind,
            trigger,
            spare,
        } => {
            let quotas = &app.exec.seats.quotas;
            let wait = quotas.until_spare(link.google_grant_id);
            if let Some(wait) = wait.filter(|_| spare) {
                app.meters.runs_put_off.fetch_add(1, Ordering::Relaxed);
                let put_off = Input::RunPutOff { run, wait };
                return channels::finish(app, link, due, put_off, |_| Ok(())).await;
            }
            run::run(app, link, due, run, kind, trigger).await
        }
        // These are done in the transaction that made them.
        Effect::Record { .. }
        | Effect::Step { .. }
        | Effect::Watch { .. }
        | Effect::Drill { .. } => Ok(()),
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
            Ok(wait) => {
                app.exec.passes.note();
                wait
            }
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

/// Wakes a link, unless another replica did since it was found.
async fn wake(app: &Arc<App>, link_id: Uuid) -> store::Result<()> {
    let shared = Arc::clone(app);
    let woken = app.store.write(move |tx| {
        let now = clock::now();
        if !store::link::is_due(tx, link_id, now)? {
            return Ok((Vec::new(), Vec::new()));
        }
        turn::take(tx, &shared, link_id, vec![Input::DeadlineReached], now)
    });
    let (pending, told) = woken.await?;
    app.tell(told);
    start(app, pending);
    Ok(())
}

async fn wake_due(app: &Arc<App>) -> store::Result<Duration> {
    if app.exec.is_held() {
        return Ok(app.look_every);
    }
    let mut next = app.store.read(store::link::next_deadline).await?;
    let now = clock::now();
    if next.is_some_and(|at| at <= now) {
        wake_all(app, now).await?;
        next = app.store.read(store::link::next_deadline).await?;
    }
    let until = next.map_or(app.look_every, |at| {
        Duration::try_from(at.duration_since(clock::now())).unwrap_or_default()
    });
    Ok(until.clamp(Duration::from_millis(20), app.look_every))
}

async fn wake_all(app: &Arc<App>, now: Timestamp) -> store::Result<()> {
    let due = app
        .store
        .read(move |connection| store::link::due(connection, now, DUE_MOST))
        .await?;
    for link_id in due {
        if let Err(error) = wake(app, link_id).await {
            tracing::error!(link.id = %link_id, error = %error, "could not wake a link");
        }
    }
    Ok(())
}
