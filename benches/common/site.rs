//! The real receiver over google-sim, paired with an admin's device: what every bench measures.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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

use crate::processes::Running;

const PROGRAM: &str = env!("CARGO_BIN_EXE_syncward-receiver");
const REDIRECT: &str = "http://127.0.0.1:9/oauth";
/// How long anything may take to come true by default.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A receiver, its simulated Google in this process, and a paired device.
pub struct Site {
    pub process: Running,
    pub address: SocketAddr,
    pub control: Control,
    pub face: Face,
    google: Url,
    data: PathBuf,
}

/// A clinic whose account has given its consent.
pub struct Connected {
    pub clinic_id: String,
    pub grant_id: String,
}

impl Site {
    /// Starts both, the receiver with `more` in its environment.
    pub async fn start(folder: &Path, more: &[(&'static str, String)]) -> anyhow::Result<Self> {
        let (google, face) = simulator().await?;
        let address = free_address().await?;
        let mut environment = environment(folder, &google, address);
        environment.extend(more.iter().cloned());
        let mut serve = Command::new(PROGRAM);
        serve.arg("serve").envs(environment.clone());
        let process = Running::at(address, serve)?;
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()?;
        let api = Url::parse(&format!("http://{address}/"))?;
        let ready = api.join("readyz")?;
        eventually("the receiver is ready", PATIENCE, async || {
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
        let code: Value = serde_json::from_slice(&pair.stdout).with_context(|| {
            format!("failed to pair: {}", String::from_utf8_lossy(&pair.stderr))
        })?;
        let mut control = Control {
            http,
            api,
            token: None,
        };
        let paired = control
            .post("pair", json!({ "code": code["code"], "device": "bench" }))
            .await?;
        control.token = Some(text(&paired["token"])?);
        Ok(Self {
            process,
            address,
            control,
            face,
            google,
            data: folder.join("receiver"),
        })
    }

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

    /// Where notifications go.
    pub fn webhook(&self) -> anyhow::Result<Url> {
        Ok(self.control.api.join("webhooks/calendar/google")?)
    }
}

/// The control API as an admin's device sees it.
pub struct Control {
    pub http: reqwest::Client,
    api: Url,
    token: Option<String>,
}

impl Control {
    /// Makes a clinic, consents at the simulator, completes the grant; its primary calendar is linked by that.
    pub async fn connect(&self, account: &str) -> anyhow::Result<Connected> {
        let draft = json!({ "name": account, "time_zone": "Europe/London" });
        let clinic_id = text(&self.post("clinics", draft).await?["id"])?;
        let draft = json!({ "redirect_uri": REDIRECT, "login_hint": account });
        let begun = self
            .post(&format!("clinics/{clinic_id}/grants"), draft)
            .await?;
        let mut consent = Url::parse(&text(&begun["authorization_url"])?)?;
        if !consent.query_pairs().any(|(name, _)| name == "login_hint") {
            consent.query_pairs_mut().append_pair("login_hint", account);
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
        let granted = self.post("grants/complete", complete).await?;
        Ok(Connected {
            clinic_id,
            grant_id: text(&granted["grant"]["id"])?,
        })
    }

    /// Links one more calendar of a connected account.
    pub async fn link(&self, connected: &Connected, calendar: &str) -> anyhow::Result<()> {
        let draft = json!({ "grant_id": connected.grant_id, "google_calendar_id": calendar });
        let path = format!("clinics/{}/links", connected.clinic_id);
        self.post(&path, draft).await.map(|_| ())
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.get_text(path).await?)?)
    }

    /// The answer as it comes, unread.
    pub async fn get_text(&self, path: &str) -> anyhow::Result<String> {
        let request = self.http.get(self.api.join(&format!("api/v1/{path}"))?);
        self.answer(path, request).await
    }

    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = self.http.post(self.api.join(&format!("api/v1/{path}"))?);
        let answer = self.answer(path, request.json(&body)).await?;
        Ok(serde_json::from_str(&answer)?)
    }

    async fn answer(
        &self,
        path: &str,
        mut request: reqwest::RequestBuilder,
    ) -> anyhow::Result<String> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if !status.is_success() {
            bail!("{path} answered {status}: {body}");
        }
        Ok(body)
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
        // The figures are the receiver's own; Google's quotas would cut them off.
        ("SYNCWARD_QUOTA_PROJECT", "1000000000".to_owned()),
        ("SYNCWARD_QUOTA_USER", "1000000000".to_owned()),
        ("SYNCWARD_LOG", "warn".to_owned()),
    ]
}

async fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}

/// Asks again until there is an answer, or patience ends.
pub async fn eventually<T>(
    what: &str,
    patience: Duration,
    ask: impl AsyncFn() -> Option<T>,
) -> anyhow::Result<T> {
    let began = Instant::now();
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    while began.elapsed() < patience {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        beat.tick().await;
    }
    bail!("waited {} s in vain: {what}", patience.as_secs())
}

/// A text of an answer.
pub fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value
        .as_str()
        .context("failed to read a text of the answer")?
        .to_owned())
}
