//! The man pages and the shell completions of a program, from its command line; for packages.
//!
//! Never decides what a program offers: what is hidden in its command line stays out.

use std::path::Path;

use anyhow::{Context, Result};
use clap::{Arg, Command, ValueEnum};

/// Writes into `folder`, which is made, a page per command, the variables on the first one, and completions for each shell.
///
/// # Errors
/// What the file system refuses.
pub fn write(command: Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).context("failed to make the folder")?;
    let name = command.get_name().to_owned();
    // Completions make the command whole, `help` of each command included.
    let mut whole = command.clone();
    for &shell in clap_complete::Shell::value_variants() {
        clap_complete::generate_to(shell, &mut whole, &name, folder)
            .context("failed to write the completions")?;
    }
    let variables = environment(&command);
    // `help` has the pages of the others once more.
    clap_mangen::generate_to(command.disable_help_subcommand(true), folder)
        .context("failed to write the man pages")?;
    let first = folder.join(format!("{name}.1"));
    let page = std::fs::read_to_string(&first).context("failed to read the first page")?;
    std::fs::write(&first, page + &variables).context("failed to write the first page")
}

/// The section on the variables, each with what its flag says; empty without one.
fn environment(command: &Command) -> String {
    let arguments = || {
        let shown = command.get_arguments().filter(|it| !it.is_hide_set());
        shown.filter_map(|argument| Some((argument.get_env()?, argument)))
    };
    if arguments().next().is_none() {
        return String::new();
    }
    let everywhere = arguments().all(|(_, argument)| argument.is_global_set());
    let of_every_command = if everywhere { " of every command" } else { "" };
    let mut section = format!(".SH ENVIRONMENT\nEach is also a flag{of_every_command}.\n");
    for (name, argument) in arguments() {
        let (name, flag) = (name.to_string_lossy(), flag(argument));
        let help = argument.get_help().map(ToString::to_string);
        let help = roff(&help.unwrap_or_default());
        section += &format!(".TP\n\\fB{name}\\fR ({flag})\n\\&{help}\n");
    }
    section
}

fn flag(argument: &Arg) -> String {
    let long = argument.get_long().unwrap_or_default();
    format!("\\fB{}\\fR", roff(&format!("--{long}")))
}

/// A backslash begins a request, and a hyphen that may be typed is no dash.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &'static str, variable: &'static str) -> Arg {
        Arg::new(name).long(name).env(variable)
    }

    #[test]
    fn each_variable_stands_with_its_flag_and_what_that_says() {
        let said = option("data-dir", "X_DATA_DIR").help("Folder; C:\\ too");
        let hidden = option("inner", "X_INNER").hide(true);
        let command = Command::new("x").args([said, hidden, Arg::new("plain").long("plain")]);
        let expected = ".SH ENVIRONMENT\nEach is also a flag.\n.TP\n\\fBX_DATA_DIR\\fR (\\fB\\-\\-data\\-dir\\fR)\n\\&Folder; C:\\e too\n";
        assert_eq!(environment(&command), expected);
        let global = Command::new("x").arg(option("data-dir", "X_DATA_DIR").global(true));
        assert!(environment(&global).contains("a flag of every command."));
        assert_eq!(environment(&Command::new("x")), "");
    }
}
