//! Table `receiver`: those this computer is paired with and watches; at most one is local, one is current.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Row, params};
use syncward_wire::{At, Fingerprint, Role};

use super::{Store, left_token, logged};
use crate::bridge::ReceiverEntry;

impl Store {
    /// All receivers, in the order they were paired in.
    pub fn receivers(&self) -> Vec<ReceiverEntry> {
        self.read_receivers().unwrap_or_else(|error| {
            tracing::warn!(%error, "desktop store read failed");
            Vec::new()
        })
    }

    fn read_receivers(&self) -> rusqlite::Result<Vec<ReceiverEntry>> {
        self.sql
            .prepare_cached(
                "select address, local, current, role, version, paired_at_ms, pin, name from receiver
                 order by paired_at_ms, address",
            )?
            .query_map([], entry)?
            .collect()
    }

    /// Adds or replaces a receiver; when it is the current one, no other is.
    pub fn put_receiver(&mut self, entry: &ReceiverEntry) {
        logged(self.write_receiver(entry));
    }

    fn write_receiver(&mut self, entry: &ReceiverEntry) -> rusqlite::Result<()> {
        let step = self.sql.transaction()?;
        if entry.current {
            step.execute("update receiver set current = 0", [])?;
        }
        if entry.local {
            step.execute("delete from receiver where local = 1", [])?;
        }
        step.execute(
            "insert or replace into receiver (address, local, current, role, version, paired_at_ms, pin, name)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                entry.address,
                entry.local,
                entry.current,
                entry.role.word(),
                entry.version,
                entry.paired_at.as_millisecond(),
                entry.pin.map(|pin| pin.hex()),
                entry.name,
            ],
        )?;
        left_token::take_back(&step, entry.key())?;
        step.commit()
    }

    /// Forgets a receiver and all that it told; its token is then one of the [left](Self::left_tokens).
    pub fn forget_receiver(&mut self, entry: &ReceiverEntry) {
        logged(self.delete_receiver(&entry.address, entry.key()));
    }

    fn delete_receiver(&mut self, address: &str, key: &str) -> rusqlite::Result<()> {
        let step = self.sql.transaction()?;
        step.execute("delete from receiver where address = ?1", [address])?;
        for table in ["told", "link", "activity"] {
            step.execute(&format!("delete from {table} where receiver = ?1"), [key])?;
        }
        left_token::leave(&step, key)?;
        step.commit()
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<ReceiverEntry> {
    let pin: Option<String> = row.get(6)?;
    let pin = pin.map(|hex| hex.parse::<Fingerprint>());
    // What can't be read must not become "no pin": better no receiver is known, and pairing is asked for again.
    let pin = pin.transpose().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(6, Type::Text, Box::new(error))
    })?;
    let paired_at = Timestamp::from_millisecond(row.get(5)?).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(ReceiverEntry {
        address: row.get(0)?,
        local: row.get(1)?,
        current: row.get(2)?,
        role: role(&row.get::<_, String>(3)?),
        version: row.get(4)?,
        paired_at: At(paired_at),
        pin,
        name: row.get(7)?,
    })
}

fn role(word: &str) -> Role {
    match word {
        "admin" => Role::Admin,
        "operator" => Role::Operator,
        "integration" => Role::Integration,
        _ => Role::Viewer,
    }
}
