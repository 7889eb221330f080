//! Batches: several calls of the Calendar API in one multipart body, as Google's clients send them.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri, header},
    response::{IntoResponse, Response},
};

use super::{Face, calendar, weather::pass};
use crate::{
    api::{self, Answer},
    model::refusal::Refusal,
};

/// How many calls one batch may hold.
const CALLS_MAX: usize = 1_000;
const BOUNDARY: &str = "batch_syncward_google_sim";

/// Answers each part on its own; a part without its own token uses the outer one.
pub async fn answer(State(face): State<Face>, headers: HeaderMap, body: Bytes) -> Response {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let boundary = content_type
        .split(';')
        .find_map(|part| part.trim().strip_prefix("boundary="));
    let Some(boundary) = boundary.map(|boundary| boundary.trim_matches('"')) else {
        return calendar::respond(Answer::from(Refusal::invalid("Missing batch boundary.")));
    };
    let body = String::from_utf8_lossy(&body).replace("\r\n", "\n");
    let delimiter = format!("--{boundary}");
    let parts: Vec<&str> = body
        .split(delimiter.as_str())
        .skip(1)
        .filter(|part| !part.starts_with("--"))
        .collect();
    if parts.len() > CALLS_MAX {
        return calendar::respond(Answer::from(Refusal::invalid(
            "Too many calls in one batch.",
        )));
    }
    let mut answers = String::new();
    for part in parts {
        answers.push_str(&answer_part(&face, &headers, part).await);
    }
    answers.push_str(&format!("--{BOUNDARY}--\r\n"));
    let content_type = format!("multipart/mixed; boundary={BOUNDARY}");
    ([(header::CONTENT_TYPE, content_type)], answers).into_response()
}

async fn answer_part(face: &Face, outer: &HeaderMap, part: &str) -> String {
    let (head, http) = part
        .trim_start_matches('\n')
        .split_once("\n\n")
        .unwrap_or((part, ""));
    let id = header_line(head, "content-id").unwrap_or_default();
    let response = match read_part(outer, http) {
        Some(request) => {
            let actions = face.step(|world, now| api::strike(world, &request, now));
            let response = pass(&actions, calendar::work(face, &request, &actions)).await;
            face.log_request(&request, response.status().as_u16());
            response
        }
        None => calendar::respond(Answer::from(Refusal::invalid(
            "Failed to parse batch request.",
        ))),
    };
    let status = response.status();
    let etag = response
        .headers()
        .get(header::ETAG)
        .and_then(|value| value.to_str().ok())
        .map(|etag| format!("ETag: {etag}\r\n"));
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap_or_default();
    let reply_id = id
        .strip_prefix('<')
        .map(|rest| format!("<response-{rest}"))
        .unwrap_or_else(|| format!("response-{id}"));
    format!(
        "--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: {reply_id}\r\n\r\nHTTP/1.1 {} {}\r\n\
         Content-Type: application/json; charset=UTF-8\r\n{}Content-Length: {}\r\n\r\n{}\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default(),
        etag.unwrap_or_default(),
        body.len(),
        String::from_utf8_lossy(&body),
    )
}

fn read_part(outer: &HeaderMap, http: &str) -> Option<api::Request> {
    let (head, body) = http.split_once("\n\n").unwrap_or((http, ""));
    let mut words = head.lines().next()?.split_whitespace();
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let uri: Uri = words.next()?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for name in [
        header::AUTHORIZATION,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
    ] {
        let inner = header_line(head, name.as_str()).and_then(|value| value.parse().ok());
        let shared = (name == header::AUTHORIZATION)
            .then(|| outer.get(&name).cloned())
            .flatten();
        if let Some(value) = inner.or(shared) {
            headers.insert(name, value);
        }
    }
    let body = Bytes::copy_from_slice(body.trim().as_bytes());
    Some(calendar::read(&method, &uri, &headers, &body))
}

fn header_line<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
