//! Reading fields so that one odd value never makes a whole page unreadable.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The field if it is what we expect, else its default: for use with `#[serde(default, deserialize_with)]`.
pub(crate) fn field<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// The members of a list that are what we expect.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(members) = Value::deserialize(deserializer)? else {
        return Ok(Vec::new());
    };
    Ok(members
        .into_iter()
        .filter_map(|member| serde_json::from_value(member).ok())
        .collect())
}
