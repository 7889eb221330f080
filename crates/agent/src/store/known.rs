//! Tables `known` and `link`: the last state a receiver told, and the agent's own small memories.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use syncward_wire::Link;
use uuid::Uuid;

use super::{Store, logged};

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
        let (json, at_ms): (String, i64) = self
            .sql
            .query_row(
                "select json, told_at_ms from known where name = ?1",
                [name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .ok()??;
        Some((
            serde_json::from_str(&json).ok()?,
            Timestamp::from_millisecond(at_ms).ok()?,
        ))
    }

    /// Remembers one link.
    pub fn put_link(&mut self, link: &Link) {
        logged(write_link(&self.sql, link));
    }

    /// Replaces all links.
    pub fn put_links<'a>(&mut self, links: impl Iterator<Item = &'a Link>) {
        logged(self.write_links(links));
    }

    fn write_links<'a>(&mut self, links: impl Iterator<Item = &'a Link>) -> rusqlite::Result<()> {
        let step = self.sql.transaction()?;
        step.execute("delete from link", [])?;
        for link in links {
            write_link(&step, link)?;
        }
        step.commit()
    }

    /// The links as last told.
    pub fn links(&self) -> Vec<Link> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.sql
                .prepare_cached("select json from link")?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        read()
            .unwrap_or_default()
            .iter()
            .filter_map(|json| serde_json::from_str(json).ok())
            .collect()
    }

    /// Forgets everything a receiver told, because another one is shown from now on.
    pub fn forget_told(&mut self) {
        logged(self.sql.execute_batch(
            "delete from link; delete from activity;
             delete from known where name not in ('settings', 'device', 'alert_rules', 'quiet_hours', 'looked_at');",
        ));
    }
}

fn write_link(sql: &rusqlite::Connection, link: &Link) -> rusqlite::Result<()> {
    let json = serde_json::to_string(link)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    sql.prepare_cached("insert or replace into link (link_id, json) values (?1, ?2)")?
        .execute(params![link_key(link.id), json])
        .map(drop)
}

fn link_key(id: Uuid) -> String {
    id.hyphenated().to_string()
}
