//! What the command line says of wrong usage, in the person's language.

use std::error::Error as _;

use clap::error::{ContextKind, ErrorKind};

use super::Words;
use crate::words::Language;

/// The refusal in the language; none where clap's own words are the best there are: English, and help asked for.
pub fn refusal(error: &clap::Error, language: Language) -> Option<String> {
    match language {
        Language::En => None,
        Language::De | Language::Es | Language::Fr => said(error, &Words::of(language)),
    }
}

fn said(error: &clap::Error, words: &Words) -> Option<String> {
    let about = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let value = about(ContextKind::InvalidValue);
    let sentence = match error.kind() {
        ErrorKind::UnknownArgument => "Unknown argument: {arg}",
        ErrorKind::MissingRequiredArgument => "Missing: {arg}",
        ErrorKind::ArgumentConflict => "{arg} and {prior} can't be used together",
        ErrorKind::InvalidValue if value.is_empty() => "{arg} needs a value",
        ErrorKind::InvalidValue => "{arg} can't be \"{value}\"",
        ErrorKind::ValueValidation => "{arg} can't be \"{value}\": {why}",
        _ => return None,
    };
    let why = error.source().map(ToString::to_string).unwrap_or_default();
    let sentence = words
        .say(sentence)
        .replace("{arg}", &about(ContextKind::InvalidArg))
        .replace("{prior}", &about(ContextKind::PriorArg))
        .replace("{value}", &value)
        .replace("{why}", &words.say(&why));
    let values = about(ContextKind::ValidValue);
    let possible = filled(words, "Possible values: {values}", "{values}", values);
    let meant = [ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let meant = meant.into_iter().find_map(|kind| {
        filled(
            words,
            "Did you mean {suggested}?",
            "{suggested}",
            about(kind),
        )
    });
    let more = (!sentence.contains("--help")).then(|| words.say("--help tells more."));
    let lines = [Some(sentence), possible, meant, more];
    Some(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

/// The sentence with its gap filled; none when there is nothing to fill it with.
fn filled(words: &Words, sentence: &str, gap: &str, with: String) -> Option<String> {
    (!with.is_empty()).then(|| words.say(sentence).replace(gap, &with))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Arg, Command};
    use syncward_wire::Fingerprint;

    use super::super::{DE, EN, ES, FR, read};
    use super::*;

    fn told(typed: &[&str], language: Language) -> Option<String> {
        let command = Command::new("syncward")
            .arg(
                Arg::new("due")
                    .long("due")
                    .num_args(0)
                    .conflicts_with("for"),
            )
            .arg(Arg::new("for").long("for").value_parser(["1h", "change"]));
        let error = command.try_get_matches_from(typed).err()?;
        refusal(&error, language)
    }

    #[test]
    fn wrong_usage_is_said_in_the_language_with_what_was_typed_and_a_way_on() {
        let german = |typed: &[&str]| told(typed, Language::De).unwrap_or_default();
        let unknown = german(&["syncward", "--dur"]);
        assert!(unknown.contains("Unbekanntes Argument: --dur"), "{unknown}");
        assert!(
            unknown.contains("Gemeint war vielleicht --due?"),
            "{unknown}"
        );
        let value = german(&["syncward", "--for", "2h"]);
        assert!(
            value.contains("„2h“") && value.contains("1h, change"),
            "{value}"
        );
        let both = german(&["syncward", "--due", "--for", "1h"]);
        assert!(
            both.contains("--due") && both.contains("nicht zusammen"),
            "{both}"
        );
        assert!(both.ends_with("Mehr sagt --help."), "{both}");
    }

    #[test]
    fn why_a_value_does_not_fit_is_said_in_the_language_too() {
        let parsed = |language| {
            let command = || {
                Command::new("syncward")
                    .arg(
                        Arg::new("print")
                            .long("print")
                            .value_parser(clap::value_parser!(Fingerprint)),
                    )
                    .arg(
                        Arg::new("keep")
                            .long("keep")
                            .value_parser(clap::value_parser!(u64)),
                    )
            };
            let told = |typed: [&str; 3]| {
                let error = command().try_get_matches_from(typed).err();
                error.and_then(|error| refusal(&error, language))
            };
            let both = [["syncward", "--print", "abc"], ["syncward", "--keep", "x"]];
            both.map(|typed| told(typed).unwrap_or_default())
        };
        for language in [Language::De, Language::Es, Language::Fr] {
            for said in parsed(language) {
                assert!(said.contains("abc") || said.contains('x'), "{said}");
                assert!(!said.contains("digit"), "{language:?}: {said}");
            }
        }
        assert!(parsed(Language::De)[0].contains("64 Stellen"));
    }

    #[test]
    fn english_and_help_stay_as_they_are() {
        assert_eq!(told(&["syncward", "--dur"], Language::En), None);
        assert_eq!(told(&["syncward", "--help"], Language::De), None);
    }

    #[test]
    fn every_language_says_the_same_things() {
        let keys = |json| read(json).into_keys().collect::<BTreeSet<_>>();
        for json in [DE, ES, FR] {
            assert_eq!(keys(json), keys(EN));
        }
    }
}
