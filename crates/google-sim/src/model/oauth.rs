//! Consent and tokens: authorization requests, one-time codes, refresh and access tokens, revocation.

mod authorization;

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub use authorization::{AuthFault, AuthRequest, ClientRegistration};

use super::query::Query;

const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
const ACCESS_LIFE_S: i64 = 3599;
const TESTING_LIFE_S: i64 = 604_799;
/// Live refresh tokens per account and client; the oldest dies of the next.
const REFRESH_TOKENS_MAX: usize = 100;

/// What the consent page does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMode {
    /// Shows a page and waits for a person.
    Page,
    /// Goes straight back with a code.
    Allow,
    /// Goes straight back with `access_denied`.
    Deny,
}

/// Why a token endpoint refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {error}")]
pub struct TokenFault {
    /// The HTTP status.
    pub status: u16,
    /// The OAuth error code.
    pub error: String,
    /// The sentence.
    pub description: String,
}

impl TokenFault {
    /// A refusal of a token endpoint.
    pub fn new(status: u16, error: &str, description: &str) -> Self {
        Self {
            status,
            error: error.to_owned(),
            description: description.to_owned(),
        }
    }

    /// The JSON body.
    pub fn body(&self) -> Value {
        json!({ "error": self.error, "error_description": self.description })
    }
}

struct Code {
    request: AuthRequest,
    redirect_text: String,
    account: String,
    scopes: Vec<String>,
    expires_at: Timestamp,
    used: bool,
}

/// What an access token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The account's address.
    pub account: String,
    /// The OAuth client.
    pub client_id: String,
    /// The scopes granted.
    pub scopes: Vec<String>,
    expires_at: Timestamp,
}

#[derive(Default)]
struct Grant {
    scopes: Vec<String>,
    refresh_tokens: Vec<(String, Vec<String>)>,
}

/// All consents given so far.
#[derive(Default)]
pub struct Consents {
    /// The registered client.
    pub registration: ClientRegistration,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    grants: BTreeMap<(String, String), Grant>,
    /// Whether the app is in the *Testing* state: what is consented to now ends after seven days.
    pub testing: bool,
    /// When refresh tokens of an app in *Testing* end.
    ends: BTreeMap<String, Timestamp>,
}

impl Consents {
    /// Checks the query of the authorization endpoint.
    pub fn check(&self, query: &Query) -> Result<AuthRequest, AuthFault> {
        AuthRequest::read(query, &self.registration)
    }

    /// Records an "Allow" and returns where the browser goes with the code.
    pub fn allow(
        &mut self,
        request: AuthRequest,
        redirect_text: &str,
        account: &str,
        scopes: &[String],
        code: String,
        now: Timestamp,
    ) -> Url {
        let mut scopes: Vec<String> = request
            .scopes
            .iter()
            .filter(|scope| scopes.contains(scope))
            .cloned()
            .collect();
        let grant = self
            .grants
            .entry((account.to_owned(), request.client_id.clone()))
            .or_default();
        if request.include_granted {
            let earlier: Vec<String> = grant
                .scopes
                .iter()
                .filter(|scope| !scopes.contains(scope))
                .cloned()
                .collect();
            scopes.extend(earlier);
        }
        let mut back = request.redirect.clone();
        {
            let mut pairs = back.query_pairs_mut();
            if let Some(state) = &request.state {
                pairs.append_pair("state", state);
            }
            pairs
                .append_pair("code", &code)
                .append_pair("scope", &scopes.join(" "));
        }
        let account = account.to_owned();
        let redirect_text = redirect_text.to_owned();
        self.codes.insert(
            code,
            Code {
                request,
                redirect_text,
                account,
                scopes,
                expires_at: now + CODE_LIFE,
                used: false,
            },
        );
        back
    }

    /// Where the browser goes after a "Deny".
    pub fn deny(request: &AuthRequest) -> Url {
        let mut back = request.redirect.clone();
        back.query_pairs_mut().append_pair("error", "access_denied");
        if let Some(state) = &request.state {
            back.query_pairs_mut().append_pair("state", state);
        }
        back
    }

    /// Answers the token endpoint; `fresh` makes secrets.
    pub fn token(
        &mut self,
        form: &Query,
        keep: Option<&[String]>,
        now: Timestamp,
        fresh: &mut dyn FnMut() -> String,
    ) -> Result<Value, TokenFault> {
        let client_id = self.check_client(form)?;
        match form.get("grant_type") {
            Some("authorization_code") => self.exchange(form, &client_id, keep, now, fresh),
            Some("refresh_token") => self.refresh(form, &client_id, keep, now, fresh),
            None => Err(TokenFault::new(
                400,
                "invalid_request",
                "Required parameter is missing: grant_type",
            )),
            Some(other) => Err(TokenFault::new(
                400,
                "unsupported_grant_type",
                &format!("Invalid grant_type: {other}"),
            )),
        }
    }

