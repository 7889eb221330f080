//! Forgetting: each kind of row that grows with time is kept for a named time, and goes in small batches.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::clock;
use crate::store::{self, retention};

/// Pause between two looks for old rows.
const LOOK_EVERY: Duration = Duration::from_secs(6 * 3600);

/// Looks at the start, then four times a day.
pub(super) async fn attend(app: &Arc<App>) {
    loop {
        if let Err(error) = forget_old(app).await {
            tracing::error!(error = %error, "could not forget old rows");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Forgets every row that is older than its kind is kept; answers how many went.
///
/// # Errors
/// What the store says; what was forgotten before stays so.
pub async fn forget_old(app: &App) -> store::Result<usize> {
    let mut forgotten = 0;
    for kind in retention::KINDS {
        let before = kind.before(clock::now());
        loop {
            // Looked for beside the writer: it only takes what is found.
            let found = app
                .store
                .read(move |connection| kind.older(connection, before))
                .await?;
            let is_last = found.len() < retention::BATCH_MOST as usize;
            if !found.is_empty() {
                tracing::debug!(kind = kind.name, rows = found.len(), "forgetting");
                forgotten += app.store.write(move |tx| kind.forget(tx, &found)).await?;
            }
            if is_last {
                break;
            }
        }
    }
    Ok(forgotten)
}
