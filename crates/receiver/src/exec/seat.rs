//! A seat is the right to make one call to Google: within the quotas, and within what may be under way at once.
//!
//! Whoever waits for quota holds nothing but a place in its own grant's queue, so that no grant delays another and
//! what is urgent passes what is not.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use syncward_engine::Failure;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::quota::{Limits, Quotas, Turn, Urgency};
use crate::app::App;

/// Calls to Google under way at the same time, over all links.
const CALLS_MOST: usize = 64;
/// Calls of one grant under way at the same time, so that a slow account delays no other.
const CALLS_PER_GRANT_MOST: usize = 4;

/// First come, first served: held by whoever is next.
type Queue = Arc<tokio::sync::Mutex<()>>;

/// Who may call Google now.
pub struct Seats {
    pub quotas: Quotas,
    calls: Arc<Semaphore>,
    grants: Mutex<HashMap<Uuid, Arc<Semaphore>>>,
    queues: Mutex<HashMap<(Option<Uuid>, Urgency), Queue>>,
}

/// One call under way; its drop makes room for the next.
pub struct Seat {
    _call: OwnedSemaphorePermit,
    _grant: Option<OwnedSemaphorePermit>,
}

impl Seats {
    /// All free.
    pub fn new(limits: Limits) -> Self {
        Self {
            quotas: Quotas::new(limits),
            calls: Arc::new(Semaphore::new(CALLS_MOST)),
            grants: Mutex::default(),
            queues: Mutex::default(),
        }
    }

    fn grant(&self, google_grant_id: Uuid) -> Arc<Semaphore> {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Semaphore::new(CALLS_PER_GRANT_MOST));
        Arc::clone(grants.entry(google_grant_id).or_insert_with(fresh))
    }

    fn queue(&self, grant: Option<Uuid>, urgency: Urgency) -> Queue {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry((grant, urgency)).or_default())
    }

    async fn free(&self, grant: Option<Uuid>) -> Seat {
        let mine = match grant {
            Some(grant) => Some(acquired(self.grant(grant)).await),
            None => None,
        };
        Seat {
            _call: acquired(Arc::clone(&self.calls)).await,
            _grant: mine,
        }
    }
}

async fn acquired(semaphore: Arc<Semaphore>) -> OwnedSemaphorePermit {
    let permit = semaphore.acquire_owned().await;
    permit.expect("these semaphores are never closed")
}

/// Waits for a turn, first come first served within a grant.
///
/// # Errors
/// Google's own refusal, while it wants a pause that is longer than anybody should wait.
pub async fn take(app: &App, grant: Option<Uuid>, urgency: Urgency) -> Result<Seat, Failure> {
    let seats = &app.exec.seats;
    let queue = seats.queue(grant, urgency);
    let _first = queue.lock().await;
    let mut waited = false;
    loop {
        let seat = seats.free(grant).await;
        let at = match seats.quotas.take(grant, urgency) {
            Turn::Taken => {
                app.meters.google_calls.fetch_add(1, Ordering::Relaxed);
                return Ok(seat);
            }
            Turn::Refused(failure) => return Err(failure),
            Turn::At(at) => at,
        };
        drop(seat);
        if !std::mem::replace(&mut waited, true) {
            app.meters.quota_waits.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep_until(at).await;
    }
}