    fn check_client(&self, form: &Query) -> Result<String, TokenFault> {
        let missing = || {
            TokenFault::new(
                400,
                "invalid_request",
                "Could not determine client ID from request.",
            )
        };
        let client_id = form
            .get("client_id")
            .filter(|id| !id.is_empty())
            .ok_or_else(missing)?;
        if self
            .registration
            .id
            .as_deref()
            .is_some_and(|known| known != client_id)
        {
            return Err(TokenFault::new(
                401,
                "invalid_client",
                "The OAuth client was not found.",
            ));
        }
        match (
            self.registration.secret.as_deref(),
            form.get("client_secret"),
        ) {
            (None, _) => {}
            (Some(_), None) => {
                return Err(TokenFault::new(
                    400,
                    "invalid_request",
                    "client_secret is missing.",
                ));
            }
            (Some(known), Some(given)) if known != given => {
                return Err(TokenFault::new(
                    401,
                    "invalid_client",
                    "The provided client secret is invalid.",
                ));
            }
            (Some(_), Some(_)) => {}
        }
        Ok(client_id.to_owned())
    }

    fn exchange(
        &mut self,
        form: &Query,
        client_id: &str,
        keep: Option<&[String]>,
        now: Timestamp,
        fresh: &mut dyn FnMut() -> String,
    ) -> Result<Value, TokenFault> {
        let invalid = |sentence: &str| TokenFault::new(400, "invalid_grant", sentence);
        let name = form.get("code").ok_or_else(|| {
            TokenFault::new(400, "invalid_request", "Missing required parameter: code")
        })?;
        let code = self
            .codes
            .get_mut(name)
            .ok_or_else(|| invalid("Malformed auth code."))?;
        if code.used || now >= code.expires_at || code.request.client_id != client_id {
            return Err(invalid("Bad Request"));
        }
        if form.get("redirect_uri") != Some(&code.redirect_text) {
            return Err(TokenFault::new(400, "redirect_uri_mismatch", "Bad Request"));
        }
        check_verifier(code.request.challenge.as_ref(), form.get("code_verifier"))?;
        code.used = true;
        let scopes = kept(&code.scopes, keep);
        let account = code.account.clone();
        let refreshable = code.request.offline && code.request.prompt_consent;
        let grant = self
            .grants
            .entry((account.clone(), client_id.to_owned()))
            .or_default();
        grant.scopes = merged(&grant.scopes, &scopes);
        let mut answer = self.issue(&account, client_id, &scopes, now, fresh);
        if refreshable {
            let token = format!("1//0sim-{}", fresh());
            let grant = self
                .grants
                .entry((account.clone(), client_id.to_owned()))
                .or_default();
            if grant.refresh_tokens.len() >= REFRESH_TOKENS_MAX {
                grant.refresh_tokens.remove(0);
            }
            grant.refresh_tokens.push((token.clone(), scopes.clone()));
            if self.testing {
                self.ends.insert(
                    token.clone(),
                    now + SignedDuration::from_secs(TESTING_LIFE_S),
                );
                answer["refresh_token_expires_in"] = json!(TESTING_LIFE_S);
            }
            answer["refresh_token"] = json!(token);
        }
        if scopes.iter().any(|scope| scope == "openid") {
            answer["id_token"] = json!(id_token(&account, client_id, now));
        }
        Ok(answer)
    }

    fn refresh(
        &mut self,
        form: &Query,
        client_id: &str,
        keep: Option<&[String]>,
        now: Timestamp,
        fresh: &mut dyn FnMut() -> String,
    ) -> Result<Value, TokenFault> {
        let missing = || {
            TokenFault::new(
                400,
                "invalid_request",
                "Missing required parameter: refresh_token",
            )
        };
        let token = form.get("refresh_token").ok_or_else(missing)?;
        let over = self.ends.get(token).is_some_and(|ends_at| *ends_at <= now);
        let standing = (!over).then_some(&self.grants);
        let found = standing
            .into_iter()
            .flatten()
            .find_map(|((account, client), grant)| {
                let (_, scopes) = grant
                    .refresh_tokens
                    .iter()
                    .find(|(known, _)| known == token)?;
                Some((account.clone(), client.clone(), scopes.clone()))
            });
        match found {
            Some((account, client, scopes)) if client == client_id => {
                let scopes = kept(&scopes, keep);
                Ok(self.issue(&account, client_id, &scopes, now, fresh))
            }
            Some(_) => Err(TokenFault::new(401, "unauthorized_client", "Unauthorized")),
            None => Err(TokenFault::new(
                400,
                "invalid_grant",
                "Token has been expired or revoked.",
            )),
        }
    }

    fn issue(
        &mut self,
        account: &str,
        client_id: &str,
        scopes: &[String],
        now: Timestamp,
        fresh: &mut dyn FnMut() -> String,
    ) -> Value {
        let token = format!("ya29.sim-{}", fresh());
        let access = Access {
            account: account.to_owned(),
            client_id: client_id.to_owned(),
            scopes: scopes.to_vec(),
            expires_at: now + SignedDuration::from_secs(ACCESS_LIFE_S),
        };
        self.access.retain(|_, access| access.expires_at > now);
        self.access.insert(token.clone(), access);
        json!({ "access_token": token, "expires_in": ACCESS_LIFE_S, "scope": scopes.join(" "), "token_type": "Bearer" })
    }

