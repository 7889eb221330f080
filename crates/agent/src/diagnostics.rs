//! What a person may hand to whoever helps them: states, times and codes, with names taken out.
//!
//! Gathers text files, and saves exactly what was shown. Never holds a token or an e-mail address; names of clinics and
//! calendars only when the person wants them in.

mod files;
mod redact;

use std::io::{Cursor, Write};
use std::path::Path;

use jiff::Timestamp;
use syncward_wire::Activity;
use uuid::Uuid;
use zip::write::SimpleFileOptions;

pub use redact::Redactor;

use crate::bridge::{Diagnostics, DiagnosticsFile, Fault, Saved, Snapshot};
use crate::saving;

/// Lines of the biography and of the log.
pub const LINES: u32 = 200;

/// Files, ready to be shown and saved.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub id: Uuid,
    pub files: Vec<DiagnosticsFile>,
    taken_at: Timestamp,
}

/// Gathers the files from what is known.
pub fn gather(
    snapshot: &Snapshot,
    lines: &[Activity],
    log: &Path,
    with_names: bool,
    now: Timestamp,
) -> Bundle {
    let redactor = Redactor::new(snapshot, with_names);
    let files = files::of(snapshot, lines, log, with_names, now)
        .into_iter()
        .map(|(name, text)| DiagnosticsFile {
            name: name.into(),
            text: redactor.clean(&text),
        })
        .collect();
    Bundle {
        id: Uuid::new_v4(),
        files,
        taken_at: now,
    }
}

impl Bundle {
    /// For the window.
    pub fn shown(&self) -> Diagnostics {
        Diagnostics {
            id: self.id,
            files: self.files.clone(),
        }
    }

    /// Saves it as a zip file among the person's downloads.
    pub fn save(&self) -> Result<Saved, Fault> {
        let bytes = self.zipped().map_err(|error| {
            Fault::new(
                "diagnostics_not_packed",
                format!("The files could not be packed: {error}."),
                "Copy what you need from the text shown.",
            )
        })?;
        let stamp = self.taken_at.strftime("%Y-%m-%d %H%M%S");
        saving::keep(&format!("Syncward diagnostics {stamp}.zip"), &bytes)
    }

    /// Its bytes as a zip file.
    pub fn zipped(&self) -> zip::result::ZipResult<Vec<u8>> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for file in &self.files {
            zip.start_file(file.name.as_str(), plain)?;
            zip.write_all(file.text.as_bytes())?;
        }
        Ok(zip.finish()?.into_inner())
    }
}
