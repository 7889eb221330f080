//! The whole product in its real window: connect, see, renew, be warned, close to the tray and come back.
//!
//! Wants a display, a private bus and built binaries; `cargo xtask test desktop` brings them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "desktop/browser.rs"]
mod browser;
#[path = "desktop/bubbles.rs"]
mod bubbles;
#[path = "desktop/manners.rs"]
mod manners;
#[path = "desktop/process.rs"]
mod process;
#[path = "desktop/screen.rs"]
mod screen;
#[path = "desktop/tray.rs"]
mod tray;
#[path = "desktop/updates.rs"]
mod updates;
#[path = "desktop/window.rs"]
mod window;
#[path = "desktop/world.rs"]
mod world;

use std::time::Duration;

use browser::Browser;
use bubbles::{Bubble, Bubbles};
use screen::OnScreen;
use tray::Tray;
use window::Window;
use world::{World, binaries};

/// The account that is connected in the window.
const ACCOUNT: &str = "desk@willowclinic.example";

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_connects_sees_renews_is_warned_and_comes_back() {
    let bubbles = aside(Bubbles::listen).await;
    let tray = aside(Tray::listen).await;
    let world = aside(World::start).await;
    let folder = tempfile();
    let browser = Browser::in_folder(&folder);
    let environment = [
        (
            "SYNCWARD_DESKTOP_DATA_DIR",
            folder.join("desktop").to_string_lossy().into_owned(),
        ),
        ("PATH", browser.path()),
        // What usually heals by itself is told of after a second, not after half an hour.
        ("SYNCWARD_ALERT_AFTER", "1".to_owned()),
    ];
    let arguments = ["--receiver", &world.receiver, "--code", &world.code];
    let window = Window::open(&binaries().join("syncward"), &arguments, &environment).await;

    sees_every_calendar(&window).await;
    let bubbles = is_told_of_a_lost_consent(&window, &world, bubbles).await;
    connects_an_account(&window, &world, &browser).await;
    renews_one(&window, &world).await;
    let bubbles = renews_all_due(&window, &world, bubbles).await;
    let bubbles = is_warned_and_renews_from_the_bubble(&window, &world, bubbles).await;
    sees_a_persons_edit(&window, &world).await;
    looks_at_it_in_the_dark(&window).await;
    closes_to_the_tray_and_comes_back(&window, tray).await;
    drop(bubbles);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_runs_its_own_receiver_which_ends_with_the_app() {
    // Holds the daemon's name, so that the bus starts no other.
    let bubbles = aside(Bubbles::listen).await;
    let world = aside(World::google_alone).await;
    let folder = tempfile().join("practice");
    let browser = Browser::in_folder(&folder);
    browser.will("allow", "admin@clinic.example");
    let mut environment = world.environment();
    environment.push((
        "SYNCWARD_DESKTOP_DATA_DIR",
        folder.join("desktop").to_string_lossy().into_owned(),
    ));
    environment.push(("PATH", browser.path()));
    // With a client in the environment the app starts its receiver by itself.
    let window = Window::open(&binaries().join("syncward"), &[], &environment).await;

    begins_to_connect_a_new_clinic(&window).await;
    window.says("admin@clinic.example is connected").await;
    window.says("no public address").await;
    window.photograph("practice-connected").await;
    window.press("Done").await;
    window.go("#/overview").await;
    let polling = format!(
        "return {}?.dataset.state === 'polling'",
        row("Willow Clinic")
    );
    window.until("the calendar on polling", &polling).await;

    // What Google has is here after the next look.
    world.book("admin@clinic.example").await;
    let open = format!(
        "{}.querySelector('a').click(); return true",
        row("Willow Clinic")
    );
    window.until("the row's link", &open).await;
    window.press("Sync now").await;
    window.says("1 change applied").await;
    window.photograph("practice-channel").await;

    // Killed outright, the app leaves no receiver behind.
    aside(|| {
        let app = OnScreen::find().process();
        let receiver = process::child(app, "syncward-receiver");
        process::kill(app);
        process::until_gone(receiver);
    })
    .await;
    drop(bubbles);
    window.close().await;
}

/// Twelve seeded calendars and more, in the states the demo promises.
async fn sees_every_calendar(window: &Window) {
    window
        .until(
            "twelve rows",
            "return document.querySelectorAll('[data-link]').length >= 12",
        )
        .await;
    for state in ["live", "due", "polling", "reconnect_needed"] {
        window
            .until(
                state,
                &format!("return !!document.querySelector('[data-link][data-state={state}]')"),
            )
            .await;
    }
    window.photograph("overview-light").await;
}

/// A consent that is withdrawn while the person looks elsewhere raises one bubble, and no banner in the window.
async fn is_told_of_a_lost_consent(window: &Window, world: &World, bubbles: Bubbles) -> Bubbles {
    let lakeview = "reception@lakeviewpaediatrics.example";
    aside(|| OnScreen::find().focus(false)).await;
    world.withdraw(lakeview, "intake").await;
    let (bubbles, bubble) = next_bubble(bubbles, |bubble| {
        bubble.summary.contains("reconnect") && format!("{bubble:?}").contains("Lakeview")
    })
    .await;
    let told = "return [...document.querySelectorAll('[data-banner]')].every(one => !one.innerText.includes('Lakeview'))";
    window.until("no banner beside the bubble", told).await;
    let length = bubble.summary.chars().count();
    assert!(length <= 40, "a title is at most 40 characters: {bubble:?}");
    assert!(!bubble.body.contains('@'), "an address in {bubble:?}");
    bubbles
}

/// A clinic is made and its account connected: first refused in the browser, then allowed.
async fn connects_an_account(window: &Window, world: &World, browser: &Browser) {
    world.account(ACCOUNT).await;
    browser.will("deny", ACCOUNT);
    begins_to_connect_a_new_clinic(window).await;
    // Denied: a sentence, and nothing half-made.
    window.says("Try again").await;
    let words = "return document.querySelector('[role=status].words')?.innerText ?? document.body.innerText";
    let sentence = window.until("what became of it", words).await;
    let sentence = sentence.as_str().unwrap_or_default().to_lowercase();
    assert!(
        sentence.contains("allow") || sentence.contains("denied"),
        "{sentence}"
    );
    browser.will("allow", ACCOUNT);
    window.press("Try again").await;
    window.says(&format!("{ACCOUNT} is connected")).await;
    window.photograph("connected-light").await;
    assert!(
        browser.last_page().contains("close"),
        "the last page does not say that it can be closed"
    );
    window.press("Done").await;
    window.go("#/overview").await;
    let live = format!("return {}?.dataset.state === 'live'", row("Willow Clinic"));
    window
        .until("the new calendar, proved by its handshake", &live)
        .await;
}

/// Makes a clinic and opens Google's page for it.
async fn begins_to_connect_a_new_clinic(window: &Window) {
    window.go("#/clinics").await;
    window.press("New clinic").await;
    let name = fantoccini::Locator::Css("form input");
    let field = window.client.wait().for_element(name).await.unwrap();
    field.send_keys("Willow Clinic").await.unwrap();
    window.press("Create clinic").await;
    window.press("Open Google").await;
}

/// Renew now: the row shows a new expiry by itself, and the old channel is not stopped first.
async fn renews_one(window: &Window, world: &World) {
    let before = expiry(window, "ultrasound").await;
    let stops = world.calls("channels.stop").await;
    press_renew(window, "ultrasound").await;
    expiry_moves(window, "ultrasound", &before).await;
    assert_eq!(
        world.calls("channels.stop").await,
        stops,
        "the old channel lives through the overlap"
    );
    window.photograph("renewed-light").await;
}

/// What was due because Google had a bad hour is renewed by one button, and its bubble says so.
async fn renews_all_due(window: &Window, world: &World, bubbles: Bubbles) -> Bubbles {
    world.lift_all().await;
    window.press("Renew all due").await;
    let none_due = "return !document.querySelector('[data-state=due]')";
    window.until("no row to be due", none_due).await;
    // Until then the next that fails would join its cause, and raise no bubble of its own.
    let (bubbles, _) = next_bubble(bubbles, |bubble| bubble.summary == "Resolved").await;
    bubbles
}

/// A renewal that fails leaves the old channel in charge and says why; one bubble, whose button renews.
async fn is_warned_and_renews_from_the_bubble(
    window: &Window,
    world: &World,
    bubbles: Bubbles,
) -> Bubbles {
    let before = expiry(window, "X-ray").await;
    let rule = world.refuse_channels("X-ray").await;
    press_renew(window, "X-ray").await;
    let due = format!("return {}?.dataset.state === 'due'", row("X-ray"));
    window.until("the row to be due", &due).await;
    let still = expiry(window, "X-ray").await;
    assert_eq!(still, before, "the old channel stays in charge");
    let (bubbles, bubble) = next_bubble(bubbles, |bubble| {
        bubble.summary.contains("X-ray") || bubble.body.contains("X-ray")
    })
    .await;
    window.photograph("renewal-fails-light").await;

    world.lift(&rule).await;
    let pressed = bubble.clone();
    let bubbles = aside(move || {
        bubbles.press(&pressed, "Renew now");
        bubbles
    })
    .await;
    expiry_moves(window, "X-ray", &before).await;
    let (bubbles, result) = next_bubble(bubbles, move |next| next.id == bubble.id).await;
    assert!(
        result.summary.contains("enew") || result.body.contains("enew"),
        "the bubble tells what became of it: {result:?}"
    );
    bubbles
}

/// A person edits in Google: the channel's page tells of it and of its latency, without a reload.
async fn sees_a_persons_edit(window: &Window, world: &World) {
    world.quiet().await;
    let open = format!("{}.querySelector('a').click(); return true", row("MRI"));
    window.until("the row's link", &open).await;
    window.says("What happened").await;
    let told =
        "return (document.body.innerText.match(/changes? applied in [\\d.]+ m?s/g) ?? []).length";
    let before = window.client.execute(told, Vec::new()).await.unwrap();
    world.edit("MRI").await;
    window
        .until("the edit and its latency", &format!("{told} > {before}"))
        .await;
    window.photograph("channel-light").await;
}

async fn looks_at_it_in_the_dark(window: &Window) {
    window.go("#/overview").await;
    window
        .until(
            "the table",
            "return !!document.querySelector('[data-link]')",
        )
        .await;
    window.photograph("overview-at-work").await;
    // The README's picture is this one.
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        let picture = window::artefacts().join("overview-at-work.png");
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pictures/overview.png");
        std::fs::copy(picture, kept).unwrap();
    }
    window.go("#/settings").await;
    window.press("Dark").await;
    window
        .until(
            "the dark theme",
            "return document.documentElement.dataset.theme === 'dark'",
        )
        .await;
    window.photograph("settings-dark").await;
    window.go("#/overview").await;
    window
        .until(
            "the table",
            "return !!document.querySelector('[data-link]')",
        )
        .await;
    window.photograph("overview-dark").await;
    let open = format!("{}.querySelector('a').click(); return true", row("MRI"));
    window.until("the row's link", &open).await;
    window.says("What happened").await;
    window.photograph("channel-dark").await;
}

