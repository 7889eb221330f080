//! Why the app does not start or has nothing to tell, in the person's language.

use std::path::Path;

use super::Words;
use crate::words::Language;

/// What stands in the way, and what to do about it.
#[derive(Clone, Copy, Debug)]
pub enum Obstacle<'a> {
    /// No desktop session was named.
    NoDisplay,
    /// One was, and it does not answer or lets this user not draw.
    DisplayUnreachable,
    /// There is nothing to diagnose in this folder.
    NeverRan { folder: &'a Path },
    /// A link to a screen was given where there is no window.
    NoPairingLink,
    /// It runs without a window, and knows no receiver.
    NothingWatched,
    /// Another process has this data folder.
    RunsAlready { folder: &'a Path },
    /// A variable holds no duration.
    NoDuration { name: &'a str, value: &'a str },
    /// The diagnostics file could not be written there.
    NotWritten { file: &'a Path, why: &'a str },
    /// Anything else; why comes from the part that failed.
    CouldNotStart { why: &'a str },
}

impl Obstacle<'_> {
    /// One or two sentences, with a way on.
    pub fn said(self, language: Language) -> String {
        let words = Words::of(language);
        let gaps: &[(&str, String)] = match self {
            Self::NoDisplay
            | Self::DisplayUnreachable
            | Self::NoPairingLink
            | Self::NothingWatched => &[],
            Self::NeverRan { folder } | Self::RunsAlready { folder } => {
                &[("{folder}", folder.display().to_string())]
            }
            Self::NoDuration { name, value } => {
                &[("{name}", name.to_owned()), ("{value}", value.to_owned())]
            }
            Self::NotWritten { file, why } => &[
                ("{file}", file.display().to_string()),
                ("{why}", why.to_owned()),
            ],
            Self::CouldNotStart { why } => &[("{why}", why.to_owned())],
        };
        let fill = |text: String, (gap, with): &(&str, String)| text.replace(gap, with);
        gaps.iter().fold(words.say(self.english()), fill)
    }

    fn english(self) -> &'static str {
        match self {
            Self::NoDisplay => {
                "There is no display: start Syncward from a desktop session, or run `syncward --headless` for the agent alone."
            }
            Self::DisplayUnreachable => {
                "The display can't be reached: is DISPLAY (or WAYLAND_DISPLAY) that of a running session, and may this user \
                 draw on it? `syncward --headless` runs the agent alone."
            }
            Self::NeverRan { .. } => {
                "Syncward has not run with the folder {folder} yet, so there is nothing to tell; --data-dir names another."
            }
            Self::NoPairingLink => {
                "This link leads to a screen, and --headless has none: give it a pairing link (syncward://pair?…), or --receiver \
                 ADDRESS --code CODE (and --pin FINGERPRINT)."
            }
            Self::NothingWatched => {
                "This computer is paired with no receiver, so nothing is watched. Pair it with `syncward pair` while this runs."
            }
            Self::RunsAlready { .. } => {
                "Syncward already runs with the folder {folder}: ask it with `syncward status`, or end it first; --data-dir names \
                 another."
            }
            Self::NoDuration { .. } => {
                "{name} can't be \"{value}\": write seconds, or an integer with ms, s, m, h or d, such as 15m."
            }
            Self::NotWritten { .. } => {
                "The file {file} could not be written: {why}. Nothing was saved; --out names another place."
            }
            Self::CouldNotStart { .. } => "Syncward could not start: failed to {why}",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_said_in_every_language_with_what_it_names() {
        let folder = Path::new("/srv/clinic");
        let why = "open the window";
        let all = [
            (Obstacle::NoDisplay, "--headless"),
            (Obstacle::DisplayUnreachable, "WAYLAND_DISPLAY"),
            (Obstacle::NeverRan { folder }, "/srv/clinic"),
            (Obstacle::NoPairingLink, "--receiver"),
            (Obstacle::NothingWatched, "`syncward pair`"),
            (Obstacle::RunsAlready { folder }, "/srv/clinic"),
            (
                Obstacle::NoDuration {
                    name: "SYNCWARD_ALERT_AFTER",
                    value: "soon",
                },
                "SYNCWARD_ALERT_AFTER",
            ),
            (Obstacle::NotWritten { file: folder, why }, "/srv/clinic"),
            (Obstacle::CouldNotStart { why }, why),
        ];
        for (obstacle, named) in all {
            let english = obstacle.said(Language::En);
            assert!(english.contains(named), "{english}");
            for language in [Language::De, Language::Es, Language::Fr] {
                let said = obstacle.said(language);
                assert!(said.contains(named), "{said}");
                assert_ne!(said, english, "{language:?}");
                assert!(!said.contains('{'), "{said}");
            }
        }
    }
}
