//! Asks the receivers now and then how late changes were lately, for the rule about latency.

use jiff::{SignedDuration, Timestamp};
use syncward_wire::LagSeries;

use super::Core;
use super::event::Outcome;
use super::series::Question;
use crate::alerts::p95_of;

const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(60);

impl Core {
    /// Asks each when it is time and there is contact; the answer comes as an outcome.
    pub(super) fn ask_lateness(&mut self, now: Timestamp) {
        let Some(window) = self.alerts.lag_window() else {
            return;
        };
        for post in &mut self.posts {
            let early = post.lag_asked_at.is_some_and(|at| {
                let since = now.duration_since(at);
                (SignedDuration::ZERO..ASKED_EVERY).contains(&since)
            });
            let connected = post.is_connected() && !early;
            let Some(connection) = post.connection.as_ref().filter(|_| connected) else {
                continue;
            };
            post.lag_asked_at = Some(now);
            let query = Question::of_all(now - window, now, 1).query();
            let (client, outcomes) = (connection.client.clone(), self.ways.outcomes.clone());
            let epoch = post.epoch;
            tokio::spawn(async move {
                let lag: Option<LagSeries> = client.get("lag", &query).await.ok();
                let p95_ms = lag.as_ref().and_then(p95_of);
                let _ = outcomes.send(Outcome::Lateness { epoch, p95_ms }).await;
            });
        }
    }
}