/// The close button puts the window away and the agent goes on; a click on the icon brings it back, same process.
async fn closes_to_the_tray_and_comes_back(window: &Window, tray: Tray) {
    let mark = "window.cameBack = true; return true";
    window.until("a mark on the page", mark).await;
    aside(move || {
        let icon = tray.icon();
        assert_eq!(icon.title(), "Syncward");
        let on_screen = OnScreen::find();
        let process = on_screen.process();
        on_screen.close();
        on_screen.until(false);
        icon.click();
        on_screen.until(true);
        assert_eq!(OnScreen::find().process(), process, "the same process");
    })
    .await;
    window
        .until("the same page", "return window.cameBack === true")
        .await;
    window.photograph("back-dark").await;
}

/// The row of a calendar or clinic, as a script finds it.
fn row(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('[data-link]')].find(row => row.innerText.includes({name:?}))"
    )
}

async fn expiry(window: &Window, name: &str) -> serde_json::Value {
    let script = format!("return {}?.dataset.expires", row(name));
    window.until("an expiry", &script).await
}

async fn press_renew(window: &Window, name: &str) {
    let row = row(name);
    let script = format!(
        "const button = [...{row}.querySelectorAll('button')].find(one => one.textContent.includes('Renew')); \
         button?.click(); return !!button"
    );
    window.until("a Renew now button", &script).await;
}

async fn expiry_moves(window: &Window, name: &str, before: &serde_json::Value) {
    let row = row(name);
    let script =
        format!("const now = {row}?.dataset.expires; return now && now !== {before} && now");
    window.until("the expiry to move", &script).await;
}

async fn next_bubble(
    bubbles: Bubbles,
    wanted: impl Fn(&Bubble) -> bool + Send + 'static,
) -> (Bubbles, Bubble) {
    aside(move || {
        let bubble = bubbles.wait(Duration::from_secs(60), wanted);
        (bubbles, bubble)
    })
    .await
}

/// Runs what blocks beside the test's own loop.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("syncward-desktop-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
