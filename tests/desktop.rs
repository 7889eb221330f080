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

    // The consent that was withdrawn raises one bubble for its two calendars.
    let (bubbles, bubble) = tokio::task::spawn_blocking(move || {
        let bubble = bubbles.wait(Duration::from_secs(60), |bubble| {
            bubble.summary.contains("reconnect")
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

    // Renew now: the row shows a new expiry, by itself, and the old channel is not stopped first.
    let row = "[...document.querySelectorAll('[data-link]')].find(row => row.innerText.includes('ultrasound'))";
    let expiry = format!("return {row}?.dataset.expires");
    let before = window.until("an expiry", &expiry).await;
    let stops = world.calls("channels.stop").await;
    let press = format!(
        "const button = [...{row}.querySelectorAll('button')].find(one => one.textContent.includes('Renew')); \
         button?.click(); return !!button"
    );
    window.until("a Renew now button", &press).await;
    let moved =
        format!("const now = {row}?.dataset.expires; return now && now !== {before} && now");
    window.until("the expiry to move", &moved).await;
    assert_eq!(
        world.calls("channels.stop").await,
        stops,
        "the old channel lives through the overlap"
    );
    window.photograph("renewed");

    // A person edits in Google: the channel's page tells of it, without a reload.
    world.quiet().await;
    window
        .until(
            "the row's link",
            &format!("{row}.querySelector('a').click(); return true"),
        )
        .await;
    window
        .until(
            "the channel's page",
            "return document.body.innerText.includes('What happened')",
        )
        .await;
    let told = "return (document.body.innerText.match(/changes? applied/g) ?? []).length";
    let before = window.client.execute(told, Vec::new()).await.unwrap();
    world.edit("ultrasound").await;
    window
        .until("the edit", &format!("{told} > {before}"))
        .await;
    window.photograph("channel-light");
    drop(bubbles);
    window.close().await;
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("syncward-desktop-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
