//! Writes the TypeScript of the bridge beside that of the control API.

use std::error::Error;
use std::path::Path;

use syncward_agent::bridge::{Hint, Request, Response};
use ts_rs::{Config, TS};

#[test]
fn the_bridge_is_written_as_typescript() -> Result<(), Box<dyn Error>> {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/wire");
    let config = Config::new().with_large_int("number").with_out_dir(out);
    Request::export_all(&config)?;
    Response::export_all(&config)?;
    Hint::export_all(&config)?;
    Ok(())
}
