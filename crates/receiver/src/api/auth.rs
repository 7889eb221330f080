//! Who asks, and whether they may: before any path or body is looked at.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use syncward_wire::Role;
use syncward_wire::receiver::Device;

use super::problem::Refusal;
use crate::app::App;
use crate::{seal, store};

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

/// Lets a request pass with its caller, or answers 401 or 403.
pub async fn guard(
    State((app, need)): State<(Arc<App>, Need)>,
    mut request: Request,
    next: Next,
) -> Response {
    match caller(&app, request.headers(), need).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The caller of a request, if they may.
pub async fn caller(app: &App, headers: &HeaderMap, need: Need) -> Result<Caller, Refusal> {
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
    let device = app
        .store
        .read(move |connection| store::device::of_token(connection, &hash))
        .await?;
    let Some(device) = device else {
        return Err(Refusal::new(
            401,
            "token_invalid",
            "The token is unknown or revoked.",
            "Pair this device again.",
        ));
    };
    if need.is_met_by(device.role) {
        return Ok(Caller(device));
    }
    Err(Refusal::new(
        403,
        "role_too_low",
        "This device's role does not allow it.",
        "Pair with a code of a higher role.",
    ))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
        .filter(|token| !token.is_empty())
}
