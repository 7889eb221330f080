//! One look at everything for all who watch live, made seldom enough that it never is the receiver's main work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// Looks are at least so far apart.
const EVERY: Duration = Duration::from_millis(500);
/// Looks take at most one part in so many of the time: that of ten thousand links takes most of a second.
const SHARE: u32 = 10;

/// The last look; held while one is made, so that all who wait for it share it.
pub struct Glance<T>(Mutex<Option<Look<T>>>);

struct Look<T> {
    began: Instant,
    seen: Arc<T>,
    /// When the next may be made.
    next_at: Instant,
}

impl<T> Default for Glance<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Glance<T> {
    /// The last look if it began at `since` or later, else a new one; none while that is not due.
    pub async fn since<E>(
        &self,
        since: Instant,
        look: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<Option<Arc<T>>, E> {
        let mut last = self.0.lock().await;
        if let Some(look) = &*last {
            if look.began >= since {
                return Ok(Some(Arc::clone(&look.seen)));
            }
            if Instant::now() < look.next_at {
                return Ok(None);
            }
        }
        let began = Instant::now();
        let seen = Arc::new(look().await?);
        *last = Some(Look {
            began,
            seen: Arc::clone(&seen),
            next_at: began + pace(began.elapsed()),
        });
        Ok(Some(seen))
    }
}

/// From the start of a look that took so long to the start of the next.
fn pace(took: Duration) -> Duration {
    EVERY.max(took * SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_takes_long_is_made_less_often() {
        assert_eq!(pace(Duration::from_millis(3)), EVERY);
        assert_eq!(pace(Duration::from_millis(900)), Duration::from_secs(9));
    }

    #[tokio::test]
    async fn those_who_ask_together_share_a_look_and_a_later_one_waits() {
        let glance = Glance::default();
        let asked = async |since, seen: u32| {
            let look = async || Ok::<_, std::convert::Infallible>(seen);
            glance.since(since, look).await.unwrap().map(|seen| *seen)
        };
        let early = Instant::now();
        assert_eq!(asked(early, 1).await, Some(1));
        assert_eq!(asked(early, 2).await, Some(1), "the same");
        assert_eq!(asked(Instant::now(), 3).await, None, "not due yet");
    }
}
