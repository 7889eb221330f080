//! Opens a page in the system's browser.

use std::process::Stdio;
use std::sync::Arc;

type Open = dyn Fn(&str) -> Result<(), String> + Send + Sync;

/// How a page is opened; replaced in tests.
#[derive(Clone)]
pub struct Browser(Arc<Open>);

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Browser")
    }
}

impl Browser {
    /// The person's own: `$BROWSER` when set, else what the system opens pages with.
    pub fn system() -> Self {
        Self(Arc::new(open_in_system))
    }

    /// Any other way to open a page.
    pub fn new(open: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    /// Opens `url`; the error is a sentence without it.
    pub fn open(&self, url: &str) -> Result<(), String> {
        (self.0)(url)
    }
}

fn open_in_system(url: &str) -> Result<(), String> {
    let named = std::env::var("BROWSER")
        .ok()
        .filter(|name| !name.is_empty());
    let candidates = named
        .as_deref()
        .into_iter()
        .flat_map(|names| names.split(':'))
        .map(|name| (name, Vec::<&str>::new()))
        .chain(system_openers());
    for (program, fixed) in candidates {
        let mut arguments = fixed;
        arguments.push(url);
        let started = std::process::Command::new(program)
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(mut child) => {
                std::thread::spawn(move || child.wait());
                return Ok(());
            }
            Err(error) => tracing::debug!(%error, program, "browser did not start"),
        }
    }
    Err("No browser could be started on this computer; open the address by hand.".into())
}

fn system_openers<'a>() -> impl Iterator<Item = (&'a str, Vec<&'a str>)> {
    let openers: &[(&str, &[&str])] = if cfg!(target_os = "macos") {
        &[("open", &[])]
    } else if cfg!(windows) {
        &[("rundll32", &["url.dll,FileProtocolHandler"])]
    } else {
        &[
            ("xdg-open", &[]),
            ("x-www-browser", &[]),
            ("gio", &["open"]),
        ]
    };
    openers
        .iter()
        .map(|(program, arguments)| (*program, arguments.to_vec()))
}
