//! Standard output, whose reader may have had enough: a closed pipe is no fault, a full disk is.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Writes a line.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::said::line(format_args!($($words)*))
    };
}
pub(super) use say;

/// "1 calendar", "2 calendars".
pub(super) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// Writes a line; ends the process with 1 when it can't be kept.
pub(super) fn line(words: Arguments<'_>) {
    text(&format!("{words}\n"));
}

/// Writes a text as it is.
pub(super) fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("syncward-receiver: failed to write the answer: {error}");
            std::process::exit(1);
        }
        Ok(()) | Err(_) => {}
    }
}
