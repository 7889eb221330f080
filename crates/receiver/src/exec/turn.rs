//! One turn of a link: inputs in, state and effects stored, all in the caller's transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use syncward_engine::{Effect, Input, NotificationKind};
use uuid::Uuid;

use super::activity_text;
use crate::app::{App, Changed};
use crate::clock;
use crate::entropy::SystemEntropy;
use crate::store::effect::Due;
use crate::store::link::Link;
use crate::store::sql::Transaction;
use crate::store::{self, Result};

/// Notifications taken from the inbox in one transaction.
const INBOX_MOST: u32 = 1000;

/// An effect that lies in the store and waits to be performed.
#[derive(Clone, Debug)]
pub struct Pending {
    pub due: Due,
    pub link_id: Uuid,
    pub effect: Effect,
}

/// Feeds `inputs` to a link; answers with the effects to perform and what changed for watchers.
pub fn take(
    tx: &Transaction<'_>,
    app: &App,
    link_id: Uuid,
    inputs: Vec<Input>,
    now: Timestamp,
) -> Result<(Vec<Pending>, Vec<Changed>)> {
    match store::link::find_any(tx, link_id)? {
        Some(link) => take_read(tx, app, link, inputs, now),
        None => Ok((Vec::new(), Vec::new())),
    }
}

/// As [`take`], for a link that was read in this transaction.
pub fn take_read(
    tx: &Transaction<'_>,
    app: &App,
    link: Link,
    inputs: Vec<Input>,
    now: Timestamp,
) -> Result<(Vec<Pending>, Vec<Changed>)> {
    let link_id = link.link_id;
    let mut machine = link.engine.clone();
    let mut pending = Vec::new();
    let mut told = vec![Changed::Link(link_id)];
    for input in inputs {
        for effect in machine.handle(now, input, &app.settings, &mut SystemEntropy) {
            match effect {
                Effect::Record { fact, operation } => {
                    let about = store::activity::About {
                        link_id: Some(link_id),
                        clinic_id: Some(link.clinic_id),
                        operation_id: operation.map(|operation| operation.0),
                    };
                    if let Some(line) = activity_text::line(&fact) {
                        told.push(Changed::Activity(store::activity::insert(
                            tx, about, &line, now,
                        )?));
                    }
                }
                Effect::Step { operation, step } => {
                    store::operation::step(tx, operation.0, &step, now)?;
                    told.push(Changed::Operation(operation.0));
                }
                Effect::Watch { watching, from } => {
                    store::coverage_span::begin(tx, link_id, &watching, from)?
                }
                Effect::Drill { drill } => store::fire_drill::follow(tx, link_id, &drill)?,
                Effect::OpenChannel { ref channel, .. } => {
                    let token = app.seal.channel_token(&channel.0, link_id)?;
                    store::channel::insert(
                        tx,
                        &channel.0,
                        link_id,
                        &crate::seal::hash(&token),
                        now,
                    )?;
                    pending.push(stored(tx, link_id, effect, now)?);
                }
                Effect::StopChannel { .. } | Effect::StartRun { .. } => {
                    pending.push(stored(tx, link_id, effect, now)?)
                }
            }
        }
    }
    for channel in machine.channels_unlike(&link.engine, now) {
        store::channel::follow(tx, &channel)?;
    }
    store::link::save_engine(tx, &machine, &app.settings)?;
    Ok((pending, told))
}

fn stored(tx: &Transaction<'_>, link_id: Uuid, effect: Effect, now: Timestamp) -> Result<Pending> {
    let effect_id = store::effect::insert(tx, link_id, &effect, now)?;
    Ok(Pending {
        due: Due {
            effect_id,
            fence: tx.fence(),
        },
        link_id,
        effect,
    })
}

/// Takes what lies in the inbox; true when there may be more.
pub(super) async fn take_inbox(app: &Arc<App>) -> Result<bool> {
    let waiting = app
        .store
        .read(|connection| store::notification::unprocessed(connection, 1))
        .await?;
    if waiting.is_empty() {
        return Ok(false);
    }
    let shared = Arc::clone(app);
    let (more, (pending, told)) = app
        .store
        .write(move |tx| {
            let now = clock::now();
            // Read again: another replica may have taken them since.
            let waiting = store::notification::unprocessed(tx, INBOX_MOST)?;
            let more = waiting.len() >= INBOX_MOST as usize;
            let mut by_link: BTreeMap<Uuid, Vec<Input>> = BTreeMap::new();
            let mut told_of = BTreeSet::new();
            for notification in &waiting {
                // A storm on one channel is one hint; the engine sees the first.
                let is_change = notification.kind == NotificationKind::Change;
                if is_change && !told_of.insert(notification.channel_id.as_str()) {
                    continue;
                }
                by_link
                    .entry(notification.link_id)
                    .or_default()
                    .push(notification.input());
            }
            store::notification::mark_processed(tx, &waiting, now)?;
            let mut all = (Vec::new(), Vec::new());
            for (link_id, inputs) in by_link {
                let (pending, told) = take(tx, &shared, link_id, inputs, now)?;
                all.0.extend(pending);
                all.1.extend(told);
            }
            Ok((more, all))
        })
        .await?;
    app.tell(told);
    super::start(app, pending);
    Ok(more)
}
