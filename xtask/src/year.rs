//! `cargo xtask year`: simulated years of the receiver, as many as asked for, in a build that is fast enough.

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// What each word sets, and what it is without it.
const WORDS: [(&str, &str, &str); 6] = [
    ("--seeds", "SYNCWARD_YEAR_SEEDS", "1"),
    ("--from", "SYNCWARD_YEAR_SEED", "1"),
    ("--days", "SYNCWARD_YEAR_DAYS", "365"),
    ("--links", "SYNCWARD_YEAR_LINKS", "300"),
    ("--storms", "SYNCWARD_YEAR_STORMS", "1"),
    ("--link", "SYNCWARD_YEAR_LINK", ""),
];

/// How SQLite is built for years: one thread holds the only connection, whose cache is nobody else's, nobody calls its C
/// interface, and a database in memory asks for a fence with each kilobyte of its journal. The product's own build is left as its makers ship it.
const SQLITE_FLAGS: &str = "-DSQLITE_DEFAULT_MEMSTATUS=0 -USQLITE_ENABLE_API_ARMOR \
    -USQLITE_ENABLE_MEMORY_MANAGEMENT -DSQLITE_USE_ALLOCA \
    -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_PROGRESS_CALLBACK -DSQLITE_MEMORY_BARRIER=__atomic_thread_fence(__ATOMIC_ACQ_REL)";

/// One year, as a step of `cargo xtask test`.
pub fn one(shell: &Shell) -> Result<()> {
    run(shell, &[])
}

/// Lives the years that the words ask for, one after another; the first that breaks a promise ends it.
pub fn run(shell: &Shell, words: &[&str]) -> Result<()> {
    let mut asked = words.chunks_exact(2);
    for pair in &mut asked {
        let (word, number) = (pair[0], pair[1]);
        if WORDS.iter().all(|(known, ..)| *known != word) {
            bail!("'{word}' is none of {}", known());
        }
        let _: u64 = number
            .parse()
            .with_context(|| format!("failed to read {word} {number}: a number is wanted"))?;
    }
    if let [word] = asked.remainder() {
        bail!("{word} wants a number");
    }
    let mut set = Vec::new();
    for (word, variable, usual) in WORDS {
        let given = words.chunks_exact(2).find(|pair| pair[0] == word);
        set.push(shell.push_env(variable, given.map_or(usual, |pair| pair[1])));
    }
    set.push(shell.push_env("LIBSQLITE3_FLAGS", SQLITE_FLAGS));
    // A year finds its way in large pages of memory sooner, and giving parts of them back would break them up.
    set.push(shell.push_env("MIMALLOC_ALLOW_LARGE_OS_PAGES", "1"));
    set.push(shell.push_env("MIMALLOC_PURGE_DELAY", "-1"));
    let rough = "a_rough_year_breaks_no_promise";
    Ok(cmd!(
        shell,
        "cargo test --locked --profile year -p syncward-receiver --test year -- --exact {rough} --nocapture"
    )
    .run()?)
}

fn known() -> String {
    WORDS.map(|(word, ..)| word).join(", ")
}
