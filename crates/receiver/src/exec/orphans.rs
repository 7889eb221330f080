//! Orphans: channels whose token is ours and of which the store knows nothing (after a restored backup, for instance).
//!
//! Such a channel delivers until it expires, and nobody would renew or stop it; its next notification names all that
//! stopping it takes. Nothing is kept of a hunt that failed: the orphan's next notification begins another.

use std::sync::{Arc, PoisonError};

use syncward_engine::view::ChannelState;
use syncward_google::Stopped;
use uuid::Uuid;

use super::google::{self, CallError};
use super::quota::Urgency;
use crate::app::{App, Changed};
use crate::store::activity::{About, Line};
use crate::store::link::Link;
use crate::{clock, store};

/// Orphans hunted at the same time; more wait for their next notification.
const HUNTED_MOST: usize = 64;

/// A channel without a row, as its notification names it.
pub struct Orphan {
    pub channel_id: String,
    pub resource_id: String,
    /// The link that its token names.
    pub link_id: Uuid,
    /// Of the token it came with, which may have been made under an older key.
    pub token_hash: [u8; 32],
}

/// Stops an orphan in the background; one that the link's own state still counts on gets its row back instead.
pub fn hunt(app: &Arc<App>, orphan: Orphan) {
    if app.exec.is_held() || !begin(app, &orphan.channel_id) {
        return;
    }
    let claim = app.claim(None);
    let app = Arc::clone(app);
    let stop = app.exec.stop.clone();
    app.exec.tasks.clone().spawn(async move {
        let _claim = claim;
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            done = settle(&app, &orphan) => if let Err(error) = done {
                tracing::error!(channel.id = orphan.channel_id, error = %error, "could not look after an orphan");
            }
        }
        let mut hunted = app.exec.hunted.lock();
        hunted
            .as_deref_mut()
            .unwrap_or_else(|poisoned| poisoned.get_mut())
            .remove(&orphan.channel_id);
    });
}

fn begin(app: &App, channel_id: &str) -> bool {
    let mut hunted = app
        .exec
        .hunted
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    hunted.len() < HUNTED_MOST && hunted.insert(channel_id.to_owned())
}

async fn settle(app: &Arc<App>, orphan: &Orphan) -> store::Result<()> {
    let link_id = orphan.link_id;
    let link = app
        .store
        .read(move |connection| store::link::find_any(connection, link_id))
        .await?;
    let Some(link) = link else {
        // Without its link there is no grant to stop it under.
        tracing::warn!(link.id = %link_id, channel.id = orphan.channel_id, "a channel of a link that is gone delivers until it expires");
        return Ok(());
    };
    if is_counted_on(app, &link, &orphan.channel_id) {
        return give_row_back(app, &link, orphan).await;
    }
    let (client, ids) = (
        app.google.client.clone(),
        Arc::new((orphan.channel_id.clone(), orphan.resource_id.clone())),
    );
    let stopped = google::call(app, link.google_grant_id, Urgency::Channel, move |access| {
        let (client, ids) = (client.clone(), Arc::clone(&ids));
        Box::pin(async move { client.stop(&access, &ids.0, &ids.1).await })
    })
    .await;
    match stopped {
        Ok(Stopped::Now) => tell(app, &link, &orphan.channel_id).await,
        Ok(Stopped::AlreadyOver) => Ok(()),
        Err(CallError::Google(failure)) => {
            tracing::warn!(link.id = %link_id, channel.id = orphan.channel_id, reason = %failure.reason, "could not stop an orphan yet");
            Ok(())
        }
        Err(CallError::Store(error)) => Err(error),
    }
}

fn is_counted_on(app: &App, link: &Link, channel_id: &str) -> bool {
    let view = link.engine.view(clock::now(), &app.settings);
    let mut channels = view.channels.iter();
    channels.any(|channel| channel.id == channel_id && !is_over(channel.state))
}

fn is_over(state: ChannelState) -> bool {
    match state {
        ChannelState::Stopped | ChannelState::Expired | ChannelState::Refused => true,
        ChannelState::Opening
        | ChannelState::Unproved
        | ChannelState::Live
        | ChannelState::Superseded => false,
    }
}

async fn give_row_back(app: &Arc<App>, link: &Link, orphan: &Orphan) -> store::Result<()> {
    let (link_id, channel_id) = (link.link_id, orphan.channel_id.clone());
    let token_hash = orphan.token_hash;
    let view = link.engine.view(clock::now(), &app.settings);
    tracing::warn!(link.id = %link_id, channel.id = channel_id, "a channel in use had lost its row");
    app.store
        .write(move |tx| {
            store::channel::insert(tx, &channel_id, link_id, &token_hash, clock::now())?;
            let mut channels = view.channels.iter();
            match channels.find(|channel| channel.id == channel_id) {
                Some(channel) => store::channel::follow(tx, channel),
                None => Ok(()),
            }
        })
        .await
}

async fn tell(app: &Arc<App>, link: &Link, channel_id: &str) -> store::Result<()> {
    tracing::info!(link.id = %link.link_id, channel.id = channel_id, "stopped an orphan");
    let about = About {
        link_id: Some(link.link_id),
        clinic_id: Some(link.clinic_id),
        operation_id: None,
    };
    let line = Line {
        kind: "orphan_stopped",
        tone: "quiet",
        text: "Stopped a forgotten channel".to_owned(),
        detail: Some("Google still delivered on it, and the database did not know it".to_owned()),
    };
    let written = app
        .store
        .write(move |tx| store::activity::insert(tx, about, &line, clock::now()))
        .await?;
    app.tell(vec![Changed::Activity(written)]);
    Ok(())
}
