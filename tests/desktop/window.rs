//! The real window, driven by WebKitWebDriver.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

use crate::process;

/// How long anything in the window may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A window with its driver.
pub struct Window {
    pub client: Client,
    driver: Child,
}

impl Window {
    /// Starts the desktop with these arguments, and these variables in its environment.
    pub async fn open(binary: &Path, arguments: &[&str], environment: &[(&str, String)]) -> Self {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        let driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(
                environment
                    .iter()
                    .map(|(name, value)| (*name, value.as_str())),
            )
            .stdin(Stdio::null())
            .spawn()
            .expect("WebKitWebDriver is installed");
        let mut capabilities = Map::new();
        capabilities.insert(
            "webkitgtk:browserOptions".to_owned(),
            json!({"binary": binary, "args": arguments}),
        );
        let address = format!("http://127.0.0.1:{port}");
        let until = Instant::now() + PATIENCE;
        let client = loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            match builder
                .capabilities(capabilities.clone())
                .connect(&address)
                .await
            {
                Ok(client) => break client,
                Err(error) if Instant::now() > until => panic!("no WebDriver session: {error}"),
                Err(_) => pause().await,
            }
        };
        Self { client, driver }
    }

    /// Asks the page until `script` answers with something true, and gives that.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self
                .client
                .execute(script, Vec::new())
                .await
                .unwrap_or(Value::Null);
            let nothing = matches!(&answer, Value::Null | Value::Bool(false))
                || answer == json!(0)
                || answer == json!("");
            if !nothing {
                return answer;
            }
            if Instant::now() > until {
                let page = self
                    .client
                    .execute("return document.body.innerText", Vec::new())
                    .await;
                panic!("never seen: {what}\nthe page says: {page:?}");
            }
            pause().await;
        }
    }

    /// Presses the button that says `label`, once it can be pressed.
    pub async fn press(&self, label: &str) {
        let script = format!(
            "const button = [...document.querySelectorAll('button')].find(one => one.innerText.trim() === {label:?} && !one.disabled); \
             button?.click(); return !!button"
        );
        self.until(&format!("a button '{label}'"), &script).await;
    }

    /// Waits until the page says this.
    pub async fn says(&self, words: &str) {
        let script = format!("return document.body.innerText.includes({words:?})");
        self.until(words, &script).await;
    }

    /// Goes to a screen.
    pub async fn go(&self, hash: &str) {
        let script = format!("location.hash = {hash:?}; return true");
        self.until(hash, &script).await;
    }

    /// Photographs the whole window into the artefacts, once what the page says has been painted.
    pub async fn photograph(&self, name: &str) {
        let painted = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
        let frames = self.client.execute_async(painted, Vec::new()).await;
        frames.expect("the page is painted");
        let folder = artefacts();
        std::fs::create_dir_all(&folder).expect("a folder for artefacts");
        let shot = Command::new("import")
            .args(["-window", "root", "-crop", "1280x832+0+0", "+repage"])
            .arg(folder.join(format!("{name}.png")))
            .status();
        assert!(shot.expect("imagemagick is installed").success());
    }

    /// Ends the session and, with it, the desktop.
    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Window {
    /// Also the desktop of a test that failed goes, so that the next finds none on the screen.
    fn drop(&mut self) {
        for desktop in process::children(self.driver.id()) {
            process::kill(desktop);
            process::until_gone(desktop);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where screenshots go.
pub fn artefacts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts")
}

async fn pause() {
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    tick.tick().await;
    tick.tick().await;
}
