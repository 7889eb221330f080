//! Endpoints of the clinic's own system, and messages sent again.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use syncward_wire::webhook::{WebhookEndpointDraft, WebhookEndpointPatch};
use url::{Host, Url};
use uuid::Uuid;

use super::{Actor, App, UseError};
use crate::entropy::secret_bytes;
use crate::store::webhook_endpoint::{Endpoint, PLACE};
use crate::store::{self, webhook_endpoint, webhook_message};
use crate::{clock, entropy};

/// Endpoints at the most.
const ENDPOINTS_MOST: usize = 20;

impl App {
    /// Makes an endpoint; answers with it and with its secret, which is never shown again.
    ///
    /// # Errors
    /// `invalid_url`, `not_found` for the clinic, `too_many_endpoints`, `store_failed`.
    pub async fn add_endpoint(
        self: &Arc<Self>,
        by: Actor,
        draft: WebhookEndpointDraft,
    ) -> Result<(Endpoint, String), UseError> {
        let url = checked(&draft.url)?;
        let id = entropy::uuid();
        let secret = secret_bytes::<32>();
        let endpoint = Endpoint {
            webhook_endpoint_id: id,
            clinic_id: draft.clinic_id,
            url,
            secret: self.seal.seal(PLACE, &id.to_string(), &secret)?,
            enabled: true,
            made_at: clock::now(),
        };
        let made = endpoint.clone();
        self.decide(move |tx| {
            if let Some(clinic_id) = endpoint.clinic_id {
                store::clinic::find(tx, clinic_id)?.ok_or_else(|| UseError::not_found("clinic"))?;
            }
            if webhook_endpoint::all(tx)?.len() >= ENDPOINTS_MOST {
                return Err(UseError::new(
                    409,
                    "too_many_endpoints",
                    "There are 20 endpoints already.",
                    "Delete one that is no longer needed.",
                )
                .into());
            }
            webhook_endpoint::save(tx, &endpoint)?;
            Ok(by.note(tx, Some(id), clock::now())?)
        })
        .await?;
        Ok((made, format!("whsec_{}", STANDARD.encode(secret))))
    }

    /// Changes an endpoint's address, or turns it off or on; what waited goes on when it is on again.
    ///
    /// # Errors
    /// `invalid_url`, `not_found`, `store_failed`.
    pub async fn change_endpoint(
        self: &Arc<Self>,
        by: Actor,
        id: Uuid,
        patch: WebhookEndpointPatch,
    ) -> Result<Endpoint, UseError> {
        let url = patch.url.as_deref().map(checked).transpose()?;
        let changed = self
            .decide(move |tx| {
                let mut one = webhook_endpoint::find(tx, id)?
                    .ok_or_else(|| UseError::not_found("endpoint"))?;
                one.url = url.unwrap_or(one.url);
                one.enabled = patch.enabled.unwrap_or(one.enabled);
                webhook_endpoint::save(tx, &one)?;
                by.note(tx, Some(id), clock::now())?;
                Ok(one)
            })
            .await?;
        self.exec.announced.notify_one();
        Ok(changed)
    }

    /// Forgets an endpoint and what waits for it.
    ///
    /// # Errors
    /// `not_found`, `store_failed`.
    pub async fn delete_endpoint(self: &Arc<Self>, by: Actor, id: Uuid) -> Result<(), UseError> {
        self.decide(move |tx| match webhook_endpoint::delete(tx, id)? {
            true => Ok(by.note(tx, Some(id), clock::now())?),
            false => Err(UseError::not_found("endpoint").into()),
        })
        .await
    }

    /// Sends messages again that ended: those named, or every dead one.
    ///
    /// # Errors
    /// `not_found`, `store_failed`.
    pub async fn replay(
        self: &Arc<Self>,
        by: Actor,
        id: Uuid,
        messages: Option<Vec<String>>,
    ) -> Result<u64, UseError> {
        let count = self
            .decide(move |tx| {
                webhook_endpoint::find(tx, id)?.ok_or_else(|| UseError::not_found("endpoint"))?;
                let now = clock::now();
                by.note(tx, Some(id), now)?;
                Ok(webhook_message::replay(tx, id, messages.as_deref(), now)?)
            })
            .await?;
        self.exec.announced.notify_one();
        Ok(count)
    }
}

/// Patients' words travel there: https, or this very machine.
fn checked(text: &str) -> Result<String, UseError> {
    let url = Url::parse(text).ok().filter(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
        safe && plain && url.has_host() && url.fragment().is_none() && text.len() <= 2000
    });
    url.map(String::from).ok_or_else(|| {
        UseError::new(
            422,
            "invalid_url",
            "url must be https (http for loopback only), without a password or fragment.",
            "Correct url and send it again.",
        )
    })
}

/// Whether an address is on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
