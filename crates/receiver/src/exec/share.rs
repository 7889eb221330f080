//! Sharing the work with other replicas over the same store: a lease that is extended, the dead's work taken over, and
//! what the others did told to those who watch this one.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::{Hold, quota};
use crate::app::{App, Changed};
use crate::store::ear::Heard;
use crate::store::{self, Store, replica};

/// A lease is extended so many times before it runs out.
const BEATS: u32 = 3;
/// Changes told to the others as one word.
const CHANGES_MOST: usize = 100;

/// Begins this replica's lease.
pub async fn begin(store: &Store, lease: Duration) -> store::Result<()> {
    let millis = millis(lease);
    let fence = store.write(move |tx| replica::begin(tx, millis)).await?;
    store.set_fence(fence);
    Ok(())
}

/// Extends the lease, takes over what nobody does any more, and follows what was decided elsewhere.
pub(super) async fn attend(app: &Arc<App>) {
    loop {
        if let Err(error) = beat(app).await {
            tracing::error!(error = %error, "could not extend the lease");
        }
        tokio::time::sleep(app.lease / BEATS).await;
    }
}

/// Takes what a life before this one left, and what nobody does any more.
pub(super) async fn take_over(app: &App) -> store::Result<()> {
    let fence = app.store.fence();
    let taken = app.store.write(move |tx| replica::take_over(tx, fence));
    taken.await.map(|_| ())
}

async fn beat(app: &Arc<App>) -> store::Result<()> {
    let millis = millis(app.lease);
    let before = app.store.fence();
    let beaten = app.store.write(move |tx| {
        let fence = match replica::extend(tx, before, millis)? {
            true => before,
            false => replica::begin(tx, millis)?,
        };
        Ok((fence, replica::take_over(tx, fence)?))
    });
    let (fence, taken) = beaten.await?;
    if fence != before {
        tracing::warn!(fence, "this replica's lease had been ended by another");
        app.store.set_fence(fence);
    }
    if taken > 0 {
        tracing::info!(taken, "took over what nobody did any more");
        app.exec.announced.notify_one();
        app.postponed.notify_one();
    }
    follow_pause(app).await?;
    quota::kept::learn(app).await?;
    // What a lost answer of the database left undone is begun here, too.
    if !app.exec.is_held() {
        super::take_up(app).await?;
    }
    Ok(())
}

/// Gives the lease back, so that others need not wait for its end.
pub(super) async fn end(app: &App) -> store::Result<()> {
    let fence = app.store.fence();
    app.store.write(move |tx| replica::end(tx, fence)).await
}

/// A pause is everybody's.
async fn follow_pause(app: &Arc<App>) -> store::Result<()> {
    let paused = app.store.read(store::receiver::paused).await?;
    match (paused, app.exec.held()) {
        (true, Hold::Working) => app.exec.hold(Hold::Paused),
        (false, Hold::Paused) => {
            app.exec.hold(Hold::Working);
            super::take_up(app).await?;
            app.arrived.notify_one();
            app.stirred.notify_one();
            app.exec.announced.notify_one();
        }
        (true, Hold::Paused | Hold::Draining) | (false, Hold::Working | Hold::Draining) => {}
    }
    Ok(())
}

/// Tells watchers of this replica what others say they changed.
pub(super) async fn listen(app: &Arc<App>) {
    let mut heard = match app.store.listen() {
        Ok(Some(heard)) => heard,
        // There are no others.
        Ok(None) => return std::future::pending().await,
        Err(error) => {
            tracing::error!(error = %error, "could not listen to the other replicas");
            return std::future::pending().await;
        }
    };
    let mut unheard = Unheard::default();
    let mut look = tokio::time::interval(app.lease);
    loop {
        let changes = tokio::select! {
            one = heard.recv() => match one {
                None => break,
                Some(Heard::Began) => vec![Changed::Everything],
                Some(Heard::Word(word)) => read(&word, app.store.fence()),
            },
            // A word may be lost.
            _ = look.tick() => unheard.look(app).await,
        };
        if changes.contains(&Changed::Overview)
            && let Err(error) = follow_pause(app).await
        {
            tracing::error!(error = %error, "could not look whether the receiver is paused");
        }
        for changed in changes {
            app.note_told(changed);
            // No listener is no fault.
            let _ = app.changed.send(changed);
        }
    }
    // The store's threads live as long as the store.
    std::future::pending().await
}

/// Lines of activity that lie in the store, and that nobody told of.
#[derive(Default)]
struct Unheard {
    /// The newest line at the last look: its word has had the time since to arrive.
    before: Option<i64>,
}

impl Unheard {
    async fn look(&mut self, app: &App) -> Vec<Changed> {
        let newest = match app.store.read(store::activity::newest).await {
            Ok(newest) => newest,
            Err(error) => {
                tracing::error!(error = %error, "could not look for what was not told");
                return Vec::new();
            }
        };
        let Some(before) = self.before.replace(newest) else {
            // Watchers begin with what is there.
            app.note_told(Changed::Activity(newest));
            return Vec::new();
        };
        if before <= app.told_line() {
            return Vec::new();
        }
        tracing::debug!(line = before, "a word of another replica was lost");
        app.note_told(Changed::Activity(before));
        vec![Changed::Everything]
    }
}

/// Says to the others what was changed here.
pub(crate) fn say(store: &Store, told: &[Changed]) {
    for some in told.chunks(CHANGES_MOST) {
        let word = |one: &Changed| match one {
            Changed::Link(id) => format!(" l{id}"),
            Changed::Activity(line) => format!(" a{line}"),
            Changed::Operation(id) => format!(" o{id}"),
            Changed::Overview => " v".to_owned(),
            Changed::Everything => " e".to_owned(),
        };
        let words: String = some.iter().map(word).collect();
        store.say(|fence| format!("{fence}{words}"));
    }
}

/// What another replica said; nothing of one's own, and of what a later version may say only what is understood.
fn read(word: &str, own: i64) -> Vec<Changed> {
    let mut parts = word.split(' ');
    if parts.next() == Some(own.to_string().as_str()) {
        return Vec::new();
    }
    let changed = |part: &str| {
        let id = part.get(1..)?;
        Some(match part.get(..1)? {
            "l" => Changed::Link(Uuid::parse_str(id).ok()?),
            "a" => Changed::Activity(id.parse().ok()?),
            "o" => Changed::Operation(Uuid::parse_str(id).ok()?),
            "v" => Changed::Overview,
            "e" => Changed::Everything,
            _ => return None,
        })
    };
    parts.filter_map(changed).collect()
}

fn millis(lease: Duration) -> i64 {
    i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 2)
}
