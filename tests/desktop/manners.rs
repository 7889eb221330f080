//! The app as a citizen of its platform: links that ask, start at login, signed updates, the language, and a page that
//! reaches nobody.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::aside;
use crate::bubbles::Bubbles;
use crate::process;
use crate::screen::OnScreen;
use crate::tray::Tray;
use crate::updates::{self, Signed, Updates};
use crate::window::Window;
use crate::world::binaries;

/// The process that draws a window's page.
const PAGE: &str = "WebKitWebProcess";

/// Every way out of a page; each is tried, and what became of it is told.
const WAYS_OUT: &str = "
    const [port, done] = arguments;
    const url = `http://127.0.0.1:${port}/`;
    const refused = [];
    addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
    const load = (tag, fill) => new Promise((over) => {
        const element = Object.assign(document.createElement(tag), fill);
        element.onload = () => over(`${tag} loaded`);
        element.onerror = () => over(`${tag} refused`);
        document.body.append(element);
    });
    const ways = [
        fetch(url, { mode: 'no-cors' }).then(() => 'fetch loaded', () => 'fetch refused'),
        new Promise((over) => {
            const request = new XMLHttpRequest();
            request.onload = () => over('xhr loaded');
            request.onerror = () => over('xhr refused');
            request.open('GET', url);
            request.send();
        }),
        new Promise((over) => {
            try {
                const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
                socket.onopen = () => over('socket loaded');
                socket.onerror = () => over('socket refused');
            } catch { over('socket refused'); }
        }),
        new Promise((over) => {
            try {
                const source = new EventSource(url);
                source.onopen = () => over('events loaded');
                source.onerror = () => (source.close(), over('events refused'));
            } catch { over('events refused'); }
        }),
        load('img', { src: `${url}a.png` }),
        load('script', { src: `${url}a.js` }),
        load('link', { rel: 'stylesheet', href: `${url}a.css` }),
    ];
    Promise.all(ways).then((became) => done({ became, refused }));
