//! What only the desktop's shell can do, behind one trait: start at login, the signed updates, and knowing who looks.
//!
//! The agent decides when; the shell knows how on each platform. Without a shell (headless, in a browser) all of it is off.

use std::pin::Pin;

use crate::bridge::Fault;

/// What a shell does in its own time.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;

/// A package whose signature was checked.
#[derive(Debug)]
pub struct Package {
    pub version: String,
    /// A plain file name.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The platform's ways.
pub trait Shell: Send + Sync {
    /// Whether the window is shown and has the focus, so that what is said there is seen; must not wait.
    fn is_looked_at(&self) -> bool;
    /// Whether Syncward starts when this person logs in.
    fn starts_at_login(&self) -> Result<bool, String>;
    /// Starts it at login from now on, hidden in the tray, or no longer.
    fn start_at_login(&self, on: bool) -> Result<(), String>;
    /// Where updates are announced; none when nothing is configured.
    fn update_address(&self) -> Option<String>;
    /// The newest version announced there, if it is newer than this one.
    fn newer_version(&self) -> Pending<Option<String>>;
    /// Fetches that version and checks its signature; installs nothing.
    fn fetch_update(&self) -> Pending<Package>;
}
