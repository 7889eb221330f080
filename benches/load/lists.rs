//! What the window asks of a very large fleet: its calendars page by page, and everything at a glance.

use std::time::Instant;

use anyhow::Context;
use serde_json::Value;

use crate::questions::{self, Past};
use crate::site::Site;
use crate::{Figure, processes};

/// Changes of one calendar on its last day.
const CHANGES_A_DAY: i64 = 8;
/// Each question is asked so often.
const ASKED: usize = 20;

/// Asks `/links` and `/overview` of so many live calendars that changed within the last day.
pub async fn measure(links: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = processes::folder("lists")?;
    let site = Site::start(&folder, &[]).await?;
    // Nothing but the questions: what was seeded has no consent that Google would honour.
    site.control.post("receiver/drain", Value::Null).await?;
    questions::seed(&folder.join("receiver"), links, CHANGES_A_DAY, Past::Day).await?;
    let first = site.control.get("links?limit=100").await?;
    let after = first["next"].as_str().context("there is a second page")?;
    let mut figures = Vec::new();
    for (question, what, target) in [
        ("links".to_owned(), "/links, first 100", "< 150 ms"),
        (
            format!("links?after={after}"),
            "/links, next 100",
            "< 150 ms",
        ),
        (
            "links?limit=1000".to_owned(),
            "/links, first 1,000",
            "< 150 ms",
        ),
        ("overview".to_owned(), "/overview", ""),
    ] {
        figures.push(
            questions::asked(
                &site,
                &question,
                &format!("{what} of {links}"),
                target,
                ASKED,
            )
            .await?,
        );
    }
    figures.push(whole(&site, links).await?);
    drop(site);
    std::fs::remove_dir_all(&folder).context("failed to remove the database")?;
    Ok(figures)
}

/// Every page, one after the other.
async fn whole(site: &Site, links: usize) -> anyhow::Result<Figure> {
    let (began, mut seen, mut after) = (Instant::now(), 0, String::new());
    loop {
        let question = format!("links?limit=1000&after={after}");
        let page: Value = site.control.get(&question).await?;
        seen += page["items"].as_array().map_or(0, Vec::len);
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    anyhow::ensure!(seen == links, "{seen} of {links} were listed");
    let what = format!("/links, all {links} by pages of 1,000");
    let seen = format!("{:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    Ok(Figure::new(what, seen, ""))
}
