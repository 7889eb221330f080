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

/// Notes the pulse, after telling of the absence that ends now.
pub(super) async fn begin(app: &Arc<App>) -> store::Result<()> {
    let before = app.store.read(store::receiver::alive_at).await?;
    if let Some(before) = before {
        tell_absence(app, before).await?;
    }
    note(app).await
}

/// Notes the pulse as often as the clock is looked at; time that went by without it was an absence.
pub(super) async fn attend(app: &Arc<App>) {
    let mut before = clock::now();
    loop {
        tokio::time::sleep(app.look_every).await;
        let beat = async {
            tell_absence(app, before).await?;
            note(app).await
        };
        match beat.await {
            Ok(()) => before = clock::now(),
            Err(error) => tracing::error!(error = %error, "could not note the pulse"),
        }
    }
}

/// Notes the pulse once more.
pub(super) async fn note(app: &Arc<App>) -> store::Result<()> {
    app.store
        .write(|tx| store::receiver::set_alive_at(tx, clock::now()))
        .await
}

/// Tells every link that nobody acted since `before`, if that is longer ago than two looks at the clock.
async fn tell_absence(app: &Arc<App>, before: Timestamp) -> store::Result<()> {
    let lasted = Duration::try_from(clock::now().duration_since(before)).unwrap_or_default();
    if lasted <= app.look_every * 2 {
        return Ok(());
    }
    tracing::warn!(absence_s = lasted.as_secs(), "nobody was watching");
    let links = app.store.read(store::link::ids).await?;
    for some in links.chunks(TOLD_MOST) {
        tell(app, some.to_vec(), before).await?;
    }
    Ok(())
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
