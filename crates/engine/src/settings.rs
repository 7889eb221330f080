//! The durations that steer a link; each is a setting of the receiver.

use std::time::Duration;

/// Durations of one receiver, the same for all its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Asked-for life of a channel; 7 days.
    pub channel_ttl: Duration,
    /// How long before expiry renewal begins; 48 h. A shorter granted life renews at two thirds of it.
    pub renew_before: Duration,
    /// Interval of runs without push; 15 min.
    pub poll_interval: Duration,
    /// Interval of safety checks beside push; 15 min.
    pub check_interval: Duration,
    /// How long the old channel lives on beside its proved successor; 10 min, capped by what is left.
    pub overlap: Duration,
    /// After it a channel without handshake is Unproved; 30 s.
    pub handshake_timeout: Duration,
    /// After it an unannounced change counts as missed; 60 s.
    pub grace: Duration,
    /// Whether Google can reach this receiver; without it links poll by design.
    pub push: bool,
}

impl Default for Settings {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        Self {
            channel_ttl: Duration::from_secs(7 * 24 * HOUR),
            renew_before: Duration::from_secs(48 * HOUR),
            poll_interval: Duration::from_secs(15 * MINUTE),
            check_interval: Duration::from_secs(15 * MINUTE),
            overlap: Duration::from_secs(10 * MINUTE),
            handshake_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(MINUTE),
            push: true,
        }
    }
}
