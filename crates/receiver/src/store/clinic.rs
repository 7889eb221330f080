//! Table `clinic`: the tenants.

use jiff::Timestamp;
use syncward_wire::OpeningHours;
use uuid::Uuid;

use super::Result;
use super::row::{Id, Ms, at, id, json};
use super::sql::{self, Connection, OptionalExtension, Row, Transaction, params};

/// A clinic as stored.
#[derive(Clone, Debug)]
pub struct Clinic {
    pub clinic_id: Uuid,
    pub name: String,
    pub time_zone: String,
    pub opening_hours: Vec<OpeningHours>,
    pub made_at: Timestamp,
}

fn read(row: &Row<'_>) -> sql::Result<Clinic> {
    Ok(Clinic {
        clinic_id: id(row, "clinic_id")?,
        name: row.get("name")?,
        time_zone: row.get("time_zone")?,
        opening_hours: json(row, "opening_hours")?,
        made_at: at(row, "made_at_ms")?,
    })
}

/// One clinic.
pub fn find(connection: &Connection, clinic_id: Uuid) -> Result<Option<Clinic>> {
    let mut statement = connection.prepare_cached("select * from clinic where clinic_id = ?")?;
    Ok(statement
        .query_row(params![Id(clinic_id)], read)
        .optional()?)
}

/// Every clinic, by name.
pub fn all(connection: &Connection) -> Result<Vec<Clinic>> {
    let mut statement =
        connection.prepare_cached("select * from clinic order by name, clinic_id")?;
    let clinics = statement.query_map([], read)?.collect::<sql::Result<_>>()?;
    Ok(clinics)
}

/// Inserts or replaces a clinic.
pub fn save(tx: &Transaction<'_>, clinic: &Clinic) -> Result<()> {
    tx.execute(
        "insert into clinic (clinic_id, name, time_zone, opening_hours, made_at_ms) values (?1, ?2, ?3, ?4, ?5) \
         on conflict (clinic_id) do update set name = ?2, time_zone = ?3, opening_hours = ?4",
        params![
            Id(clinic.clinic_id),
            clinic.name,
            clinic.time_zone,
            serde_json::to_string(&clinic.opening_hours)?,
            Ms(clinic.made_at)
        ],
    )?;
    Ok(())
}
