//! The first listing of a very large calendar, and how the receiver answers others meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};

use crate::fleet::{self, number};
use crate::site::{Site, eventually};
use crate::{Figure, megabytes, processes};

const ACCOUNT: &str = "admin@clinic.example";
const PATIENCE: Duration = Duration::from_secs(900);
const HEALTH_EVERY: Duration = Duration::from_millis(20);

/// Connects a calendar of so many events.
pub async fn measure(events: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = processes::folder("first-sync")?;
    let site = Site::start(&folder, &[]).await?;
    fill(&site, events)?;
    let idle_kib = site.process.resident_kib()?;
    site.process.forget_peak()?;
    let cpu = site.process.cpu()?;
    let began = Instant::now();
    site.control.connect(ACCOUNT).await?;
    let database = site.database()?;
    let mut told = Vec::new();
    let mut waited = Vec::new();
    let mut beat = tokio::time::interval(HEALTH_EVERY);
    let wanted = i64::try_from(events)?;
    loop {
        beat.tick().await;
        ensure!(began.elapsed() < PATIENCE, "the listing never ended");
        let asked = Instant::now();
        // A write in turn with the listing's own: what a notification of another calendar waits for.
        let draft = json!({ "name": "Beside", "time_zone": "Europe/London" });
        site.control.post("clinics", draft).await?;
        waited.push(asked.elapsed());
        let links = site.control.get("links").await?;
        if let Some(listed) = links["items"][0]["run"]["listed"].as_u64()
            && told.last() != Some(&listed)
        {
            told.push(listed);
        }
        let done = "select count(*) from sync_run where outcome = 'done'";
        if number(&database, done)? > 0 {
            break;
        }
    }
    let took = began.elapsed();
    eventually("nothing is under way", PATIENCE, async || {
        fleet::at_rest(&database)
    })
    .await?;
    let held = number(&database, "select count(*) from appointment")?;
    ensure!(held == wanted, "{wanted} events and {held} appointments");
    let cpu = site.process.cpu()? - cpu;
    let peak_kib = site.process.peak_kib()?;
    let steps = told.len();
    waited.sort_unstable();
    let wait = |percent: usize| waited[(waited.len() * percent / 100).min(waited.len() - 1)];
    let figures = vec![
        Figure::new(
            format!("first sync of {events} events"),
            format!(
                "{:.1} s ({:.1} s of processor time)",
                took.as_secs_f64(),
                cpu.as_secs_f64()
            ),
            "",
        ),
        Figure::new(
            format!("peak RSS, from {}", megabytes(idle_kib)),
            megabytes(peak_kib),
            "< 150 MB",
        ),
        Figure::new("progress steps seen by a client", steps.to_string(), ""),
        Figure::new(
            format!(
                "{} writes of others meanwhile, p50, p95, slowest",
                waited.len()
            ),
            format!(
                "{}, {}, {} ms",
                wait(50).as_millis(),
                wait(95).as_millis(),
                wait(100).as_millis()
            ),
            "",
        ),
    ];
    drop(site);
    std::fs::remove_dir_all(&folder).context("failed to remove the database")?;
    Ok(figures)
}

fn fill(site: &Site, events: usize) -> anyhow::Result<()> {
    let start = jiff::Timestamp::now();
    for event in 0..events {
        let from = start + jiff::SignedDuration::from_mins(30 * i64::try_from(event)?);
        let until = from + jiff::SignedDuration::from_mins(30);
        let body = json!({
            "summary": format!("Check-up {event}"),
            "description": "Second visit; bring the earlier pictures and the insurance card.",
            "location": "Room 2",
            "attendees": [{ "email": format!("patient{event}@example.com"), "displayName": "A. Patient" }],
            "start": { "dateTime": from.to_string() },
            "end": { "dateTime": until.to_string() },
        });
        let body: Map<String, Value> = body.as_object().cloned().unwrap_or_default();
        site.face
            .step(|world, now| world.person_inserts(ACCOUNT, &body, now).map(|_| ()))
            .map_err(|_| anyhow::anyhow!("the simulator refused an event"))?;
    }
    Ok(())
}
