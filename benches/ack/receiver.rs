//! The real receiver over google-sim: paired, connected, its channel proved, as a clinic would have it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use jiff::Timestamp;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use syncward_google_sim::face::Face;
use syncward_google_sim::model::World;
use syncward_google_sim::model::oauth::ConsentMode;
use tokio::net::TcpListener;
use tokio::process::Command;
use url::Url;

use crate::load::Target;
use crate::processes::Running;

const PROGRAM: &str = env!("CARGO_BIN_EXE_syncward-receiver");
const ACCOUNT: &str = "admin@clinic.example";
const REDIRECT: &str = "http://127.0.0.1:9/oauth";
/// How long anything may take to come true before the load.
const PATIENCE: Duration = Duration::from_secs(30);
/// Google's own numbers grow with gaps; the load's start far beyond them.
const FIRST_NUMBER: u64 = 1_000_000_000;

/// The receiver and what its load must say.
pub struct Ready {
    pub process: Running,
    pub target: Target,
    pub control: Control,
    google: Url,
    data: PathBuf,
}

impl Ready {
    /// The receiver's database, to read only.
    pub fn database(&self) -> anyhow::Result<rusqlite::Connection> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let path = self.data.join("syncward.db");
        Ok(rusqlite::Connection::open_with_flags(path, flags)?)
    }

    /// Tells the simulator what to do.
    pub async fn simulate(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let request = self.control.http.post(self.google.join(path)?).json(&body);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// One notification, as Google sends it.
    pub async fn notify(&self) -> anyhow::Result<()> {
        let Target {
            channel_id,
            token,
            resource_id,
            number,
            ..
        } = &self.target;
        let number = number.fetch_add(1, Ordering::Relaxed) + 1;
        let webhook = self.control.api.join("webhooks/calendar/google")?;
        let request = self.control.http.post(webhook);
        let request = request
            .header("X-Goog-Channel-ID", channel_id)
            .header("X-Goog-Channel-Token", token)
            .header("X-Goog-Resource-ID", resource_id)
            .header("X-Goog-Resource-State", "exists")
            .header("X-Goog-Message-Number", number);
        request.send().await?.error_for_status()?;
        Ok(())
    }
}

/// Starts the receiver and connects the simulator's account.
pub async fn start(folder: &Path) -> anyhow::Result<Ready> {
    let (google, face) = simulator().await?;
    let address = free_address().await?;
    let environment = environment(folder, &google, address);
    let mut serve = Command::new(PROGRAM);
    serve.arg("serve").envs(environment.clone());
    let process = Running::at(address, serve)?;
    let http = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()?;
    let api = Url::parse(&format!("http://{address}/"))?;
    let ready = api.join("readyz")?;
    eventually("the receiver is ready", async || {
        http.get(ready.clone())
            .send()
            .await
            .ok()
            .filter(|answer| answer.status().is_success())
    })
    .await?;

    let pair = Command::new(PROGRAM)
        .args(["pair", "--json"])
        .envs(environment)
        .output()
        .await?;
    let code: Value = serde_json::from_slice(&pair.stdout)
        .with_context(|| format!("failed to pair: {}", String::from_utf8_lossy(&pair.stderr)))?;
    let mut control = Control {
        http,
        api,
        token: None,
    };
    let paired = control
        .post("pair", json!({ "code": code["code"], "device": "bench" }))
        .await?;
    control.token = Some(text(&paired["token"])?);
    control.connect().await?;
    let channel = eventually("a proved channel", async || {
        let world = face.world();
        let channel = world.channels.by_id.values().next()?;
        Some((
            channel.id.clone(),
            channel.token.clone()?,
            channel.resource_id.clone(),
        ))
    })
    .await?;
    eventually("a live link", async || {
        let links = control.get("links").await.ok()?;
        (links["items"][0]["state"] == "live").then_some(())
    })
    .await?;
    let (channel_id, token, resource_id) = channel;
    let number = Arc::new(AtomicU64::new(FIRST_NUMBER));
    let target = Target {
        address,
        channel_id,
        token,
        resource_id,
        number,
    };
    Ok(Ready {
        process,
        target,
        control,
        google,
        data: folder.join("receiver"),
    })
}

/// The control API as an admin's device sees it.
pub struct Control {
    http: reqwest::Client,
    api: Url,
    token: Option<String>,
}

impl Control {
    /// Makes a clinic, consents at the simulator, completes the grant.
    async fn connect(&self) -> anyhow::Result<()> {
        let clinic = self
            .post(
                "clinics",
                json!({ "name": "Bench", "time_zone": "Europe/London" }),
            )
            .await?;
        let grants = format!("clinics/{}/grants", text(&clinic["id"])?);
        let begun = self
            .post(
                &grants,
                json!({ "redirect_uri": REDIRECT, "login_hint": ACCOUNT }),
            )
            .await?;
        let mut consent = Url::parse(&text(&begun["authorization_url"])?)?;
        if !consent.query_pairs().any(|(name, _)| name == "login_hint") {
            consent.query_pairs_mut().append_pair("login_hint", ACCOUNT);
        }
        let answer = self.http.get(consent).send().await?;
        let back = answer
            .headers()
            .get("location")
            .context("the simulator did not consent")?;
        let back = Url::parse(back.to_str()?)?;
        let value = |wanted: &str| {
            back.query_pairs()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        let complete = json!({ "state": value("state"), "code": value("code") });
        self.post("grants/complete", complete).await?;
        Ok(())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.http.get(self.api.join(&format!("api/v1/{path}"))?);
        self.answer(path, request).await
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self.http.post(self.api.join(&format!("api/v1/{path}"))?);
        self.answer(path, request.json(&body)).await
    }

    async fn answer(
        &self,
        path: &str,
        mut request: reqwest::RequestBuilder,
    ) -> anyhow::Result<Value> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if !status.is_success() {
            bail!("{path} answered {status}: {body}");
        }
        Ok(serde_json::from_str(&body)?)
    }
}

async fn simulator() -> anyhow::Result<(Url, Face)> {
    let mut world = World::empty(Timestamp::now());
    world.consent_mode = ConsentMode::Allow;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let google = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
    let face = Face::new(world)?;
    tokio::spawn(face.clone().serve(listener, std::future::pending()));
    Ok((google, face))
}

fn environment(folder: &Path, google: &Url, address: SocketAddr) -> Vec<(&'static str, String)> {
    let at = |path: &str| format!("{google}{path}");
    vec![
        ("SYNCWARD_LISTEN", address.to_string()),
        ("SYNCWARD_PUBLIC_URL", format!("http://{address}")),
        (
            "SYNCWARD_DATA_DIR",
            folder.join("receiver").to_string_lossy().into_owned(),
        ),
        ("SYNCWARD_GOOGLE_CLIENT_ID", "bench".to_owned()),
        ("SYNCWARD_GOOGLE_API_URL", at("")),
        ("SYNCWARD_GOOGLE_AUTH_URL", at("o/oauth2/v2/auth")),
        ("SYNCWARD_GOOGLE_TOKEN_URL", at("token")),
        ("SYNCWARD_GOOGLE_REVOKE_URL", at("revoke")),
        ("SYNCWARD_LOG", "warn".to_owned()),
    ]
}

async fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}

/// Asks again until there is an answer, or patience ends.
async fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> anyhow::Result<T> {
    let began = Instant::now();
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    while began.elapsed() < PATIENCE {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        beat.tick().await;
    }
    bail!("waited {} s in vain: {what}", PATIENCE.as_secs())
}

fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value
        .as_str()
        .context("failed to read a text of the answer")?
        .to_owned())
}