";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_page_reaches_the_network() {
    let bubbles = aside(Bubbles::listen).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(AtomicU32::new(0));
    std::thread::spawn({
        let heard = heard.clone();
        move || {
            for stream in listener.incoming() {
                drop(stream);
                heard.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let folder = crate::tempfile().join("alone");
    let window = Window::open(
        &binaries().join("syncward"),
        &[],
        &[("SYNCWARD_DESKTOP_DATA_DIR", text(&folder.join("desktop")))],
    )
    .await;
    window.says("Where is your receiver?").await;
    let told = window
        .client
        .execute_async(WAYS_OUT, vec![json!(port)])
        .await
        .unwrap();
    let became = told["became"].as_array().unwrap();
    assert_eq!(became.len(), 7, "{told}");
    for way in became {
        assert!(way.as_str().unwrap().ends_with("refused"), "{told}");
    }
    let refused = told["refused"].to_string();
    for directive in ["connect-src", "img-src", "script-src", "style-src"] {
        assert!(refused.contains(directive), "not by the policy: {told}");
    }
    assert_eq!(heard.load(Ordering::SeqCst), 0, "somebody was reached");
    // Tauri's own commands are closed to the page as well.
    let command = "const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('plugin:window|close', { label: 'main' }) \
        .then(() => done('taken'), (why) => done(String(why)))";
    let answer = window
        .client
        .execute_async(command, Vec::new())
        .await
        .unwrap();
    assert!(answer.as_str().unwrap().contains("not allowed"), "{answer}");
    drop(bubbles);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_ask_logging_in_is_asked_for_and_updates_are_checked() {
    let bubbles = aside(Bubbles::listen).await;
    let updates = aside(Updates::serve).await;
    let folder = crate::tempfile().join("citizen");
    let (home, downloads) = (folder.join("home"), folder.join("downloads"));
    std::fs::create_dir_all(&home).unwrap();
    let environment = [
        ("SYNCWARD_DESKTOP_DATA_DIR", text(&folder.join("desktop"))),
        ("SYNCWARD_UPDATE_URL", updates.address.clone()),
        ("SYNCWARD_UPDATE_KEY", updates.key.clone()),
        ("XDG_DOWNLOAD_DIR", text(&downloads)),
        ("XDG_CONFIG_HOME", text(&home.join(".config"))),
        ("HOME", text(&home)),
        ("LANG", "C.UTF-8".to_owned()),
    ];
    let link = ["syncward://pair?address=https%3A%2F%2Fcalendar.clinic.example&code=ABCDE-FGHJK"];
    let window = Window::open(&binaries().join("syncward"), &link, &environment).await;

    asks_before_it_pairs(&window).await;
    takes_the_links_of_a_second_start(&window, &environment).await;

    starts_at_login_when_asked(&window, &home).await;
    takes_only_what_is_signed(&window, &updates, &downloads).await;
    speaks_german(&window).await;
    drop(bubbles);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_window_gives_its_memory_back() {
    let bubbles = aside(Bubbles::listen).await;
    let tray = aside(Tray::listen).await;
    let folder = crate::tempfile().join("thrifty");
    aside(move || {
        let mut desktop = Command::new(binaries().join("syncward"));
        desktop.args(["--keep-window", "1"]).stdin(Stdio::null());
        desktop.env("SYNCWARD_DESKTOP_DATA_DIR", folder.join("desktop"));
        let mut desktop = desktop.spawn().unwrap();
        let icon = tray.icon();
        let first = OnScreen::await_one();
        let page = process::await_child(desktop.id(), PAGE);
        let with_a_window = process::code_kib(desktop.id());
        first.close();
        process::until_gone(page);
        process::until_code_is_below(desktop.id(), with_a_window / 2);
        icon.click();
        let second = OnScreen::await_one();
        assert_eq!(second.process(), desktop.id(), "the same process");
        process::await_child(desktop.id(), PAGE);
        // Brought back within its time it is the same page, and stays.
        second.close();
        second.until(false);
        icon.click();
        second.until(true);
        process::terminate(desktop.id());
        assert!(desktop.wait().unwrap().success());
    })
    .await;
    drop(bubbles);
}

#[test]
fn without_a_display_it_says_so_and_ends() {
    let ended = |display: Option<&str>, language: &str| {
        let mut desktop = Command::new(binaries().join("syncward"));
        desktop.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        desktop.env("LC_ALL", language).stdin(Stdio::null());
        desktop.envs(display.map(|display| ("DISPLAY", display)));
        let output = desktop.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(ended(None, "C.UTF-8").contains("There is no display"));
    // Named by who is no longer logged in.
    let gone = ended(Some(":4711"), "de_DE.UTF-8");
    assert!(
        gone.contains("Der Bildschirm ist nicht erreichbar"),
        "{gone}"
    );
    assert!(gone.contains("syncward --headless"));
}

/// The link fills the form; nothing is paired.
async fn asks_before_it_pairs(window: &Window) {
    window.says("Connect to this receiver?").await;
    let filled = "const [address, code] = document.querySelectorAll('dialog input'); \
        return address.value === 'https://calendar.clinic.example' && code.value === 'ABCDE-FGHJK'";
    window.until("address and code in the form", filled).await;
    window.photograph("link-pair").await;
    window.press("Not now").await;
    let gone = "return !document.querySelector('dialog') && document.body.innerText.includes('Where is your receiver?')";
    window.until("the first run, unpaired", gone).await;
}

/// What a browser or a mail starts beside the running app hands its link over and ends.
async fn takes_the_links_of_a_second_start(window: &Window, environment: &[(&str, String)]) {
    let hand_over = |link: &str| {
        let mut second = Command::new(binaries().join("syncward"));
        second.arg(link).stdin(Stdio::null());
        second.envs(environment.iter().map(|(name, value)| (*name, value)));
        aside(move || {
            let mut second = second.spawn().unwrap();
            process::until_gone(second.id());
            let status = second.wait().unwrap();
            assert!(status.success(), "the second start ended with {status}");
        })
    };
    hand_over("syncward://open/settings").await;
    let settings = "return location.hash === '#/settings'";
    window.until("the screen of the link", settings).await;
    hand_over("syncward://erase/everything").await;
    window.says("Syncward knows no such link").await;
}

async fn starts_at_login_when_asked(window: &Window, home: &Path) {
    let entry = home.join(".config/autostart/Syncward.desktop");
    assert!(!entry.exists(), "nobody asked for it");
    let press = "const input = [...document.querySelectorAll('input[role=switch]')] \
        .find((one) => one.closest('label').innerText.includes('Start at login')); \
        if (!input || input.disabled) return false; input.click(); return true";
    window.until("the switch", press).await;
    wait_for("the entry", || {
        std::fs::read_to_string(&entry).is_ok_and(|text| text.contains("--hidden"))
    })
    .await;
    window.until("the switch again", press).await;
    wait_for("no entry", || !entry.exists()).await;
}

/// A package of a stranger or of another version is thrown away; one that is signed well lies in the downloads and no further.
async fn takes_only_what_is_signed(window: &Window, updates: &Updates, downloads: &Path) {
    window.press("Look now").await;
    window.says("Version 9.9.9 is there.").await;
    window.press("Download 9.9.9").await;
    window
        .says("not signed with the key this Syncward trusts")
        .await;
    assert!(!downloads.exists(), "something of it was kept");
    window.photograph("update-refused").await;
    for way in [Signed::AsOlder, Signed::AsNone] {
        updates.sign(way);
        window.press("Look now").await;
        window.says("Version 9.9.9 is there.").await;
        window.press("Download 9.9.9").await;
        window
            .says("not signed as the version that was announced")
            .await;
        assert!(!downloads.exists(), "something of it was kept");
    }
    updates.sign(Signed::Well);
    window.press("Look now").await;
    window.press("Download 9.9.9").await;
    window.says("is signed as it should be").await;
    assert!(downloads.join(updates::FILE).is_file());
    window.photograph("update-fetched").await;
}

async fn speaks_german(window: &Window) {
    let choose = "const select = document.querySelector('#language'); if (!select) return false; \
        select.value = 'de'; select.dispatchEvent(new Event('change', { bubbles: true })); return true";
    window.until("the languages", choose).await;
    window.says("Beim Anmelden starten").await;
    window
        .until(
            "the page's language",
            "return document.documentElement.lang === 'de-DE'",
        )
        .await;
    window.photograph("settings-german").await;
}

async fn wait_for(what: &'static str, holds: impl Fn() -> bool) {
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
    for _ in 0..200 {
        tick.tick().await;
        if holds() {
            return;
        }
    }
    panic!("never seen: {what}");
}

fn text(path: &Path) -> String {
    PathBuf::from(path).to_string_lossy().into_owned()
}
