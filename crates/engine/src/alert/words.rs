//! The phrases of alerts in every language: which fits is decided in `text`, how it is said here.
//!
//! A file per language, each one exhaustive `match`: a language that lacks a phrase does not compile, and a phrase that
//! nothing says is a warning. Facts are short: thing and fact share a title of 40 characters.

mod de;
mod en;
mod es;
mod fr;

use jiff::civil::{DateTime, Weekday};
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::failure::Cause;

/// What alerts are told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    En,
    De,
    Es,
    Fr,
}

/// One phrase, with what it is about. `one` is false when the thing before it is many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word<'a> {
    // Things.
    TheReceiver,
    AClinic,
    ACalendar,
    Changes,
    Calendars,
    CountedCalendars(usize),
    UnknownTime,
    // Facts of what is wrong.
    ShutOut,
    Silent,
    Late {
        by: &'a str,
    },
    LosesGoogle {
        left: &'a str,
    },
    ExpiresIn {
        left: &'a str,
    },
    ChannelsExpire {
        count: usize,
        left: &'a str,
    },
    Expired {
        one: bool,
    },
    MustReconnect,
    NotProved {
        one: bool,
    },
    PushRefused {
        one: bool,
    },
    PolledOnly {
        one: bool,
    },
    NotSynced {
        one: bool,
    },
    Unsent {
        one: bool,
    },
    Waits {
        one: bool,
    },
    NotTold {
        one: bool,
    },
    NeedsALook,
    // Facts of how it ended.
    ConnectedAnew,
    HasLostGoogle,
    AnswersAgain,
    InTimeAgain,
    Decided,
    ToldAgain,
    ChangedState,
    ConnectedAgain,
    Renewed {
        one: bool,
    },
    LiveAgain {
        one: bool,
    },
    SyncedAgain {
        one: bool,
    },
    AllSent {
        one: bool,
    },
    // Whole titles.
    AllWell,
    FromTheQuiet(usize),
    // Sentences.
    NothingKnownFor {
        lasted: &'a str,
    },
    PairAgain,
    NoContactFor {
        lasted: &'a str,
    },
    KeepsTrying,
    RunOutSince(usize),
    NotReadMeanwhile,
    NextToRunOut {
        first: &'a str,
        at: &'a str,
    },
    NextToRunOutAndMore {
        first: &'a str,
        at: &'a str,
        rest: usize,
        last: &'a str,
    },
    Lateness {
        window: &'a str,
        limit: &'a str,
    },
    CameAndWent(usize),
    More(usize),
    NothingNeeded {
        over: &'a str,
    },
    OpenToSee {
        list: &'a str,
    },
    TestingEnds {
        left: &'a str,
    },
    LimitedEnds {
        left: &'a str,
    },
    StandStillThen(usize),
    Publish,
    ConnectBefore,
    /// In brackets behind what fails; `because` is that with a space before it, or nothing.
    Because(&'a Cause),
    RenewalFails {
        lasted: &'a str,
        because: &'a str,
    },
    /// Of a single calendar whose receiver counts.
    RenewalFailed {
        times: u32,
        lasted: &'a str,
        because: &'a str,
    },
    NextTry {
        at: &'a str,
    },
    TriedByItself,
    /// What follows if no renewal works in time.
    PollingThen,
    ExpiredMeans,
    GrantLost(usize),
    UnprovedMeans,
    RefusedMeans {
        because: &'a str,
    },
    NoChannelFor {
        lasted: &'a str,
        because: &'a str,
    },
    ReadingFails {
        lasted: &'a str,
        because: &'a str,
    },
    EditsWait {
        edits: usize,
        lasted: &'a str,
    },
    EditsRefused {
        edits: usize,
        lasted: &'a str,
    },
    /// A pause that a person asked for holds them.
    EditsPaused {
        edits: usize,
        lasted: &'a str,
    },
    FirstStarts {
        left: &'a str,
    },
    EditsAreKept,
    EditsGoOnResume,
    /// Edits that the trouble just told keeps waiting, too.
    EditsWaitAlong(usize),
    PausedNotRenewed,
    RenewalPlanned {
        until: &'a str,
    },
    RenewalOverdue,
    Held(usize),
    LeftOut(usize),
    Lasted {
        lasted: &'a str,
    },
    /// On the clock that people read.
    ValidUntil(DateTime),
    // Times.
    Seconds(u64),
    Minutes(u64),
    Hours(u64),
    Days(u64),
    Day(Weekday),
    // The rule that looks for this kind; `{}` stands for each part in turn.
    Rule(Kind),
}

