//! On whose behalf something is done, and decisions that are made and kept in one transaction.

use jiff::Timestamp;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{App, UseError};
use crate::store::sql::{self, Transaction};
use crate::store::{self, StoreError};

/// Who acts, and what the audit trail calls it.
#[derive(Clone, Debug)]
pub struct Actor {
    pub who: String,
    pub what: &'static str,
}

impl Actor {
    /// Writes the action into the audit trail, in the transaction that does it.
    pub(crate) fn note(
        &self,
        tx: &Transaction<'_>,
        subject_id: Option<Uuid>,
        now: Timestamp,
    ) -> store::Result<()> {
        store::audit::append(tx, &self.who, self.what, subject_id, "done", now)
    }
}

/// Why a decision was not made.
pub(crate) enum Halt {
    Refused(UseError),
    Failed(StoreError),
}

impl From<UseError> for Halt {
    fn from(error: UseError) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<sql::Error> for Halt {
    fn from(error: sql::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl App {
    /// Looks, decides and writes in one transaction; a refusal undoes whatever was written.
    pub(crate) async fn decide<T, F>(&self, work: F) -> Result<T, UseError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, Halt> + Send + 'static,
    {
        let (say, mut said) = oneshot::channel();
        let done = self
            .store
            .write(move |tx| {
                work(tx).map_err(|halt| match halt {
                    Halt::Failed(error) => error,
                    Halt::Refused(refusal) => {
                        let _ = say.send(refusal);
                        StoreError::Refused
                    }
                })
            })
            .await;
        match (done, said.try_recv()) {
            (Err(StoreError::Refused), Ok(refusal)) => Err(refusal),
            (done, _) => Ok(done?),
        }
    }
}
