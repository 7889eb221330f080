//! What replicas tell each other at once: PostgreSQL's `notify` and `listen`, on threads of their own.
//!
//! A word that is lost costs time, never truth: whatever matters lies in a table that is looked at now and then.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator;
use tokio::sync::mpsc;

use super::place::Address;
use super::{Result, StoreError};

/// Words that wait to be said; more are lost.
const WORDS_MOST: usize = 1024;
/// PostgreSQL takes less than 8000 bytes as one word.
const WORD_BYTES: usize = 7900;
/// Pause before another try to listen.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// How often a listener looks whether anybody still wants to hear.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const CHANNEL: &str = "syncward";

/// What came from another replica, or from this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Word(String),
    /// Listening began: words before this one were not heard.
    Began,
}

/// Says words to every replica.
#[derive(Clone)]
pub struct Mouth(SyncSender<String>);

impl Mouth {
    /// On a thread that ends with the last handle.
    pub fn open(address: Address) -> Result<Self> {
        let (say, words) = sync_channel(WORDS_MOST);
        spawn("store-mouth", move || speak(&address, &words))?;
        Ok(Self(say))
    }

    /// Says a word some time soon.
    pub fn say(&self, word: String) {
        if word.len() > WORD_BYTES || self.0.try_send(word).is_err() {
            tracing::debug!("a word to the other replicas was lost");
        }
    }
}

/// Everything that is said from now on.
pub fn listen(address: Address) -> Result<mpsc::UnboundedReceiver<Heard>> {
    let (hear, heard) = mpsc::unbounded_channel();
    spawn("store-ear", move || {
        while !hear.is_closed() {
            if let Err(error) = hear_until_it_ends(&address, &hear) {
                tracing::debug!(error = %error, "could not listen to the other replicas");
            }
            std::thread::park_timeout(AFTER_FAULT);
        }
    })?;
    Ok(heard)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let begun = thread.spawn(work);
    begun
        .map(|_| ())
        .map_err(|source| StoreError::Folder(name.into(), source))
}

fn speak(address: &Address, words: &Receiver<String>) {
    let mut client = None;
    while let Ok(word) = words.recv() {
        if client.is_none() {
            client = address.client().ok();
        }
        let said = client.as_mut().map(|client| {
            let sql = "select pg_notify($1, $2)";
            client.execute(sql, &[&CHANNEL, &word])
        });
        if !matches!(said, Some(Ok(_))) {
            client = None;
        }
    }
}

fn hear_until_it_ends(
    address: &Address,
    hear: &mpsc::UnboundedSender<Heard>,
) -> std::result::Result<(), postgres::Error> {
    let mut client = address.client()?;
    client.batch_execute(&format!("listen {CHANNEL}"))?;
    let _ = hear.send(Heard::Began);
    while !hear.is_closed() && !client.is_closed() {
        let mut notifications = client.notifications();
        let mut words = notifications.timeout_iter(LOOK_EVERY);
        while let Some(said) = words.next()? {
            let _ = hear.send(Heard::Word(said.payload().to_owned()));
        }
    }
    Ok(())
}
