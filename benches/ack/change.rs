//! One change after the other: from the notification's POST to the change committed and told on the live stream.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures_util::{Stream, StreamExt};
use serde_json::json;

use crate::receiver::Ready;

/// How long one change may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the run showed; Google's own answer to the listing is inside it.
pub struct Changes {
    pub count: usize,
    pub p50_ms: f64,
    pub p95_ms: f64,
}

/// Lets a person book `count` times; Google's own notifications are dropped, so that ours is the one that is timed.
pub async fn measure(ready: &Ready, count: usize) -> anyhow::Result<Changes> {
    let silence = json!({ "match": { "operation": "push.change" }, "action": { "kind": "drop" } });
    ready.simulate("sim/faults", silence).await?;
    let stream = ready.control.stream().await?;
    let mut stream = std::pin::pin!(stream);
    let mut took_ms = Vec::with_capacity(count);
    for day in 0..count {
        let (month, day) = (day / 28 % 12 + 1, day % 28 + 1);
        let at = |minute: u32| json!({ "dateTime": format!("2031-{month:02}-{day:02}T09:{minute:02}:00Z") });
        let event = json!({ "summary": "Scan", "start": at(0), "end": at(30) });
        ready
            .simulate("sim/calendars/admin%40clinic.example/events", event)
            .await?;
        let began = Instant::now();
        ready.notify().await?;
        tokio::time::timeout(PATIENCE, applied(stream.as_mut()))
            .await
            .context("a change was never applied")??;
        took_ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    took_ms.sort_unstable_by(f64::total_cmp);
    Ok(Changes {
        count,
        p50_ms: took_ms[count / 2],
        p95_ms: took_ms[count * 95 / 100],
    })
}

/// Reads the live stream up to the word that a change was applied.
async fn applied(
    mut stream: impl Stream<Item = reqwest::Result<impl AsRef<[u8]>>> + Unpin,
) -> anyhow::Result<()> {
    while let Some(chunk) = stream.next().await {
        if String::from_utf8_lossy(chunk?.as_ref()).contains("changes_applied") {
            return Ok(());
        }
    }
    bail!("the live stream ended")
}
