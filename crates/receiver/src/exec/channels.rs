//! Opening and stopping channels at Google.

use std::sync::Arc;

use jiff::Timestamp;
use syncward_engine::{ChannelId, Failure, FailureClass, Input};
use syncward_google::{ChannelToken, WatchRequest};

use super::google::{self, CallError};
use super::quota::Urgency;
use crate::app::App;
use crate::seal;
use crate::store::effect::Due;
use crate::store::link::Calendar;
use crate::store::sql::Transaction;
use crate::store::{self, Result};

/// Opens a channel and feeds back what Google said.
pub async fn open(
    app: &Arc<App>,
    link: Arc<Calendar>,
    due: Due,
    channel: ChannelId,
    expires_at: Timestamp,
) -> Result<()> {
    let input = match app.webhook_url() {
        None => refused(&channel, unreachable_by_design()),
        Some(address) => {
            let token = ChannelToken::new(token(app, &link, due, &channel).await?);
            let (client, shared) = (
                app.google.client.clone(),
                Arc::new((
                    link.google_calendar_id.clone(),
                    channel.0.clone(),
                    token,
                    address,
                )),
            );
            let opened = google::call(app, link.google_grant_id, Urgency::Channel, move |access| {
                let (client, shared) = (client.clone(), Arc::clone(&shared));
                Box::pin(async move {
                    let (calendar_id, channel_id, token, address) = &*shared;
                    let watch = WatchRequest {
                        calendar_id,
                        channel_id,
                        token,
                        address,
                        expires_at,
                    };
                    client.watch(&access, &watch).await
                })
            })
            .await;
            match opened {
                Ok(opened) => Input::WatchOpened {
                    channel: channel.clone(),
                    resource_id: opened.resource_id,
                    expires_at: opened.expires_at,
                },
                Err(CallError::Google(failure)) => refused(&channel, failure),
                Err(CallError::Store(error)) => return Err(error),
            }
        }
    };
    if let Input::WatchRefused { failure, .. } = &input {
        tracing::warn!(link.id = %link.link_id, channel.id = %channel.0, reason = %failure.reason, "google refused a channel");
    }
    finish(app, link, due, input, |_| Ok(())).await
}

/// The token by which the channel was noted, also when that was under a key whose place has been taken since; the present
/// key's, noted anew, when no key that is left made it.
async fn token(app: &Arc<App>, link: &Calendar, due: Due, channel: &ChannelId) -> Result<String> {
    let (channel_id, link_id) = (channel.0.clone(), link.link_id);
    let noted = app
        .store
        .read(move |connection| store::channel::find(connection, &channel_id))
        .await?;
    let known =
        noted.and_then(|noted| app.seal.noted_token(&channel.0, link_id, &noted.token_hash));
    if let Some(token) = known {
        return Ok(token);
    }
    let token = app.seal.channel_token(&channel.0, link_id)?;
    let (channel_id, hash) = (channel.0.clone(), seal::hash(&token));
    app.store
        .write_under(due.fence, move |tx| {
            store::channel::note_token(tx, &channel_id, &hash)
        })
        .await?;
    Ok(token)
}

/// Stops a channel; one that is over counts as stopped.
pub async fn stop(
    app: &Arc<App>,
    link: Arc<Calendar>,
    due: Due,
    channel: ChannelId,
    resource_id: String,
) -> Result<()> {
    let (client, shared) = (
        app.google.client.clone(),
        Arc::new((channel.0.clone(), resource_id.to_owned())),
    );
    let stopped = google::call(app, link.google_grant_id, Urgency::Channel, move |access| {
        let (client, shared) = (client.clone(), Arc::clone(&shared));
        Box::pin(async move { client.stop(&access, &shared.0, &shared.1).await })
    })
    .await;
    let input = match stopped {
        Ok(_) => Input::ChannelStopped {
            channel: channel.clone(),
        },
        Err(CallError::Google(failure)) => Input::StopFailed {
            channel: channel.clone(),
            failure,
        },
        Err(CallError::Store(error)) => return Err(error),
    };
    finish(app, link, due, input, |_| Ok(())).await
}

/// Stores a result with the end of its effect and what `also` writes; a lost grant is told to all its links.
pub async fn finish<F>(
    app: &Arc<App>,
    link: Arc<Calendar>,
    due: Due,
    input: Input,
    also: F,
) -> Result<()>
where
    F: FnOnce(&Transaction<'_>) -> Result<()> + Send + 'static,
{
    let lost = match &input {
        Input::WatchRefused { failure, .. }
        | Input::StopFailed { failure, .. }
        | Input::RunFailed { failure, .. } => {
            (failure.class == FailureClass::GrantLost).then(|| failure.reason.clone())
        }
        _ => None,
    };
    let (grant_id, why) = (link.google_grant_id, lost.clone());
    app.feed(link.link_id, vec![input], move |tx| {
        store::effect::done(tx, due)?;
        also(tx)?;
        why.map_or(Ok(()), |reason| google::note_lost(tx, grant_id, &reason))
    })
    .await?;
    match lost {
        Some(reason) => google::tell_lost(app, grant_id, &reason).await,
        None => Ok(()),
    }
}

fn refused(channel: &ChannelId, failure: Failure) -> Input {
    Input::WatchRefused {
        channel: channel.clone(),
        failure,
    }
}

fn unreachable_by_design() -> Failure {
    Failure {
        class: FailureClass::Permanent,
        reason: "no_public_url".to_owned(),
        status: None,
    }
}
