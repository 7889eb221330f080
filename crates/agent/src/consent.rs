//! One consent attempt from the click to the connected account.
//!
//! Responsible for the order: listen, ask the receiver to begin, open the browser, wait for its one return, hand it to
//! the receiver. The receiver holds the state's secret half and the tokens; none of them come here.

use std::time::Duration;

use syncward_wire::{GrantBegin, GrantBegun, GrantComplete, GrantCompleted, Link, Mode};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bridge::{Attempt, ConnectState, Fault};
use crate::browser::Browser;
use crate::client::Client;
use crate::clock;
use crate::loopback::{Loopback, Returned};
use crate::words::Language;

/// After this an attempt is given up.
pub const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// What an attempt needs.
#[derive(Debug)]
pub struct Consent {
    pub client: Client,
    pub browser: Browser,
    pub clinic_id: Uuid,
    pub login_hint: Option<String>,
    pub patience: Duration,
    /// What the page that ends the browser's part speaks.
    pub language: Language,
}

/// An attempt under way.
#[derive(Debug)]
pub struct Running {
    pub attempt: Attempt,
    cancelled: CancellationToken,
}

impl Running {
    /// Gives the attempt up.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancelled.cancel();
    }
}

impl Consent {
    /// Begins; later states go to `progress`.
    pub async fn begin(self, progress: mpsc::Sender<Attempt>) -> Result<Running, Fault> {
        let loopback = Loopback::bind().await.map_err(|error| {
            Fault::new(
                "loopback_unavailable",
                format!("This computer could not listen for the browser's answer: {error}."),
                "Try again; a security program may forbid it.",
            )
        })?;
        let begin = GrantBegin {
            redirect_uri: loopback.redirect_uri(),
            login_hint: self.login_hint.clone(),
        };
        let path = format!("clinics/{}/grants", self.clinic_id);
        let begun: GrantBegun = self.client.post(&path, Some(&begin)).await?;
        let started_at = clock::now();
        let cancelled = CancellationToken::new();
        let closed = CancellationToken::new();
        let answer = loopback.expect(begun.state.clone(), self.language, closed.clone());
        let attempt = Attempt {
            id: Uuid::now_v7(),
            clinic_id: self.clinic_id,
            authorization_url: begun.authorization_url.clone(),
            started_at: started_at.into(),
            until_at: (started_at + self.patience).into(),
            browser_note: self.browser.open(&begun.authorization_url).err(),
            state: ConnectState::Waiting,
        };
        let waiting = Waiting {
            attempt: attempt.clone(),
            client: self.client,
            state: begun.state,
            patience: self.patience,
            progress,
        };
        let token = cancelled.clone();
        tokio::spawn(async move {
            waiting.finish(answer, token).await;
            closed.cancel();
        });
        Ok(Running { attempt, cancelled })
    }
}

struct Waiting {
    attempt: Attempt,
    client: Client,
    state: String,
    patience: Duration,
    progress: mpsc::Sender<Attempt>,
}

impl Waiting {
    async fn finish(mut self, answer: oneshot::Receiver<Returned>, cancelled: CancellationToken) {
        let returned = tokio::select! {
            answer = tokio::time::timeout(self.patience, answer) => match answer {
                Ok(Ok(returned)) => returned,
                Ok(Err(_)) => return self.tell(failed(listener_broke())).await,
                Err(_) => return self.tell(failed(timed_out())).await,
            },
            () = cancelled.cancelled() => return self.tell(ConnectState::Cancelled).await,
        };
        self.tell(ConnectState::Finishing).await;
        let (code, error) = match returned {
            Returned::Code(code) => (Some(code), None),
            Returned::Error(error) => (None, Some(error)),
        };
        let complete = GrantComplete {
            state: self.state.clone(),
            code,
            error,
        };
        let completed: Result<GrantCompleted, _> =
            self.client.post("grants/complete", Some(&complete)).await;
        let state = match completed {
            Ok(completed) => connected(&completed),
            Err(error) => failed(error.into()),
        };
        self.tell(state).await;
    }

    async fn tell(&mut self, state: ConnectState) {
        self.attempt.state = state;
        let _ = self.progress.send(self.attempt.clone()).await;
    }
}

fn connected(completed: &GrantCompleted) -> ConnectState {
    let account = completed.grant.account.clone();
    let polling = completed
        .links
        .iter()
        .find(|link| link.mode == Mode::Polling);
    let message = match (completed.links.as_slice(), polling) {
        ([], _) => "Choose the calendars to watch.".to_owned(),
        (_, Some(link)) => format!(
            "Its main calendar starts on polling. {}",
            polling_reason(link)
        ),
        (_, None) => "Its main calendar is watched.".to_owned(),
    };
    ConnectState::Connected {
        account,
        grant_id: completed.grant.id,
        link_ids: completed.links.iter().map(|link| link.id).collect(),
        message,
    }
}

fn polling_reason(link: &Link) -> &str {
    link.reason
        .as_ref()
        .map_or("The first channel is not proved yet.", |reason| {
            &reason.message
        })
}

fn failed(fault: Fault) -> ConnectState {
    ConnectState::Failed { fault }
}

fn listener_broke() -> Fault {
    Fault::new(
        "loopback_broken",
        "The wait for the browser's answer broke; nothing was connected.",
        "Try again.",
    )
}

fn timed_out() -> Fault {
    Fault::new(
        "consent_timed_out",
        "No answer came from the browser in time; nothing was connected.",
        "Start again, and allow the access on Google's page within five minutes.",
    )
}
