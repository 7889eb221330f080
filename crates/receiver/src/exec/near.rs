//! Tells a link that lost its push when its next appointment starts; nobody else is asked to look.

use std::sync::Arc;

use jiff::Timestamp;
use syncward_engine::link::APPOINTMENTS_NEAR;
use syncward_engine::{Input, Settings};
use uuid::Uuid;

use crate::app::App;
use crate::app::appointments::recurrence;
use crate::clock;
use crate::store::appointment::Filter;
use crate::store::link::Link;
use crate::store::sql::Connection;
use crate::store::{self, Result};

/// Appointments and series looked at; the soonest come first.
const LOOKED_AT_MOST: u32 = 500;

/// What the engine does not know yet about the link's next appointment, if it matters.
pub fn known(
    connection: &Connection,
    settings: &Settings,
    link: &Link,
    now: Timestamp,
) -> Result<Option<Input>> {
    if !link.engine.wants_appointments(now, settings) {
        return Ok(None);
    }
    // As far ahead as the next run in ordinary time may be.
    let ahead = APPOINTMENTS_NEAR.saturating_add(settings.poll_interval.saturating_mul(2));
    let until = now.checked_add(ahead).unwrap_or(Timestamp::MAX);
    let next_at = next_start(connection, link.link_id, now, until)?;
    let known = link.engine.next_appointment_at();
    Ok((next_at != known).then_some(Input::AppointmentsKnown { next_at }))
}

/// Tells the link after an edit that was made here.
pub(crate) async fn tell(app: &Arc<App>, link_id: Uuid) -> Result<()> {
    let settings = app.settings;
    let input = app
        .store
        .read(
            move |connection| match store::link::find(connection, link_id)? {
                Some(link) => known(connection, &settings, &link, clock::now()),
                None => Ok(None),
            },
        )
        .await?;
    match input {
        Some(input) => app.feed(link_id, vec![input], |_| Ok(())).await,
        None => Ok(()),
    }
}

/// The start of the first appointment from `now` on, instances of series included.
fn next_start(
    connection: &Connection,
    link_id: Uuid,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Timestamp>> {
    let filter = Filter {
        link_id: Some(link_id),
        from: Some(now),
        to: Some(until),
        limit: Some(LOOKED_AT_MOST),
        ..Filter::default()
    };
    let rows = store::appointment::list(connection, &filter)?;
    let standing = rows.iter().filter(|row| row.status != "cancelled");
    let starts = standing.flat_map(|row| match row.recurrence.is_empty() {
        true => vec![row.from_at],
        false => recurrence::starts(row, now, until),
    });
    Ok(starts.filter(|at| *at >= now).min())
}
