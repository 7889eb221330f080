//! A clinic of the tests: the real receiver as a process, over a Google of the test's own that outlives it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::{Value, json};
use syncward_google_sim::face::Face;
use syncward_google_sim::model::World;
use syncward_google_sim::model::channel::Channel;
use syncward_google_sim::model::oauth::ConsentMode;
use syncward_wire::appointment::Appointment;
use syncward_wire::client::{Client, ClientError, pair};
use syncward_wire::{
    Clinic as ClinicRow, Grant, GrantBegin, GrantBegun, GrantComplete, GrantCompleted, GrantHealth,
    Link, LinkState, Operation, OperationState, PairingCode,
};
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;

/// The simulator's one account, and its calendar.
pub const ACCOUNT: &str = "admin@clinic.example";
const PROGRAM: &str = env!("CARGO_BIN_EXE_syncward-receiver");
/// What the receiver logs, in its folder.
const LOG: &str = "receiver.log";
const REDIRECT: &str = "http://127.0.0.1:9/oauth";
/// How often [`Clinic::until`] looks, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(25);
const LOOKS: u32 = 1600;

/// One clinic, its receiver and its Google.
pub struct Clinic {
    /// The simulator, to look into.
    pub face: Face,
    pub admin: Client,
    pub system: Client,
    pub id: Uuid,
    pub admin_token: String,
    pub system_token: String,
    google: String,
    http: reqwest::Client,
    environment: Vec<(String, String)>,
    address: String,
    receiver: Option<Child>,
    folder: tempfile::TempDir,
}

impl Clinic {
    /// A receiver with one clinic and no account yet; settings without their `SYNCWARD_`.
    pub async fn founded(settings: &[(&str, &str)]) -> Self {
        let mut world = World::empty(Timestamp::now());
        world.consent_mode = ConsentMode::Allow;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let google = format!("http://{}", listener.local_addr().unwrap());
        let face = Face::new(world).unwrap();
        tokio::spawn(face.clone().serve(listener, std::future::pending()));

        let folder = tempfile::tempdir().unwrap();
        // The public address has to be known before the receiver answers, and stays through its lives.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let environment = environment(&google, &address, &folder, settings);
        let mut receiver = start(&environment, folder.path());
        listening(&mut receiver, folder.path());
        let root = format!("http://{address}");
        let (admin, admin_token) = paired(&environment, &root, "admin").await;
        let (system, system_token) = paired(&environment, &root, "integration").await;
        let draft = json!({"name": "Willow Clinic", "time_zone": "Europe/London"});
        let made: ClinicRow = admin.post("clinics", Some(&draft)).await.unwrap();
        Self {
            face,
            admin,
            system,
            id: made.id,
            admin_token,
            system_token,
            google,
            http: reqwest::Client::builder()
                .redirect(Policy::none())
                .build()
                .unwrap(),
            environment,
            address,
            receiver: Some(receiver),
            folder,
        }
    }

    /// The same with its account connected, and the link as the completed consent told it.
    pub async fn connected(settings: &[(&str, &str)]) -> (Self, Link) {
        let clinic = Self::founded(settings).await;
        let link = clinic.connect().await;
        (clinic, link)
    }

    /// Consents, and completes it.
    pub async fn connect(&self) -> Link {
        let (state, back) = self.consent().await;
        let code = parameter(&back, "code").expect("the simulator consents");
        let mut completed = self.complete(&state, Some(code), None).await.unwrap();
        assert_eq!(completed.links.len(), 1, "the primary calendar is linked");
        completed.links.remove(0)
    }

    /// Begins a consent and follows the browser to where it comes back.
    pub async fn consent(&self) -> (String, Url) {
        let begin = GrantBegin {
            redirect_uri: REDIRECT.to_owned(),
            login_hint: Some(ACCOUNT.to_owned()),
        };
        let path = format!("clinics/{}/grants", self.id);
        let begun: GrantBegun = self.admin.post(&path, Some(&begin)).await.unwrap();
        let answer = self
            .http
            .get(&begun.authorization_url)
            .send()
            .await
            .unwrap();
        let back = answer.headers()["location"].to_str().unwrap();
        (begun.state, Url::parse(back).unwrap())
    }

    pub async fn complete(
        &self,
        state: &str,
        code: Option<String>,
        error: Option<String>,
    ) -> Result<GrantCompleted, ClientError> {
        let complete = GrantComplete {
            state: state.to_owned(),
            code,
            error,
        };
        self.admin.post("grants/complete", Some(&complete)).await
    }

    pub async fn grants(&self) -> Vec<Grant> {
        self.admin.list("grants").await.unwrap()
    }

    /// The OAuth doctor's word on a grant.
    pub async fn health(&self, grant_id: Uuid) -> GrantHealth {
        let path = format!("grants/{grant_id}/health");
        self.admin.get(&path, &[]).await.unwrap()
    }

    /// The edits under a grant that wait to reach Google.
    pub async fn queued_edits(&self, grant_id: Uuid) -> u32 {
        self.health(grant_id).await.rests_on_it.queued_edits
    }

