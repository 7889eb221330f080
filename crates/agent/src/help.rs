//! The command line's help in the person's language. The English stands where each command and option is declared and is
//! known again by its text; a test of the desktop names what a language lacks.

mod obstacle;
mod refusal;

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, Command};

use crate::words::Language;
pub use obstacle::Obstacle;
pub use refusal::refusal;

const EN: &str = include_str!("help/en.json");
const DE: &str = include_str!("help/de.json");
const ES: &str = include_str!("help/es.json");
const FR: &str = include_str!("help/fr.json");

/// English texts and the same in the language.
struct Words(BTreeMap<String, String>);

impl Words {
    fn of(language: Language) -> Self {
        let mut said = read(language.among([EN, DE, ES, FR]));
        let pairs = read(EN).into_iter();
        Self(
            pairs
                .filter_map(|(key, english)| Some((english, said.remove(&key)?)))
                .collect(),
        )
    }

    /// The text in the language; as it was written where it is not known.
    fn say(&self, text: &str) -> String {
        self.0.get(text).map_or(text, String::as_str).to_owned()
    }
}

fn read(json: &str) -> BTreeMap<String, String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The whole tree of commands with its help in the language; what can be typed stays the same.
pub fn in_language(command: Command, language: Language) -> Command {
    match language {
        Language::En => command,
        Language::De | Language::Es | Language::Fr => spoken(command, &Words::of(language), true),
    }
}

fn spoken(command: Command, words: &Words, is_root: bool) -> Command {
    let about = command.get_about().map(|text| words.say(&text.to_string()));
    let after = command
        .get_after_help()
        .map(|text| words.say(&text.to_string()));
    let names: Vec<String> = command
        .get_subcommands()
        .map(|one| one.get_name().to_owned())
        .collect();
    let (arguments, options) = (words.say("Arguments"), words.say("Options"));
    let flag = |name: &'static str, short: char, action: ArgAction, text: &str| {
        Arg::new(name)
            .short(short)
            .long(name)
            .action(action)
            .help(words.say(text))
    };
    // The flags that clap adds by itself can't be reached before it has built everything.
    let mut command =
        command
            .disable_help_flag(true)
            .arg(flag("help", 'h', ArgAction::Help, "Print help"));
    if is_root {
        command = command.disable_version_flag(true).arg(flag(
            "version",
            'V',
            ArgAction::Version,
            "Print version",
        ));
    }
    let usage = words.say("Usage:");
    command = command
        .help_template(format!(
            "{{about-with-newline}}\n{usage} {{usage}}\n\n{{all-args}}{{after-help}}"
        ))
        .subcommand_help_heading(words.say("Commands"))
        .mut_args(|arg| {
            let heading = match arg.is_positional() {
                true => arguments.clone(),
                false => options.clone(),
            };
            let help = arg.get_help().map(|text| words.say(&text.to_string()));
            let arg = arg.help_heading(heading);
            match help {
                Some(help) => arg.help(help),
                None => arg,
            }
        });
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    for name in names {
        command = command.mut_subcommand(name, |one| spoken(one, words, false));
    }
    command
}

/// English texts of the tree for which the language has none.
pub fn unsaid(command: &Command, language: Language) -> Vec<String> {
    let words = Words::of(language);
    let texts = command
        .get_arguments()
        .filter_map(Arg::get_help)
        .chain(command.get_about())
        .chain(command.get_after_help())
        .map(ToString::to_string);
    let mut unsaid: Vec<String> = texts.filter(|it| !words.0.contains_key(it)).collect();
    let visible = command.get_subcommands().filter(|it| !it.is_hide_set());
    unsaid.extend(visible.flat_map(|one| self::unsaid(one, language)));
    unsaid
}
