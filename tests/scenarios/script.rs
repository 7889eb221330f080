//! The little language of the stories: `settings name=duration …`, `at <offset> <what>`, `until <offset>`.

use std::time::Duration;

use syncward_engine::{Failure, FailureClass, Settings};

use super::google::{Handshake, failure};

pub struct Script {
    pub settings: Settings,
    pub actions: Vec<(Duration, Action)>,
    pub until: Duration,
}

#[derive(Clone, Debug)]
pub enum Action {
    Start,
    AskRenew,
    AskSync,
    AskTest,
    AskDrill,
    /// The calendar's silence is unusual.
    Silence,
    /// Nobody knows what is usual for the calendar.
    SilenceUnknown,
    Pause,
    Resume,
    GrantLost,
    GrantRestored,
    Configuration,
    /// The receiver has started anew, with or without a public address.
    Address(bool),
    End,
    /// Somebody edits the calendar; Google announces it, or not.
    Edit {
        announced: bool,
    },
    Open(Option<Failure>),
    /// Channels open from now on, and the answers are lost.
    OpenUnheard,
    Stop(Option<Failure>),
    Runs(Option<Failure>),
    CursorGone,
    /// Whether there is quota for what may wait.
    Spare(bool),
    /// The next appointment starts so long from now.
    Appointment(Duration),
    Handshake(Handshake),
    RunTakes(Duration),
    Sleep(Duration),
    Crash(Duration),
    /// The next commit with calls to Google is the last thing before the crash.
    CrashAfterCommit(Duration),
    Show,
}

impl Script {
    pub fn parse(text: &str) -> Self {
        let mut script = Self {
            settings: Settings::default(),
            actions: Vec::new(),
            until: Duration::ZERO,
        };
        for line in text.lines().map(str::trim) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["settings", pairs @ ..] => {
                    for pair in pairs {
                        script.set(pair);
                    }
                }
                ["at", offset, what @ ..] => {
                    let at = duration(offset);
                    let last = script.actions.last().map_or(Duration::ZERO, |it| it.0);
                    assert!(at >= last, "out of order: {line}");
                    script.actions.push((at, action(what)));
                }
                ["until", offset] => script.until = duration(offset),
                _ => panic!("not understood: {line}"),
            }
        }
        script
    }

    fn set(&mut self, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap();
        let settings = &mut self.settings;
        match name {
            "ttl" => settings.channel_ttl = duration(value),
            "renew_before" => settings.renew_before = duration(value),
            "poll" => settings.poll_interval = duration(value),
            "check" => settings.check_interval = duration(value),
            "overlap" => settings.overlap = duration(value),
            "push" => settings.push = value == "true",
            _ => panic!("no such setting: {name}"),
        }
    }
}

fn action(words: &[&str]) -> Action {
    match words {
        ["start"] => Action::Start,
        ["ask", "renew"] => Action::AskRenew,
        ["ask", "sync"] => Action::AskSync,
        ["ask", "test"] => Action::AskTest,
        ["ask", "drill"] => Action::AskDrill,
        ["silence"] => Action::Silence,
        ["silence", "unknown"] => Action::SilenceUnknown,
        ["pause"] => Action::Pause,
        ["resume"] => Action::Resume,
        ["grant", "lost"] => Action::GrantLost,
        ["grant", "restored"] => Action::GrantRestored,
        ["configuration"] => Action::Configuration,
        ["address", "gone"] => Action::Address(false),
        ["address", "back"] => Action::Address(true),
        ["end"] => Action::End,
        ["edit"] => Action::Edit { announced: true },
        ["edit", "unannounced"] => Action::Edit { announced: false },
        ["open", "unheard"] => Action::OpenUnheard,
        ["open", rest @ ..] => Action::Open(weather(rest)),
        ["stop", rest @ ..] => Action::Stop(weather(rest)),
        ["runs", "gone", "once"] => Action::CursorGone,
        ["runs", "take", time] => Action::RunTakes(duration(time)),
        ["runs", rest @ ..] => Action::Runs(weather(rest)),
        ["spare", "none"] => Action::Spare(false),
        ["spare", "well"] => Action::Spare(true),
        ["appointment", "in", time] => Action::Appointment(duration(time)),
        ["handshake", "early"] => Action::Handshake(Handshake::Early),
        ["handshake", "late"] => Action::Handshake(Handshake::Late),
        ["handshake", "never"] => Action::Handshake(Handshake::Never),
        ["sleep", time] => Action::Sleep(duration(time)),
        ["crash", time] => Action::Crash(duration(time)),
        ["crash", "after", "commit", time] => Action::CrashAfterCommit(duration(time)),
        ["show"] => Action::Show,
        _ => panic!("no such action: {words:?}"),
    }
}

fn weather(words: &[&str]) -> Option<Failure> {
    match words {
        ["well"] => None,
        ["transient", reason] => {
            let class = FailureClass::Transient { retry_after: None };
            Some(failure(class, reason))
        }
        ["permanent", reason] => Some(failure(FailureClass::Permanent, reason)),
        ["grantlost", reason] => Some(failure(FailureClass::GrantLost, reason)),
        _ => panic!("no such weather: {words:?}"),
    }
}

/// `5d`, `12h`, `1d+30m`, `500ms`.
fn duration(text: &str) -> Duration {
    text.split('+')
        .map(|part| {
            let digits = part.find(|it: char| !it.is_ascii_digit()).unwrap();
            let (number, unit) = part.split_at(digits);
            let number: u64 = number.parse().unwrap();
            match unit {
                "ms" => Duration::from_millis(number),
                "s" => Duration::from_secs(number),
                "m" => Duration::from_secs(number * 60),
                "h" => Duration::from_secs(number * 3600),
                "d" => Duration::from_secs(number * 86_400),
                _ => panic!("no such unit: {text}"),
            }
        })
        .sum()
}
