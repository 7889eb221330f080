//! The one window: opened, closed into the tray, brought back.

use tauri::plugin::TauriPlugin;
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent, Wry,
};
use tauri_plugin_window_state::StateFlags;

use crate::Desktop;

const LABEL: &str = "main";

/// Opens the window or brings it to the front.
pub fn show(app: &AppHandle) {
    let window = match app.get_webview_window(LABEL) {
        Some(window) => Ok(window),
        None => open(app),
    };
    let shown = window.and_then(|window| {
        window.unminimize()?;
        window.show()?;
        window.set_focus()
    });
    if let Err(error) = shown {
        tracing::error!(%error, "window did not open");
    }
}

/// Shows one calendar's screen; `link_id` is a UUID, so it can't end the script's string.
pub fn show_link(app: &AppHandle, link_id: impl std::fmt::Display) {
    show_screen(app, &format!("channels/{link_id}"));
}

/// Shows the receiver's screen.
pub fn show_receiver(app: &AppHandle) {
    show_screen(app, "receiver");
}

fn show_screen(app: &AppHandle, screen: &str) {
    show(app);
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.eval(format!("location.hash = '#/{screen}'"))
    {
        tracing::warn!(%error, "window did not go to the screen");
    }
}

fn open(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Syncward")
        .inner_size(1280.0, 832.0)
        .min_inner_size(720.0, 480.0)
        // Ctrl + and Ctrl -, for those who need larger text.
        .zoom_hotkeys_enabled(true)
        .build()
}

/// Closing the window leaves the agent running: in the tray where there is one, else minimised.
pub fn on_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else {
        return;
    };
    api.prevent_close();
    let has_tray = window.state::<Desktop>().tray.is_there();
    let put_away = match has_tray {
        true => window.hide(),
        false => window.minimize(),
    };
    if let Err(error) = put_away {
        tracing::warn!(%error, "window could not be put away");
    }
}

/// Size and place of the last time; not whether it was visible, which login would bring back.
pub fn remembered_place() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::default()
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .build()
}
