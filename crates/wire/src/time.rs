//! An instant on the wire: RFC 3339 in UTC with `Z`.

use std::ops::Deref;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An instant, written as RFC 3339 with `Z`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    ts_rs::TS,
)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime)]
#[ts(type = "string")]
pub struct At(pub Timestamp);

impl Deref for At {
    type Target = Timestamp;

    fn deref(&self) -> &Timestamp {
        &self.0
    }
}

impl From<Timestamp> for At {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}
