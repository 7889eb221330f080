//! The agent from outside: ask it, listen to it, read its tray, end it.

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::bridge::{Fault, Hint, Request, Response};
use crate::core::{self, Asked, Core};
use crate::options::Options;
use crate::store::StoreError;
use crate::tray::TrayMenu;

/// Questions that may wait at once.
const INBOX: usize = 256;
/// Hints that a slow listener may fall behind.
const HINTS: usize = 64;

/// Why an agent could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("make the data folder {}", .path.display())]
    Folder {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("start the notifier's thread")]
    Notifier(#[source] std::io::Error),
}

/// A running agent; clones share it.
#[derive(Clone, Debug)]
pub struct Agent {
    inbox: mpsc::Sender<Asked>,
    hints: broadcast::Sender<Hint>,
    tray: watch::Receiver<TrayMenu>,
    ended: CancellationToken,
    gone: CancellationToken,
}

impl Agent {
    /// Starts the loop on the current runtime; what was last known is there at once.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let (inbox, asked) = mpsc::channel(INBOX);
        let (hints, _) = broadcast::channel(HINTS);
        let ended = CancellationToken::new();
        let gone = CancellationToken::new();
        let (core, tray) = Core::start(options, hints.clone())?;
        let (until, done) = (ended.clone(), gone.clone().drop_guard());
        tokio::spawn(async move {
            core::live(core, asked, until).await;
            drop(done);
        });
        Ok(Self {
            inbox,
            hints,
            tray,
            ended,
            gone,
        })
    }

    /// Asks one thing.
    pub async fn ask(&self, request: Request) -> Response {
        let (reply, answer) = oneshot::channel();
        let gone = || {
            Response::Error(Fault::new(
                "agent_ended",
                "Syncward's background agent has ended.",
                "Open Syncward again.",
            ))
        };
        if self.inbox.send(Asked { request, reply }).await.is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }

    /// Hints from now on, at most ten a second.
    pub fn hints(&self) -> broadcast::Receiver<Hint> {
        self.hints.subscribe()
    }

    /// The tray as it should look, now and whenever it changes.
    pub fn tray(&self) -> watch::Receiver<TrayMenu> {
        self.tray.clone()
    }

    /// Ends the local receiver, if there is one, and the agent; returns when both are gone.
    pub async fn quit(&self) {
        self.ended.cancel();
        self.gone.cancelled().await;
    }
}
