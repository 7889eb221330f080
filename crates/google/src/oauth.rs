//! OAuth 2.0 for an installed app: authorization address, code exchange, refresh, revoke.
//!
//! Sources: RFC 8252, RFC 7636, <https://developers.google.com/identity/protocols/oauth2/native-app>. State and verifier of an
//! attempt are made here and kept by the caller; no token is ever logged.

use std::borrow::Cow;
use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use syncward_engine::{Failure, FailureClass};
use url::Url;

use crate::client::{malformed, ours};
use crate::failure::Call;
use crate::{AccessToken, Client, ClientSecret, PkceVerifier, RefreshToken};

const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
const CALENDAR_LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
/// The scopes we ask for, each of which a person may untick.
pub const REQUIRED_SCOPES: [&str; 2] = [EVENTS, CALENDAR_LIST];
/// Wider scopes that a grant may carry from before, and what they include.
const WIDER_SCOPES: [(&str, &[&str]); 3] = [
    ("https://www.googleapis.com/auth/calendar", &REQUIRED_SCOPES),
    (
        "https://www.googleapis.com/auth/calendar.readonly",
        &[CALENDAR_LIST],
    ),
    (
        "https://www.googleapis.com/auth/calendar.calendarlist",
        &[CALENDAR_LIST],
    ),
];
/// The life of an access token when Google does not say; shorter than any it gives.
const DEFAULT_LIFE: Duration = Duration::from_secs(30 * 60);

/// Who we are to Google.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    pub id: String,
    /// Optional: PKCE protects the exchange without it.
    pub secret: Option<ClientSecret>,
}

/// One authorization attempt: open `url` in the system browser, keep the rest until the answer comes.
#[derive(Clone, Debug)]
pub struct Authorization {
    pub url: Url,
    /// Comes back with the code; bound to this attempt, good once.
    pub state: String,
    pub verifier: PkceVerifier,
}

/// What a code was exchanged for.
#[derive(Clone, Debug)]
pub struct ExchangedGrant {
    pub refresh: RefreshToken,
    pub access: AccessToken,
    /// From the answer on.
    pub access_expires_in: Duration,
    /// When Google will end the grant by itself; absent for one that stays.
    pub refresh_expires_in: Option<Duration>,
    /// As granted, which may be fewer than asked for: see [`missing_scopes`].
    pub scopes: Vec<String>,
}

/// What a refresh gave.
#[derive(Clone, Debug)]
pub struct RefreshedAccess {
    pub access: AccessToken,
    /// From the answer on.
    pub expires_in: Duration,
    /// A new refresh token in the rare case that Google rotates it: replaces the old one.
    pub rotated: Option<RefreshToken>,
}

/// The required scopes that were not granted.
pub fn missing_scopes(granted: &[String]) -> Vec<&'static str> {
    let covers = |scope: &str, required: &str| {
        scope == required
            || WIDER_SCOPES
                .iter()
                .any(|(wider, included)| *wider == scope && included.contains(&required))
    };
    REQUIRED_SCOPES
        .into_iter()
        .filter(|required| !granted.iter().any(|scope| covers(scope, required)))
        .collect()
}

type Carried = Pin<Box<dyn Future<Output = Result<HttpResponse, Refused>> + Send>>;

/// What Google says beside the standard fields.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
struct GoogleFields {
    /// Seconds until the refresh token ends; only for consents that do, such as those of an app in *Testing*.
    #[serde(default)]
    refresh_token_expires_in: Option<u64>,
}

impl oauth2::ExtraTokenFields for GoogleFields {}

type TokenAnswer = StandardTokenResponse<GoogleFields, BasicTokenType>;

type GoogleClient<A = EndpointNotSet, T = EndpointNotSet> = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    A,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    T,
>;

type Configured = GoogleClient<EndpointSet, EndpointSet>;