    /// The account that a token request is about, as far as its code or token tells.
    pub fn account_of(&self, form: &Query) -> Option<String> {
        if let Some(code) = form.get("code").and_then(|code| self.codes.get(code)) {
            return Some(code.account.clone());
        }
        let token = form.get("refresh_token").or_else(|| form.get("token"))?;
        let owner = self
            .grants
            .iter()
            .find(|(_, grant)| grant.refresh_tokens.iter().any(|(known, _)| known == token));
        owner
            .map(|((account, _), _)| account.clone())
            .or_else(|| Some(self.access.get(token)?.account.clone()))
    }

    /// What an access token stands for while it lives.
    pub fn access(&self, token: &str, now: Timestamp) -> Option<&Access> {
        self.access
            .get(token)
            .filter(|access| access.expires_at > now)
    }

    /// Ends every access token of an account; refresh tokens live on.
    pub fn expire_access(&mut self, account: &str) {
        self.access.retain(|_, access| access.account != account);
    }

    /// Revokes by any token of a consent; every scope of that client goes.
    pub fn revoke(&mut self, token: &str, now: Timestamp) -> Result<(), TokenFault> {
        let by_refresh = self
            .grants
            .iter()
            .find(|(_, grant)| grant.refresh_tokens.iter().any(|(known, _)| known == token));
        let key = by_refresh.map(|(key, _)| key.clone()).or_else(|| {
            let access = self.access(token, now)?;
            Some((access.account.clone(), access.client_id.clone()))
        });
        let (account, client) =
            key.ok_or_else(|| TokenFault::new(400, "invalid_token", "Token expired or revoked"))?;
        self.access
            .retain(|_, access| (&access.account, &access.client_id) != (&account, &client));
        self.grants.remove(&(account, client));
        Ok(())
    }

    /// A person withdraws every consent of an account.
    pub fn withdraw(&mut self, account: &str) -> usize {
        let before = self.grants.len();
        self.grants.retain(|(owner, _), _| owner != account);
        self.expire_access(account);
        before - self.grants.len()
    }

    /// Who consented to what: account, client, scopes and live refresh tokens.
    pub fn summary(&self) -> Vec<Value> {
        let rows = self.grants.iter().map(|((account, client), grant)| {
            json!({ "account": account, "client_id": client, "scopes": grant.scopes, "refresh_tokens": grant.refresh_tokens.len() })
        });
        rows.collect()
    }
}

/// Those of the scopes that a fault rule leaves.
fn kept(scopes: &[String], keep: Option<&[String]>) -> Vec<String> {
    let mut scopes = scopes.to_vec();
    if let Some(keep) = keep {
        scopes.retain(|scope| keep.iter().any(|name| names_scope(name, scope)));
    }
    scopes
}

/// Whether `name` is `scope` in full or its last part.
fn names_scope(name: &str, scope: &str) -> bool {
    name == scope || scope.rsplit('/').next() == Some(name)
}

fn merged(old: &[String], new: &[String]) -> Vec<String> {
    let mut all = old.to_vec();
    all.extend(new.iter().filter(|scope| !old.contains(scope)).cloned());
    all
}

fn check_verifier(
    challenge: Option<&(String, bool)>,
    verifier: Option<&str>,
) -> Result<(), TokenFault> {
    let invalid = |sentence: &str| Err(TokenFault::new(400, "invalid_grant", sentence));
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => invalid("code_verifier or verifier is not needed."),
        (Some(_), None) => invalid("Missing code verifier."),
        (Some((challenge, hashed)), Some(verifier)) => {
            let shown = if *hashed {
                URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
            } else {
                verifier.to_owned()
            };
            if shown == *challenge {
                Ok(())
            } else {
                invalid("Invalid code verifier.")
            }
        }
    }
}

/// The id of the account, as an unsigned token: whoever reads it got it from here over TLS or loopback.
fn id_token(account: &str, client_id: &str, now: Timestamp) -> String {
    let claims = json!({
        "iss": "https://accounts.google.com", "azp": client_id, "aud": client_id, "sub": subject(account),
        "email": account, "email_verified": true, "iat": now.as_second(), "exp": now.as_second() + ACCESS_LIFE_S,
    });
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.",
        part(json!({ "alg": "none", "typ": "JWT" })),
        part(claims)
    )
}

/// The stable number of an account.
pub fn subject(account: &str) -> String {
    let hash = Sha256::digest(account);
    let number = hash
        .iter()
        .take(8)
        .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("1{number:020}")
}

/// Client id and secret of an `Authorization: Basic` header.
pub fn basic_credentials(header: &str) -> Option<(String, String)> {
    let decoded = STANDARD_NO_PAD
        .decode(header.strip_prefix("Basic ")?.trim_end_matches('='))
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
