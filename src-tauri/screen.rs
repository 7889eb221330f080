//! Is there a screen, and is it one the webview draws on well? Decided before any toolkit starts.

/// Set by WebDriver: a test drives this window.
pub fn is_automated() -> bool {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}

/// Whether a window can open here; else a sentence that says what to do.
#[cfg(target_os = "linux")]
pub fn ready() -> Result<(), String> {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
        return Err(
            "There is no display: start Syncward from a desktop session, or run `syncward --headless` for the agent alone."
                .into(),
        );
    }
    avoid_blank_window()
}

#[cfg(not(target_os = "linux"))]
pub fn ready() -> Result<(), String> {
    Ok(())
}

/// WebKit's DMABUF renderer leaves windows blank on NVIDIA: start again without it, unless the person chose.
#[cfg(target_os = "linux")]
fn avoid_blank_window() -> Result<(), String> {
    use std::os::unix::process::CommandExt;
    const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let is_nvidia = std::path::Path::new("/proc/driver/nvidia/version").exists();
    if !is_nvidia || std::env::var_os(CHOICE).is_some() {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(CHOICE, "1")
        .exec();
    Err(format!("Syncward could not start itself again: {error}."))
}
