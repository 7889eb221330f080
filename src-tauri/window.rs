//! The one window: opened, closed into the tray, brought back.
//!
//! A new window is shown once its page was given what it shows. A closed one stays ready for a while; then it goes with the
//! processes that draw it, and the next look makes it anew.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use syncward_agent::bridge::Request;
use tauri::plugin::TauriPlugin;
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent, Wry,
};
use tauri_plugin_window_state::StateFlags;

use crate::Desktop;

const LABEL: &str = "main";
/// The processes that drew a window have ended by then.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
/// The page of a new window has asked for what it shows by then.
const ASKS_WITHIN: Duration = Duration::from_secs(2);
/// By then an answer is on its way to the page, which showing the window would hold up.
const ANSWER_LEAVES: Duration = Duration::from_millis(2);

/// Whether a person has the window before them: it is shown, has the focus, and no locked screen is over it.
#[derive(Clone, Debug, Default)]
pub struct Eyes(Arc<Sight>);

#[derive(Debug, Default)]
struct Sight {
    focus: AtomicBool,
    session: AtomicBool,
    saver: AtomicBool,
}

/// What may be over the window, as somebody else knows it.
#[derive(Clone, Copy, Debug)]
#[cfg(any(target_os = "linux", test))]
pub enum Veil {
    /// The session is locked or idle.
    Session,
    /// The screensaver is on.
    Saver,
}

impl Eyes {
    pub fn are_on(&self) -> bool {
        let Sight {
            focus,
            session,
            saver,
        } = &*self.0;
        let is = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        is(focus) && !is(session) && !is(saver)
    }

    #[cfg(any(target_os = "linux", test))]
    pub fn veil(&self, veil: Veil, on: bool) {
        let flag = match veil {
            Veil::Session => &self.0.session,
            Veil::Saver => &self.0.saver,
        };
        flag.store(on, Ordering::Relaxed);
    }

    fn set(&self, focused: bool) {
        self.0.focus.store(focused, Ordering::Relaxed);
    }
}

/// Down before a new window until its page has what it shows: nobody sees an empty one, and drawing that would take its time from
/// the page.
#[derive(Debug, Default)]
pub struct Curtain(AtomicBool);

impl Curtain {
    fn lower(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_down(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn lift(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// What becomes of the window when it is closed.
pub struct Keeping {
    /// So long it stays ready.
    time: Duration,
    /// Counts the times that it was closed or shown; an older end of the time means nothing.
    turn: AtomicU32,
    /// The screen it stood on when it went.
    screen: Mutex<Option<String>>,
}

impl Keeping {
    pub fn new(time: Duration) -> Self {
        Self {
            time,
            turn: AtomicU32::new(0),
            screen: Mutex::new(None),
        }
    }

    fn next_turn(&self) -> u32 {
        self.turn.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn is_turn(&self, turn: u32) -> bool {
        self.turn.load(Ordering::Relaxed) == turn
    }

    fn swap_screen(&self, screen: Option<String>) -> Option<String> {
        let mut held = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, screen)
    }
}

/// Opens the window or brings it to the front.
pub fn show(app: &AppHandle) {
    let screen = app.try_state::<Desktop>().and_then(|desktop| {
        desktop.keeping.next_turn();
        desktop.keeping.swap_screen(None)
    });
    let shown = match app.get_webview_window(LABEL) {
        Some(window) => raise(&window),
        None => open(app, screen),
    };
    if let Err(error) = shown {
        tracing::error!(%error, "window did not open");
    }
}

/// The page of the window was given what it asked for.
pub fn page_was_answered(app: &AppHandle) {
    if app.state::<Curtain>().is_down() {
        lift_after(app, ANSWER_LEAVES);
    }
}

/// Shows a new window after that time, unless it was shown meanwhile.
fn lift_after(app: &AppHandle, time: Duration) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(time).await;
        on_main_thread(&app, |app| {
            if app.state::<Curtain>().is_down()
                && let Some(window) = app.get_webview_window(LABEL)
                && let Err(error) = raise(&window)
            {
                tracing::error!(%error, "window did not open");
            }
        });
    });
}

fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    window.state::<Curtain>().lift();
    window.unminimize()?;
    window.show()?;
    window.set_focus()
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
    if app.get_webview_window(LABEL).is_none() {
        let keeping = &app.state::<Desktop>().keeping;
        keeping.swap_screen(Some(format!("/{screen}")));
        return show(app);
    }
    show(app);
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.eval(format!("location.hash = '#/{screen}'"))
    {
        tracing::warn!(%error, "window did not go to the screen");
    }
}

