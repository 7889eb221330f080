//! Lists: items and the cursor of the next page.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list; `next` is the cursor to ask for the following one, or null at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, ts_rs::TS)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}
