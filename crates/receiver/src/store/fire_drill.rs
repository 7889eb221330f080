//! Table `fire_drill`: what each fire drill showed, and how long every part of it took.

use jiff::Timestamp;
use syncward_engine::link::Drill;
use syncward_wire::{DrillState, FireDrill};
use uuid::Uuid;

use super::Result;
use super::retention::Retention;
use super::row::{Id, Ms, at, at_or_none, id};
use super::sql::{self, Connection, Row, Transaction, params};

/// As long as the coverage that they are evidence beside.
pub const KEPT: Retention = Retention {
    name: "fire_drill",
    days: 400,
    older: "select fire_drill_id from fire_drill where asked_at_ms < ?1 and ended_at_ms is not null limit ?2",
    forget: "delete from fire_drill where fire_drill_id = ?",
};

/// Notes how far a drill is.
pub fn follow(tx: &Transaction<'_>, link_id: Uuid, drill: &Drill) -> Result<()> {
    tx.prepare_cached(
        "insert into fire_drill (operation_id, link_id, generation, successor, asked_at_ms, stopped_at_ms, polling_at_ms, run_at_ms, \
         proved_at_ms, ended_at_ms, failure) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         on conflict (operation_id) do update set successor = ?4, stopped_at_ms = ?6, polling_at_ms = ?7, run_at_ms = ?8, proved_at_ms = ?9, \
         ended_at_ms = ?10, failure = ?11",
    )?
    .execute(params![
        Id(drill.operation.0),
        Id(link_id),
        drill.generation,
        drill.successor,
        Ms(drill.asked_at),
        drill.stopped_at.map(Ms),
        drill.polling_at.map(Ms),
        drill.run_at.map(Ms),
        drill.proved_at.map(Ms),
        drill.ended_at.map(Ms),
        drill.failure
    ])?;
    Ok(())
}

/// Those of a link with a number under `before`, newest first.
pub fn page(
    connection: &Connection,
    link_id: Uuid,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<FireDrill>> {
    let sql = "select * from fire_drill where link_id = ?1 and (?2 is null or fire_drill_id < ?2) order by fire_drill_id desc limit ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(link_id), before, limit], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

/// Those of a link that began in a range, oldest first.
pub fn range(
    connection: &Connection,
    link_id: Uuid,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<FireDrill>> {
    let sql = "select * from fire_drill where link_id = ? and asked_at_ms >= ? and asked_at_ms < ? order by fire_drill_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![Id(link_id), Ms(from), Ms(to)], read)?;
    Ok(rows.collect::<sql::Result<_>>()?)
}

fn read(row: &Row<'_>) -> sql::Result<FireDrill> {
    let asked_at = at(row, "asked_at_ms")?;
    let after = |column: &str| -> sql::Result<Option<u64>> {
        let then = at_or_none(row, column)?;
        Ok(then.map(|at| u64::try_from(at.duration_since(asked_at).as_millis()).unwrap_or(0)))
    };
    let (ended_at, failure) = (
        at_or_none(row, "ended_at_ms")?,
        row.get::<_, Option<String>>("failure")?,
    );
    Ok(FireDrill {
        seq: row.get("fire_drill_id")?,
        id: id(row, "operation_id")?,
        link_id: id(row, "link_id")?,
        state: match (ended_at, &failure) {
            (None, _) => DrillState::Running,
            (Some(_), None) => DrillState::Passed,
            (Some(_), Some(_)) => DrillState::Failed,
        },
        generation: row.get("generation")?,
        successor: row.get("successor")?,
        asked_at: asked_at.into(),
        stopped_after_ms: after("stopped_at_ms")?,
        polling_after_ms: after("polling_at_ms")?,
        first_run_after_ms: after("run_at_ms")?,
        proved_after_ms: after("proved_at_ms")?,
        // From the order to stop until somebody looked again.
        unwatched_ms: after("polling_at_ms")?,
        ended_at: ended_at.map(Into::into),
        failure,
    })
}
