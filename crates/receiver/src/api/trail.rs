//! What calls are named in the audit trail, and the entries of those that were refused.

use axum::http::Method;
use axum::response::Response;
use uuid::Uuid;

use super::problem::Code;
use crate::app::{Actor, App};
use crate::{clock, store};

/// The stable word of a call.
pub fn word(method: &Method, path: &str) -> &'static str {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    match (method.as_str(), path) {
        ("POST", "/clinics") => "create_clinic",
        ("PATCH", "/clinics/{id}") => "change_clinic",
        ("DELETE", "/clinics/{id}") => "delete_clinic",
        ("POST", "/clinics/{id}/grants") => "begin_connect",
        ("POST", "/grants/complete") => "connect_google",
        ("DELETE", "/grants/{id}") => "disconnect_google",
        ("POST", "/clinics/{id}/links") => "add_link",
        ("DELETE", "/links/{id}") => "delete_link",
        ("POST", "/links/renew-due") => "renew_due",
        ("POST", "/links/{id}/renew") => "renew",
        ("POST", "/links/{id}/sync") => "sync",
        ("POST", "/links/{id}/test-delivery") => "test_delivery",
        ("POST", "/links/{id}/fire-drill") => "fire_drill",
        ("POST", "/links/{id}/pause") => "pause",
        ("POST", "/links/{id}/resume") => "resume",
        ("POST", "/links/{id}/approve") => "approve",
        ("POST", "/links/{id}/reject") => "reject",
        ("DELETE", "/devices/{id}") => "revoke_device",
        ("POST", "/receiver/pause") => "pause_receiver",
        ("POST", "/receiver/resume") => "resume_receiver",
        ("POST", "/receiver/drain") => "drain_receiver",
        ("POST", "/appointments") => "create_appointment",
        ("PATCH", "/appointments/{id}") => "change_appointment",
        ("DELETE", "/appointments/{id}") => "cancel_appointment",
        ("POST", "/appointments/{id}/restore") => "restore_appointment",
        ("POST", "/webhook-endpoints") => "add_webhook_endpoint",
        ("PATCH", "/webhook-endpoints/{id}") => "change_webhook_endpoint",
        ("DELETE", "/webhook-endpoints/{id}") => "delete_webhook_endpoint",
        ("POST", "/webhook-endpoints/{id}/replay") => "replay_webhooks",
        ("GET" | "HEAD", _) => "read",
        _ => "other",
    }
}

/// The id in a path: what the call is about.
pub fn subject(path: &str) -> Option<Uuid> {
    path.split('/').find_map(|part| part.parse().ok())
}

/// The code of an answer that did not allow an action (403) or found it not to fit the state of things (409).
pub fn refusal(answer: &Response) -> Option<&'static str> {
    let code = answer.extensions().get::<Code>().map_or("", |code| code.0);
    matches!(answer.status().as_u16(), 403 | 409).then_some(code)
}

/// Notes a refused action.
pub async fn refused(app: &App, actor: Actor, subject_id: Option<Uuid>, code: &'static str) {
    let result = format!("refused: {code}");
    let noted = app
        .store
        .write(move |tx| {
            store::audit::append(
                tx,
                &actor.who,
                actor.what,
                subject_id,
                &result,
                clock::now(),
            )
        })
        .await;
    if let Err(error) = noted {
        tracing::error!(error = %error, "could not note a refused action");
    }
}
