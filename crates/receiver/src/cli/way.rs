//! The way to the running receiver: where it answers, and a token of a short life, lent by the store that both share.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use syncward_wire::client::http_for;
use syncward_wire::{Fingerprint, Page};
use url::Url;
use uuid::Uuid;

use crate::config::Config;
use crate::config::tls::Tls;
use crate::entropy::secret_bytes;
use crate::store::receiver::Reach;
use crate::store::{self, Store};
use crate::{clock, seal};

/// How long a lent token is good, should this process not live to take it back; a renewal is waited for two minutes.
const TOKEN_LIFE: Duration = Duration::from_secs(180);

/// Asks the running receiver as an admin would.
pub(super) struct Way {
    http: reqwest::Client,
    root: String,
    token: String,
}

/// Where the receiver answers, and how that is known.
pub(super) struct Door {
    pub address: String,
    pin: Option<Fingerprint>,
    known_by: &'static str,
}

impl Door {
    /// A client that knows the receiver there by its key.
    pub fn client(&self) -> Result<reqwest::Client> {
        Ok(http_for(&Url::parse(&self.address)?, self.pin)?)
    }

    /// Why the question has no answer, with what to do where it did not arrive.
    pub fn unanswered(&self, error: anyhow::Error) -> anyhow::Error {
        let receiver = format!("the receiver at {} ({})", self.address, self.known_by);
        match error.downcast_ref::<reqwest::Error>() {
            Some(fault) if is_refused(fault) => anyhow!(
                "nothing answers for {receiver}: is it running? Start it with `syncward-receiver serve`, or as its service"
            ),
            Some(fault) if fault.is_connect() => {
                error.context(format!("failed to ask {receiver}: is it running?"))
            }
            Some(_) => error.context(format!("failed to ask {receiver}")),
            // It has answered, in words of its own.
            None => error,
        }
    }
}

impl Way {
    /// Reads one object.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T> {
        let request = self.http.get(self.url(path)).query(query);
        Ok(serde_json::from_str(&self.send(request).await?)?)
    }

    /// Reads a whole list, page by page.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let mut items = Vec::new();
        let mut query = vec![("limit", "1000".to_owned())];
        loop {
            let page: Page<T> = self.get(path, &query).await?;
            items.extend(page.items);
            let Some(next) = page.next else {
                return Ok(items);
            };
            query.truncate(1);
            query.push(("after", next));
        }
    }

    /// Orders something.
    pub async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.send(self.http.post(self.url(path))).await?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// Deletes something.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.send(self.http.delete(self.url(path))).await?;
        Ok(())
    }
    async fn send(&self, request: RequestBuilder) -> Result<String> {
        let answer = request.bearer_auth(&self.token).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            let problem: Option<syncward_wire::Problem> = serde_json::from_str(&text).ok();
            bail!(
                "{}",
                problem.map_or_else(
                    || status.to_string(),
                    |problem| format!("{} {}", problem.detail, problem.action)
                )
            );
        }
        Ok(text)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.root)
    }
}

/// Lends a token for as long as `ask` takes.
pub(super) async fn with_way<T>(
    config: &Config,
    ask: impl AsyncFnOnce(&Way) -> Result<T>,
) -> Result<T> {
    let store = Store::open_beside_at(&config.place)?;
    let door = door(config, &store).await?;
    let token = URL_SAFE_NO_PAD.encode(secret_bytes::<32>());
    let (device_id, hash) = (Uuid::new_v4(), seal::hash(&token));
    store
        .write(move |tx| {
            let now = clock::now();
            let expires_at = now + TOKEN_LIFE;
            store::device::lend(tx, device_id, "command line", &hash, now, expires_at)
        })
        .await?;
    let way = Way {
        http: door.client()?,
        root: door.address.clone(),
        token,
    };
    let asked = ask(&way).await;
    store
        .write(move |tx| store::device::take_back(tx, device_id))
        .await?;
    asked.map_err(|error| door.unanswered(error))
}

/// The door, for who wants nothing else of the store: it stays closed where this shell's environment says where.
pub(super) async fn door_of(config: &Config) -> Result<Door> {
    match config.says_where {
        true => own_door(config),
        false => door(config, &Store::open_beside_at(&config.place)?).await,
    }
}

/// As this shell's environment has it; one that says nothing is told by the receiver that runs, or ran last.
async fn door(config: &Config, store: &Store) -> Result<Door> {
    let noted = match config.says_where {
        true => None,
        false => store.read(store::receiver::door).await?,
    };
    Ok(match noted {
        Some(Reach {
            address,
            fingerprint,
        }) => Door {
            address,
            pin: fingerprint.and_then(|hex| hex.parse().ok()),
            known_by: "where it answered last",
        },
        None => own_door(config)?,
    })
}

fn own_door(config: &Config) -> Result<Door> {
    let identity = match &config.tls {
        // The receiver makes it, and was never there.
        Tls::Own(path) if !path.exists() => None,
        Tls::Off | Tls::Own(_) | Tls::Given { .. } => config.identity()?,
    };
    Ok(Door {
        address: config.door(),
        pin: identity.map(|identity| identity.fingerprint),
        known_by: "SYNCWARD_LISTEN",
    })
}

/// Whether nobody listens there, of which the chain of causes says no more.
fn is_refused(fault: &reqwest::Error) -> bool {
    let mut causes = std::iter::successors(Some(fault as &dyn std::error::Error), |it| it.source());
    causes.any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
    })
}
