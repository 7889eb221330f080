//! Whom a command asks: the app on this computer, else the receiver itself.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::header;
use syncward_wire::{Link, Operation, Overview, StrangeCertificate};

use super::Failure;
use super::report::Report;
use crate::bridge::{Answer, Fault, Request, Response, Snapshot};
use crate::client::{Client, ClientError};
use crate::clock;
use crate::compatibility::ahead_ms;
use crate::door::{Address, Door};
use crate::keychain::Keychain;
use crate::store::Store;
use crate::words::Language;

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The app or the receiver.
pub(super) enum Source {
    App(App),
    Receiver(Direct),
}

/// The running app's agent, through its door.
pub(super) struct App {
    http: reqwest::Client,
    door: Address,
}

/// A receiver asked with the token of the last pairing.
pub(super) struct Direct {
    pub client: Client,
    pub address: String,
}

impl Source {
    /// The app that runs over these files, if one answers; else the receiver that was shown last.
    pub async fn find(data_dir: &Path, os_keychain: bool) -> Result<Self, Failure> {
        if let Some(door) = Door::find(data_dir) {
            let app = App::new(door)?;
            if app.ask(Request::About).await.is_ok() {
                return Ok(Self::App(app));
            }
        }
        Ok(Self::Receiver(Direct::find(data_dir, os_keychain).await?))
    }

    /// How things stand, for people who read this language.
    pub async fn report(&self, language: Language) -> Result<Report, Failure> {
        match self {
            Self::App(app) => Ok(Report::of_app(&app.snapshot().await?, language)),
            Self::Receiver(direct) => {
                let asked = Instant::now();
                let overview = direct.overview().await?;
                let round_trip_ms = u32::try_from(asked.elapsed().as_millis()).unwrap_or(u32::MAX);
                let ahead_ms = ahead_ms(clock::now(), *overview.now_at, round_trip_ms);
                let links = direct.links().await?;
                let address = &direct.address;
                Ok(Report::of_receiver(
                    address, &overview, ahead_ms, &links, language,
                ))
            }
        }
    }

    pub async fn links(&self) -> Result<Vec<Link>, Failure> {
        match self {
            Self::App(app) => Ok(app.snapshot().await?.links),
            Self::Receiver(direct) => direct.links().await,
        }
    }

    /// Orders a renewal, of one link or of all that are due.
    pub async fn renew(&self, link: Option<&Link>) -> Result<Operation, Failure> {
        match self {
            Self::App(app) => {
                let request = match link {
                    Some(link) => Request::Renew { link_id: link.id },
                    None => Request::RenewDue,
                };
                match app.ask(request).await? {
                    Answer::Operation(operation) => Ok(operation),
                    _ => Err(unexpected()),
                }
            }
            Self::Receiver(direct) => {
                let path = match link {
                    Some(link) => format!("links/{}/renew", link.id),
                    None => "links/renew-due".to_owned(),
                };
                let ordered = direct.client.post(&path, None::<&()>).await;
                ordered.map_err(|error| Failure::Fault(error.into()))
            }
        }
    }
}

impl App {
    fn new(door: Address) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .build()
            .map_err(|_| unreachable_app())?;
        Ok(Self { http, door })
    }

    /// Asks one thing, as the window does.
    pub async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let asked = self
            .http
            .post(format!("{}/rpc", self.door.origin))
            .bearer_auth(&self.door.token)
            .timeout(ANSWER_WITHIN)
            .json(&request)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        let answered = asked.map_err(|_| unreachable_app())?;
        match answered.json().await.map_err(|_| unexpected())? {
            Response::Ok(answer) => Ok(answer),
            Response::Error(fault) => Err(Failure::Fault(fault)),
        }
    }

    pub async fn snapshot(&self) -> Result<Snapshot, Failure> {
        match self.ask(Request::Snapshot).await? {
            Answer::Snapshot(snapshot) => Ok(*snapshot),
            _ => Err(unexpected()),
        }
    }

    /// The stream of hints; each piece of it means that something may have changed.
    pub async fn hints(&self) -> Result<reqwest::Response, Failure> {
        self.http
            .get(format!("{}/hints", self.door.origin))
            .bearer_auth(&self.door.token)
            .header(header::ACCEPT, "text/event-stream")
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|_| unreachable_app())
    }
}

impl Direct {
    async fn find(data_dir: &Path, os_keychain: bool) -> Result<Self, Failure> {
        let known = data_dir.join("desktop.sqlite").exists();
        let receivers = match known {
            true => Store::open(data_dir).map_or_else(|_| Vec::new(), |store| store.receivers()),
            false => Vec::new(),
        };
        let Some(entry) = receivers.into_iter().find(|entry| entry.current) else {
            return Err(fault(
                "not_paired",
                "Syncward does not run on this computer, and it is paired with no receiver.",
                "Start Syncward and pair it; --data-dir names another folder.",
            ));
        };
        if entry.local {
            return Err(fault(
                "app_unreachable",
                "Syncward does not run, and with it its receiver on this computer.",
                "Start Syncward, or `syncward --headless`.",
            ));
        }
        let name = entry.key().to_owned();
        let keychain = Keychain::new(data_dir, os_keychain);
        let token = keychain
            .off_loop(move |keychain| keychain.load(&name))
            .await;
        let Some((token, _)) = token.flatten() else {
            return Err(fault(
                "token_missing",
                "The token for this receiver is not in the keychain.",
                "Pair with the receiver again.",
            ));
        };
        let client = Client::new(&entry.address, token, entry.pin);
        Ok(Self {
            client: client.map_err(|error| Failure::Fault(error.into()))?,
            address: entry.address,
        })
    }

    async fn overview(&self) -> Result<Overview, Failure> {
        let overview = self.client.get("overview", &[]).await;
        overview.map_err(|error| Failure::Fault(error.into()))
    }

    /// The certificate that stands in the way, if one does.
    pub async fn strange_certificate(&self) -> Result<Option<StrangeCertificate>, Failure> {
        match self.client.get::<Overview>("overview", &[]).await {
            Ok(_) => Ok(None),
            Err(ClientError::Certificate(strange)) => Ok(Some(strange)),
            Err(error) => Err(Failure::Fault(error.into())),
        }
    }

    pub async fn links(&self) -> Result<Vec<Link>, Failure> {
        let links = self.client.list("links").await;
        links.map_err(|error| Failure::Fault(error.into()))
    }
}

pub(super) fn fault(code: &str, message: impl Into<String>, action: &str) -> Failure {
    Failure::Fault(Fault::new(code, message, action))
}

fn unreachable_app() -> Failure {
    fault(
        "app_unreachable",
        "Syncward no longer answers on this computer.",
        "Start it again.",
    )
}

fn unexpected() -> Failure {
    fault(
        "answer_unexpected",
        "Syncward answered something else than was asked.",
        "The app and this command have different versions; restart Syncward.",
    )
}
