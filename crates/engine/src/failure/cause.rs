//! What made a call fail, as people are told it: one of a few, or Google's own word.

use serde::{Deserialize, Serialize};

/// The cause of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    RateLimit,
    NotWatchable,
    NotHttps,
    NotAccepted,
    Timeout,
    Unreachable,
    Unreadable,
    Internal,
    Gone,
    Forbidden,
    NotOrganizer,
    Changed,
    Invalid,
    GrantLost,
    ClientRefused,
    NotGoogles,
    NoReason,
    NoHandshake,
    /// Google's reason, of which no more is known.
    Said(String),
}

/// Those that have words of their own.
const NAMED: [(Cause, &str); 18] = [
    (Cause::RateLimit, "rate limit"),
    (
        Cause::NotWatchable,
        "this calendar can't be watched by push",
    ),
    (Cause::NotHttps, "the public address is not https"),
    (
        Cause::NotAccepted,
        "the public address is not one Google accepts",
    ),
    (Cause::Timeout, "Google did not answer in time"),
    (Cause::Unreachable, "Google could not be reached"),
    (Cause::Unreadable, "Google's answer could not be read"),
    (Cause::Internal, "Google had an internal error"),
    (Cause::Gone, "the calendar is gone or no longer shared"),
    (Cause::Forbidden, "the account may not do this"),
    (
        Cause::NotOrganizer,
        "only the organiser may change the appointment",
    ),
    (
        Cause::Changed,
        "the appointment was changed in Google meanwhile",
    ),
    (Cause::Invalid, "Google does not take the request as it is"),
    (Cause::GrantLost, "Google no longer honours the grant"),
    (
        Cause::ClientRefused,
        "Google does not accept the receiver's OAuth client",
    ),
    (
        Cause::NotGoogles,
        "something in between answered in Google's place",
    ),
    (Cause::NoReason, "Google gave no reason"),
    (
        Cause::NoHandshake,
        "the successor's handshake did not arrive",
    ),
];
const SAID: &str = "Google said ";

impl Cause {
    /// Of a [`super::Failure`]'s reason.
    pub fn of_reason(reason: &str) -> Self {
        match reason {
            "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "quotaExceeded"
            | "dailyLimitExceeded"
            | "calendarUsageLimits"
            | "RATE_LIMIT_EXCEEDED"
            | "RESOURCE_EXHAUSTED" => Self::RateLimit,
            "pushNotSupportedForRequestedResource" => Self::NotWatchable,
            "webhookUrlNotHttps" => Self::NotHttps,
            "webhookUrlUnauthorized" | "push.webhookUrlUnauthorized" => Self::NotAccepted,
            "timeout" => Self::Timeout,
            "unreachable" => Self::Unreachable,
            "malformed_answer" => Self::Unreadable,
            "backendError" | "internalError" => Self::Internal,
            "notFound" => Self::Gone,
            "forbidden" | "insufficientPermissions" => Self::Forbidden,
            "forbiddenForNonOrganizer" => Self::NotOrganizer,
            "conditionNotMet" => Self::Changed,
            "invalid" | "invalidParameter" | "badRequest" => Self::Invalid,
            "invalid_grant"
            | "authError"
            | "invalid_rapt"
            | "rapt_required"
            | "admin_policy_enforced"
            | "org_internal"
            | "access_denied" => Self::GrantLost,
            "invalid_client" | "unauthorized_client" | "deleted_client" | "disabled_client" => {
                Self::ClientRefused
            }
            "unrecognised_answer" => Self::NotGoogles,
            "unspecified" => Self::NoReason,
            other => Self::Said(other.to_owned()),
        }
    }

    /// In a person's words, without a full stop.
    pub fn in_words(&self) -> String {
        if let Self::Said(reason) = self {
            return format!("{SAID}{reason}");
        }
        let mut named = NAMED.iter();
        let found = named.find(|(cause, _)| cause == self);
        found.map_or_else(String::new, |(_, words)| (*words).to_owned())
    }

    /// The cause that a sentence of [`crate::view::Why`] gives after its first colon; none when it gives none.
    pub fn given_in(sentence: &str) -> Option<Self> {
        let (_, rest) = sentence.split_once(": ")?;
        let ends = ["; the calendar is polled", ". The old channel", "."];
        let end = ends.iter().find_map(|end| rest.find(end))?;
        let words = &rest[..end];
        let mut named = NAMED.into_iter();
        let found = named.find(|(_, known)| *known == words);
        found
            .map(|(cause, _)| cause)
            .or_else(|| Some(Self::Said(words.strip_prefix(SAID)?.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_known_again_in_every_sentence_that_gives_one() {
        let all = NAMED.into_iter().map(|(cause, _)| cause);
        for cause in all.chain([Cause::Said("push.odd".into())]) {
            let words = cause.in_words();
            let sentences = [
                format!("Renewal does not work yet: {words}. The old channel stays in charge."),
                format!(
                    "A channel can't be opened now: {words}; the calendar is polled. It is polled every minute, because"
                ),
                format!("Google refused the channel: {words}; the calendar is polled."),
            ];
            for sentence in sentences {
                assert_eq!(
                    Cause::given_in(&sentence).as_ref(),
                    Some(&cause),
                    "{sentence}"
                );
            }
        }
        let read = Cause::given_in("Changes can't be read: rate limit.");
        assert_eq!(read, Some(Cause::RateLimit));
        assert_eq!(
            Cause::given_in("Paused by a person; nothing is synced."),
            None
        );
    }
}
