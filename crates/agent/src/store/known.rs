//! Tables `known`, `told` and `link`: the agent's own small memories, and the last state each receiver told.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use syncward_wire::Link;
use uuid::Uuid;

use super::{Store, logged};

const DESK: &str = "desk";
/// However many charts were looked at, no more series than this are remembered.
const SERIES: i64 = 200;

impl Store {
    /// Remembers `value` under `name`.
    pub fn remember(&mut self, name: &str, value: &impl Serialize, at: Timestamp) {
        let Ok(json) = serde_json::to_string(value) else {
            return;
        };
        logged(
            self.sql
                .execute(
                    "insert or replace into known (name, json, told_at_ms) values (?1, ?2, ?3)",
                    params![name, json, at.as_millisecond()],
                )
                .map(drop),
        );
    }

    /// What is remembered under `name`, and since when; none when it does not fit this version any more.
    pub fn recall<T: DeserializeOwned>(&self, name: &str) -> Option<(T, Timestamp)> {
        self.read_one("select json, told_at_ms from known where name = ?1", [name])
    }

    /// Whose memory this is: made up when it is first asked for, and another in every folder.
    pub fn desk(&mut self, now: Timestamp) -> Uuid {
        if let Some((desk, _)) = self.recall(DESK) {
            return desk;
        }
        let desk = Uuid::new_v4();
        self.remember(DESK, &desk, now);
        desk
    }

    /// Remembers what a receiver told.
    pub fn remember_told(
        &mut self,
        receiver: &str,
        name: &str,
        value: &impl Serialize,
        at: Timestamp,
    ) {
        let Ok(json) = serde_json::to_string(value) else {
            return;
        };
        logged(
            self.sql
                .execute(
                    "insert or replace into told (receiver, name, json, told_at_ms)
                     values (?1, ?2, ?3, ?4)",
                    params![receiver, name, json, at.as_millisecond()],
                )
                .map(drop),
        );
    }

    /// What a receiver told last, and when; none when it does not fit this version any more.
    pub fn recall_told<T: DeserializeOwned>(
        &self,
        receiver: &str,
        name: &str,
    ) -> Option<(T, Timestamp)> {
        self.read_one(
            "select json, told_at_ms from told where receiver = ?1 and name = ?2",
            [receiver, name],
        )
    }

    /// Remembers a chart's series; of all the newest stay.
    pub fn remember_series(
        &mut self,
        receiver: &str,
        name: &str,
        series: &impl Serialize,
        at: Timestamp,
    ) {
        self.remember_told(receiver, name, series, at);
        let forget = "delete from told where name like 'series:%' and rowid not in
            (select rowid from told where name like 'series:%' order by told_at_ms desc limit ?1)";
        logged(self.sql.execute(forget, [SERIES]).map(drop));
    }

    fn read_one<T: DeserializeOwned>(
        &self,
        select: &str,
        by: impl rusqlite::Params,
    ) -> Option<(T, Timestamp)> {
        let (json, at_ms): (String, i64) = self
            .sql
            .query_row(select, by, |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .ok()??;
        Some((
            serde_json::from_str(&json).ok()?,
            Timestamp::from_millisecond(at_ms).ok()?,
        ))
    }

    /// Remembers one link of a receiver.
    pub fn put_link(&mut self, receiver: &str, link: &Link) {
        logged(write_link(&self.sql, receiver, link));
    }

    /// Replaces all links of a receiver.
    pub fn put_links<'a>(&mut self, receiver: &str, links: impl Iterator<Item = &'a Link>) {
        logged(self.write_links(receiver, links));
    }

    fn write_links<'a>(
        &mut self,
        receiver: &str,
        links: impl Iterator<Item = &'a Link>,
    ) -> rusqlite::Result<()> {
        let step = self.sql.transaction()?;
        step.execute("delete from link where receiver = ?1", [receiver])?;
        for link in links {
            write_link(&step, receiver, link)?;
        }
        step.commit()
    }

    /// The links as a receiver told them last.
    pub fn links(&self, receiver: &str) -> Vec<Link> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.sql
                .prepare_cached("select json from link where receiver = ?1")?
                .query_map([receiver], |row| row.get(0))?
                .collect()
        };
        read()
            .unwrap_or_default()
            .iter()
            .filter_map(|json| serde_json::from_str(json).ok())
            .collect()
    }
}

fn write_link(sql: &rusqlite::Connection, receiver: &str, link: &Link) -> rusqlite::Result<()> {
    let json = serde_json::to_string(link)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    sql.prepare_cached("insert or replace into link (receiver, link_id, json) values (?1, ?2, ?3)")?
        .execute(params![receiver, link.id.hyphenated().to_string(), json])
        .map(drop)
}
