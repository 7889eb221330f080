//! Consents: begun here, given in the system browser, completed here; the tokens never leave the receiver.

use std::sync::Arc;
use std::time::Duration;

use syncward_engine::{Effect, Input};
use syncward_google::{PkceVerifier, missing_scopes};
use syncward_wire::{Calendar, GrantBegin, GrantBegun, GrantComplete};
use url::Url;
use uuid::Uuid;

use super::links::refused;
use super::{Actor, App, UseError};
use crate::clock;
use crate::entropy;
use crate::exec::quota::Urgency;
use crate::exec::{self, google, turn};
use crate::seal;
use crate::store;
use crate::store::google_grant::Grant;
use crate::store::oauth_attempt::{self, Attempt};

/// How long a person may take at Google.
const ATTEMPT_LIFE: Duration = Duration::from_secs(10 * 60);

impl App {
    /// Begins a consent: where to send the browser, and the state that must come back.
    ///
    /// # Errors
    /// `not_found`, `bad_redirect_uri`, `no_google_client`, `store_failed`.
    pub async fn begin_grant(
        self: &Arc<Self>,
        by: Actor,
        clinic_id: Uuid,
        begin: GrantBegin,
    ) -> Result<GrantBegun, UseError> {
        if self.google.oauth.id.is_empty() {
            return Err(UseError::new(
                409,
                "no_google_client",
                "This receiver has no Google client.",
                "Set SYNCWARD_GOOGLE_CLIENT_ID on the receiver and start it again.",
            ));
        }
        let redirect_uri = loopback(&begin.redirect_uri)?;
        let authorization = self.google.client.authorize(
            &self.google.oauth,
            &redirect_uri,
            begin.login_hint.as_deref(),
        );
        let state_hash = seal::hash(&authorization.state);
        let place = data_encoding::HEXLOWER.encode(&state_hash);
        let attempt = Attempt {
            clinic_id,
            verifier: self.seal.seal(
                oauth_attempt::PLACE,
                &place,
                authorization.verifier.expose().as_bytes(),
            )?,
            redirect_uri: begin.redirect_uri,
            expires_at: clock::now() + ATTEMPT_LIFE,
            used_at: None,
        };
        self.decide(move |tx| {
            let now = clock::now();
            store::clinic::find(tx, clinic_id)?.ok_or_else(|| UseError::not_found("clinic"))?;
            oauth_attempt::insert(tx, &state_hash, &attempt, now)?;
            Ok(by.note(tx, Some(clinic_id), now)?)
        })
        .await?;
        Ok(GrantBegun {
            state: authorization.state,
            authorization_url: authorization.url.into(),
        })
    }

    /// Completes a consent: exchanges the code, keeps the sealed token, links the primary calendar and opens its channel.
    ///
    /// # Errors
    /// `state_unknown`, `state_used`, `state_expired`, `consent_denied`, `missing_scopes`, Google's refusals; nothing is
    /// kept then.
    pub async fn complete_grant(
        self: &Arc<Self>,
        by: Actor,
        complete: GrantComplete,
    ) -> Result<(Uuid, Vec<Uuid>), UseError> {
        let state_hash = seal::hash(&complete.state);
        let attempt = self
            .store
            .write(move |tx| oauth_attempt::take(tx, &state_hash, clock::now()))
            .await?;
        let attempt = usable(attempt)?;
        if let Some(error) = complete.error {
            return Err(denied(&error));
        }
        let Some(code) = complete.code else {
            return Err(UseError::new(
                422,
                "code_missing",
                "Neither a code nor an error came back from Google.",
                "Connect Google again.",
            ));
        };
        let place = data_encoding::HEXLOWER.encode(&state_hash);
        let verifier = self
            .seal
            .open(oauth_attempt::PLACE, &place, &attempt.verifier)?;
        let verifier = PkceVerifier::new(String::from_utf8_lossy(&verifier).into_owned());
        let redirect_uri = loopback(&attempt.redirect_uri)?;
        let client = &self.google.client;
        let exchanged = client
            .exchange(&self.google.oauth, &redirect_uri, &code, &verifier)
            .await
            .map_err(|failure| UseError::google(&failure))?;
        let missing = missing_scopes(&exchanged.scopes);
        if !missing.is_empty() {
            self.give_back(&exchanged.refresh, None, None).await?;
            return Err(UseError::new(
                422,
                "missing_scopes",
                format!(
                    "Google granted too little: {} of 2 permissions are missing.",
                    missing.len()
                ),
                "Connect Google again and leave both boxes ticked.",
            ));
        }
        let primary = match google::primary(self, &exchanged.access).await {
            Ok(primary) => primary,
            Err(failure) => {
                self.give_back(&exchanged.refresh, None, None).await?;
                return Err(UseError::google(&failure));
            }
        };
        let grant_id = self
            .keep_grant(by, attempt.clinic_id, &primary.id, &exchanged)
            .await?;
        let name = primary.name().to_owned();
        self.link_calendar(None, attempt.clinic_id, grant_id, primary.id, name)
            .await?;
        let links = self
            .store
            .read(move |connection| store::link::of_grant(connection, grant_id))
            .await?;
        Ok((grant_id, links))
    }

