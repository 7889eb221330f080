//! `cargo xtask run` and `cargo xtask test`, and the steps they are made of.
//!
//! Sets up what is missing (system packages too, each named first) and never asks for anything that the README does
//! not say. Holds no product logic.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a command line tool talks to people"
)]

mod demo;
mod desktop;
mod package;
mod packages;
mod step;
mod ui;
mod year;

use std::process::ExitCode;

use anyhow::Result;
use xshell::Shell;

const HELP: &str = "\
Syncward's chores.

  cargo xtask run           sets up what is missing and opens the desktop over a local receiver,
                            on the Google simulator unless SYNCWARD_GOOGLE_CLIENT_ID is set
  cargo xtask test          sets up what is missing and runs every check
  cargo xtask test STEP…    runs only these steps
  cargo xtask steps         lists the steps
  cargo xtask package       builds the release as .deb and .rpm, with the receiver (docs/RELEASING.md)
  cargo xtask year          lives simulated years of the receiver: [--seeds N] [--from SEED] [--days D] [--links L]
                            [--storms S: how many times rougher than usual]
                            [--link N keeps that link's whole timeline]
  cargo xtask world         starts only the demo's simulator and seeded receiver, prints where they are as one
                            line of JSON, and ends when its standard input does
";

fn main() -> ExitCode {
    match chores() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chores() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let shell = Shell::new()?;
    shell.change_dir(step::root());
    match words.as_slice() {
        ["run", rest @ ..] => demo::run(&shell, rest),
        ["test", names @ ..] => step::run(&shell, names).map(|()| ExitCode::SUCCESS),
        ["package", rest @ ..] => package::run(&shell, rest).map(|()| ExitCode::SUCCESS),
        ["year", rest @ ..] => year::run(&shell, rest).map(|()| ExitCode::SUCCESS),
        ["world"] => demo::world_only(&shell).map(|()| ExitCode::SUCCESS),
        ["steps"] => {
            for step in step::ALL {
                eprintln!("{:<14}{}", step.name, step.about);
            }
            Ok(ExitCode::SUCCESS)
        }
        [] | ["help" | "--help" | "-h"] => {
            eprint!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        [other, ..] => {
            eprint!("xtask: there is no chore '{other}'\n\n{HELP}");
            Ok(ExitCode::from(2))
        }
    }
}
