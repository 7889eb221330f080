//! The pulse: notes that the receiver acts, and tells every link when it did not.
//!
//! A crash, a long stop or a sleeping machine leaves an interval in which nobody took notifications, whatever the
//! links' deadlines; each link gets it into its ledger as a gap, and a run that looks for what was missed.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use syncward_engine::Input;
use uuid::Uuid;

use super::turn;
use crate::app::App;
use crate::{clock, store};

/// Links told in one transaction.
const TOLD_MOST: usize = 200;

/// Notes the pulse as often as the clock is looked at.
pub(super) async fn attend(app: &Arc<App>) {
    loop {
        tokio::time::sleep(app.look_every).await;
        if let Err(error) = beat(app).await {
            tracing::error!(error = %error, "could not note the pulse");
        }
    }
}

/// Notes the pulse; time that went by without anybody's was an absence, and every link is told of it.
pub(super) async fn beat(app: &Arc<App>) -> store::Result<()> {
    let Some(asleep_from) = note(app).await? else {
        return Ok(());
    };
    let lasted = Duration::try_from(clock::now().duration_since(asleep_from)).unwrap_or_default();
    tracing::warn!(absence_s = lasted.as_secs(), "nobody was watching");
    let links = app.store.read(store::link::ids).await?;
    for some in links.chunks(TOLD_MOST) {
        tell(app, some.to_vec(), asleep_from).await?;
    }
    app.store.write(store::replica::told).await
}

/// Notes the pulse; the beginning of an absence that is for this replica to tell of.
pub(super) async fn note(app: &Arc<App>) -> store::Result<Option<Timestamp>> {
    // Longer ago than two looks at the clock.
    let absence_ms = i64::try_from((app.look_every * 2).as_millis()).unwrap_or(i64::MAX);
    app.store
        .write(move |tx| store::replica::beat(tx, clock::now(), absence_ms))
        .await
}

async fn tell(app: &Arc<App>, links: Vec<Uuid>, asleep_from: Timestamp) -> store::Result<()> {
    let shared = Arc::clone(app);
    let (pending, told) = app
        .store
        .write(move |tx| {
            let mut all = (Vec::new(), Vec::new());
            for link_id in links {
                let woke = vec![Input::Woke { asleep_from }];
                let (pending, told) = turn::take(tx, &shared, link_id, woke, clock::now())?;
                all.0.extend(pending);
                all.1.extend(told);
            }
            Ok(all)
        })
        .await?;
    app.tell(told);
    super::start(app, pending);
    Ok(())
}
