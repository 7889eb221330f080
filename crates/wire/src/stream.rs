//! The live stream (`GET /stream`, server-sent events with growing ids).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Activity, Link, OperationState, Overview};

/// One message of the stream; its SSE `event` name is the variant, its `data` the content.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum StreamEvent {
    Overview(Box<Overview>),
    Link(Box<Link>),
    Activity(Activity),
    Operation(OperationState),
}
