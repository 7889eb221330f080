//! Bodies, ids and queries, refused as problems that name the field.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::problem::Refusal;

/// Items of a page when the caller does not say.
const LIMIT: u32 = 100;
/// Items of a page at the most.
const LIMIT_MOST: u32 = 1000;

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|_| {
            Refusal::new(
                413,
                "body_too_large",
                "The body could not be read or is too large.",
                "Send at most 2 MB.",
            )
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Refusal::new(
                422,
                "invalid_body",
                format!("The body does not fit: {error}."),
                "See /api/v1/openapi.json for its shape.",
            )
        })
    }
}

/// The id in the path; one that is no UUID names nothing.
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path: Result<Path<Uuid>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id))
            .map_err(|_| Refusal::not_found("thing"))
    }
}

/// Query parameters.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(asked)| Self(asked)).map_err(|error| {
            Refusal::new(
                422,
                "invalid_query",
                format!("The query does not fit: {}.", error.body_text()),
                "See /api/v1/openapi.json.",
            )
        })
    }
}

/// A page's size and where it begins.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
pub struct Paging {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 1000; 100 when absent.
    pub limit: Option<u32>,
}

impl Paging {
    /// The size asked for.
    pub fn limit(&self) -> Result<u32, Refusal> {
        let limit = self.limit.unwrap_or(LIMIT);
        match (1..=LIMIT_MOST).contains(&limit) {
            true => Ok(limit),
            false => Err(Refusal::new(
                422,
                "invalid_limit",
                format!("limit {limit} is not between 1 and {LIMIT_MOST}."),
                "Ask for smaller pages.",
            )),
        }
    }

    /// The cursor as a number.
    pub fn after(&self) -> Result<Option<i64>, Refusal> {
        let read = |text: &String| {
            text.parse().map_err(|_| {
                Refusal::new(
                    422,
                    "invalid_cursor",
                    "after is not a cursor of this list.",
                    "Pass the next of the page before.",
                )
            })
        };
        self.after.as_ref().map(read).transpose()
    }
}