    /// The calendars a grant can see.
    ///
    /// # Errors
    /// `not_found`, Google's refusals, `store_failed`.
    pub async fn calendars(self: &Arc<Self>, grant_id: Uuid) -> Result<Vec<Calendar>, UseError> {
        let grant = self.standing_grant(grant_id).await?;
        let client = self.google.client.clone();
        let listed = google::call(self, grant_id, Urgency::Prompt, move |access| {
            let client = client.clone();
            Box::pin(async move { client.calendars(&access).await })
        })
        .await;
        let listed = listed.map_err(refused)?;
        let clinic_id = grant.clinic_id;
        let calendars = self.store.read(move |connection| {
            let mut calendars = Vec::with_capacity(listed.len());
            for entry in listed {
                calendars.push(Calendar {
                    name: entry.name().to_owned(),
                    primary: entry.primary,
                    access_role: role(entry.access_role).to_owned(),
                    link_id: store::link::of_calendar(connection, clinic_id, &entry.id)?,
                    google_calendar_id: entry.id,
                });
            }
            Ok(calendars)
        });
        Ok(calendars.await?)
    }

    /// Ends a grant: stops its channels first, then revokes it at Google, then forgets its token.
    ///
    /// # Errors
    /// `not_found`, `store_failed`.
    pub async fn disconnect(self: &Arc<Self>, by: Actor, grant_id: Uuid) -> Result<(), UseError> {
        self.end_grant(by, grant_id).await.map(|_| ())
    }

    /// As [`App::disconnect`]; false when Google did not take the consent back.
    pub(super) async fn end_grant(
        self: &Arc<Self>,
        by: Actor,
        grant_id: Uuid,
    ) -> Result<bool, UseError> {
        let grant = self.standing_grant(grant_id).await?;
        let app = Arc::clone(self);
        let (pending, told) = self
            .decide(move |tx| {
                let now = clock::now();
                by.note(tx, Some(grant_id), now)?;
                let mut all = (Vec::new(), Vec::new());
                for link_id in store::link::of_grant(tx, grant_id)? {
                    store::link::delete(tx, link_id, now)?;
                    let (pending, told) = turn::take(tx, &app, link_id, vec![Input::Ended], now)?;
                    all.0.extend(pending);
                    all.1.extend(told);
                }
                Ok(all)
            })
            .await?;
        self.tell(told);
        let (stops, rest): (Vec<_>, Vec<_>) = pending
            .into_iter()
            .partition(|one| matches!(one.effect, Effect::StopChannel { .. }));
        exec::start(self, rest);
        for one in stops {
            let app = Arc::clone(self);
            let _ = tokio::spawn(async move { exec::perform(&app, one).await }).await;
        }
        let mut revoked = true;
        if let Some(sealed) = &grant.refresh_token {
            let refresh = google::open_refresh_token(self, grant_id, sealed)?;
            revoked = self
                .give_back(&refresh, Some(&grant.account), Some(grant_id))
                .await?;
        }
        self.google.forget(grant_id).await;
        self.store
            .write(move |tx| {
                store::grant_life::end(tx, grant_id, None, clock::now())?;
                store::google_grant::end(tx, grant_id, clock::now())
            })
            .await?;
        Ok(revoked)
    }

    async fn standing_grant(&self, grant_id: Uuid) -> Result<Grant, UseError> {
        let grant = self
            .store
            .read(move |connection| store::google_grant::find(connection, grant_id))
            .await?;
        grant
            .filter(|grant| grant.ended_at.is_none())
            .ok_or_else(|| UseError::not_found("grant"))
    }

