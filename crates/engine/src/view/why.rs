//! Why a link is in its state: a stable code, the sentence, what a person can do, and since when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Cause;
use crate::link::{Phase, TroubleKind};
use crate::{Failure, Link, Settings};

/// So many runs fail before a watched link says so; fewer are ordinary weather.
const FAILED_RUNS_WORTH_TELLING: u32 = 3;
const NO_PUBLIC_ADDRESS: &str = "no_public_address";
const DEPLOY: &str = "Nothing is needed; deploy the receiver to be told within seconds.";

/// A reason for people and for the alert policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// A stable word, such as `renewal_failing` or `grant_lost`.
    pub code: String,
    pub message: String,
    /// What a person can do, or that nothing is needed.
    pub action: String,
    pub since: Timestamp,
}

impl Link {
    pub(super) fn why(&self, now: Timestamp, settings: &Settings) -> Option<Why> {
        match &self.phase {
            Phase::New => None,
            Phase::Paused { since_at } => Some(why(
                "paused",
                "Paused by a person; nothing is synced.".into(),
                "Resume it to sync again.",
                *since_at,
            )),
            Phase::Ended => Some(why(
                "ended",
                "Disconnected.".into(),
                "Nothing is needed.",
                now,
            )),
            Phase::GrantLost { since_at, .. } => Some(why(
                "grant_lost",
                "Google no longer honours the connection.".into(),
                "Connect Google again; nothing is deleted meanwhile.",
                *since_at,
            )),
            Phase::Active => self.why_active(now, settings),
        }
    }

    fn why_active(&self, now: Timestamp, settings: &Settings) -> Option<Why> {
        if self.subscription.watching(now).is_none() {
            return Some(self.why_without_push(now, settings));
        }
        if !settings.push {
            let told = self.why_sync_fails(FAILED_RUNS_WORTH_TELLING);
            return told.or_else(|| Some(self.why_not_renewed(now)));
        }
        if let Some(trouble) = &self.subscription.trouble {
            let cause = match &trouble.kind {
                TroubleKind::Refused { failure } | TroubleKind::Failing { failure } => {
                    failure.in_words()
                }
                TroubleKind::Silent => Cause::NoHandshake.in_words(),
            };
            return Some(why(
                "renewal_failing",
                format!("Renewal does not work yet: {cause}. The old channel stays in charge."),
                "It is tried again by itself; Renew now tries at once.",
                trouble.since_at,
            ));
        }
        self.why_sync_fails(FAILED_RUNS_WORTH_TELLING)
    }

    /// A channel of the time when there was a public address.
    fn why_not_renewed(&self, now: Timestamp) -> Why {
        // The change of the configuration asked for a new channel, and none was opened since.
        let since = self.subscription.retry_at.map_or(now, |at| at.min(now));
        why(
            NO_PUBLIC_ADDRESS,
            "This receiver has no public address, so the channel is not renewed; once it has run out, the calendar is polled."
                .into(),
            DEPLOY,
            since,
        )
    }

    fn why_sync_fails(&self, from_failures: u32) -> Option<Why> {
        let trouble = self.runs.trouble.as_ref()?;
        (self.runs.failures >= from_failures).then(|| {
            let cause = trouble.failure.in_words();
            why(
                "sync_failing",
                format!("Changes can't be read: {cause}."),
                "It is tried again by itself; nothing is deleted meanwhile.",
                trouble.since_at,
            )
        })
    }

    fn why_without_push(&self, now: Timestamp, settings: &Settings) -> Why {
        let code = self.without_push(settings);
        let trouble = self.subscription.trouble.as_ref();
        let last = self.subscription.channels.last();
        let since = match (code, trouble) {
            (NO_PUBLIC_ADDRESS | "channel_expired", _) => {
                last.map_or(now, |channel| channel.expires_at.min(now))
            }
            (_, Some(trouble)) => trouble.since_at,
            ("fire_drill", None) => self.drill.as_ref().map_or(now, |it| it.asked_at),
            (_, None) => last.map_or(now, |channel| channel.asked_at),
        };
        let failure = match trouble.map(|it| &it.kind) {
            Some(TroubleKind::Refused { failure } | TroubleKind::Failing { failure }) => {
                Failure::in_words(failure)
            }
            Some(TroubleKind::Silent) | None => String::new(),
        };
        let (message, action) = match code {
            NO_PUBLIC_ADDRESS => (
                "This receiver has no public address, so the calendar is polled.".into(),
                DEPLOY,
            ),
            "opening" => (
                "The first channel is being opened; the calendar is polled meanwhile.".into(),
                "Nothing is needed.",
            ),
            "fire_drill" => (
                "A fire drill is under way: the channel was stopped on purpose, and the calendar is polled until a new one is proved.".into(),
                "Nothing is needed.",
            ),
            "channel_expired" => (
                "The channel ran out before a successor was proved; the calendar is polled.".into(),
                "A new channel is being opened; nothing is needed.",
            ),
            "no_handshake" => (
                "Google opened the channel, but its handshake did not arrive; the calendar is polled.".into(),
                "Check that the public address reaches this receiver; it is tried again by itself.",
            ),
            "watch_failing" => (
                format!("A channel can't be opened now: {failure}; the calendar is polled."),
                "It is tried again by itself; Renew now tries at once.",
            ),
            "push_not_supported" => (
                "Google offers no push for this calendar, so it is polled, by design.".into(),
                "Nothing is needed.",
            ),
            _ => (
                format!("Google refused the channel: {failure}; the calendar is polled."),
                "Correct the cause, then press Renew now; it is tried again once a day.",
            ),
        };
        let closely = match self.is_polled_closely(now, settings) {
            true => " It is polled every minute, because appointments are near.",
            false => "",
        };
        why(code, message + closely, action, since)
    }
}

fn why(code: &str, message: String, action: &str, since: Timestamp) -> Why {
    Why {
        code: code.into(),
        message,
        action: action.into(),
        since,
    }
}
