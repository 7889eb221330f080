//! A burst: every calendar is edited once, and Google announces it many times over, for all of them at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};

use crate::fleet::{self, number};
use crate::post::{self, Target};
use crate::site::{Site, eventually};
use crate::{Figure, megabytes, processes};

/// Google's own numbers grow with gaps; the burst's start far beyond them.
const FIRST_NUMBER: u64 = 1_000_000_000;
const CONNECTIONS: usize = 64;
/// How long the receiver may take to come to rest after it.
const PATIENCE: Duration = Duration::from_secs(600);

/// Posts `each` notifications for each of `links` calendars, interleaved.
pub async fn measure(links: usize, each: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = processes::folder("burst")?;
    let site = Site::start(&folder, &[]).await?;
    let calendars = fleet::connect(&site, links).await?;
    let database = site.database()?;
    let silence = json!({ "match": { "operation": "push.change" }, "action": { "kind": "drop" } });
    site.simulate("sim/faults", silence).await?;
    edit(&site, &calendars)?;
    let targets = targets(&site, &calendars)?;
    let all: Vec<Target> = (0..each).flat_map(|_| targets.iter().cloned()).collect();
    let before = (
        number(&database, "select count(*) from notification")?,
        number(&database, "select count(*) from appointment")?,
        number(&database, "select sum(runs) from link")?,
    );
    let idle_kib = site.process.resident_kib()?;
    site.process.forget_peak()?;
    let cpu = site.process.cpu()?;
    let began = Instant::now();
    let posted = post::once(&all, CONNECTIONS).await?;
    let acknowledged = began.elapsed();
    eventually("the burst has been worked off", PATIENCE, async || {
        fleet::at_rest(&database)
    })
    .await?;
    let rested = began.elapsed();
    let peak_kib = site.process.peak_kib()?;
    let cpu = site.process.cpu()? - cpu;
    let kept = number(&database, "select count(*) from notification")? - before.0;
    ensure!(
        usize::try_from(kept)? == all.len(),
        "{} acknowledged and {kept} kept",
        all.len()
    );
    let applied = number(&database, "select count(*) from appointment")? - before.1;
    ensure!(
        usize::try_from(applied)? == links,
        "{links} edits and {applied} appointments"
    );
    let overlapping = number(
        &database,
        "select count(*) from cursor_step a join cursor_step b using (link_id) where a.cursor_step_id < b.cursor_step_id \
         and a.started_at_ms < b.finished_at_ms and b.started_at_ms < a.finished_at_ms",
    )?;
    ensure!(overlapping == 0, "{overlapping} runs of one link overlap");
    let runs = number(&database, "select sum(runs) from link")? - before.2;
    let figures = vec![
        Figure::new(
            format!(
                "{} notifications for {links} links, all acknowledged durable",
                all.len()
            ),
            format!(
                "{:.1} s ({:.0}/s, p99 {:.1} ms)",
                acknowledged.as_secs_f64(),
                posted.per_second,
                posted.p99_ms
            ),
            "",
        ),
        Figure::new(
            "until every edit was applied and nothing waited",
            format!("{:.1} s", rested.as_secs_f64()),
            "",
        ),
        Figure::new(
            "notifications lost, edits lost, runs of one link that overlapped",
            "0, 0, 0",
            "0, 0, 0",
        ),
        Figure::new("runs for them", runs.to_string(), ""),
        Figure::new(
            "processor time for them",
            format!("{:.1} s", cpu.as_secs_f64()),
            "",
        ),
        Figure::new(
            format!("RSS growth, from {}", megabytes(idle_kib)),
            megabytes(peak_kib.saturating_sub(idle_kib)),
            "< 50 MB",
        ),
    ];
    drop(site);
    std::fs::remove_dir_all(&folder).context("failed to remove the database")?;
    Ok(figures)
}

/// One edit in each calendar, which Google's own push keeps to itself.
fn edit(site: &Site, calendars: &[String]) -> anyhow::Result<()> {
    let at = |time: &str| json!({ "dateTime": format!("2031-05-05T{time}:00Z") });
    let body = json!({ "summary": "Scan", "start": at("09:00"), "end": at("09:30") });
    let body: Map<String, Value> = body.as_object().cloned().unwrap_or_default();
    for calendar in calendars {
        site.face
            .step(|world, now| world.person_inserts(calendar, &body, now).map(|_| ()))
            .map_err(|_| anyhow::anyhow!("the simulator refused an edit"))?;
    }
    Ok(())
}

/// The proved channel of each calendar.
fn targets(site: &Site, calendars: &[String]) -> anyhow::Result<Vec<Target>> {
    let world = site.face.world();
    let channels: BTreeMap<&str, _> = world
        .channels
        .by_id
        .values()
        .map(|channel| (channel.calendar.as_str(), channel))
        .collect();
    let number = Arc::new(AtomicU64::new(FIRST_NUMBER));
    calendars
        .iter()
        .map(|calendar| {
            let channel = channels
                .get(calendar.as_str())
                .context("failed to find a calendar's channel")?;
            Ok(Target {
                address: site.address,
                channel_id: channel.id.clone(),
                token: channel.token.clone().unwrap_or_default(),
                resource_id: channel.resource_id.clone(),
                number: Arc::clone(&number),
            })
        })
        .collect()
}
