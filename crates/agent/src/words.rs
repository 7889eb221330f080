//! What the desktop says outside its window, in the person's language: the tray, the frame of bubbles and the command
//! line. What alerts tell is in the engine's `alert/words`.
//!
//! A file per language, each one exhaustive `match`: a language that lacks a word does not compile, and a word that
//! nothing says is a warning. The window's own words are in `ui/messages/`.

mod de;
mod en;
mod es;
mod fr;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use syncward_engine::alert;
use syncward_wire::{Counts, Role};

/// A language that Syncward speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    En,
    De,
    Es,
    Fr,
}

/// One thing to say, with what it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word<'a> {
    Demo {
        sentence: &'a str,
    },
    NoReceiver,
    Connecting,
    NothingKnown,
    Silent {
        span: &'a str,
    },
    /// One of several receivers.
    OneSilent {
        sentence: &'a str,
        name: &'a str,
        span: &'a str,
    },
    NoCalendar,
    OneLive,
    OneNotLive,
    OnePolledByDesign,
    AllLive {
        total: u32,
    },
    SomeLive {
        live: u32,
        total: u32,
    },
    RestPolledByDesign {
        live: u32,
        total: u32,
    },
    NextExpiry {
        name: &'a str,
        span: &'a str,
    },
    RenewNow,
    ReconnectNow,
    Snooze,
    Acknowledge,
    ACalendar,
    Renewed,
    NotRenewed,
    ValidUntil {
        moment: &'a str,
    },
    /// On the clock that is meant.
    Moment(DateTime),
    Unreachable,
    TriedAgain,
    ReachesYou,
    ThisIsATest,
    StaysInTray,
    WatchesFromTray {
        calendars: usize,
    },
    MoreAlerts {
        count: usize,
    },
    OpenToSeeAll {
        titles: &'a str,
    },
    RenewAllDue,
    SnoozeAnHour,
    PauseAlerts,
    ResumeAlerts {
        until: &'a str,
    },
    Receiver,
    Open,
    OpenSyncward,
    Quit,
    QuitStops {
        channels: usize,
    },
    QuitSilences,
    Live,
    Due,
    DueIn {
        span: &'a str,
    },
    Renewing,
    Unproved,
    Polling,
    Expired,
    Reconnect,
    Paused,
    Late,
    LateExpiresIn {
        span: &'a str,
    },
    Held,
    Unsent,
    ReceiverPaused,
    /// One of several receivers.
    OnePaused {
        name: &'a str,
    },
    /// More than one of even more.
    SomePaused {
        receivers: usize,
    },
    AllPaused,
    // The command line.
    IsDemo,
    AsOf {
        moment: &'a str,
    },
    NextExpiryAt {
        moment: &'a str,
    },
    /// By which clock times are written; none where this computer's own has no name.
    Times {
        zone: Option<&'a str>,
    },
    ExpiresAt {
        moment: &'a str,
    },
    /// Cancellations that wait for a person.
    CancellationsHeld(u32),
    EditsWait {
        edits: u32,
        moment: &'a str,
    },
    Urgent,
    Warning,
    Notice,
    Pending,
    Acknowledged,
    Snoozed,
    Recovering,
    Resolved,
    BeingRenewed {
        name: &'a str,
    },
    AllBeingRenewed,
    NothingDue,
    IsRenewed {
        name: &'a str,
    },
    IsNotRenewed {
        name: &'a str,
        why: &'a str,
    },
    WaitsForProof {
        name: &'a str,
    },
    NothingTold,
    Quiet {
        title: &'a str,
    },
    NoAnswerFrom {
        sentence: &'a str,
        name: &'a str,
    },
    /// One of several receivers.
    OnePairAgain {
        sentence: &'a str,
        name: &'a str,
    },
    PairAgain,
    ThisComputer,
    Role(Role),
    NobodyAnswers,
    /// A calendar that was removed, a receiver that was forgotten.
    WatchedNoLonger {
        name: &'a str,
    },
    Answers {
        version: &'a str,
        calendars: u32,
    },
    SilentSince {
        moment: &'a str,
    },
    LastHeard {
        moment: &'a str,
    },
    NeverHeard,
    KnownByKey {
        fingerprint: &'a str,
    },
    KnownBySystem,
    KnownByLoopback,
    PairedAs {
        moment: &'a str,
        role: &'a str,
    },
    Forgets {
        name: &'a str,
        address: &'a str,
        calendars: u32,
    },
    ForgetsLocal {
        calendars: u32,
    },
    ForgetIt,
    IsForgotten {
        name: &'a str,
    },
    IsPaired {
        name: &'a str,
    },
    NothingForgotten,
    OlderReceiver {
        version: &'a str,
        own: &'a str,
    },
    NewerReceiver {
        version: &'a str,
        own: &'a str,
    },
    /// By so many seconds; negative is behind.
    OwnClock {
        ahead_s: i64,
    },
    ReceiversClock {
        ahead_s: i64,
    },
    UnderAMinute,
    Minutes(i64),
    Hours(i64),
    Days(i64),
}

