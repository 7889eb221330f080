//! One change after the other: from the notification's POST to the change committed, as another reader of the database sees it.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::receiver::Ready;

/// How long one change may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often the database is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What the run showed; Google's own answer to the listing is inside it.
pub struct Changes {
    pub count: usize,
    pub p50_ms: f64,
    pub p95_ms: f64,
}

/// Lets a person book `count` times; Google's own notifications are dropped, so that ours is the one that is timed.
pub async fn measure(ready: &Ready, count: usize) -> anyhow::Result<Changes> {
    let silence = json!({ "match": { "operation": "push.change" }, "action": { "kind": "drop" } });
    ready.site.simulate("sim/faults", silence).await?;
    let database = ready.site.database()?;
    let mut took_ms = Vec::with_capacity(count);
    for day in 0..count {
        let (month, day) = (day / 28 % 12 + 1, day % 28 + 1);
        let at = |minute: u32| json!({ "dateTime": format!("2031-{month:02}-{day:02}T09:{minute:02}:00Z") });
        let event = json!({ "summary": "Scan", "start": at(0), "end": at(30) });
        ready
            .site
            .simulate("sim/calendars/admin%40clinic.example/events", event)
            .await?;
        let before = appointments(&database)?;
        let began = Instant::now();
        ready.notify().await?;
        while appointments(&database)? == before {
            anyhow::ensure!(began.elapsed() < PATIENCE, "a change was never applied");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        took_ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    took_ms.sort_unstable_by(f64::total_cmp);
    Ok(Changes {
        count,
        p50_ms: took_ms[count / 2],
        p95_ms: took_ms[count * 95 / 100],
    })
}

/// Committed appointments, read beside the receiver.
fn appointments(database: &rusqlite::Connection) -> anyhow::Result<i64> {
    let mut statement = database.prepare_cached("select count(*) from appointment")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
