//! Keeps one receiver's state flowing in: everything once, then the live stream, again and again with backoff.
//!
//! Responsible for when to ask and when to try again. What the answers mean is the core's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use syncward_engine::Backoff;
use syncward_wire::stream::StreamEvent;
use syncward_wire::{Clinic, Grant, Link, Overview, StrangeCertificate};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::client::{Client, ClientError};
use crate::clock;
use crate::dice::Dice;

/// How often the overview is asked for anew, which also measures the way.
const ASK_AGAIN: Duration = Duration::from_secs(30);
const RETRIES: Backoff = Backoff {
    first: Duration::from_millis(500),
    most: Duration::from_secs(20),
    attempts: None,
};

/// What the connection tells the core.
#[derive(Debug)]
pub enum Heard {
    /// Everything, fresh.
    Everything(Box<Everything>),
    /// One message of the stream.
    Streamed(Box<StreamEvent>),
    /// The overview, asked for again.
    Pulse {
        overview: Box<Overview>,
        round_trip_ms: u32,
    },
    /// No contact; tried again at the time given.
    Lost { why: String, retry_at: Timestamp },
    /// It answers, but not what this app understands; its version, as far as that can be read.
    NotUnderstood {
        version: Option<String>,
        retry_at: Timestamp,
    },
    /// Whoever answers there has not the receiver's certificate; nothing was sent, and it is tried again.
    Strange {
        certificate: StrangeCertificate,
        retry_at: Timestamp,
    },
    /// It answers, but tells nothing to this device's role; a higher one takes a new pairing or a change there.
    RoleTooLow { retry_at: Timestamp },
    /// The receiver no longer takes the token; nothing is tried until it is paired again.
    Unauthorised { why: String },
}

/// All that a receiver tells at once.
#[derive(Debug)]
pub struct Everything {
    pub overview: Overview,
    pub links: Vec<Link>,
    pub clinics: Vec<Clinic>,
    pub grants: Vec<Grant>,
    pub round_trip_ms: u32,
}

/// A running connection; ends when dropped.
#[derive(Debug)]
pub struct Connection {
    pub client: Client,
    refresh: Arc<Notify>,
    ended: CancellationToken,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

impl Connection {
    /// Starts to keep contact; what is heard goes to `heard`, marked with `epoch`.
    pub fn start(client: Client, epoch: u64, heard: mpsc::Sender<(u64, Heard)>) -> Self {
        let refresh = Arc::new(Notify::new());
        let ended = CancellationToken::new();
        let keeper = Keeper {
            client: client.clone(),
            epoch,
            heard,
            refresh: refresh.clone(),
            last: None,
        };
        let until = ended.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = keeper.keep() => {}
                () = until.cancelled() => {}
            }
        });
        Self {
            client,
            refresh,
            ended,
        }
    }

    /// Asks for everything again, now.
    pub fn refresh(&self) {
        self.refresh.notify_one();
    }

    /// What a task rings when it changed something at the receiver.
    pub fn refresher(&self) -> Arc<Notify> {
        self.refresh.clone()
    }
}

struct Keeper {
    client: Client,
    epoch: u64,
    heard: mpsc::Sender<(u64, Heard)>,
    refresh: Arc<Notify>,
    /// The stream's last id.
    last: Option<String>,
}

impl Keeper {
    async fn keep(mut self) {
        let mut attempt = 0;
        loop {
            let mut reached = false;
            let error = match self.contact(&mut reached).await {
                Ok(()) => return,
                Err(error) => error,
            };
            if error.is_unauthorised() {
                let why = error.cause();
                self.tell(Heard::Unauthorised { why }).await;
                return;
            }
            attempt = if reached { 1 } else { attempt + 1 };
            let delay = RETRIES.next(attempt, &mut Dice).unwrap_or(RETRIES.most);
            tracing::debug!(%error, attempt, delay_ms = delay.as_millis() as u64, "no contact with the receiver");
            let retry_at = clock::now() + delay;
            let heard = match error {
                ClientError::Certificate(certificate) => Heard::Strange {
                    certificate,
                    retry_at,
                },
                ClientError::Malformed(_) => Heard::NotUnderstood {
                    version: self.version().await,
                    retry_at,
                },
                ClientError::Refused(problem) if problem.code == "role_too_low" => {
                    Heard::RoleTooLow { retry_at }
                }
                error => Heard::Lost {
                    why: error.cause(),
                    retry_at,
                },
            };
            if !self.tell(heard).await {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.refresh.notified() => {}
            }
        }
    }

    /// One contact, until it breaks; `Ok` when nobody listens any more.
    async fn contact(&mut self, reached: &mut bool) -> Result<(), ClientError> {
        // The stream first: what happens while the lists are read is told again by it.
        let mut stream = Box::pin(self.client.stream(self.last.as_deref()).await?);
        let everything = self.everything().await?;
        *reached = true;
        if !self.tell(Heard::Everything(Box::new(everything))).await {
            return Ok(());
        }
        let mut pulse = tokio::time::interval(ASK_AGAIN);
        pulse.tick().await;
        loop {
            let heard = tokio::select! {
                event = stream.next() => match event {
                    Some(Ok((id, event))) => {
                        if !id.is_empty() {
                            self.last = Some(id);
                        }
                        match event {
                            Some(event) => Heard::Streamed(Box::new(event)),
                            None => continue,
                        }
                    }
                    Some(Err(error)) => return Err(error),
                    None => return Err(ClientError::Silent),
                },
                _ = pulse.tick() => {
                    let asked = Instant::now();
                    let overview = Box::new(self.client.get("overview", &[]).await?);
                    Heard::Pulse { overview, round_trip_ms: elapsed_ms(asked) }
                },
                () = self.refresh.notified() => Heard::Everything(Box::new(self.everything().await?)),
            };
            if !self.tell(heard).await {
                return Ok(());
            }
        }
    }

    async fn everything(&self) -> Result<Everything, ClientError> {
        let asked = Instant::now();
        let overview = self.client.get("overview", &[]).await?;
        let round_trip_ms = elapsed_ms(asked);
        let (links, clinics, grants) = tokio::join!(
            self.client.list("links"),
            self.client.list("clinics"),
            self.client.list("grants")
        );
        Ok(Everything {
            overview,
            links: links?,
            clinics: visible(clinics)?,
            grants: visible(grants)?,
            round_trip_ms,
        })
    }

    /// The receiver's version, whatever else it tells.
    async fn version(&self) -> Option<String> {
        let told: OfItself = self.client.get("overview", &[]).await.ok()?;
        Some(told.receiver.version)
    }

    async fn tell(&self, heard: Heard) -> bool {
        self.heard.send((self.epoch, heard)).await.is_ok()
    }
}

/// What stays the same in every version's overview.
#[derive(Deserialize)]
struct OfItself {
    receiver: Itself,
}

#[derive(Deserialize)]
struct Itself {
    version: String,
}

/// A list this role may not read, or an older receiver does not have, is empty.
fn visible<T>(list: Result<Vec<T>, ClientError>) -> Result<Vec<T>, ClientError> {
    match list {
        Err(ClientError::Refused(problem)) if matches!(problem.status, 403..=405) => Ok(Vec::new()),
        list => list,
    }
}

fn elapsed_ms(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}