impl From<Language> for alert::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::De => Self::De,
            Language::Es => Self::Es,
            Language::Fr => Self::Fr,
        }
    }
}

impl Language {
    /// What the system speaks, as far as we do; else English.
    pub fn of_system() -> Self {
        sys_locale::get_locale().map_or(Self::En, |tag| Self::of_tag(&tag))
    }

    /// The language of a tag such as `de-AT` or `fr_FR.UTF-8`.
    pub fn of_tag(tag: &str) -> Self {
        let start = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        match start.to_ascii_lowercase().as_str() {
            "de" => Self::De,
            "es" => Self::Es,
            "fr" => Self::Fr,
            _ => Self::En,
        }
    }

    /// As a page or a document names its language.
    pub(crate) fn tag(self) -> &'static str {
        self.among(["en", "de", "es", "fr"])
    }

    /// Its own of what there is for English, German, Spanish and French.
    pub(crate) fn among<T>(self, [en, de, es, fr]: [T; 4]) -> T {
        match self {
            Self::En => en,
            Self::De => de,
            Self::Es => es,
            Self::Fr => fr,
        }
    }

    pub(crate) fn say(self, word: Word<'_>) -> String {
        match self {
            Self::En => en::say(word),
            Self::De => de::say(word),
            Self::Es => es::say(word),
            Self::Fr => fr::say(word),
        }
    }

    /// "11 of 12 calendars are live." from the counts; `by_design` of them are polled because Google has no push there.
    pub(crate) fn overview(self, counts: &Counts, by_design: u32) -> String {
        let live = counts.live + counts.due + counts.renewing;
        let total = counts.total;
        let well = live + by_design;
        self.say(match (total, live) {
            (0, _) => Word::NoCalendar,
            (1, 0) if well == 1 => Word::OnePolledByDesign,
            (1, 0) => Word::OneNotLive,
            (1, _) => Word::OneLive,
            (total, live) if total == live => Word::AllLive { total },
            (total, live) if total == well => Word::RestPolledByDesign { live, total },
            (total, live) => Word::SomeLive { live, total },
        })
    }
}

/// Names of day and month, and the time.
fn dated(
    at: DateTime,
    days: [&'static str; 7],
    months: [&'static str; 12],
) -> (&'static str, &'static str, String) {
    let place = |number: i8| usize::try_from(number - 1).unwrap_or_default();
    (
        days[place(at.weekday().to_monday_one_offset())],
        months[place(at.month())],
        at.strftime("%H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Language; 4] = [Language::En, Language::De, Language::Es, Language::Fr];

    #[test]
    fn a_tag_of_any_shape_names_its_language() {
        assert_eq!(Language::of_tag("de_AT.UTF-8"), Language::De);
        assert_eq!(Language::of_tag("fr-CA"), Language::Fr);
        assert_eq!(Language::of_tag("ES"), Language::Es);
        assert_eq!(Language::of_tag("C.UTF-8"), Language::En);
        assert_eq!(Language::of_tag("den"), Language::En);
        assert_eq!(Language::of_tag(""), Language::En);
    }

    #[test]
    fn every_language_fills_its_gaps() {
        for language in ALL {
            let said = language.say(Word::NextExpiry {
                name: "Nord · Room 2",
                span: "6 h",
            });
            assert!(said.contains("Nord · Room 2"), "{said}");
            assert!(said.contains("6 h"), "{said}");
            let some = Counts {
                total: 12,
                live: 10,
                due: 1,
                ..Counts::default()
            };
            let said = language.overview(&some, 0);
            assert!(said.contains("11") && said.contains("12"), "{said}");
        }
    }

    #[test]
    fn one_live_calendar_and_one_polled_are_singular() {
        for language in ALL {
            let say = |live, total| language.say(Word::RestPolledByDesign { live, total });
            assert_ne!(
                say(1, 4).replacen('1', "2", 1).replacen('4', "5", 1),
                say(2, 5)
            );
            assert_ne!(say(2, 3).replace('1', "2").replacen('3', "4", 1), say(2, 4));
        }
    }

    #[test]
    fn one_channel_is_singular() {
        for language in ALL {
            let one = language.say(Word::QuitStops { channels: 1 });
            let two = language.say(Word::QuitStops { channels: 2 });
            assert_ne!(one.replace('1', "2"), two, "{language:?}");
        }
    }
}
