//! A command line as a person types it, over the files of a test.

use std::io::BufRead;
use std::path::Path;

use clap::Parser;
use serde_json::Value;
use syncward_agent::command::{Command, Ended, Terminal, run};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// What a command wrote, and how it ended; nobody can be asked.
pub async fn line(folder: &Path, words: &[&str]) -> (Ended, String, String) {
    asked(folder, words, None).await
}

/// The same with somebody who answers so.
pub async fn answering(folder: &Path, words: &[&str], answer: &str) -> (Ended, String, String) {
    asked(folder, words, Some(answer)).await
}

async fn asked(folder: &Path, words: &[&str], answer: Option<&str>) -> (Ended, String, String) {
    let words = std::iter::once("syncward").chain(words.iter().copied());
    let command = Line::try_parse_from(words).unwrap().command;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut answer = answer.map(str::as_bytes);
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        answers: answer
            .as_mut()
            .map(|answer| -> &mut (dyn BufRead + Send) { answer }),
    };
    let ended = run(&command, folder, false, &mut terminal).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ended, text(out), text(err))
}

/// The same in JSON.
pub async fn answer(folder: &Path, words: &[&str]) -> (Ended, Value) {
    let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
    let (ended, out, _) = line(folder, &words).await;
    (ended, serde_json::from_str(&out).unwrap())
}
