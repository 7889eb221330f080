//! The command line, turned into the agent's options.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use syncward_agent::bridge::Demo;
use syncward_agent::command::Command;
use syncward_agent::headless;
use syncward_agent::help::{self, Obstacle};
use syncward_agent::options::{
    ALERT_AFTER, Options, PairAtStart, alert_after_from_environment, default_data_dir,
};
use syncward_agent::words::Language;
use syncward_wire::Fingerprint;
use tracing_subscriber::EnvFilter;

/// Watches Google Calendar push channels for clinics.
#[derive(Debug, Parser)]
#[command(name = "syncward", version)]
pub struct Arguments {
    /// A syncward:// link to follow; the window asks before anything is done, and with --headless a pairing link pairs at once.
    #[arg(value_name = "LINK", value_parser = ours, conflicts_with_all = ["receiver", "code", "pin"])]
    pub link: Option<String>,
    /// Start in the tray without opening the window, as at login.
    #[arg(long)]
    pub hidden: bool,
    /// Run the background agent without a window; with SYNCWARD_GOOGLE_CLIENT_ID set and no receiver known, also a receiver on this computer.
    #[arg(long)]
    pub headless: bool,
    /// How long a closed window stays ready, before its memory is given back; the agent watches on.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SYNCWARD_KEEP_WINDOW",
        default_value_t = 300
    )]
    pub keep_window: u64,
    /// Where the app keeps its files.
    #[arg(long, env = "SYNCWARD_DESKTOP_DATA_DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Pair with this receiver at the start.
    #[arg(long, requires = "code")]
    receiver: Option<String>,
    /// The one-time code of `syncward-receiver pair`.
    #[arg(long, requires = "receiver")]
    code: Option<String>,
    /// The fingerprint that `syncward-receiver pair` showed, for a receiver that signs for itself.
    #[arg(long, requires = "receiver")]
    pin: Option<Fingerprint>,
    /// The receiver talks to the simulator; the window says so.
    #[arg(long, env = "SYNCWARD_DEMO")]
    demo: bool,
    /// Without one: open the window.
    #[command(subcommand)]
    pub chore: Option<Chore>,
}

/// What the command line does without a window.
#[derive(Debug, Subcommand)]
pub enum Chore {
    #[command(flatten)]
    Ask(Command),
    /// Show what a diagnostics file would hold, and save it when --out says where.
    Diagnostics {
        /// The zip file to write.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Leave the names of clinics and calendars in.
        #[arg(long)]
        names: bool,
    },
    /// Write the man page and the shell completions into a folder (for packages).
    #[command(hide = true)]
    Papers {
        /// Made when it is missing.
        folder: PathBuf,
    },
}

/// A link of ours; anything else is a command that was mistyped.
fn ours(text: &str) -> Result<String, String> {
    let scheme = text.split(':').next().filter(|it| it.len() < text.len());
    match scheme.is_some_and(|it| it.eq_ignore_ascii_case("syncward")) {
        true => Ok(text.to_owned()),
        false => {
            Err("neither a command nor a syncward:// link; --help lists the commands".to_owned())
        }
    }
}

/// The link among the arguments of a second start.
pub fn link_among(arguments: &[String]) -> Option<String> {
    Arguments::try_parse_from(arguments).ok()?.link
}

/// Writes the man pages and the completions for each shell.
pub fn papers(folder: &Path) -> anyhow::Result<()> {
    syncward_papers::write(visible(), folder)
}

/// The commands that are for people.
fn visible() -> clap::Command {
    let whole = Arguments::command();
    let shown = whole.get_subcommands().filter(|it| !it.is_hide_set());
    let mut command = clap::Command::new("syncward")
        .version(env!("CARGO_PKG_VERSION"))
        .args(whole.get_arguments().cloned())
        .subcommands(shown.cloned());
    if let Some(about) = whole.get_about() {
        command = command.about(about.clone());
    }
    command
}

impl Arguments {
    /// What was typed; help and refusals end the process, in the system's language.
    pub fn read() -> Self {
        let language = Language::of_system();
        let command = help::in_language(Self::command(), language);
        let read = command
            .try_get_matches()
            .and_then(|typed| Self::from_arg_matches(&typed));
        read.unwrap_or_else(|error| {
            let Some(refusal) = help::refusal(&error, language) else {
                error.exit()
            };
            crate::say(&refusal);
            std::process::exit(error.exit_code())
        })
    }

    /// Where the app keeps its files.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }

    /// Why nothing can be started so, in the system's language.
    pub fn unfit(&self) -> Option<String> {
        if self.chore.is_some() {
            return None;
        }
        let language = Language::of_system();
        if let Some(Err(refusal)) = self.linked(language) {
            return Some(refusal);
        }
        let value = &alert_after_from_environment().err()?;
        let name = ALERT_AFTER;
        Some(Obstacle::NoDuration { name, value }.said(language))
    }

    /// What the link asks for where no window asks back.
    fn linked(&self, language: Language) -> Option<Result<PairAtStart, String>> {
        let link = self.link.as_ref().filter(|_| self.headless)?;
        Some(headless::pairing_of(link, language))
    }

    /// How the agent is to start.
    pub fn options(self) -> Options {
        let mut options = Options::for_desktop(&self.data_dir());
        options.alert_after = alert_after_from_environment().unwrap_or_default();
        let linked = self.linked(Language::of_system()).and_then(Result::ok);
        let typed = self.receiver.zip(self.code);
        let typed = typed.map(|(address, code)| PairAtStart {
            address,
            code,
            pin: self.pin,
        });
        options.pair = linked.or(typed);
        // A configured Google client means: run the receiver here, unless one is known.
        options.local = std::env::var_os("SYNCWARD_GOOGLE_CLIENT_ID").is_some();
        if self.demo {
            options.demo = Demo::Around;
        }
        options
    }

