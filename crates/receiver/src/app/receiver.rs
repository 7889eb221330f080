//! Pausing, resuming and draining the receiver itself.

use std::sync::Arc;

use super::{App, Changed, UseError};
use crate::store;

impl App {
    /// Stops starting runs, renewals and outbound edits; notifications are still stored.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn pause_receiver(self: &Arc<Self>) -> Result<(), UseError> {
        self.set_paused(true).await
    }

    /// Goes on after a pause; what came due meanwhile is done at once.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn resume_receiver(self: &Arc<Self>) -> Result<(), UseError> {
        self.set_paused(false).await
    }

    /// Starts nothing new in this process; unlike a pause it does not outlive it.
    pub fn drain_receiver(&self) {
        self.exec.pause(true);
    }

    /// Whether a person paused the receiver.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn is_paused(&self) -> Result<bool, UseError> {
        Ok(self.store.read(store::receiver::paused).await?)
    }

    async fn set_paused(self: &Arc<Self>, paused: bool) -> Result<(), UseError> {
        self.store
            .write(move |tx| store::receiver::set_paused(tx, paused))
            .await?;
        self.exec.pause(paused);
        self.tell(vec![Changed::Overview]);
        self.arrived.notify_one();
        Ok(())
    }
}
