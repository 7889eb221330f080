//! What differs by platform and belongs to the person's desktop: start at login, signed updates, and who looks.
//!
//! Carries out what the agent asks; decides nothing. Each way goes through a plugin that knows Linux, Windows and macOS.

use std::time::Duration;

use serde::Deserialize;
use syncward_agent::bridge::Fault;
use syncward_agent::shell::{Package, Pending, Shell};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Url, Wry};
use tauri_plugin_autostart::ManagerExt;
use tauri_plugin_updater::{Error, Update, UpdaterExt};

use crate::window::Eyes;

/// Longest wait for the announcement, and for the package.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where updates are announced, and the key they are signed with.
#[derive(Clone, Debug)]
struct Source {
    address: Url,
    key: String,
}

/// The `updater` entry of the app's configuration; empty unless a package was built with an address.
#[derive(Default, Deserialize)]
struct Configured {
    #[serde(default)]
    pubkey: String,
    #[serde(default)]
    endpoints: Vec<Url>,
}

/// The shell that the agent asks.
pub struct Platform {
    app: AppHandle,
    source: Option<Source>,
    eyes: Eyes,
}

/// Starts Syncward at login, hidden, once a person has asked for it.
pub fn autostart() -> TauriPlugin<Wry> {
    tauri_plugin_autostart::Builder::new()
        .app_name("Syncward")
        .args(["--hidden"])
        .build()
}

impl Platform {
    /// The platform this app runs on, with the update source of the environment, else of the configuration.
    pub fn of(app: &AppHandle, eyes: Eyes) -> Self {
        let source = source_of_environment().or_else(|| source_of_configuration(app));
        Self {
            app: app.clone(),
            source,
            eyes,
        }
    }

    fn find(&self) -> impl Future<Output = Result<Option<Update>, Error>> + use<> {
        let (app, source) = (self.app.clone(), self.source.clone());
        async move {
            let source = source.ok_or(Error::EmptyEndpoints)?;
            app.updater_builder()
                .endpoints(vec![source.address])?
                .pubkey(source.key)
                .timeout(PATIENCE)
                .build()?
                .check()
                .await
        }
    }
}

impl Shell for Platform {
    fn is_looked_at(&self) -> bool {
        self.eyes.are_on()
    }

    fn starts_at_login(&self) -> Result<bool, String> {
        let autostart = self.app.autolaunch();
        autostart.is_enabled().map_err(|error| error.to_string())
    }

    fn start_at_login(&self, on: bool) -> Result<(), String> {
        let autostart = self.app.autolaunch();
        let changed = match on {
            true => autostart.enable(),
            false => autostart.disable(),
        };
        changed.map_err(|error| error.to_string())
    }

    fn update_address(&self) -> Option<String> {
        self.source
            .as_ref()
            .map(|source| source.address.to_string())
    }

    fn newer_version(&self) -> Pending<Option<String>> {
        let found = self.find();
        Box::pin(async move {
            let update = found.await.map_err(fault)?;
            Ok(update.map(|update| update.version))
        })
    }

    fn fetch_update(&self) -> Pending<Package> {
        let found = self.find();
        Box::pin(async move {
            let update = found.await.map_err(fault)?.ok_or_else(|| {
                Fault::new(
                    "update_gone",
                    "The newer version is no longer announced.",
                    "Look again later.",
                )
            })?;
            // Checks the signature before it hands the bytes out.
            let bytes = update.download(|_, _| {}, || {}).await.map_err(fault)?;
            let name = update.download_url.path_segments();
            let name = name
                .and_then(|mut parts| parts.next_back())
                .unwrap_or("syncward-update");
            Ok(Package {
                name: name.to_owned(),
                version: update.version,
                bytes,
            })
        })
    }
}

fn source_of_environment() -> Option<Source> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let address = variable("SYNCWARD_UPDATE_URL")?;
    let (Ok(address), Some(key)) = (address.parse(), variable("SYNCWARD_UPDATE_KEY")) else {
        tracing::warn!(
            "SYNCWARD_UPDATE_URL needs to be an address, with its key in SYNCWARD_UPDATE_KEY; updates stay off"
        );
        return None;
    };
    Some(Source { address, key })
}

fn source_of_configuration(app: &AppHandle) -> Option<Source> {
    let entry = app.config().plugins.0.get("updater")?.clone();
    let configured: Configured = serde_json::from_value(entry).ok()?;
    let address = configured.endpoints.into_iter().next()?;
    let key = Some(configured.pubkey).filter(|key| !key.is_empty())?;
    Some(Source { address, key })
}

fn fault(error: Error) -> Fault {
    match error {
        Error::Minisign(_) | Error::Base64(_) | Error::SignatureUtf8(_) => Fault::new(
            "update_signature_wrong",
            "The package is not signed with the key this Syncward trusts, so it was thrown away.",
            "Nothing was changed. Tell whoever runs the update address.",
        ),
        // An announcement is not signed: it could offer an older package, well signed, as the newest.
        Error::SignedVersionMismatch { .. } | Error::MissingSignedVersion => Fault::new(
            "update_version_wrong",
            "The package is not signed as the version that was announced, so it was thrown away.",
            "Nothing was changed. Tell whoever runs the update address.",
        ),
        Error::InsecureTransportProtocol => Fault::new(
            "update_address_insecure",
            "The update address is not https.",
            "Nothing was asked. Change the address.",
        ),
        other => Fault::new(
            "update_failed",
            format!("The update address did not give what was asked: {other}."),
            "Nothing was changed; it is tried again tomorrow.",
        ),
    }
}

/// macOS hands links over as events, not as arguments.
#[cfg(target_os = "macos")]
pub fn follow_opened(app: &AppHandle) {
    use tauri_plugin_deep_link::DeepLinkExt;
    let handle = app.clone();
    app.deep_link().on_open_url(move |event| {
        for url in event.urls() {
            crate::follow_link(&handle, url.to_string());
        }
    });
}
