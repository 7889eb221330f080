//! Bodies, ids and queries, refused as problems that name the field.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use url::form_urlencoded;
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
        let bytes = bytes.map_err(|fault| unread(fault.status()))?;
        // A list would be taken field by field, by place.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(Refusal::new(
                422,
                "invalid_body",
                "The body does not fit: it is a list.",
                "Send a JSON object; /api/v1/openapi.json has its shape.",
            ));
        }
        nul_in_body(&bytes)?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let body = serde_path_to_error::deserialize(&mut reader)
            .map_err(|fault| unfit(&fault.path().to_string(), fault.inner()))?;
        reader
            .end()
            .map(|()| Self(body))
            .map_err(|fault| unfit(".", &fault))
    }
}

/// Refuses the character that PostgreSQL keeps in no text, and nobody types.
fn nul_in_body(bytes: &[u8]) -> Result<(), Refusal> {
    // JSON carries it in this form only.
    let is_suspect = bytes.windows(6).any(|six| six == br"\u0000");
    let body = is_suspect.then(|| serde_json::from_slice::<Value>(bytes).ok());
    let found = body.flatten().and_then(|body| nul_in(&body));
    found.map_or(Ok(()), |path| Err(nul(&path)))
}

/// The path to the first text with a NUL.
fn nul_in(value: &Value) -> Option<String> {
    let below = |step: String, value: &Value| {
        let rest = nul_in(value)?;
        let dot = if rest.is_empty() || rest.starts_with('[') {
            ""
        } else {
            "."
        };
        Some(format!("{step}{dot}{rest}"))
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(place, item)| below(format!("[{place}]"), item))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let is_name = name.contains('\0').then(|| name.replace('\0', "\u{fffd}"));
            is_name.or_else(|| below(name.clone(), value))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn nul(field: &str) -> Refusal {
    Refusal::new(
        400,
        "nul_character",
        format!("The field {field} holds a NUL character."),
        "Leave the character out.",
    )
}

fn unread(status: StatusCode) -> Refusal {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(
            413,
            "body_too_large",
            "The body is larger than 2 MB.",
            "Send at most 2 MB.",
        ),
        _ => Refusal::new(
            400,
            "body_unreadable",
            "The body broke off.",
            "Send it again.",
        ),
    }
}

/// What is wrong with a body, and where.
fn unfit(path: &str, fault: &serde_json::Error) -> Refusal {
    match fault.classify() {
        Category::Data => Refusal::new(
            422,
            "invalid_body",
            match path {
                "." => format!("The body does not fit: {}.", unquoted(fault)),
                path => format!("The field {path} does not fit: {}.", unquoted(fault)),
            },
            "Correct it; /api/v1/openapi.json has its shape.",
        ),
        Category::Eof if fault.column() == 0 => Refusal::new(
            400,
            "malformed_json",
            "A JSON body is needed, and there is none.",
            "Send a JSON object; /api/v1/openapi.json has its shape.",
        ),
        Category::Syntax | Category::Eof | Category::Io => Refusal::new(
            400,
            "malformed_json",
            format!("The body is no JSON: {fault}."),
            "Check the quotes, commas and brackets there.",
        ),
    }
}

/// The fault without the text it quotes: that may be a patient's, and problems are logged by those who get them.
fn unquoted(fault: &serde_json::Error) -> String {
    let said = fault.to_string();
    match (said.find('"'), said.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}…{}", &said[..=first], &said[last..])
        }
        _ => said,
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
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        for (name, value) in pairs {
            if name.contains('\0') || value.contains('\0') {
                return Err(nul(&name.replace('\0', "\u{fffd}")));
            }
        }
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
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 1000; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
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

    /// The cursor as a number, for tables that only grow.
    pub fn after(&self) -> Result<Option<i64>, Refusal> {
        let read = |text: &str| text.parse().map_err(|_| no_cursor());
        self.cursor().map(read).transpose()
    }

    /// The cursor as a place in a sorted list.
    pub fn place(&self) -> Result<Option<Place>, Refusal> {
        let read = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok();
            bytes
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .filter(|Place(by, id)| !by.contains('\0') && !id.contains('\0'))
                .ok_or_else(no_cursor)
        };
        self.cursor().map(read).transpose()
    }

    /// An empty cursor is that of the first page.
    fn cursor(&self) -> Option<&str> {
        self.after.as_deref().filter(|text| !text.is_empty())
    }
}

fn no_cursor() -> Refusal {
    Refusal::new(
        422,
        "invalid_cursor",
        "after is not a cursor of this list.",
        "Pass the next of the page before.",
    )
}

/// Where an item stands in a sorted list: what it is sorted by, and what tells it from its equals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Place(pub String, pub String);

impl Place {
    /// A place by time.
    pub fn of_time(at: Timestamp, id: impl ToString) -> Self {
        // Sorts as a text just as it does as a number.
        let above_all = at.as_millisecond().wrapping_add(i64::MIN).cast_unsigned();
        Self(format!("{above_all:020}"), id.to_string())
    }

    /// The milliseconds that [`Place::of_time`] wrote.
    pub fn at_ms(&self) -> Result<i64, Refusal> {
        let above_all: u64 = self.0.parse().map_err(|_| no_cursor())?;
        Ok(above_all.cast_signed().wrapping_sub(i64::MIN))
    }

    /// The place as a page's `next`.
    pub fn cursor(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}
