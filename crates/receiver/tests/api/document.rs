//! The description of the API is what the snapshot says; `UPDATE_OPENAPI=1` writes it anew.

use std::{env, fs};

use crate::{House, json};

#[tokio::test]
async fn the_description_is_the_snapshot() {
    let house = House::new().await;
    let served = json(house.ask("GET", "/openapi.json", None, "").await).await;
    let now = serde_json::to_string_pretty(&served).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/openapi.json");
    if env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(path, &now).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == now,
        "the API's description changed: look at it, then run with UPDATE_OPENAPI=1"
    );
}
