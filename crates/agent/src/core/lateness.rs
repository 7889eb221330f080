//! Asks the receiver now and then how late changes were lately, for the rule about latency.

use jiff::{SignedDuration, Timestamp};
use syncward_wire::LagSeries;

use super::Core;
use super::asked::series_query;
use super::event::Outcome;
use crate::alerts::p95_of;
use crate::bridge::ConnectionStatus;

const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(60);

impl Core {
    /// Asks when it is time and there is contact; the answer comes as an outcome.
    pub(super) fn ask_lateness(&mut self, now: Timestamp) {
        let Some(connection) = &self.connection else {
            return;
        };
        let early = self.lag_asked_at.is_some_and(|at| {
            let since = now.duration_since(at);
            (SignedDuration::ZERO..ASKED_EVERY).contains(&since)
        });
        let connected = self.contact.status == ConnectionStatus::Connected;
        let Some(window) = self.alerts.lag_window().filter(|_| connected && !early) else {
            return;
        };
        self.lag_asked_at = Some(now);
        let query = series_query(None, now - window, now, 1);
        let (client, outcomes) = (connection.client.clone(), self.ways.outcomes.clone());
        let epoch = self.epoch;
        tokio::spawn(async move {
            let lag: Option<LagSeries> = client.get("lag", &query).await.ok();
            let p95_ms = lag.as_ref().and_then(p95_of);
            let _ = outcomes.send(Outcome::Lateness { epoch, p95_ms }).await;
        });
    }
}
