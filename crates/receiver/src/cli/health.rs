//! `health`: whether the receiver that runs does its work, for containers and monitors.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::said::say;
use super::way::door_of;
use crate::config::Config;

/// For the whole answer, which waits for a commit.
const PATIENCE: Duration = Duration::from_secs(8);

/// What it says of itself.
pub(super) struct Health {
    /// Where it was asked.
    pub address: String,
    /// None when it is ready.
    pub why_not: Option<String>,
}

/// Asks and tells; 1 when it is not ready.
pub async fn health(config: &Config, json: bool) -> Result<ExitCode> {
    let Health { address, why_not } = ask(config).await?;
    match (&why_not, json) {
        (why, true) => {
            say!(
                "{}",
                json!({ "receiver": address, "ready": why.is_none(), "why": why })
            );
        }
        (None, false) => say!("The receiver at {address} is ready."),
        (Some(why), false) => bail!("the receiver at {address} is not ready: {why}"),
    }
    Ok(match why_not {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

/// Asks at its own door, without a token.
///
/// # Errors
/// Nothing answers there, or something else does.
pub(super) async fn ask(config: &Config) -> Result<Health> {
    let door = door_of(config).await?;
    let client = door.client()?;
    let asked = async {
        let request = client.get(format!("{}/readyz", door.address));
        let answer = request.timeout(PATIENCE).send().await?;
        Ok(answer.text().await?)
    };
    let text = asked.await.map_err(|error| door.unanswered(error))?;
    let told: Value = serde_json::from_str(&text).unwrap_or_default();
    let address = door.address;
    match (told["status"].as_str(), told["error"].as_str()) {
        (Some("ready"), _) => Ok(Health {
            address,
            why_not: None,
        }),
        (_, Some(why)) => Ok(Health {
            address,
            why_not: Some(why.to_owned()),
        }),
        (_, None) => bail!("what answers at {address} is no receiver of Syncward's"),
    }
}
