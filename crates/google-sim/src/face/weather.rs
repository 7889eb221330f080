//! What fault rules do to a call on the wire: waits, refusals, broken connections, spoilt bodies.

use std::{future::Future, io, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use futures_util::stream;

use super::calendar::respond;
use crate::{
    api::Answer,
    model::{fault::Action, oauth::TokenFault, refusal::Refusal},
};

const HANG: Duration = Duration::from_secs(600);
const BODY_MAX: usize = 64 * 1024 * 1024;

/// Does the work of a call under the actions that strike it.
pub async fn pass(actions: &[Action], work: impl Future<Output = Response>) -> Response {
    wait(actions).await;
    for action in actions {
        match action {
            Action::Refuse {
                status,
                reason,
                message,
                retry_after_s,
                applied,
            } => {
                if *applied {
                    work.await;
                }
                let refusal = Refusal::injected(
                    *status,
                    reason.as_deref(),
                    message.as_deref(),
                    *retry_after_s,
                );
                return respond(Answer::from(refusal));
            }
            Action::OauthError { error, description } => {
                return oauth_fault(&TokenFault::new(
                    400,
                    error,
                    description.as_deref().unwrap_or("Bad Request"),
                ));
            }
            Action::Drop { applied } => {
                if *applied {
                    work.await;
                }
                return broken();
            }
            Action::Html { status } => return html(*status),
            Action::Truncate => return truncated(work.await).await,
            Action::Delay { ms, applied: true } => {
                let answer = work.await;
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                return answer;
            }
            Action::Delay { applied: false, .. }
            | Action::Hang { .. }
            | Action::Duplicate { .. }
            | Action::Reorder { .. }
            | Action::FewerScopes { .. }
            | Action::Shorten { .. }
            | Action::SilentHandshake
            | Action::SilentChannel
            | Action::EmptyPage => {}
        }
    }
    work.await
}

/// Waits as long as the actions ask.
pub async fn wait(actions: &[Action]) {
    for action in actions {
        let pause = match action {
            Action::Delay { ms, applied: false } | Action::Reorder { ms } => {
                Duration::from_millis(*ms)
            }
            Action::Hang { ms } => ms.map_or(HANG, Duration::from_millis),
            _ => continue,
        };
        tokio::time::sleep(pause).await;
    }
}

/// A token endpoint's refusal.
pub fn oauth_fault(fault: &TokenFault) -> Response {
    (
        StatusCode::from_u16(fault.status).unwrap_or_default(),
        axum::Json(fault.body()),
    )
        .into_response()
}

/// An answer whose connection breaks in the middle.
fn broken() -> Response {
    let chunks = [
        Ok(Bytes::from_static(b"{")),
        Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ];
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=UTF-8"),
        (header::CONTENT_LENGTH, "4096"),
    ];
    (headers, Body::from_stream(stream::iter(chunks))).into_response()
}

async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(whole.slice(..whole.len() / 2)))
}

fn html(status: u16) -> Response {
    let page = "<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p><b>502.</b> <ins>That's an error.</ins>\
                <p>The server encountered a temporary error and could not complete your request.</html>";
    (StatusCode::from_u16(status).unwrap_or_default(), Html(page)).into_response()
}
