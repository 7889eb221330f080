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
    keep_graphics_card_out();
    gtk::init().map_err(|_| Obstacle::DisplayUnreachable)
}

#[cfg(not(target_os = "linux"))]
pub fn ready() -> Result<(), Obstacle<'static>> {
    Ok(())
}

/// The page is drawn in memory: loading a graphics card's driver would make the start a tenth slower, and WebKit's way to some
/// cards leaves the window blank. Where the person chose, that stands.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "WebKit reads its environment only")]
fn keep_graphics_card_out() {
    const CHOICES: [(&str, &str); 3] = [
        ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
        ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
        // Told which card there is, this process loads no driver to find out; nothing opens it.
        ("WEBKIT_WEB_RENDER_DEVICE_FILE", "/dev/dri/renderD128"),
    ];
    for (choice, value) in CHOICES {
        if std::env::var_os(choice).is_none() {
            // SAFETY: the toolkit and the runtime start after this, so no other thread reads the environment.
            unsafe { std::env::set_var(choice, value) };
        }
    }
}
