//! What is under way, and the hold that keeps more from beginning.

use std::sync::{Arc, PoisonError};

use super::Running;
use crate::app::App;

/// Whether work is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    Working,
    /// By a person; outlives the process.
    Paused,
    /// On the way to the process's end.
    Draining,
}

/// A piece of work under way; ended by its drop.
pub(crate) struct Claim {
    app: Arc<App>,
    effect_id: Option<i64>,
}

impl App {
    /// Claims an effect (or work without one); none when it is under way.
    pub(super) fn claim(self: &Arc<Self>, effect_id: Option<i64>) -> Option<Claim> {
        if let Some(effect_id) = effect_id {
            let mut claimed = self
                .exec
                .claimed
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if !claimed.insert(effect_id) {
                return None;
            }
        }
        self.exec.under_way.send_modify(|count| *count += 1);
        Some(Claim {
            app: Arc::clone(self),
            effect_id,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let exec = &self.app.exec;
        if let Some(effect_id) = &self.effect_id {
            let mut claimed = exec.claimed.lock().unwrap_or_else(PoisonError::into_inner);
            claimed.remove(effect_id);
        }
        exec.under_way.send_modify(|count| *count -= 1);
    }
}

impl Running {
    pub(crate) fn hold(&self, hold: Hold) {
        self.hold.send_replace(hold);
    }

    /// What keeps more from beginning.
    pub(crate) fn held(&self) -> Hold {
        *self.hold.borrow()
    }

    /// Whether nothing new is begun.
    pub(crate) fn is_held(&self) -> bool {
        *self.hold.borrow() != Hold::Working
    }

    /// Waits until nothing is under way.
    pub(crate) async fn idle(&self) {
        let mut under_way = self.under_way.subscribe();
        // The sender lives as long as this.
        let _ = under_way.wait_for(|count| *count == 0).await;
    }

    /// Waits for the end of a drain.
    pub(crate) async fn resumed(&self) {
        let mut hold = self.hold.subscribe();
        let _ = hold.wait_for(|hold| *hold != Hold::Draining).await;
    }
}
