//! `papers`: the man pages and the shell completions, for packages.

use std::path::Path;

use anyhow::{Context, Result};
use clap::{Command, ValueEnum};

/// Writes a page per chore, the variables on the first one, and completions for each shell.
pub fn write(mut command: Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).context("failed to make the folder")?;
    let name = command.get_name().to_owned();
    for &shell in clap_complete::Shell::value_variants() {
        clap_complete::generate_to(shell, &mut command, &name, folder)
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

/// The section on the variables, each with what its flag says.
fn environment(command: &Command) -> String {
    let mut section = ".SH ENVIRONMENT\nEach is also a flag of every command.\n".to_owned();
    for argument in command.get_arguments() {
        let Some(name) = argument.get_env() else {
            continue;
        };
        let help = argument.get_help().map(ToString::to_string);
        let help = help.unwrap_or_default().replace('\\', "\\e");
        section += &format!(".TP\n\\fB{}\\fR\n\\&{help}\n", name.to_string_lossy());
    }
    section
}
