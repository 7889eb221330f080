//! Checks a kept proof: whether it is as it was written, and whether the audit trail still holds what it named.

use serde::Serialize;
use serde_json::Value;

use super::{digest, page};
use crate::store::sql::Connection;
use crate::store::{self, Result};

/// What checking found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The digest that was written down, and the one of what stands there now.
    pub written: String,
    pub found: String,
    /// Whether the audit trail still holds the entry that was its head; none without a database.
    pub trail: Option<Trail>,
}

/// The audit trail against a kept head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trail {
    /// It goes on from the very entry.
    Continues,
    /// It had no entry when the proof was made.
    Began,
    /// Another entry, or none, stands in its place, or the trail is broken before it.
    Differs { why: String },
}

impl Verdict {
    /// Whether all that could be checked is as it was.
    pub fn holds(&self) -> bool {
        self.written == self.found && !matches!(self.trail, Some(Trail::Differs { .. }))
    }
}

/// Checks a JSON file, or a page, that `attest` wrote; none when it is neither.
///
/// # Errors
/// What the store says.
pub fn verify(text: &str, database: Option<&Connection>) -> Result<Option<Verdict>> {
    let kept = page::embedded(text).unwrap_or(text);
    let Ok(kept) = serde_json::from_str::<Value>(kept) else {
        return Ok(None);
    };
    let (Some(written), proof @ Value::Object(_)) = (kept["sha256"].as_str(), &kept["proof"])
    else {
        return Ok(None);
    };
    let trail = match database {
        Some(connection) => Some(compare(connection, &proof["audit"])?),
        None => None,
    };
    Ok(Some(Verdict {
        written: written.to_owned(),
        found: digest(proof)?,
        trail,
    }))
}

fn compare(connection: &Connection, head: &Value) -> Result<Trail> {
    let seq = head["seq"].as_i64().unwrap_or_default();
    if seq == 0 {
        return Ok(Trail::Began);
    }
    let differs = |why: String| Ok(Trail::Differs { why });
    let chain = store::audit::verify(connection)?;
    if let Some(broken_at) = chain.broken_at.filter(|at| *at <= seq) {
        return differs(format!("entry {broken_at} was changed or is missing"));
    }
    let entry = store::audit::page(connection, Some(seq + 1), 1)?.pop();
    match entry.filter(|entry| entry.seq == seq) {
        Some(entry) if Some(entry.hash.as_str()) == head["hash"].as_str() => Ok(Trail::Continues),
        Some(_) => differs(format!("entry {seq} is another than the one named")),
        None => differs(format!("entry {seq} is missing")),
    }
}
