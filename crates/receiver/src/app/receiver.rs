//! Pausing, resuming and draining the receiver itself.

use std::sync::Arc;

use syncward_engine::effect::Step;
use syncward_wire::Operation;
use uuid::Uuid;

use super::{Actor, App, Changed, UseError};
use crate::exec::{self, Hold};
use crate::{clock, store};

const DRAIN: &str = "drain";

impl App {
    /// Starts no runs, renewals and outbound edits; what is under way goes on, notifications are still stored.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn pause_receiver(self: &Arc<Self>, by: Actor) -> Result<(), UseError> {
        self.set_paused(by, true).await?;
        self.exec.hold(Hold::Paused);
        self.tell(vec![Changed::Overview]);
        Ok(())
    }

    /// Goes on after a pause or a drain; what came due meanwhile is done at once.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn resume_receiver(self: &Arc<Self>, by: Actor) -> Result<(), UseError> {
        self.set_paused(by, false).await?;
        self.exec.hold(Hold::Working);
        exec::take_up(self).await?;
        self.tell(vec![Changed::Overview]);
        self.arrived.notify_one();
        self.exec.announced.notify_one();
        Ok(())
    }

    /// Starts nothing new in this process; the operation is done once nothing is under way. Unlike a pause it does not
    /// outlive the process.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn drain_receiver(self: &Arc<Self>, by: Actor) -> Result<Operation, UseError> {
        let operation = self
            .decide(move |tx| {
                let now = clock::now();
                by.note(tx, None, now)?;
                if let Some(under_way) = store::operation::of_receiver(tx, DRAIN)? {
                    return Ok(under_way);
                }
                let operation = Uuid::new_v4();
                store::operation::insert(tx, operation, None, DRAIN, now)?;
                store::operation::step(tx, operation, &Step::Running, now)?;
                Ok(operation)
            })
            .await?;
        self.exec.hold(Hold::Draining);
        self.tell(vec![Changed::Operation(operation)]);
        let app = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = app.end_drain(operation).await {
                tracing::error!(error = %error, "could not note the end of a drain");
            }
        });
        Ok(Operation { operation })
    }

    async fn end_drain(&self, operation: Uuid) -> store::Result<()> {
        let step = tokio::select! {
            () = self.exec.idle() => Step::Done {
                message: "nothing is under way".to_owned(),
            },
            () = self.exec.resumed() => Step::Failed {
                message: "resumed before everything under way had ended".to_owned(),
            },
        };
        self.store
            .write(move |tx| store::operation::step(tx, operation, &step, clock::now()))
            .await?;
        self.tell(vec![Changed::Operation(operation)]);
        Ok(())
    }

    /// A drain that the process did not outlive is done by its end; with others at work it may be one of theirs.
    pub(crate) async fn forget_drain(&self) -> store::Result<()> {
        self.store
            .write(|tx| {
                if store::replica::has_others(tx, tx.fence())? {
                    return Ok(());
                }
                let Some(operation) = store::operation::of_receiver(tx, DRAIN)? else {
                    return Ok(());
                };
                let done = Step::Done {
                    message: "the process ended".to_owned(),
                };
                store::operation::step(tx, operation, &done, clock::now())
            })
            .await
    }

    async fn set_paused(&self, by: Actor, paused: bool) -> Result<(), UseError> {
        self.decide(move |tx| {
            store::receiver::set_paused(tx, paused)?;
            Ok(by.note(tx, None, clock::now())?)
        })
        .await
    }
}
