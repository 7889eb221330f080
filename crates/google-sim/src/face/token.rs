//! The token, revocation and user-info endpoints.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use url::form_urlencoded;

use super::{Face, calendar, weather};
use crate::{
    api::Answer,
    model::{
        fault::{Action, Target},
        oauth::{self, TokenFault},
        query::Query,
        refusal::Refusal,
    },
};

/// `POST /token`.
pub async fn token(State(face): State<Face>, headers: HeaderMap, body: String) -> Response {
    let form = with_basic(&headers, body);
    let actions = strike(&face, "oauth.token", "/token", &form);
    weather::pass(&actions, async {
        let keep = actions.iter().find_map(|action| {
            if let Action::FewerScopes { keep } = action {
                Some(keep.as_slice())
            } else {
                None
            }
        });
        match face.step(|world, now| world.token(&form, keep, now)) {
            Ok(answer) => ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
            Err(fault) => weather::oauth_fault(&fault),
        }
    })
    .await
}

/// `POST /revoke`, the token in the form or in the query.
pub async fn revoke(State(face): State<Face>, RawQuery(query): RawQuery, body: String) -> Response {
    let form = Query::parse(&[body, query.unwrap_or_default()].join("&"));
    let actions = strike(&face, "oauth.revoke", "/revoke", &form);
    weather::pass(&actions, async {
        let missing =
            || TokenFault::new(400, "invalid_request", "Missing required parameter: token");
        let revoked = face.step(|world, now| {
            world
                .consents
                .revoke(form.get("token").ok_or_else(missing)?, now)
        });
        match revoked {
            Ok(()) => Json(json!({})).into_response(),
            Err(fault) => weather::oauth_fault(&fault),
        }
    })
    .await
}

/// `GET /oauth2/v3/userinfo`: whose token it is.
pub async fn userinfo(State(face): State<Face>, headers: HeaderMap) -> Response {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let found = face.step(|world, now| {
        let access = world.access(bearer, now)?;
        let name = world
            .accounts
            .get(&access.account)
            .map(|account| account.name.clone());
        Ok::<_, Refusal>((access, name))
    });
    match found {
        Ok((access, _))
            if !access
                .scopes
                .iter()
                .any(|scope| scope == "openid" || scope.contains("email")) =>
        {
            calendar::respond(Answer::from(Refusal::insufficient_scopes()))
        }
        Ok((access, name)) => {
            let sub = oauth::subject(&access.account);
            (StatusCode::OK, Json(json!({ "sub": sub, "email": access.account, "email_verified": true, "name": name }))).into_response()
        }
        Err(refusal) => calendar::respond(Answer::from(refusal)),
    }
}

fn strike(face: &Face, operation: &str, path: &str, form: &Query) -> Vec<Action> {
    face.step(|world, _| {
        let account = world.consents.account_of(form);
        world.strike(&Target {
            operation,
            method: "POST",
            path,
            account: account.as_deref(),
            ..Target::default()
        })
    })
}

/// The form, with client id and secret from an `Authorization: Basic` header.
fn with_basic(headers: &HeaderMap, body: String) -> Query {
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(oauth::basic_credentials);
    let Some((id, secret)) = basic else {
        return Query::parse(&body);
    };
    let mut form = form_urlencoded::Serializer::new(body);
    form.append_pair("client_id", &id)
        .append_pair("client_secret", &secret);
    Query::parse(&form.finish())
}
