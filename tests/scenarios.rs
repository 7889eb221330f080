//! Stories of one link in simulated time: each `scenarios/*.txt` runs against the engine, a little executor and a
//! little Google, and its timeline is compared with the `*.golden` beside it (`UPDATE_GOLDEN=1` writes them).
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "scenarios/google.rs"]
mod google;
#[path = "scenarios/properties.rs"]
mod properties;
#[path = "scenarios/renewals.rs"]
mod renewals;
#[path = "scenarios/script.rs"]
mod script;
#[path = "scenarios/timeline.rs"]
mod timeline;
#[path = "scenarios/world.rs"]
mod world;

use std::path::{Path, PathBuf};

use script::Script;
use world::World;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios")
}

fn tell(text: &str) -> String {
    let script = Script::parse(text);
    let mut world = World::new(script.settings, 7);
    for (at, action) in script.actions {
        world.run_until(at);
        world.act(action);
    }
    world.run_until(script.until);
    world.finish()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test writes golden files; the engine does not"
)]
fn every_story_ends_as_its_golden_timeline_says() {
    let mut stories: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "txt"))
        .collect();
    stories.sort();
    assert!(stories.len() >= 7, "found {} stories", stories.len());
    let mut differing = Vec::new();
    for story in stories {
        let told = tell(&std::fs::read_to_string(&story).unwrap());
        let golden = story.with_extension("golden");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, told).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if told != expected {
            differing.push(format!("{}:\n{told}", story.display()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
