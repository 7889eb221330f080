//! Whether this app and a receiver fit each other: by their versions and by their clocks, each with a sentence and a way on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::{Language, Word};

/// This app's version.
pub const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");
/// A smaller difference is within what a network's delays hide.
const CLOCKS_DIFFER_FROM_MS: u64 = 2_000;

/// A receiver's version beside this app's; the last number, which only mends, makes no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum VersionFit {
    Same,
    /// The receiver does not know all that this app asks.
    OlderReceiver,
    /// The receiver may tell what this app does not know.
    NewerReceiver,
}

/// How a receiver of this version fits; a version that can't be read is taken for fitting.
pub fn fit(receiver: &str) -> VersionFit {
    match (grade(receiver), grade(OWN_VERSION)) {
        (Some(theirs), Some(own)) if theirs < own => VersionFit::OlderReceiver,
        (Some(theirs), Some(own)) if theirs > own => VersionFit::NewerReceiver,
        _ => VersionFit::Same,
    }
}

fn grade(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

/// How far clocks are ahead, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clocks {
    /// This computer's, of the receiver's.
    pub own_ahead_ms: Option<i64>,
    /// Google's, of the receiver's.
    pub google_ahead_ms: Option<i64>,
}

/// What a person should know of a receiver that answers: its version, then the clocks.
pub fn advice(version: &str, clocks: Clocks, language: Language) -> Vec<String> {
    let own = OWN_VERSION;
    let unfit = match fit(version) {
        VersionFit::Same => None,
        VersionFit::OlderReceiver => Some(Word::OlderReceiver { version, own }),
        VersionFit::NewerReceiver => Some(Word::NewerReceiver { version, own }),
    };
    let own_clock = clocks.own_ahead_ms.and_then(differs);
    let receivers = clocks.google_ahead_ms.and_then(differs);
    unfit
        .into_iter()
        .chain(own_clock.map(|ahead_s| Word::OwnClock { ahead_s }))
        .chain(receivers.map(|google_s| Word::ReceiversClock { ahead_s: -google_s }))
        .map(|word| language.say(word))
        .collect()
}

/// Why nothing of a receiver's answer can be used, and what helps.
pub fn not_understood(version: Option<&str>) -> String {
    match version.map(|version| (fit(version), version)) {
        Some((VersionFit::OlderReceiver, version)) => format!(
            "is too old for this app (it is {version}, this app {OWN_VERSION}): update the receiver"
        ),
        Some((VersionFit::NewerReceiver, version)) => format!(
            "is too new for this app (it is {version}, this app {OWN_VERSION}): update Syncward on this computer"
        ),
        Some((VersionFit::Same, _)) | None => {
            "answers something that this app does not understand: check that the address is a Syncward receiver's"
                .to_owned()
        }
    }
}

/// How far `now` is ahead of what the receiver said half a round trip ago.
pub fn ahead_ms(now: Timestamp, receivers: Timestamp, round_trip_ms: u32) -> i64 {
    let since = now.duration_since(receivers).as_millis();
    i64::try_from(since).unwrap_or(i64::MAX) - i64::from(round_trip_ms / 2)
}

/// Seconds of a difference that is worth a word.
fn differs(ahead_ms: i64) -> Option<i64> {
    (ahead_ms.unsigned_abs() >= CLOCKS_DIFFER_FROM_MS).then_some(ahead_ms / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_of_a_version_makes_no_difference() {
        assert_eq!(fit(OWN_VERSION), VersionFit::Same);
        assert_eq!(fit("0.1.99"), VersionFit::Same);
        assert_eq!(fit("0.0.9"), VersionFit::OlderReceiver);
        assert_eq!(fit("0.2.0"), VersionFit::NewerReceiver);
        assert_eq!(fit("1.0.0"), VersionFit::NewerReceiver);
        assert_eq!(fit("unknown"), VersionFit::Same);
    }

    #[test]
    fn clocks_are_named_from_two_seconds_on() {
        let told = |version, clocks| advice(version, clocks, Language::En);
        let clocks = |own, google| Clocks {
            own_ahead_ms: own,
            google_ahead_ms: google,
        };
        let near = clocks(Some(1_999), Some(-1_999));
        assert_eq!(told(OWN_VERSION, near), Vec::<String>::new());
        assert_eq!(told(OWN_VERSION, Clocks::default()), Vec::<String>::new());
        let said = told(OWN_VERSION, clocks(Some(-42_020), None)).join("");
        assert!(said.contains("42 s behind the receiver's"), "{said}");
        let said = told(OWN_VERSION, clocks(None, Some(7_000))).join("");
        assert!(
            said.contains("receiver's clock is 7 s behind Google's"),
            "{said}"
        );
        assert_eq!(told("9.0.0", clocks(Some(3_000), Some(3_000))).len(), 3);
    }

    #[test]
    fn a_clock_is_compared_with_the_middle_of_the_round_trip() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
        assert_eq!(ahead_ms(at(10_000), at(9_980), 40), 0);
        assert_eq!(ahead_ms(at(10_000), at(52_000), 40), -42_020);
    }
}