/// Makes the window, on the screen of that fragment of its address or on the first.
fn open(app: &AppHandle, screen: Option<String>) -> tauri::Result<()> {
    app.state::<Curtain>().lower();
    let page = screen.map_or_else(WebviewUrl::default, |screen| {
        WebviewUrl::App(format!("#{screen}").into())
    });
    let window = WebviewWindowBuilder::new(app, LABEL, page)
        .title("Syncward")
        .inner_size(1280.0, 832.0)
        .min_inner_size(720.0, 480.0)
        // Ctrl + and Ctrl -, for those who need larger text.
        .zoom_hotkeys_enabled(true)
        .visible(false)
        .build()?;
    #[cfg(target_os = "linux")]
    window.with_webview(|webview| draw_without_graphics_card(&webview.inner()))?;
    // A page that can't ask is shown as it is.
    lift_after(app, ASKS_WITHIN);
    Ok(())
}

/// A page of words that rests most of the day: what a graphics card's driver and its memory cost is never earned back.
#[cfg(target_os = "linux")]
fn draw_without_graphics_card(webview: &webkit2gtk::WebView) {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};
    if let Some(settings) = webview.settings() {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
}

/// Closing the window leaves the agent running; whether somebody looks at it is noted.
pub fn on_event(window: &Window, event: &WindowEvent) {
    let eyes = window.state::<Eyes>();
    match event {
        WindowEvent::Focused(focused) => eyes.set(*focused),
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            put_away(window);
            eyes.set(false);
        }
        WindowEvent::Destroyed => eyes.set(false),
        _ => {}
    }
}

/// Into the tray where there is one, else minimised.
fn put_away(window: &Window) {
    let has_tray = window.state::<Desktop>().tray.is_there();
    let away = match has_tray {
        true => window.hide(),
        false => window.minimize(),
    };
    match away {
        Ok(()) if has_tray => {
            let agent = window.state::<Desktop>().agent.clone();
            tauri::async_runtime::spawn(async move { agent.ask(Request::ClosedToTray).await });
            tauri::async_runtime::spawn(let_go(window.app_handle().clone()));
        }
        Ok(()) => {}
        Err(error) => tracing::warn!(%error, "window could not be put away"),
    }
}

/// Ends the closed window after its time, unless it was shown meanwhile.
async fn let_go(app: AppHandle) {
    let keeping = &app.state::<Desktop>().keeping;
    let turn = keeping.next_turn();
    tokio::time::sleep(keeping.time).await;
    // On the thread that shows it, so that no click comes in between.
    on_main_thread(&app, move |app| end(app, turn));
    tokio::time::sleep(ENDS_WITHIN).await;
    #[cfg(target_os = "linux")]
    on_main_thread(&app, move |app| {
        let still_gone = app.get_webview_window(LABEL).is_none();
        if still_gone && app.state::<Desktop>().keeping.is_turn(turn) {
            crate::memory::give_back();
        }
    });
}

fn end(app: &AppHandle, turn: u32) {
    let keeping = &app.state::<Desktop>().keeping;
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    if !keeping.is_turn(turn) {
        return;
    }
    let address = window.url().ok();
    keeping.swap_screen(address.and_then(|it| it.fragment().map(str::to_owned)));
    if let Err(error) = window.destroy() {
        tracing::warn!(%error, "closed window could not be ended");
    }
}

fn on_main_thread(app: &AppHandle, act: impl FnOnce(&AppHandle) + Send + 'static) {
    let there = app.clone();
    if let Err(error) = app.run_on_main_thread(move || act(&there)) {
        tracing::warn!(%error, "closed window could not be ended");
    }
}

/// Size and place of the last time; not whether it was visible, which login would bring back.
pub fn remembered_place() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::default()
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_with_the_focus_is_seen_unless_something_is_over_it() {
        let eyes = Eyes::default();
        let seen = |veil, on| {
            eyes.veil(veil, on);
            eyes.are_on()
        };
        assert!(!seen(Veil::Saver, false));
        eyes.set(true);
        assert!(eyes.are_on());
        assert!(!seen(Veil::Saver, true));
        assert!(!seen(Veil::Session, true));
        assert!(!seen(Veil::Saver, false));
        assert!(seen(Veil::Session, false));
        eyes.set(false);
        assert!(!eyes.are_on());
    }
}
