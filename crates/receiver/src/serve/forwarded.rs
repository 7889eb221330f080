//! Whom a request comes from when a trusted proxy brings it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::connections::Peer;
use crate::config::Proxies;

/// The header in which a proxy says who asked it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Puts the client into the place of the proxies in front.
pub async fn see_through(
    State(proxies): State<Arc<Proxies>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(&Peer(peer)) = request.extensions().get() {
        let values = request.headers().get_all(FORWARDED_FOR).iter();
        // What can't be read ends the chain: it is no address.
        let hops = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
        let client = proxies.client(peer, hops);
        request.extensions_mut().insert(Peer(client));
    }
    next.run(request).await
}
