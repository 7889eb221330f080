//! The running app's door for the command line: the loopback face, its address and token in a file of this user only.
//!
//! Responsible for writing the file at the start, taking it away at the end, and never following one that others can
//! read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Agent;
use crate::face::Face;

const FILE: &str = "door.json";

/// An open door; its file goes with it.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
    address: Address,
}

/// Where the door is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    pub token: String,
}

impl Door {
    /// Opens the door of an agent whose files lie in `data_dir`, and serves it until the process ends.
    ///
    /// # Errors
    /// When no port or no file can be had.
    pub async fn open(agent: Agent, data_dir: &Path) -> io::Result<Self> {
        let face = Face::bind(agent, None, 0).await?;
        let address = face.door();
        let door = Self {
            path: data_dir.join(FILE),
            address,
        };
        write_private(&door.path, &serde_json::to_vec(&door.address)?)?;
        tokio::spawn(face.serve(std::future::pending()));
        Ok(door)
    }

    /// The door of the app whose files lie in `data_dir`, if it left its address; it may be gone after a crash.
    pub fn find(data_dir: &Path) -> Option<Address> {
        let bytes = std::fs::read(data_dir.join(FILE)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        // A later instance may have opened its own.
        if Self::find(parent).as_ref() == Some(&self.address) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("json.new");
    if fresh.exists() {
        std::fs::remove_file(&fresh)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(&fresh)?.write_all(bytes)?;
    std::fs::rename(&fresh, path)
}