impl Language {
    pub(super) fn say(self, word: Word<'_>) -> String {
        match self {
            Self::En => en::say(word),
            Self::De => de::say(word),
            Self::Es => es::say(word),
            Self::Fr => fr::say(word),
        }
    }
}

/// The form for one thing or for many.
fn either(one: bool, singular: &str, plural: &str) -> String {
    if one { singular } else { plural }.to_owned()
}

fn counted(count: usize, singular: &str, plural: &str) -> String {
    match count {
        1 => format!("1 {singular}"),
        _ => format!("{count} {plural}"),
    }
}

/// "13:40", and the month's name among these twelve.
fn dated(at: DateTime, months: [&'static str; 12]) -> (&'static str, String) {
    let place = usize::try_from(at.month() - 1).unwrap_or_default();
    (months[place], at.strftime("%H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Language; 4] = [Language::En, Language::De, Language::Es, Language::Fr];

    /// The facts that stand behind a thing in a title.
    fn facts(one: bool) -> [Word<'static>; 27] {
        let left = "20 min";
        [
            Word::ShutOut,
            Word::Silent,
            Word::Late { by: left },
            Word::LosesGoogle { left },
            Word::ExpiresIn { left },
            Word::Expired { one },
            Word::MustReconnect,
            Word::NotProved { one },
            Word::PushRefused { one },
            Word::PolledOnly { one },
            Word::NotSynced { one },
            Word::Unsent { one },
            Word::Waits { one },
            Word::NotTold { one },
            Word::NeedsALook,
            Word::ConnectedAnew,
            Word::HasLostGoogle,
            Word::AnswersAgain,
            Word::InTimeAgain,
            Word::Decided,
            Word::ToldAgain,
            Word::ChangedState,
            Word::ConnectedAgain,
            Word::Renewed { one },
            Word::LiveAgain { one },
            Word::SyncedAgain { one },
            Word::AllSent { one },
        ]
    }

    #[test]
    fn every_fact_leaves_room_for_what_it_is_about() {
        for language in ALL {
            for fact in facts(true).into_iter().chain(facts(false)) {
                let said = language.say(fact);
                assert!(said.chars().count() <= 28, "{language:?}: {said}");
            }
            let whole = [
                Word::ChannelsExpire {
                    count: 100,
                    left: "20 min",
                },
                Word::AllWell,
                Word::FromTheQuiet(100),
            ];
            for title in whole.map(|word| language.say(word)) {
                assert!(title.chars().count() <= 40, "{language:?}: {title}");
            }
        }
    }

    #[test]
    fn every_language_fills_its_gaps_and_counts() {
        for language in ALL {
            let said = language.say(Word::NextToRunOutAndMore {
                first: "Nord · Room 2",
                at: "14:10",
                rest: 3,
                last: "18:20",
            });
            for gap in ["Nord · Room 2", "14:10", "3", "18:20"] {
                assert!(said.contains(gap), "{language:?}: {said}");
            }
            let (one, many) = (Word::GrantLost(1), Word::GrantLost(2));
            let (one, many) = (language.say(one), language.say(many));
            assert_ne!(one.replace('1', "2"), many, "{language:?}");
        }
    }
}
