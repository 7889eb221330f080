//! Whom a command asks: the app on this computer, else the receivers themselves.

use std::borrow::Borrow;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::header;
use serde_json::Value;
use syncward_wire::{At, Link, Operation, OperationState, Overview, Role, StrangeCertificate};
use uuid::Uuid;

use super::named;
use super::reader::Reader;
use super::receivers::ReceiverLine;
use super::report::Report;
use super::{Ended, Failure};
use crate::bridge::{
    Answer, ConnectionStatus, Fault, ReceiverEntry, ReceiverState, Request, Response, Snapshot,
};
use crate::client::{Client, ClientError};
use crate::clock;
use crate::compatibility::ahead_ms;
use crate::door::{Address, Door};
use crate::keychain::Keychain;
use crate::store::{Store, StoreError};

const PAIR_IT: &str = "Pair it in the window, or with `syncward pair`.";
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// An app that lives says at once that it does.
const FIRST_ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// What is said of one that does not.
pub(super) const HANGS: &str =
    "Syncward runs on this computer but does not answer; its receivers are asked themselves.";

/// The app or the receivers.
pub(super) enum Source {
    App(App),
    /// At least one.
    Receivers(Vec<Direct>),
}

/// The running app's agent, through its door.
pub(super) struct App {
    http: reqwest::Client,
    door: Address,
    /// The only receiver that was asked for, by its key.
    only: Option<String>,
}

/// A receiver asked with the token of its pairing.
pub(super) struct Direct {
    pub entry: ReceiverEntry,
    /// When it last told the app anything.
    pub heard_at: Option<At>,
    client: Result<Client, Fault>,
}

/// What a receiver that was asked itself told.
pub(super) struct ToldItself {
    pub overview: Overview,
    /// How far this computer's clock is ahead of the receiver's.
    pub clock_ahead_ms: i64,
    pub links: Vec<Link>,
}

/// A link, and without the app the receiver whose it is.
pub(super) struct Owned<'a> {
    pub link: Link,
    pub owner: Option<&'a Direct>,
}

impl Borrow<Link> for Owned<'_> {
    fn borrow(&self) -> &Link {
        &self.link
    }
}

/// The links that could be read, and why others could not.
pub(super) struct Links<'a> {
    pub found: Vec<Owned<'a>>,
    pub unread: Option<Failure>,
}

impl Source {
    /// The app that runs over these files, if one answers; else the receivers it is paired with. With `receiver` that
    /// one alone. `hangs` tells of an app that is there and says nothing, or refuses to go on beside it.
    pub async fn find(
        data_dir: &Path,
        os_keychain: bool,
        receiver: Option<&str>,
        hangs: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        if let Some(mut app) = Self::app(data_dir, hangs).await? {
            if let Some(name) = receiver {
                let entries = app.entries().await?;
                let entry = named::find(entries.iter(), name)?;
                app.only = Some(entry.key().to_owned());
            }
            return Ok(Self::App(app));
        }
        let store = paired(data_dir)?;
        let mut entries = store.receivers();
        if let Some(name) = receiver {
            entries = vec![named::find(entries.iter(), name)?.clone()];
        }
        let heard_at = |entry: &ReceiverEntry| {
            let told: Option<(Value, _)> = store.recall_told(entry.key(), "overview");
            told.map(|(_, at)| At(at))
        };
        let known: Vec<_> = entries
            .into_iter()
            .map(|entry| (heard_at(&entry), entry))
            .collect();
        drop(store);
        let reached = known.into_iter().map(async |(heard_at, entry)| Direct {
            client: Direct::client_for(&entry, data_dir, os_keychain).await,
            entry,
            heard_at,
        });
        Ok(Self::Receivers(join_all(reached).await))
    }

    /// The app that runs over these files, if one answers.
    pub async fn app(
        data_dir: &Path,
        hangs: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<Option<App>, Failure> {
        let Some(door) = Door::find(data_dir) else {
            return Ok(None);
        };
        let app = App::new(door)?;
        let about = app.ask(Request::About);
        match tokio::time::timeout(FIRST_ANSWER_WITHIN, about).await {
            Ok(Ok(_)) => return Ok(Some(app)),
            Ok(Err(_)) => {}
            Err(_) => hangs()?,
        }
        Ok(None)
    }

    /// How things stand, for whoever reads it so.
    pub async fn report(&self, reader: &Reader) -> Result<Report, Failure> {
        match self {
            Self::App(app) => {
                let snapshot = app.snapshot().await?;
                let unpaired = snapshot.connection.status == ConnectionStatus::Unpaired;
                if snapshot.receivers.is_empty() && unpaired {
                    return Err(fault("not_paired", snapshot.connection.message, PAIR_IT));
                }
                Ok(Report::of_app(&snapshot, reader))
            }
            Self::Receivers(receivers) => {
                let mut told = Direct::tell_all(receivers).await;
                match told.len() {
                    // Nothing else is left to tell.
                    1 if told[0].is_err() => Err(told.remove(0).err().unwrap_or_else(unexpected)),
                    _ => Ok(Report::of_receivers(receivers, &told, reader)),
                }
            }
        }
    }

    pub async fn links(&self) -> Result<Links<'_>, Failure> {
        let mut links = Links {
            found: Vec::new(),
            unread: None,
        };
        match self {
            Self::App(app) => {
                let found = app.snapshot().await?.links.into_iter();
                links.found = found.map(|link| Owned { link, owner: None }).collect();
            }
            Self::Receivers(receivers) => {
                let read = join_all(receivers.iter().map(Direct::links)).await;
                for (owner, read) in receivers.iter().zip(read) {
                    match read {
                        Ok(read) => links.found.extend(read.into_iter().map(|link| Owned {
                            link,
                            owner: Some(owner),
                        })),
                        Err(failure) => links.unread = links.unread.or(Some(failure)),
                    }
                }
            }
        }
        Ok(links)
    }

