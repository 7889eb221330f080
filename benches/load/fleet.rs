//! Many calendars of some accounts, all linked and Live.

use std::time::Duration;

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use syncward_google_sim::model::calendar::Calendar;

use crate::site::{Site, eventually};

/// Calendars of one account, with its primary one.
const PER_ACCOUNT: usize = 100;
/// How long a fleet may take until it is Live.
const PATIENCE: Duration = Duration::from_secs(1_800);
/// Links asked for at the same time.
const AT_ONCE: usize = 8;

/// Calendars by id, in the order in which they were linked.
pub async fn connect(site: &Site, links: usize) -> anyhow::Result<Vec<String>> {
    let mut calendars = Vec::with_capacity(links);
    for account in 0..links.div_ceil(PER_ACCOUNT) {
        let email = format!("desk@clinic{account}.example");
        let size = PER_ACCOUNT.min(links - calendars.len());
        let mine = site.face.step(|world, now| add(world, &email, size, now))?;
        let connected = site.control.connect(&email).await?;
        stream::iter(&mine[1..])
            .map(|calendar| site.control.link(&connected, calendar))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        calendars.extend(mine);
        eprint!("\r{} calendars linked", calendars.len());
    }
    eprintln!();
    let database = site.database()?;
    eventually("every link has proved its channel", PATIENCE, async || {
        let sql = "select count(distinct link_id) from channel where state = 'live'";
        let live: i64 = database.query_row(sql, [], |row| row.get(0)).ok()?;
        (usize::try_from(live).ok()? == links).then_some(())
    })
    .await?;
    eventually("nothing is under way", PATIENCE, async || {
        at_rest(&database)
    })
    .await?;
    Ok(calendars)
}

fn add(
    world: &mut syncward_google_sim::model::World,
    email: &str,
    size: usize,
    now: Timestamp,
) -> anyhow::Result<Vec<String>> {
    let refused = |_| anyhow::anyhow!("the simulator refused a calendar");
    world
        .add_account(email, "Desk", "Europe/London", now)
        .map_err(refused)?;
    let mut calendars = vec![email.to_owned()];
    for number in 1..size {
        let id = format!("chair{number}.{}", email.replace('@', "."));
        let calendar = Calendar::new(&id, email, "Chair", "Europe/London", now).map_err(refused)?;
        world.add_calendar(calendar).map_err(refused)?;
        calendars.push(id);
    }
    Ok(calendars)
}

/// Some, when neither a run nor a call to Google is wanted any more.
pub fn at_rest(database: &rusqlite::Connection) -> Option<()> {
    let sql = "select (select count(*) from effect) + (select count(*) from notification where processed_at_ms is null)";
    let waiting: i64 = database.query_row(sql, [], |row| row.get(0)).ok()?;
    (waiting == 0).then_some(())
}

/// A number of the database.
pub fn number(database: &rusqlite::Connection, sql: &str) -> anyhow::Result<i64> {
    database
        .query_row(sql, [], |row| row.get(0))
        .with_context(|| format!("failed to ask: {sql}"))
}
