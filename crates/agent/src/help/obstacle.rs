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
    /// Anything else; why comes from the part that failed.
    CouldNotStart { why: &'a str },
}

impl Obstacle<'_> {
    /// One or two sentences, with a way on.
    pub fn said(self, language: Language) -> String {
        let words = Words::of(language);
        let (gap, with) = match self {
            Self::NoDisplay | Self::DisplayUnreachable => return words.say(self.english()),
            Self::NeverRan { folder } => ("{folder}", folder.display().to_string()),
            Self::CouldNotStart { why } => ("{why}", why.to_owned()),
        };
        words.say(self.english()).replace(gap, &with)
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