    /// Orders the renewal of all that are due; every receiver is asked, whatever another says.
    pub async fn renew_due(&self) -> Result<Operation, Failure> {
        match self {
            Self::App(app) => {
                let receiver = app.only.clone();
                app.order(Request::RenewDue { receiver }).await
            }
            Self::Receivers(receivers) => {
                let orders = receivers.iter().map(|it| it.order("links/renew-due"));
                let ordered: Result<Vec<_>, _> = join_all(orders).await.into_iter().collect();
                ordered?.pop().ok_or_else(unexpected)
            }
        }
    }

    /// Orders the renewal of one link.
    pub async fn renew(&self, owned: &Owned<'_>) -> Result<Operation, Failure> {
        let link_id = owned.link.id;
        match (self, owned.owner) {
            (Self::App(app), _) => app.order(Request::Renew { link_id }).await,
            (Self::Receivers(_), Some(owner)) => {
                owner.order(&format!("links/{link_id}/renew")).await
            }
            (Self::Receivers(_), None) => Err(unexpected()),
        }
    }
}

/// The files in `data_dir`, when they know a receiver.
pub(super) fn paired(data_dir: &Path) -> Result<Store, Failure> {
    let unread = |why: String, action| {
        let folder = data_dir.display();
        let message = format!("The data folder {folder} can't be read: {why}.");
        fault("folder_unreadable", message, action)
    };
    let owner = "Run this as the user whose folder it is, and where there is room on the disk; --data-dir names another folder.";
    // A question leaves no files behind.
    let known = match data_dir.join("desktop.sqlite").try_exists() {
        Ok(known) => known,
        Err(error) => return Err(unread(error.to_string(), owner)),
    };
    let store = known.then(|| Store::open(data_dir)).transpose();
    let store = store.map_err(|error| match error {
        StoreError::Newer { .. } => unread(
            "it was written by a newer version".into(),
            "Update Syncward on this computer; --data-dir names another folder.",
        ),
        StoreError::Open { source, .. } => unread(source.to_string(), owner),
    })?;
    let store = store.filter(|store| !store.receivers().is_empty());
    store.ok_or_else(|| {
        fault(
            "not_paired",
            "Syncward does not run on this computer, and it is paired with no receiver.",
            "Pair it with `syncward pair`, or in the window; --data-dir names another folder.",
        )
    })
}

impl App {
    fn new(door: Address) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .build()
            .map_err(|_| unreachable_app())?;
        Ok(Self {
            http,
            door,
            only: None,
        })
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

    async fn order(&self, request: Request) -> Result<Operation, Failure> {
        match self.ask(request).await {
            Ok(Answer::Operation(operation)) => Ok(operation),
            Ok(_) => Err(unexpected()),
            Err(Failure::Fault(fault)) => Err(self.refused(fault).await?),
            Err(failure) => Err(failure),
        }
    }

    /// What a refused order means: one that must be paired anew is no outage.
    async fn refused(&self, refusal: Fault) -> Result<Failure, Failure> {
        match refusal.code.as_str() {
            "role_too_low" => Ok(fault(
                "role_too_low",
                refusal.message,
                &pair_as(Role::Operator),
            )),
            "no_receiver" => {
                let snapshot = self.snapshot().await?;
                let said_it = |it: &&ReceiverState| it.connection.message == refusal.message;
                let line = snapshot.receivers.iter().find(said_it);
                let ended = line.map(|it| ReceiverLine::of_app(it).ended);
                Ok(match (ended, snapshot.connection.status) {
                    (Some(Ended::NeedsHand), _) => fault("token_invalid", refusal.message, ""),
                    (Some(Ended::Misused), _) => fault("role_too_low", refusal.message, ""),
                    (None, ConnectionStatus::Unpaired) => unpaired(),
                    (Some(_) | None, _) => Failure::Fault(refusal),
                })
            }
            _ => Ok(Failure::Fault(refusal)),
        }
    }

