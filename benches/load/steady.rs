//! A day like any other: nothing changes, and every link is checked, renewed and proved all the same.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::fleet::{self, number};
use crate::site::Site;
use crate::{Figure, megabytes, processes};

/// Looks at `links` for so long.
pub async fn measure(links: usize, seconds: u64, ttl: &str) -> anyhow::Result<Vec<Figure>> {
    let folder = processes::folder("steady")?;
    let site = Site::start(&folder, &[("SYNCWARD_CHANNEL_TTL", ttl.to_owned())]).await?;
    let began = Instant::now();
    fleet::connect(&site, links).await?;
    let founded = began.elapsed();
    let database = site.database()?;
    let runs_before = number(&database, "select sum(runs) from link")?;
    let channels_before = number(&database, "select count(*) from channel")?;
    let cpu_before = site.process.cpu()?;
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let lasted = began.elapsed();
    let cpu = site.process.cpu()? - cpu_before;
    let runs = number(&database, "select sum(runs) from link")? - runs_before;
    let channels = number(&database, "select count(*) from channel")? - channels_before;
    let share = cpu.as_secs_f64() / lasted.as_secs_f64() * 100.0;
    let figures = vec![
        Figure::new(
            format!("{links} links connected and Live"),
            format!("{:.0} s", founded.as_secs_f64()),
            "",
        ),
        Figure::new(
            format!("checks and renewals in {seconds} s, channel life {ttl}"),
            format!("{runs} and {channels}"),
            "",
        ),
        Figure::new("processor, of one core", format!("{share:.1} %"), "< 25 %"),
        Figure::new("RSS", megabytes(site.process.resident_kib()?), "< 250 MB"),
    ];
    drop(site);
    std::fs::remove_dir_all(&folder).context("failed to remove the database")?;
    Ok(figures)
}
