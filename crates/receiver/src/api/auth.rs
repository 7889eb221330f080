//! Who asks, and whether they may: before any path or body is looked at.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use syncward_wire::Role;
use syncward_wire::receiver::Device;

use super::problem::Refusal;
use super::trail;
use crate::app::{Actor, App};
use crate::{clock, seal, store};

/// How exactly a device's last visit is known.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What a route asks of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Any role.
    Any,
    Viewer,
    Operator,
    Admin,
    /// The clinic's own system, and nobody else.
    Integration,
}

impl Need {
    fn is_met_by(self, role: Role) -> bool {
        match (self, role) {
            (Self::Any, _) | (Self::Integration, Role::Integration) => true,
            (Self::Viewer, Role::Viewer | Role::Operator | Role::Admin)
            | (Self::Operator, Role::Operator | Role::Admin)
            | (Self::Admin, Role::Admin) => true,
            (Self::Viewer | Self::Operator | Self::Admin, _) | (Self::Integration, _) => false,
        }
    }
}

/// The device that asks.
#[derive(Clone, Debug)]
pub struct Caller(pub Device);

/// Lets a request pass with its caller, or answers 401 or 403; a refused action leaves an entry in the audit trail.
pub async fn guard(
    State((app, need)): State<(Arc<App>, Need)>,
    matched: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let device = match identify(&app, request.headers()).await {
        Ok(device) => device,
        Err(refusal) => return refusal.into_response(),
    };
    let actor = Actor {
        who: device.name.clone(),
        what: trail::word(request.method(), matched.as_str()),
    };
    let is_action = !request.method().is_safe();
    let subject_id = trail::subject(request.uri().path());
    let answer = if need.is_met_by(device.role) {
        request.extensions_mut().insert(Caller(device));
        request.extensions_mut().insert(actor.clone());
        next.run(request).await
    } else {
        too_low(need).into_response()
    };
    if is_action && let Some(code) = trail::refusal(&answer) {
        trail::refused(&app, actor, subject_id, code).await;
    }
    answer
}

/// The caller of a request, if they may.
pub async fn caller(app: &App, headers: &HeaderMap, need: Need) -> Result<Caller, Refusal> {
    let device = identify(app, headers).await?;
    match need.is_met_by(device.role) {
        true => Ok(Caller(device)),
        false => Err(too_low(need)),
    }
}

/// The device of the bearer token, noted as seen.
async fn identify(app: &App, headers: &HeaderMap) -> Result<Device, Refusal> {
    let token = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(bearer);
    let Some(token) = token else {
        return Err(Refusal::new(
            401,
            "token_missing",
            "A bearer token is needed.",
            "Pair this device: POST /api/v1/pair with a code.",
        ));
    };
    let hash = seal::hash(token);
    let now = clock::now();
    let device = app
        .store
        .read(move |connection| store::device::of_token(connection, &hash, now))
        .await?;
    let Some(device) = device else {
        return Err(Refusal::new(
            401,
            "token_invalid",
            "The token is unknown or revoked.",
            "Pair this device again.",
        ));
    };
    let is_fresh = device
        .seen_at
        .is_some_and(|at| now.duration_since(*at) < SEEN_EVERY);
    if !is_fresh {
        let device_id = device.id;
        // A disk that is full must not shut readers out.
        let _ = app
            .store
            .write(move |tx| store::device::seen(tx, device_id, now))
            .await;
    }
    Ok(device)
}

fn too_low(need: Need) -> Refusal {
    let action = match need {
        Need::Any | Need::Viewer | Need::Operator | Need::Admin => {
            "Pair with a code of a higher role."
        }
        Need::Integration => {
            "Pair with a code for the clinic's own system: syncward-receiver pair --role integration."
        }
    };
    Refusal::new(
        403,
        "role_too_low",
        "This device's role does not allow it.",
        action,
    )
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
        .filter(|token| !token.is_empty())
}