    /// Keeps a consent; the same account of the same clinic gets its fresh token and its links go on.
    async fn keep_grant(
        self: &Arc<Self>,
        by: Actor,
        clinic_id: Uuid,
        account: &str,
        exchanged: &syncward_google::ExchangedGrant,
    ) -> Result<Uuid, UseError> {
        let account_name = account.to_owned();
        let before = self
            .store
            .read(move |connection| {
                store::google_grant::of_account(connection, clinic_id, &account_name)
            })
            .await?;
        let grant_id = before.map_or_else(entropy::uuid, |grant| grant.google_grant_id);
        let grant = Grant {
            google_grant_id: grant_id,
            clinic_id,
            account: account.to_owned(),
            refresh_token: Some(self.seal.seal(
                store::google_grant::PLACE,
                &grant_id.to_string(),
                exchanged.refresh.expose().as_bytes(),
            )?),
            scopes: exchanged.scopes.clone(),
            lost_reason: None,
            lost_at: None,
            ended_at: None,
            made_at: clock::now(),
        };
        let client_id = self.google.oauth.id.clone();
        let named_end_at = exchanged
            .refresh_expires_in
            .and_then(|life| clock::now().checked_add(life).ok());
        let links = self
            .store
            .write(move |tx| {
                store::google_grant::save(tx, &grant)?;
                let now = clock::now();
                store::grant_life::begin(tx, grant_id, &client_id, named_end_at, now)?;
                by.note(tx, Some(grant_id), clock::now())?;
                store::link::of_grant(tx, grant_id)
            })
            .await?;
        self.google
            .keep(
                grant_id,
                exchanged.access.clone(),
                exchanged.access_expires_in,
            )
            .await;
        for link_id in links {
            self.feed(link_id, vec![Input::GrantRestored], |_| Ok(()))
                .await?;
        }
        Ok(grant_id)
    }

    /// Revokes a token at Google, unless another grant may be of the same account: Google ends all of an account's
    /// consents at once. If it fails (false) the person can still do it in their account.
    async fn give_back(
        &self,
        refresh: &syncward_google::RefreshToken,
        account: Option<&str>,
        of: Option<Uuid>,
    ) -> Result<bool, UseError> {
        let standing = self.store.read(store::google_grant::all).await?;
        let is_shared = standing.iter().any(|grant| {
            Some(grant.google_grant_id) != of && account.is_none_or(|of| of == grant.account)
        });
        if is_shared {
            return Ok(true);
        }
        if let Err(failure) = self.google.client.revoke(refresh).await {
            tracing::warn!(reason = %failure.reason, "could not revoke a token at google");
            return Ok(false);
        }
        Ok(true)
    }
}

fn usable(attempt: Option<Attempt>) -> Result<Attempt, UseError> {
    let Some(attempt) = attempt else {
        return Err(UseError::new(
            422,
            "state_unknown",
            "This answer belongs to no consent that was begun here.",
            "Connect Google again.",
        ));
    };
    if attempt.used_at.is_some() {
        return Err(UseError::new(
            409,
            "state_used",
            "This consent was completed before.",
            "Connect Google again if it is still needed.",
        ));
    }
    if attempt.expires_at < clock::now() {
        return Err(UseError::new(
            410,
            "state_expired",
            "The consent took too long.",
            "Connect Google again.",
        ));
    }
    Ok(attempt)
}

fn denied(error: &str) -> UseError {
    match error {
        "access_denied" => UseError::new(
            422,
            "consent_denied",
            "Google access was denied.",
            "Connect Google again and press Allow; nothing was changed.",
        ),
        "admin_policy_enforced" | "org_internal" => UseError::new(
            422,
            "admin_block",
            "The Google administrator of this account does not allow Syncward.",
            "Ask the administrator to trust the app in the Google Admin console.",
        ),
        _ => UseError::new(
            422,
            "consent_failed",
            "Google ended the consent with an error.",
            "Connect Google again.",
        ),
    }
}

/// The redirect of an installed app: plain http to 127.0.0.1 or [::1] with a port (RFC 8252).
fn loopback(text: &str) -> Result<Url, UseError> {
    let url = Url::parse(text).ok().filter(|url| {
        let host = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        url.scheme() == "http" && host && url.port().is_some() && url.fragment().is_none()
    });
    url.ok_or_else(|| {
        UseError::new(
            422,
            "bad_redirect_uri",
            "redirect_uri must be http://127.0.0.1:PORT/…",
            "Listen on a free loopback port and pass its address.",
        )
    })
}

fn role(role: syncward_google::AccessRole) -> &'static str {
    match role {
        syncward_google::AccessRole::FreeBusyReader => "freeBusyReader",
        syncward_google::AccessRole::Reader => "reader",
        syncward_google::AccessRole::Writer => "writer",
        syncward_google::AccessRole::Owner => "owner",
    }
}
