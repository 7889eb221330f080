//! Calendar v3 on the wire: a request is read, weathers its faults, and is answered.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{Face, courier, weather};
use crate::{
    api::{self, Answer, Request},
    model::{fault::Action, query::Query},
};

/// A handshake that comes first may hold the watch answer up this long.
const HANDSHAKE_FIRST_MAX: Duration = Duration::from_secs(2);

/// Any method on any path of the Calendar API.
pub async fn answer(
    State(face): State<Face>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = read(&method, &uri, &headers, &body);
    let actions = face.step(|world, now| api::strike(world, &request, now));
    let response = weather::pass(&actions, work(&face, &request, &actions)).await;
    face.log_request(&request, response.status().as_u16());
    response
}

/// Does the work of a call; a handshake that comes first is sent before the answer.
pub async fn work(face: &Face, request: &Request, actions: &[Action]) -> Response {
    let answer = face.step(|world, now| api::answer(world, request, actions, now));
    if let Some(delivery) = answer.handshake_first {
        let early = courier::deliver_now(face, delivery);
        let _ = tokio::time::timeout(HANDSHAKE_FIRST_MAX, early).await;
    }
    respond(answer)
}

/// Reads a request as the API sees it.
pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Request {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let query = Query::parse(uri.query().unwrap_or_default());
    let bearer = text(header::AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    // Google lets proxied clients name another method.
    let method = headers
        .get("x-http-method-override")
        .and_then(|value| value.to_str().ok())
        .unwrap_or(method.as_str());
    Request {
        method: method.to_owned(),
        path: uri.path().to_owned(),
        bearer: bearer.or_else(|| query.get("access_token").map(str::to_owned)),
        query,
        if_match: text(header::IF_MATCH),
        if_none_match: text(header::IF_NONE_MATCH),
        body: body.to_vec(),
    }
}

/// Writes an answer.
pub fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.body {
        Some(body) => (status, Json(body)).into_response(),
        None => status.into_response(),
    };
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=UTF-8"),
        );
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store, max-age=0, must-revalidate"),
    );
    if let Some(etag) = answer
        .etag
        .and_then(|etag| HeaderValue::from_str(&etag).ok())
    {
        headers.insert(header::ETAG, etag);
    }
    if let Some(seconds) = answer.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(
            "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
        );
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
