//! The authorization endpoint: the page that asks, and what a person decides.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use url::Url;

use super::{Face, consent_page, weather};
use crate::model::{
    fault::{Action, Target},
    oauth::{AuthFault, AuthRequest, ConsentMode, Consents},
    query::Query,
};

/// `GET`: shows the page, or goes straight back when the mode says so.
pub async fn ask(
    State(face): State<Face>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Response {
    let raw = raw.unwrap_or_default();
    let query = Query::parse(&raw);
    let actions = strike(&face, &query);
    weather::pass(&actions, async { show(&face, &headers, &raw, &query) }).await
}

/// `POST` with the same query: `decision` is `allow` or `deny`, `account` who, `granted` each scope that stays ticked.
/// Without `partial` every scope is granted.
pub async fn decide(State(face): State<Face>, RawQuery(raw): RawQuery, body: String) -> Response {
    let query = Query::parse(&raw.unwrap_or_default());
    let form = Query::parse(&body);
    let request = match face.world().consents.check(&query) {
        Ok(request) => request,
        Err(fault) => return error_page(&fault),
    };
    match form.get("decision") {
        Some("allow") => {
            let scopes = if form.get("partial").is_some() {
                form.all("granted")
            } else {
                request.scopes.clone()
            };
            let account = form.get("account").map(str::to_owned);
            allow(&face, request, &query, account, &scopes)
        }
        Some("deny") => go(StatusCode::FOUND, &Consents::deny(&request)),
        _ => error_page(&fault("Choose Allow or Deny.")),
    }
}

fn show(face: &Face, headers: &HeaderMap, raw: &str, query: &Query) -> Response {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if agent.contains("; wv)") {
        let sentence =
            "This browser is embedded in an app; open the page in the system browser.".to_owned();
        return error_page(&AuthFault {
            status: 403,
            code: "disallowed_useragent",
            sentence,
        });
    }
    let (checked, mode, accounts) = {
        let world = face.world();
        (
            world.consents.check(query),
            world.consent_mode,
            world.accounts.values().cloned().collect::<Vec<_>>(),
        )
    };
    let request = match checked {
        Ok(request) => request,
        Err(fault) => return error_page(&fault),
    };
    match mode {
        ConsentMode::Page => Html(consent_page::ask(&request, raw, &accounts)).into_response(),
        ConsentMode::Allow => {
            let scopes = request.scopes.clone();
            allow(face, request, query, None, &scopes)
        }
        ConsentMode::Deny => go(StatusCode::FOUND, &Consents::deny(&request)),
    }
}

fn allow(
    face: &Face,
    request: AuthRequest,
    query: &Query,
    account: Option<String>,
    scopes: &[String],
) -> Response {
    let redirect_text = query.get("redirect_uri").unwrap_or_default();
    let back = face.step(|world, now| {
        let named = account.or_else(|| request.login_hint.clone());
        let account = match named {
            Some(name) if world.accounts.contains_key(&name) => name,
            Some(name) => return Err(fault(&format!("There is no account {name}."))),
            None => world
                .accounts
                .keys()
                .next()
                .cloned()
                .ok_or_else(|| fault("There is no account."))?,
        };
        let code = format!("4/0sim-{}", world.fresh());
        Ok(world
            .consents
            .allow(request, redirect_text, &account, scopes, code, now))
    });
    match back {
        Ok(back) => go(StatusCode::FOUND, &back),
        Err(fault) => error_page(&fault),
    }
}

fn strike(face: &Face, query: &Query) -> Vec<Action> {
    let account = query.get("login_hint");
    face.step(|world, _| {
        world.strike(&Target {
            operation: "oauth.auth",
            method: "GET",
            path: "/o/oauth2/v2/auth",
            account,
            ..Target::default()
        })
    })
}

fn fault(sentence: &str) -> AuthFault {
    AuthFault {
        status: 400,
        code: "invalid_request",
        sentence: sentence.to_owned(),
    }
}

fn error_page(fault: &AuthFault) -> Response {
    let status = StatusCode::from_u16(fault.status).unwrap_or_default();
    (status, Html(consent_page::error(fault))).into_response()
}

fn go(status: StatusCode, back: &Url) -> Response {
    (status, [(header::LOCATION, back.as_str())]).into_response()
}
