//! The monthly proof: what was promised and what was kept, from the records alone, with what they can't prove.
//!
//! Reads and adds up; decides nothing, and says nothing that no record holds.

use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use syncward_engine::Settings;
use syncward_wire::attest::{
    Attestation, AuditHead, ClinicProof, LinkProof, MonthlyProof, Promise,
};
use uuid::Uuid;

use crate::app::UseError;
use crate::store::sql::Connection;
use crate::store::{self, Result};

mod limits;
mod link;
mod month;
pub mod page;
pub mod verify;

pub use month::Month;

/// Who attests.
#[derive(Clone, Copy, Debug)]
pub struct Attestant {
    pub receiver_id: Uuid,
    pub version: &'static str,
    pub settings: Settings,
}

/// Collects the proof of a month, of one clinic or of all whose month has begun.
///
/// # Errors
/// What the store says; a refusal for an unknown clinic or a month that has begun nowhere.
pub fn attest(
    connection: &Connection,
    by: &Attestant,
    month: Month,
    clinic_id: Option<Uuid>,
    now: Timestamp,
) -> Result<std::result::Result<Attestation, UseError>> {
    let clinics = match clinic_id {
        Some(id) => match store::clinic::find(connection, id)? {
            Some(clinic) => vec![clinic],
            None => return Ok(Err(UseError::not_found("clinic"))),
        },
        None => store::clinic::all(connection)?,
    };
    if !month.has_begun(&clinics, now) {
        return Ok(Err(month.future()));
    }
    let links = store::link::all(connection)?;
    let mut proofs = Vec::with_capacity(clinics.len());
    for clinic in clinics {
        let (from, until) = month.within(&clinic.time_zone);
        if from >= now {
            continue;
        }
        let end = until.min(now);
        let own = links
            .iter()
            .filter(|link| link.clinic_id == clinic.clinic_id);
        let made: Result<Vec<LinkProof>> = own
            .filter(|link| link.made_at < end)
            .map(|link| link::proof(connection, link, by, (from, end), until > now))
            .collect();
        proofs.push(ClinicProof {
            clinic_id: clinic.clinic_id,
            clinic_name: clinic.name,
            time_zone: clinic.time_zone,
            from_at: from.into(),
            until_at: end.into(),
            until_now: until > now,
            links: made?,
        });
    }
    let proof = MonthlyProof {
        format: 1,
        month: month.to_string(),
        made_at: now.into(),
        receiver_id: by.receiver_id,
        version: by.version.to_owned(),
        promise: promise(&by.settings),
        cannot_prove: limits::sentences(&proofs, &by.settings),
        clinics: proofs,
        audit: audit(connection)?,
    };
    let sha256 = digest(&proof)?;
    Ok(Ok(Attestation { proof, sha256 }))
}

/// SHA-256 of something as compact JSON with sorted keys, in hex.
///
/// # Errors
/// What is no JSON.
pub fn digest(what: &impl Serialize) -> Result<String> {
    let mut text = String::new();
    write_sorted(&serde_json::to_value(what)?, &mut text);
    Ok(HEXLOWER.encode(&Sha256::digest(text)))
}

fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (place, (name, value)) in fields.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_sorted(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_sorted(item, text);
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

fn audit(connection: &Connection) -> Result<AuditHead> {
    let chain = store::audit::verify(connection)?;
    let last = store::audit::page(connection, None, 1)?.pop();
    let (seq, hash) = last.map(|last| (last.seq, last.hash)).unwrap_or_default();
    Ok(AuditHead {
        entries: chain.entries,
        intact: chain.intact,
        broken_at: chain.broken_at,
        seq,
        hash,
    })
}

fn promise(settings: &Settings) -> Promise {
    let words = |duration: Duration| page::lasting(millis(duration));
    let first = match settings.push {
        true => format!(
            "Google announces each change to this receiver; a check every {} reads what it did not announce.",
            words(settings.check_interval)
        ),
        false => format!(
            "Google can't reach this receiver, so every calendar is read every {}.",
            words(settings.poll_interval)
        ),
    };
    Promise {
        sentences: vec![
            first,
            format!(
                "A calendar without a working channel is read every {} instead.",
                words(settings.poll_interval)
            ),
            format!(
                "A channel is renewed from {} before it ends, and its predecessor is stopped only once the new one has proved itself.",
                words(settings.renew_before)
            ),
            "An interval in which nobody watched is recorded with its cause.".to_owned(),
            "Each run begins where the one before ended, or reads everything anew.".to_owned(),
        ],
        push: settings.push,
        check_interval_s: settings.check_interval.as_secs(),
        poll_interval_s: settings.poll_interval.as_secs(),
        grace_s: settings.grace.as_secs(),
        channel_life_s: settings.channel_ttl.as_secs(),
        renew_before_s: settings.renew_before.as_secs(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