impl Client {
    /// Begins an attempt: fresh state and PKCE verifier, offline access, consent asked anew so that a refresh token comes.
    pub fn authorize(
        &self,
        oauth: &OAuthClient,
        redirect_uri: &Url,
        login_hint: Option<&str>,
    ) -> Authorization {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.configured(oauth);
        let mut request = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(REQUIRED_SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .add_extra_param("access_type", "offline")
            .add_extra_param("prompt", "consent")
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
            .set_pkce_challenge(challenge);
        if let Some(login_hint) = login_hint {
            request = request.add_extra_param("login_hint", login_hint);
        }
        let (url, state) = request.url();
        Authorization {
            url,
            state: state.secret().clone(),
            verifier: PkceVerifier::new(verifier.secret()),
        }
    }

    /// Exchanges the code of an attempt; `redirect_uri` is exactly the attempt's.
    ///
    /// # Errors
    /// As the failure table says; `Permanent` with `invalid_grant` for a code that is wrong, old or used, with
    /// `refresh_token_missing` when Google gave none.
    pub async fn exchange(
        &self,
        oauth: &OAuthClient,
        redirect_uri: &Url,
        code: &str,
        verifier: &PkceVerifier,
    ) -> Result<ExchangedGrant, Failure> {
        let answer = self
            .configured(oauth)
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()))
            .request_async(&self.carrier(Call::Exchange))
            .await
            .map_err(failed)?;
        let refresh = answer
            .refresh_token()
            .ok_or_else(|| ours(FailureClass::Permanent, "refresh_token_missing"))?;
        Ok(ExchangedGrant {
            refresh: RefreshToken::new(refresh.secret()),
            access: AccessToken::new(answer.access_token().secret()),
            access_expires_in: answer.expires_in().unwrap_or(DEFAULT_LIFE),
            refresh_expires_in: answer
                .extra_fields()
                .refresh_token_expires_in
                .map(Duration::from_secs),
            scopes: granted_scopes(&answer),
        })
    }

    /// Gets a new access token for a grant.
    ///
    /// # Errors
    /// As the failure table says; `GrantLost` when Google no longer honours the grant.
    pub async fn refresh(
        &self,
        oauth: &OAuthClient,
        refresh: &RefreshToken,
    ) -> Result<RefreshedAccess, Failure> {
        let answer = self
            .configured(oauth)
            .exchange_refresh_token(&oauth2::RefreshToken::new(refresh.expose().to_owned()))
            .request_async(&self.carrier(Call::Refresh))
            .await
            .map_err(failed)?;
        Ok(RefreshedAccess {
            access: AccessToken::new(answer.access_token().secret()),
            expires_in: answer.expires_in().unwrap_or(DEFAULT_LIFE),
            rotated: answer
                .refresh_token()
                .filter(|rotated| rotated.secret() != refresh.expose())
                .map(|rotated| RefreshToken::new(rotated.secret())),
        })
    }

    /// Ends a grant at Google with all its scopes; one that is over already counts as ended.
    ///
    /// # Errors
    /// As the failure table says, for every other refusal.
    pub async fn revoke(&self, refresh: &RefreshToken) -> Result<(), Failure> {
        let request = self.form(
            self.endpoints().revoke.clone(),
            &[("token", refresh.expose())],
        );
        match self.ask(Call::Revoke, request).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.reason == "invalid_token" => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    fn configured(&self, oauth: &OAuthClient) -> Configured {
        let client = GoogleClient::new(ClientId::new(oauth.id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(self.endpoints().auth.clone()))
            .set_token_uri(TokenUrl::from_url(self.endpoints().token.clone()));
        match &oauth.secret {
            Some(secret) => {
                client.set_client_secret(oauth2::ClientSecret::new(secret.expose().to_owned()))
            }
            None => client,
        }
    }

    /// What the `oauth2` crate sends its requests through; it owns its client, so that its futures can move between threads.
    fn carrier(&self, call: Call) -> impl Fn(HttpRequest) -> Carried + Send + Sync + 'static {
        let client = self.clone();
        move |request| {
            let client = client.clone();
            Box::pin(async move { client.token_call(call, request).await })
        }
    }

    /// Carries the `oauth2` crate's requests; refusals are classified here, where their headers are known.
    async fn token_call(&self, call: Call, request: HttpRequest) -> Result<HttpResponse, Refused> {
        let request = reqwest::Request::try_from(request)
            .map_err(|_| Refused(ours(FailureClass::Permanent, "invalid_request")))?;
        let answer = self.execute(call, request).await.map_err(Refused)?;
        let mut response = HttpResponse::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

/// A failure on its way through the `oauth2` crate.
#[derive(Debug, thiserror::Error)]
#[error("token call refused: {}", .0.reason)]
struct Refused(Failure);

/// What the `oauth2` crate makes of an answer; its parse errors hold the body, so they end here.
fn failed<T: oauth2::ErrorResponse + 'static>(error: RequestTokenError<Refused, T>) -> Failure {
    match error {
        RequestTokenError::Request(Refused(failure)) => failure,
        RequestTokenError::ServerResponse(_)
        | RequestTokenError::Parse(..)
        | RequestTokenError::Other(_) => malformed(200),
    }
}

/// Without a `scope` in the answer, the scopes are those asked for (RFC 6749 §5.1).
fn granted_scopes(answer: &TokenAnswer) -> Vec<String> {
    match answer.scopes() {
        Some(scopes) => scopes.iter().map(|scope| scope.to_string()).collect(),
        None => REQUIRED_SCOPES.map(str::to_owned).to_vec(),
    }
}