    async fn entries(&self) -> Result<Vec<ReceiverEntry>, Failure> {
        match self.ask(Request::Receivers).await? {
            Answer::Receivers(entries) => Ok(entries),
            _ => Err(unexpected()),
        }
    }

    /// How things stand, with all receivers or with the one that was asked for.
    pub async fn snapshot(&self) -> Result<Snapshot, Failure> {
        match (self.ask(Request::Snapshot).await?, &self.only) {
            (Answer::Snapshot(snapshot), None) => Ok(*snapshot),
            (Answer::Snapshot(snapshot), Some(key)) => Ok(named::alone(*snapshot, key)),
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
    async fn client_for(
        entry: &ReceiverEntry,
        data_dir: &Path,
        os_keychain: bool,
    ) -> Result<Client, Fault> {
        if entry.local {
            return Err(Fault::new(
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
            return Err(Fault::new(
                "token_missing",
                "The token for this receiver is not in the keychain.",
                "Pair with the receiver again.",
            ));
        };
        Ok(Client::new(&entry.address, token, entry.pin)?)
    }

    pub fn client(&self) -> Result<&Client, Failure> {
        self.client
            .as_ref()
            .map_err(|fault| Failure::Fault(fault.clone()))
    }

    /// What each of them tells, in their order.
    pub async fn tell_all(receivers: &[Self]) -> Vec<Result<ToldItself, Failure>> {
        join_all(receivers.iter().map(Self::tell)).await
    }

    async fn tell(&self) -> Result<ToldItself, Failure> {
        let asked = Instant::now();
        let overview = self.client()?.get("overview", &[]).await;
        let overview: Overview = overview.map_err(|error| self.failed(error, Role::Viewer))?;
        let round_trip_ms = u32::try_from(asked.elapsed().as_millis()).unwrap_or(u32::MAX);
        Ok(ToldItself {
            clock_ahead_ms: ahead_ms(clock::now(), *overview.now_at, round_trip_ms),
            links: self.links().await?,
            overview,
        })
    }

    async fn order(&self, path: &str) -> Result<Operation, Failure> {
        let ordered = self.client()?.post(path, None::<&()>).await;
        ordered.map_err(|error| self.failed(error, Role::Operator))
    }

    /// How far an operation is; none where the receiver can't say.
    pub async fn operation(&self, id: Uuid) -> Option<OperationState> {
        let path = format!("operations/{id}");
        self.client().ok()?.get(&path, &[]).await.ok()
    }

    /// The certificate that stands in the way, if one does; whoever refuses was trusted first.
    pub async fn strange_certificate(&self) -> Result<Option<StrangeCertificate>, Failure> {
        match self.client()?.get::<Overview>("overview", &[]).await {
            Ok(_) | Err(ClientError::Refused(_) | ClientError::Malformed(_)) => Ok(None),
            Err(ClientError::Certificate(strange)) => Ok(Some(strange)),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn links(&self) -> Result<Vec<Link>, Failure> {
        let links = self.client()?.list("links").await;
        links.map_err(|error| self.failed(error, Role::Viewer))
    }

    /// What a failed call means, which wanted this role; a receiver that no longer takes the token is named.
    pub fn failed(&self, error: ClientError, wanted: Role) -> Failure {
        let address = &self.entry.address;
        let place = address
            .split_once("://")
            .map_or(address.as_str(), |it| it.1);
        match error {
            error if error.is_unauthorised() => {
                let why = error.cause();
                let why = why.trim_end_matches('.');
                let message =
                    format!("The receiver at {place} no longer knows this computer ({why}).");
                fault("token_invalid", message, "Pair with it again.")
            }
            ClientError::Refused(problem) if problem.code == "role_too_low" => {
                let role = self.entry.role.word();
                let message = format!(
                    "The receiver at {place} does not allow it to this computer's role ({role})."
                );
                fault("role_too_low", message, &pair_as(wanted))
            }
            error => error.into(),
        }
    }
}

pub(super) fn fault(code: &str, message: impl Into<String>, action: &str) -> Failure {
    Failure::Fault(Fault::new(code, message, action))
}

/// The app runs, but knows no receiver.
pub(super) fn unpaired() -> Failure {
    fault(
        "not_paired",
        "Syncward is paired with no receiver.",
        PAIR_IT,
    )
}

/// What helps against a role that is too low.
fn pair_as(role: Role) -> String {
    let role = role.word();
    format!(
        "Pair with a code of the role {role} or a higher one: syncward-receiver pair --role {role}."
    )
}

pub(super) fn unreachable_app() -> Failure {
    fault(
        "app_unreachable",
        "Syncward no longer answers on this computer.",
        "Start it again.",
    )
}

pub(super) fn unexpected() -> Failure {
    fault(
        "answer_unexpected",
        "Syncward answered something else than was asked.",
        "The app and this command have different versions; restart Syncward.",
    )
}
