//! The authorization request: what a client may ask of the consent page, and what it is told when it may not.

use url::Url;

use crate::model::{channel::is_loopback, query::Query};

/// The OAuth client that is registered, if any.
#[derive(Debug, Clone, Default)]
pub struct ClientRegistration {
    /// The only client id taken; any when absent.
    pub id: Option<String>,
    /// Its secret; unchecked when absent.
    pub secret: Option<String>,
}

/// A checked authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthRequest {
    /// The client.
    pub client_id: String,
    /// Where the answer goes.
    pub redirect: Url,
    /// The scopes asked for.
    pub scopes: Vec<String>,
    /// Comes back unchanged.
    pub state: Option<String>,
    /// The account that the client has in mind.
    pub login_hint: Option<String>,
    pub(super) challenge: Option<(String, bool)>,
    pub(super) offline: bool,
    pub(super) prompt_consent: bool,
    pub(super) include_granted: bool,
}

/// Why an authorization request shows an error page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Error {status}: {code}")]
pub struct AuthFault {
    /// The HTTP status of the page.
    pub status: u16,
    /// Google's code, such as `redirect_uri_mismatch`.
    pub code: &'static str,
    /// The sentence.
    pub sentence: String,
}

impl AuthRequest {
    /// Checks a query of the authorization endpoint.
    pub fn read(query: &Query, registration: &ClientRegistration) -> Result<Self, AuthFault> {
        let fault = |status, code, sentence: &str| AuthFault {
            status,
            code,
            sentence: sentence.to_owned(),
        };
        let missing = |name: &str| AuthFault {
            status: 400,
            code: "invalid_request",
            sentence: format!("Required parameter is missing: {name}"),
        };
        let client_id = query
            .get("client_id")
            .filter(|id| !id.is_empty())
            .ok_or_else(|| missing("client_id"))?;
        if registration
            .id
            .as_deref()
            .is_some_and(|known| known != client_id)
        {
            return Err(fault(
                401,
                "invalid_client",
                "The OAuth client was not found.",
            ));
        }
        if query
            .get("response_type")
            .ok_or_else(|| missing("response_type"))?
            != "code"
        {
            return Err(fault(
                400,
                "unsupported_response_type",
                "Only response_type=code is supported.",
            ));
        }
        let redirect_text = query
            .get("redirect_uri")
            .ok_or_else(|| missing("redirect_uri"))?;
        let redirect = Url::parse(redirect_text)
            .ok()
            .filter(|url| url.scheme() == "http" && is_loopback(url) && url.fragment().is_none());
        let redirect = redirect.ok_or_else(|| {
            fault(
                400,
                "redirect_uri_mismatch",
                "A desktop client may only be sent back to a loopback address over http.",
            )
        })?;
        let scopes: Vec<String> = query
            .get("scope")
            .ok_or_else(|| missing("scope"))?
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        if scopes.is_empty() || !scopes.iter().all(|scope| is_known_scope(scope)) {
            return Err(fault(
                400,
                "invalid_scope",
                "Some requested scopes were invalid.",
            ));
        }
        let challenge = match (
            query.get("code_challenge"),
            query.get("code_challenge_method"),
        ) {
            (None, _) => None,
            (Some(challenge), Some("S256")) => Some((challenge.to_owned(), true)),
            (Some(challenge), None | Some("plain")) => Some((challenge.to_owned(), false)),
            (Some(_), Some(_)) => {
                return Err(fault(
                    400,
                    "invalid_request",
                    "Invalid code_challenge_method.",
                ));
            }
        };
        Ok(Self {
            client_id: client_id.to_owned(),
            redirect,
            scopes,
            state: query.get("state").map(str::to_owned),
            login_hint: query.get("login_hint").map(str::to_owned),
            challenge,
            offline: query.get("access_type") == Some("offline"),
            prompt_consent: query
                .get("prompt")
                .is_some_and(|prompt| prompt.split_whitespace().any(|word| word == "consent")),
            include_granted: query.get("include_granted_scopes") == Some("true"),
        })
    }
}

fn is_known_scope(scope: &str) -> bool {
    let google = scope.strip_prefix("https://www.googleapis.com/auth/");
    let known = google.is_some_and(|name| {
        name.split('.').next() == Some("calendar") || name.starts_with("userinfo.")
    });
    known || matches!(scope, "openid" | "email" | "profile")
}
