//! Pairing: a one-time code for a device token.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use syncward_wire::{PairRequest, Paired, PairingCode, Problem, ReceiverIdentity, Role};
use uuid::Uuid;

use super::extract::Body;
use super::problem::{Answer, Refusal};
use crate::app::App;
use crate::entropy::secret_bytes;
use crate::serve::connections::Peer;
use crate::store::pairing_code::Tried;
use crate::store::{self, Store};
use crate::{clock, seal};

/// How long a code is good.
const CODE_LIFE: Duration = Duration::from_secs(10 * 60);
/// Without letters and digits that look alike; 32 of them are five bits each.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const NAME_MOST: usize = 100;

/// Makes a code of ten signs (50 bits), written `ABCDE-FGHJK`.
///
/// # Errors
/// What the store says.
pub async fn make_code(store: &Store, role: Role) -> store::Result<PairingCode> {
    let signs: String = secret_bytes::<10>()
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect();
    let code = format!("{}-{}", &signs[..5], &signs[5..]);
    let expires_at: Timestamp = clock::now() + CODE_LIFE;
    let hash = seal::hash(&plain(&code));
    store
        .write(move |tx| store::pairing_code::insert(tx, &hash, role, expires_at))
        .await?;
    Ok(PairingCode {
        code,
        role,
        expires_at: expires_at.into(),
    })
}

/// Exchanges a one-time code for a device token.
#[utoipa::path(post, path = "/pair", request_body = PairRequest,
    responses((status = 200, body = Paired), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn pair(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    request: Answer<Body<PairRequest>>,
) -> Answer<Response> {
    let from = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.0);
    if let Err(wait) = app.tries.count(from, clock::now()) {
        let seconds = wait.as_secs() + 1;
        if app.tries.is_news(from) {
            tracing::warn!(from = %from, wait_s = seconds, "too many pairing codes were tried from an address");
        }
        let refusal = Refusal::new(
            429,
            "too_many_tries",
            "Too many codes were tried from this address.",
            format!("Wait {seconds} s, then try again."),
        );
        let headers = [(header::RETRY_AFTER, seconds.to_string())];
        return Ok((headers, refusal).into_response());
    }
    let Body(request) = request?;
    let name = request.device.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MOST {
        return Err(Refusal::new(
            422,
            "invalid_device",
            "device must be a name of 1 to 100 characters.",
            "Name this device.",
        ));
    }
    let hash = seal::hash(&plain(&request.code));
    let token = URL_SAFE_NO_PAD.encode(secret_bytes::<32>());
    let token_hash = seal::hash(&token);
    let tried = app
        .store
        .write(move |tx| {
            let now = clock::now();
            let tried = store::pairing_code::take(tx, &hash, now)?;
            match tried {
                Tried::Good(role) => {
                    let device_id = Uuid::new_v4();
                    store::device::insert(tx, device_id, &name, role, &token_hash, now)?;
                    store::audit::append(tx, &name, "pair", Some(device_id), "done", now)?;
                }
                // Somebody guesses: worth a person's look.
                Tried::Void => {
                    store::audit::append(tx, &name, "pair", None, "refused: codes_void", now)?;
                }
                Tried::Wrong => {}
            }
            Ok(tried)
        })
        .await?;
    match tried {
        Tried::Good(role) => {
            app.tries.forgive(from);
            let paired = Paired {
                token,
                role,
                receiver: identity(&app),
            };
            Ok(Json(paired).into_response())
        }
        Tried::Wrong => {
            tracing::warn!(from = %from, "a wrong pairing code was tried");
            Err(Refusal::new(
                401,
                "code_wrong",
                "The code is wrong, used or too old.",
                "Ask for a new one: syncward-receiver pair.",
            ))
        }
        Tried::Void => {
            tracing::warn!(from = %from, "too many wrong pairing codes were tried: all live ones are void");
            Err(Refusal::new(
                401,
                "codes_void",
                "Too many wrong codes: all live codes are void.",
                "Make a new one: syncward-receiver pair.",
            ))
        }
    }
}

/// Which receiver this is.
pub fn identity(app: &App) -> ReceiverIdentity {
    ReceiverIdentity {
        id: app.receiver_id,
        version: app.version.to_owned(),
        public_url: app.public_url.as_ref().map(ToString::to_string),
    }
}

/// As typed by a person: case, spaces and dashes do not matter.
fn plain(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|sign| sign.to_ascii_uppercase())
        .collect()
}