    pub async fn links(&self) -> Vec<Link> {
        self.admin.list("links").await.unwrap()
    }

    pub async fn link(&self, id: Uuid) -> Link {
        self.admin.get(&format!("links/{id}"), &[]).await.unwrap()
    }

    /// Waits until the link is in that state, and gives it.
    pub async fn until_state(&self, id: Uuid, state: LinkState) -> Link {
        self.until(&format!("{state:?}"), async || {
            Some(self.link(id).await).filter(|link| link.state == state)
        })
        .await
    }

    /// Orders something of a link: `renew`, `sync`, `pause`.
    pub async fn order(&self, id: Uuid, what: &str) -> Result<Uuid, ClientError> {
        let path = format!("links/{id}/{what}");
        let operation: Operation = self.admin.post(&path, None::<&()>).await?;
        Ok(operation.operation)
    }

    pub async fn operation(&self, id: Uuid) -> OperationState {
        let path = format!("operations/{id}");
        self.admin.get(&path, &[]).await.unwrap()
    }

    /// Waits until the operation has ended.
    pub async fn ended(&self, id: Uuid) -> OperationState {
        self.until("the operation to end", async || {
            Some(self.operation(id).await).filter(|operation| operation.finished)
        })
        .await
    }

    pub async fn appointments(&self) -> Vec<Appointment> {
        self.system.list("appointments").await.unwrap()
    }

    /// Waits until an appointment is as wanted.
    pub async fn appointment(
        &self,
        what: &str,
        wanted: impl Fn(&Appointment) -> bool,
    ) -> Appointment {
        self.until(what, async || {
            self.appointments()
                .await
                .into_iter()
                .find(|one| wanted(one))
        })
        .await
    }

    /// Every channel that Google ever opened, by the time of its opening.
    pub fn channels(&self) -> Vec<Channel> {
        let world = self.face.world();
        let mut channels: Vec<Channel> = world.channels.by_id.values().cloned().collect();
        channels.sort_by_key(|channel| channel.opened_at);
        channels
    }

    /// The channels that live at Google now.
    pub fn live_channels(&self) -> Vec<Channel> {
        let now = Timestamp::now();
        let mut channels = self.channels();
        channels.retain(|channel| channel.is_live(now));
        channels
    }

    /// Calls of an operation that Google has answered, with their statuses.
    pub async fn calls(&self, operation: &str) -> Vec<u64> {
        let seen = self.simulated("GET", "/sim/requests", Value::Null).await;
        let listed = seen["items"]
            .as_array()
            .or_else(|| seen.as_array())
            .unwrap();
        listed
            .iter()
            .filter(|one| one["operation"] == operation)
            .filter_map(|one| one["status"].as_u64())
            .collect()
    }

    /// Makes Google misbehave; answers with the rule's id.
    pub async fn fault(&self, operation: &str, action: Value, count: Option<u32>) -> String {
        let mut rule = json!({"match": {"operation": operation}, "action": action});
        if let Some(count) = count {
            rule["count"] = json!(count);
        }
        let made = self.simulated("POST", "/sim/faults", rule).await;
        made["id"].to_string()
    }

    pub async fn lift(&self, rule: &str) {
        let path = format!("/sim/faults/{rule}");
        self.simulated("DELETE", &path, Value::Null).await;
    }

    /// A person makes an event.
    pub async fn person_books(&self, event: Value) -> Value {
        self.simulated("POST", &events(""), event).await
    }

    pub async fn person_changes(&self, event: &Value, change: Value) {
        let path = events(&format!("/{}", event["id"].as_str().unwrap()));
        self.simulated("PATCH", &path, change).await;
    }

    pub async fn person_deletes(&self, event: &Value) {
        let path = events(&format!("/{}", event["id"].as_str().unwrap()));
        self.simulated("DELETE", &path, Value::Null).await;
    }

    /// The calendar's events as Google has them.
    pub async fn google_events(&self) -> Vec<Value> {
        let seen = self.simulated("GET", &events(""), Value::Null).await;
        let listed = seen["items"].as_array().or_else(|| seen.as_array());
        listed.unwrap().clone()
    }

    /// Turns the simulator's own knobs.
    pub async fn simulated(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.google);
        let mut request = self.http.request(method.parse().unwrap(), url);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Posts under an idempotency key as the clinic's own system; the status, if an answer came.
    pub fn post_as_system(
        &self,
        path: &str,
        key: &str,
        body: Value,
    ) -> impl Future<Output = Option<u16>> + use<> {
        let url = format!("http://{}/api/v1/{path}", self.address);
        let request = self.http.post(url).bearer_auth(&self.system_token);
        let request = request.header("idempotency-key", key).json(&body);
        async move { Some(request.send().await.ok()?.status().as_u16()) }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(&mut self) {
        let mut receiver = self.receiver.take().unwrap();
        receiver.kill().unwrap();
        receiver.wait().unwrap();
    }

    /// The receiver's command line, with the receiver's settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// A command beside the receiver, to its end: the exit code, and the lines that it said.
    pub fn by_hand(&self, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let lines = said.lines().map(str::to_owned);
        (output.status.code(), lines.collect())
    }

    /// Sets a setting (without its `SYNCWARD_`) for the next start and for commands, or takes it away.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let name = format!("SYNCWARD_{name}");
        self.environment.retain(|(known, _)| *known != name);
        let value = value.map(|value| (name, value.to_owned()));
        self.environment.extend(value);
    }

