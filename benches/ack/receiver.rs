//! The receiver as the load meets it: one account connected, its channel proved.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::post::Target;
use crate::site::{PATIENCE, Site, eventually};

const ACCOUNT: &str = "admin@clinic.example";
/// Google's own numbers grow with gaps; the load's start far beyond them.
const FIRST_NUMBER: u64 = 1_000_000_000;

/// The receiver and what its load must say.
pub struct Ready {
    pub site: Site,
    pub target: Target,
}

impl Ready {
    /// One notification, as Google sends it.
    pub async fn notify(&self) -> anyhow::Result<()> {
        let Target {
            channel_id,
            token,
            resource_id,
            number,
            ..
        } = &self.target;
        let number = number.fetch_add(1, Ordering::Relaxed) + 1;
        let request = self.site.control.http.post(self.site.webhook()?);
        let request = request
            .header("X-Goog-Channel-ID", channel_id)
            .header("X-Goog-Channel-Token", token)
            .header("X-Goog-Resource-ID", resource_id)
            .header("X-Goog-Resource-State", "exists")
            .header("X-Goog-Message-Number", number);
        request.send().await?.error_for_status()?;
        Ok(())
    }
}

/// Starts the receiver and connects the simulator's account.
pub async fn start(folder: &Path) -> anyhow::Result<Ready> {
    let site = Site::start(folder, &[]).await?;
    site.control.connect(ACCOUNT).await?;
    let channel = eventually("a proved channel", PATIENCE, async || {
        let world = site.face.world();
        let channel = world.channels.by_id.values().next()?;
        Some((
            channel.id.clone(),
            channel.token.clone()?,
            channel.resource_id.clone(),
        ))
    })
    .await?;
    eventually("a live link", PATIENCE, async || {
        let links = site.control.get("links").await.ok()?;
        (links["items"][0]["state"] == "live").then_some(())
    })
    .await?;
    let (channel_id, token, resource_id) = channel;
    let target = Target {
        address: site.address,
        channel_id,
        token,
        resource_id,
        number: Arc::new(AtomicU64::new(FIRST_NUMBER)),
    };
    Ok(Ready { site, target })
}