    /// One instance per data folder; the usual folder has the usual name.
    pub fn instance_id(&self) -> String {
        const USUAL: &str = "org.syncward.desktop";
        match &self.data_dir {
            None => USUAL.into(),
            Some(folder) => {
                let mut hasher = DefaultHasher::new();
                folder.hash(&mut hasher);
                format!("{USUAL}.i{:016x}", hasher.finish())
            }
        }
    }
}

/// `SYNCWARD_LOG`, else warnings only.
pub fn log_filter() -> EnvFilter {
    EnvFilter::try_from_env("SYNCWARD_LOG").unwrap_or_else(|_| EnvFilter::new("warn"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_mistyped_command_is_no_link() {
        let read = |word| Arguments::try_parse_from(["syncward", word]);
        let link = "Syncward://open/channel";
        assert_eq!(read(link).unwrap().link.as_deref(), Some(link));
        for word in ["statuss", "syncward", "https://syncward.example"] {
            let refusal = read(word).unwrap_err().to_string();
            assert!(refusal.contains("neither a command nor"), "{refusal}");
        }
    }

    #[test]
    fn the_readme_names_every_command() {
        let readme = include_str!("../README.md");
        let (_, section) = readme.split_once("### On the command line").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        for command in visible().get_subcommands() {
            let name = command.get_name();
            let starts = [format!("`{name}"), format!("`syncward {name}")];
            assert!(starts.iter().any(|it| section.contains(it)), "{name}");
        }
    }

    #[test]
    fn every_language_has_the_whole_help() {
        let english = Arguments::command().render_help().to_string();
        for language in [Language::De, Language::Es, Language::Fr] {
            let unsaid = help::unsaid(&Arguments::command(), language);
            assert_eq!(unsaid, Vec::<String>::new(), "{language:?}");
            let mut command = help::in_language(Arguments::command(), language);
            command.build();
            let said = command.render_help().to_string();
            assert_ne!(said, english);
            // That --headless may start a receiver here.
            assert!(said.contains("SYNCWARD_GOOGLE_CLIENT_ID"), "{said}");
            let renew = command.find_subcommand_mut("renew").unwrap();
            assert!(renew.render_help().to_string().contains("--no-wait"));
            let helps = [
                command.clone(),
                command.find_subcommand("snooze").unwrap().clone(),
            ];
            for mut one in helps {
                let said = one.render_long_help().to_string();
                let of_clap = [
                    "Possible values:",
                    "[default",
                    "[env",
                    "Print this",
                    "One hour",
                ];
                assert!(!of_clap.iter().any(|it| said.contains(it)), "{said}");
            }
            let typed = ["syncward", "renew", "--due", "--no-wait", "--json"];
            command.try_get_matches_from_mut(typed).unwrap();
        }
    }

    #[test]
    fn a_pairing_link_pairs_without_a_window_and_any_other_is_refused() {
        let read = |words: &[&str]| Arguments::try_parse_from(words).unwrap();
        let link = "syncward://pair?address=https://receiver.example&code=A";
        let headless = read(&["syncward", "--headless", link]);
        assert_eq!(headless.unfit(), None);
        let pair = headless.options().pair.unwrap();
        assert_eq!(pair.address, "https://receiver.example");
        assert_eq!(pair.code, "A");
        // With a window, a person is asked there first.
        assert!(read(&["syncward", link]).options().pair.is_none());
        let screen = "syncward://open/settings";
        let refusal = read(&["syncward", "--headless", screen]).unfit().unwrap();
        assert!(refusal.contains("--receiver"), "{refusal}");
        assert_eq!(read(&["syncward", screen]).unfit(), None);
        assert_eq!(read(&["syncward", "--headless"]).unfit(), None);
    }

    #[test]
    fn a_link_and_a_typed_receiver_are_not_both_taken() {
        let link = "syncward://pair?address=https://receiver.example&code=A";
        let pin = "0".repeat(64);
        let typed = ["--receiver", "https://other.example", "--code", "B"];
        for more in [&typed[..], &["--pin", &pin]] {
            let words = [&["syncward", "--headless", link], more].concat();
            let refused = Arguments::try_parse_from(words).unwrap_err();
            assert_eq!(refused.kind(), clap::error::ErrorKind::ArgumentConflict);
        }
    }

    #[test]
    fn papers_are_about_what_is_offered() {
        let folder = std::env::temp_dir().join(format!("syncward-papers-{}", std::process::id()));
        papers(&folder).unwrap();
        let written = std::fs::read_dir(&folder).unwrap();
        let written: Vec<_> = written.map(|it| it.unwrap().path()).collect();
        let has = |name: &str| written.iter().any(|it| it.ends_with(name));
        assert!(has("syncward.1") && has("syncward-renew.1") && has("syncward.bash"));
        let first = std::fs::read_to_string(folder.join("syncward.1")).unwrap();
        let (_, variables) = first.split_once(".SH ENVIRONMENT").unwrap();
        assert!(
            variables.contains("SYNCWARD_KEEP_WINDOW") && variables.contains("keeps its files")
        );
        for path in &written {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(!name.contains("-help"), "{name}");
            let text = std::fs::read_to_string(path).unwrap();
            assert!(!text.contains("papers"), "{name} offers a hidden command");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