    /// Starts it again over what the last life left.
    pub fn start(&mut self) {
        let mut receiver = start(&self.environment, self.folder.path());
        listening(&mut receiver, self.folder.path());
        self.receiver = Some(receiver);
    }

    /// Asks for a path of the receiver with a token, and gives status and text.
    pub async fn asked(&self, path: &str, token: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.address);
        let answer = self.http.get(url).bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Posts as the clinic's own system, and gives status and text.
    pub async fn posted(&self, path: &str, body: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.address);
        let request = self.http.post(url).bearer_auth(&self.system_token);
        let request = request.header("content-type", "application/json");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// What the stream tells from its beginning on until it has said `last`.
    pub async fn streamed(&self, last: &str) -> String {
        let url = format!("http://{}/api/v1/stream", self.address);
        let request = self.http.get(url).bearer_auth(&self.admin_token);
        let mut answer = request.header("last-event-id", "0").send().await.unwrap();
        let mut text = String::new();
        while !text.contains(last) {
            let piece = answer.chunk().await.unwrap();
            text += &String::from_utf8_lossy(&piece.expect("the stream goes on"));
        }
        text
    }

    /// The receiver's folder: database, key, and what it logged.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database, to look into while no receiver runs.
    pub fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("syncward.db")).unwrap()
    }

    /// Asks until there is an answer; forty seconds at most.
    pub async fn until<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        for _ in 0..LOOKS {
            tick.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
        let links: Vec<_> = self.links().await;
        let log = logged(self.folder.path());
        panic!("never so: {what}; links: {links:#?}; log: {log}");
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        if let Some(receiver) = &mut self.receiver {
            let _ = receiver.kill();
            let _ = receiver.wait();
        }
    }
}

/// A parameter of the address that the browser came back to.
pub fn parameter(back: &Url, name: &str) -> Option<String> {
    let mut pairs = back.query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Status and code of a refusal.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> (u16, String) {
    match answer {
        Err(ClientError::Refused(problem)) => {
            assert!(
                !problem.detail.is_empty() && !problem.action.is_empty(),
                "{problem:?}"
            );
            (problem.status, problem.code)
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn events(rest: &str) -> String {
    format!(
        "/sim/calendars/{}/events{rest}",
        ACCOUNT.replace('@', "%40")
    )
}

fn environment(
    google: &str,
    address: &str,
    folder: &tempfile::TempDir,
    settings: &[(&str, &str)],
) -> Vec<(String, String)> {
    let usual = [
        ("LISTEN", address.to_owned()),
        ("PUBLIC_URL", format!("http://{address}")),
        ("DATA_DIR", folder.path().to_string_lossy().into_owned()),
        ("GOOGLE_CLIENT_ID", "tests".to_owned()),
        ("GOOGLE_API_URL", google.to_owned()),
        ("GOOGLE_AUTH_URL", format!("{google}/o/oauth2/v2/auth")),
        ("GOOGLE_TOKEN_URL", format!("{google}/token")),
        ("GOOGLE_REVOKE_URL", format!("{google}/revoke")),
        ("LOG", "error".to_owned()),
    ];
    let named = |(name, value): (&str, String)| (format!("SYNCWARD_{name}"), value);
    let chosen = settings
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    usual.into_iter().chain(chosen).map(named).collect()
}

fn start(environment: &[(String, String)], folder: &Path) -> Child {
    let mut log = File::options();
    let log = log
        .create(true)
        .append(true)
        .open(folder.join(LOG))
        .unwrap();
    Command::new(PROGRAM)
        .args(["serve", "--exit-with-stdin"])
        .envs(environment.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn logged(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(LOG)).unwrap_or_default()
}

fn listening(receiver: &mut Child, folder: &Path) {
    let mut line = String::new();
    let mut said = BufReader::new(receiver.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    let log = logged(folder);
    assert!(
        line.contains("listening"),
        "the receiver said: {line:?} {log}"
    );
}

async fn paired(environment: &[(String, String)], root: &str, role: &str) -> (Client, String) {
    let Output { stdout, stderr, .. } = Command::new(PROGRAM)
        .args(["pair", "--role", role, "--json"])
        .envs(environment.iter().cloned())
        .output()
        .unwrap();
    let code: PairingCode = serde_json::from_slice(&stdout)
        .unwrap_or_else(|_| panic!("pair: {}", String::from_utf8_lossy(&stderr)));
    let paired = pair(root, &code.code, "tests", None).await.unwrap();
    let client = Client::new(root, SecretString::from(paired.token.clone()), None).unwrap();
    (client, paired.token)
}
