//! The receiver's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    syncward_receiver::cli::run()
}
