//! The whole product in its real window: connect, see, renew, be warned, close to the tray and come back.
//!
//! Wants a display, a private bus and built binaries; `cargo xtask test desktop` brings them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "desktop/browser.rs"]
mod browser;
#[path = "desktop/bubbles.rs"]
mod bubbles;
#[path = "desktop/window.rs"]
mod window;
#[path = "desktop/world.rs"]
mod world;

use std::time::Duration;

use serde_json::json;

use bubbles::Bubbles;
use window::Window;
use world::{World, binaries};

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_every_calendar_and_renews_one() {
    let bubbles = tokio::task::spawn_blocking(Bubbles::listen).await.unwrap();
    let world = tokio::task::spawn_blocking(World::start).await.unwrap();
    let folder = tempfile();
    let environment = [
        (
            "SYNCWARD_DESKTOP_DATA_DIR",
            folder.join("desktop").to_string_lossy().into_owned(),
        ),
        ("PATH", browser::path_with_scripted_browser(&folder)),
    ];
    let arguments = ["--receiver", &world.receiver, "--code", &world.code];
    let window = Window::open(&binaries().join("syncward"), &arguments, &environment).await;

    // Twelve seeded calendars and more, in the states the demo promises.
    window
        .until(
            "twelve rows",
            "return document.querySelectorAll('[data-link]').length >= 12",
        )
        .await;
    for state in ["live", "polling", "reconnect_needed"] {
        window
            .until(
                state,
                &format!("return !!document.querySelector('[data-link][data-state={state}]')"),
            )
            .await;
    }
    window.photograph("overview-light");

    // Renew now: the row shows a new expiry, by itself.
    let live = "[data-link][data-state=live]";
    let id = window
        .until(
            "a live row",
            &format!("return document.querySelector('{live}').dataset.link"),
        )
        .await;
    let id = id.as_str().unwrap();
    let expiry = format!("return document.querySelector('[data-link=\"{id}\"]')?.dataset.expires");
    let before = window.until("an expiry", &expiry).await;
    world.quiet().await;
    window
        .find(&format!("[data-link='{id}'] button[data-action=renew]"))
        .await
        .click()
        .await
        .unwrap();
    let moved = format!(
        "const now = document.querySelector('[data-link=\"{id}\"]')?.dataset.expires; return now && now !== {before} && now"
    );
    window.until("the expiry to move", &moved).await;

    // A renewal that fails while expiry nears: one bubble, whose button works once Google relents.
    world
        .fault(json!({"match": {"operation": "events.watch"},
        "action": {"kind": "refuse", "status": 403, "reason": "rateLimitExceeded"}}))
        .await;
    window
        .find(&format!("[data-link='{id}'] button[data-action=renew]"))
        .await
        .click()
        .await
        .unwrap();
    let (bubbles, bubble) = tokio::task::spawn_blocking(move || {
        let bubble = bubbles.wait(Duration::from_secs(60), |bubble| {
            bubble.actions.iter().any(|label| label.contains("Renew"))
        });
        (bubbles, bubble)
    })
    .await
    .unwrap();
    assert!(
        bubble.summary.chars().count() <= 40,
        "a title is at most 40 characters: {bubble:?}"
    );
    assert!(
        !bubble.body.contains('@'),
        "no address in a bubble: {bubble:?}"
    );
    window.photograph("alert");
    world.heal().await;
    tokio::task::spawn_blocking(move || {
        bubbles.press(&bubble, "Renew");
        bubbles.wait(Duration::from_secs(60), |next| {
            next.id == bubble.id && next.summary.contains("renewed")
        });
    })
    .await
    .unwrap();
    window.close().await;
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("syncward-desktop-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
