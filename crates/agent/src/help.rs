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
        Language::De | Language::Es | Language::Fr => {
            let words = Words::of(language);
            let mut command = spoken(command, &words, true);
            // The last one is clap's own, and there only once all is built.
            command.build();
            let about = words.say("Print this message or the help of the given command");
            command.mut_subcommand("help", |help| help.about(about))
        }
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
            let notes = notes(&arg, words);
            let takes_values = arg.get_action().takes_values();
            let arg = arg
                .help_heading(heading)
                .hide_possible_values(takes_values)
                .hide_default_value(takes_values)
                .hide_env(true);
            match help {
                Some(help) => arg.help(format!("{help}{notes}")),
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

/// What clap would say in English behind the help: the values there are, the default, the variable.
fn notes(arg: &Arg, words: &Words) -> String {
    if !arg.get_action().takes_values() {
        let variable = arg.get_env().map(|name| name.to_string_lossy());
        let note = variable.map(|name| words.say("Variable: {name}").replace("{name}", &name));
        return note.map(|note| format!(" [{note}]")).unwrap_or_default();
    }
    let values = arg.get_possible_values();
    let values = values.iter().map(|value| {
        let help = value.get_help().map(|text| words.say(&text.to_string()));
        let help = help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}{help}", value.get_name())
    });
    let values: Vec<String> = values.collect();
    let defaults = arg.get_default_values().first();
    let notes = [
        (!values.is_empty()).then(|| ("Possible values: {values}", "{values}", values.join(", "))),
        defaults.map(|it| {
            (
                "Default: {value}",
                "{value}",
                it.to_string_lossy().into_owned(),
            )
        }),
        arg.get_env().map(|it| {
            (
                "Variable: {name}",
                "{name}",
                it.to_string_lossy().into_owned(),
            )
        }),
    ];
    let notes = notes.into_iter().flatten();
    notes
        .map(|(text, gap, with)| format!(" [{}]", words.say(text).replace(gap, &with)))
        .collect()
}

/// English texts of the tree for which the language has none.
pub fn unsaid(command: &Command, language: Language) -> Vec<String> {
    let words = Words::of(language);
    let values = command
        .get_arguments()
        .flat_map(Arg::get_possible_values)
        .filter_map(|value| value.get_help().cloned());
    let texts = command
        .get_arguments()
        .filter_map(Arg::get_help)
        .cloned()
        .chain(values)
        .chain(command.get_about().cloned())
        .chain(command.get_after_help().cloned())
        .map(|text| text.to_string());
    let mut unsaid: Vec<String> = texts.filter(|it| !words.0.contains_key(it)).collect();
    let visible = command.get_subcommands().filter(|it| !it.is_hide_set());
    unsaid.extend(visible.flat_map(|one| self::unsaid(one, language)));
    unsaid
}
