//! How an agent is started: where its files are, what it may use, what to do at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::bridge::Demo;
use crate::browser::Browser;
use crate::demo::DemoConfig;
use crate::notifier::Bubbles;
use crate::notifier::desktop::DesktopBubbles;
use crate::shell::Shell;
use crate::sidecar::SidecarConfig;

/// Everything that differs between the app, the browser preview and a test.
pub struct Options {
    pub data_dir: PathBuf,
    pub sidecar: SidecarConfig,
    pub browser: Browser,
    pub bubbles: Box<dyn Bubbles>,
    /// What only the desktop app can do; none without a window.
    pub shell: Option<Arc<dyn Shell>>,
    /// Use the system's keychain; without it tokens lie in a private file.
    pub os_keychain: bool,
    /// Pair with this receiver at the start.
    pub pair: Option<PairAtStart>,
    /// Start a receiver on this computer when none is known yet.
    pub local: bool,
    /// Replaces the alert rules' patience with what usually heals by itself.
    pub alert_after: Option<Duration>,
    /// Whether the receiver talks to the simulator; the window says so.
    pub demo: Demo,
    /// How to try the demo from within.
    pub demo_world: DemoConfig,
}

/// A receiver and a one-time code, from the command line.
#[derive(Clone, Debug)]
pub struct PairAtStart {
    pub address: String,
    pub code: String,
    /// The key that the receiver's certificate must have.
    pub pin: Option<syncward_wire::Fingerprint>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The app's own: system browser, desktop notifications, keychain.
    pub fn for_desktop(data_dir: &Path) -> Self {
        let sidecar = SidecarConfig::beside_executable(data_dir);
        Self {
            data_dir: data_dir.to_owned(),
            demo_world: DemoConfig::beside_executable(data_dir, &sidecar.program),
            sidecar,
            browser: Browser::system(),
            bubbles: Box::new(DesktopBubbles::default()),
            shell: None,
            os_keychain: true,
            pair: None,
            local: false,
            alert_after: None,
            demo: Demo::Off,
        }
    }
}

/// `SYNCWARD_DESKTOP_DATA_DIR`, else the user's data folder.
pub fn default_data_dir() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(named) = folder("SYNCWARD_DESKTOP_DATA_DIR") {
        return named.into();
    }
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| Path::new(&home).join("Library/Application Support"))
    } else {
        folder("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| folder("HOME").map(|home| Path::new(&home).join(".local/share")))
    };
    base.unwrap_or_else(std::env::temp_dir).join("syncward")
}

/// The variable that replaces the alert rules' patience.
pub const ALERT_AFTER: &str = "SYNCWARD_ALERT_AFTER";

/// `SYNCWARD_ALERT_AFTER`: seconds, or an integer with `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// With its value when it is neither.
pub fn alert_after_from_environment() -> Result<Option<Duration>, String> {
    let named = std::env::var(ALERT_AFTER).ok();
    let Some(text) = named.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    lasting(&text).map(Some).ok_or(text)
}

/// A duration as the receiver's settings have it; a number alone is seconds.
fn lasting(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match &text[digits.len()..] {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3_600),
        "d" => seconds(86_400),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_seconds_or_a_number_with_a_unit_and_nothing_else() {
        let seconds = |text| lasting(text).map(|it| it.as_secs_f64());
        assert_eq!(seconds("30"), Some(30.0));
        assert_eq!(seconds("30s"), Some(30.0));
        assert_eq!(seconds("500ms"), Some(0.5));
        assert_eq!(seconds("2m"), Some(120.0));
        assert_eq!(seconds("1h"), Some(3_600.0));
        assert_eq!(seconds("1d"), Some(86_400.0));
        for unfit in ["soon", "1.5h", "-3", "3 s", "3w", "s", "99999999999999999d"] {
            assert_eq!(lasting(unfit), None, "{unfit}");
        }
    }
}
