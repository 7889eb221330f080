//! Is there a screen, and is it one the webview draws on well? Decided, and the toolkit started, before anything else.

use syncward_agent::help::Obstacle;

/// Set by WebDriver: a test drives this window.
pub fn is_automated() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}

/// Starts the toolkit where a window can open; else says why not, before anything else has begun.
#[cfg(target_os = "linux")]
pub fn ready() -> Result<(), Obstacle<'static>> {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
        return Err(Obstacle::NoDisplay);
    }
    avoid_blank_window();
    gtk::init().map_err(|_| Obstacle::DisplayUnreachable)
}

#[cfg(not(target_os = "linux"))]
pub fn ready() -> Result<(), Obstacle<'static>> {
    Ok(())
}

/// WebKit's DMABUF renderer leaves windows blank on NVIDIA: start again without it, unless the person chose.
#[cfg(target_os = "linux")]
fn avoid_blank_window() {
    use std::os::unix::process::CommandExt;
    const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let is_nvidia = std::path::Path::new("/proc/driver/nvidia/version").exists();
    if !is_nvidia || std::env::var_os(CHOICE).is_some() {
        return;
    }
    let again = std::env::current_exe().map(|program| {
        std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(CHOICE, "1")
            .exec()
    });
    let error = again.unwrap_or_else(|error| error);
    tracing::warn!(%error, "could not start again without the DMABUF renderer; the window may stay blank");
}
