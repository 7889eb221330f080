//! Running the receiver: bind, say where, work, and end cleanly.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Parts};
use crate::config::tls::{Identity, Life};
use crate::config::{Config, IN_CLEAR};
use crate::store::Store;
use crate::store::activity::About;
use crate::store::receiver::Reach;
use crate::{api, clock, exec, ingest, store};
use certificate::Shown;

mod certificate;
pub mod connections;
mod forwarded;

/// Serves until asked to stop: by a signal, or, when `with_stdin`, by the end of standard input.
///
/// # Errors
/// The port or the data folder are taken, or the database can't be opened.
pub async fn serve(mut config: Config, with_stdin: bool) -> Result<()> {
    let identity = config.identity()?;
    let store = Store::open_at(&config.place)
        .with_context(|| format!("failed to open {}", config.place))?;
    warn(&config, identity.as_ref());
    let tls = config.tls.clone();
    let shown = identity.as_ref().map(Shown::new);
    let acceptor = shown.as_ref().map(Shown::server).transpose()?;
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| not_bound(config.listen, error))?;
    let address = listener.local_addr()?;
    // The port may have been left to the system.
    config.listen.set_port(address.port());
    let (reach, door) = (
        reach(&config, identity.as_ref()),
        door(&config, identity.as_ref()),
    );
    let metrics_open = config.metrics_open;
    let proxies = Arc::new(std::mem::take(&mut config.trusted_proxies));
    let app = build(config, store).await?;
    let note = app
        .store
        .write(move |tx| store::receiver::set_reach(tx, &reach, &door));
    note.await?;
    let stop = CancellationToken::new();
    tokio::spawn(ask_to_stop(stop.clone(), with_stdin));
    let executor = tokio::spawn(exec::run(Arc::clone(&app)));
    let fingerprint = identity.as_ref().map(|identity| identity.fingerprint);
    let mut said = serde_json::json!({ "listening": format!("{}://{address}", tls.scheme()) });
    if let Some(fingerprint) = fingerprint {
        said["fingerprint"] = fingerprint.hex().into();
        tracing::info!(fingerprint = %fingerprint, "desktops compare this fingerprint of the certificate's key");
    }
    say(&format!("{said}\n"));
    tracing::info!(address = %address, tls = identity.is_some(), push = app.settings.push, "the receiver answers");
    if let Some(shown) = shown {
        app.meters.shows_certificate(shown.ends_at());
        let (stop, app) = (stop.clone(), Arc::clone(&app));
        tokio::spawn(async move {
            stop.run_until_cancelled(certificate::follow(tls, shown, app))
                .await
        });
    }
    let acceptor = acceptor.map(Into::into);
    let through = axum::middleware::from_fn_with_state(proxies, forwarded::see_through);
    let router = router(&app, metrics_open).layer(through);
    connections::attend(listener, acceptor, router, stop).await;
    exec::stop(&app);
    executor
        .await
        .context("the executor ended early")?
        .context("the executor failed")?;
    tracing::info!("the receiver has ended");
    Ok(())
}

/// The receiver out of its configuration.
///
/// # Errors
/// The store or the HTTPS client can't be set up.
pub async fn build(config: Config, store: Store) -> Result<Arc<App>> {
    let configuration = format!(
        "{:?} {}",
        config.public_url.as_ref().map(url::Url::as_str),
        config.oauth.id
    );
    // The data folder is ours by now: what a rotation left in it stays as it is.
    config.seal.look()?;
    exec::keys::begin(&store, &config.seal).await?;
    let google = syncward_google::Client::new(config.endpoints, config.google_timeout)?;
    let parts = Parts {
        store,
        seal: config.seal,
        settings: config.settings,
        public_url: config.public_url,
        history: config.history,
        google,
        oauth: config.oauth,
        quotas: config.quotas,
        look_every: exec::LOOK_EVERY,
        lease: config.lease,
    };
    let app = App::new(parts).await?;
    let version = app.version;
    let changed = app
        .store
        .write(move |tx| {
            if let Some(before) = store::receiver::runs_version(tx, version)? {
                let line = exec::activity_text::updated(&before, version);
                store::activity::insert(tx, About::default(), &line, clock::now())?;
            }
            store::receiver::configured(tx, &configuration)
        })
        .await?;
    if changed {
        app.configuration_changed().await?;
    }
    Ok(app)
}

/// Every route.
pub fn router(app: &Arc<App>, metrics_open: bool) -> Router {
    let routes = ingest::router(Arc::clone(app))
        .merge(api::router(Arc::clone(app), metrics_open))
        .fallback(api::no_such_path);
    // Around the whole: a route names its methods only after its own layers have run.
    Router::new()
        .fallback_service(routes)
        .layer(axum::middleware::from_fn(api::explain))
}

/// Where desktops reach it, and which key they meet there: at a public address it may be another's.
fn reach(config: &Config, identity: Option<&Identity>) -> Reach {
    let own = identity.filter(|_| config.public_url.is_none());
    Reach {
        address: config.address_for_desktops(),
        fingerprint: own.map(|identity| identity.fingerprint.hex()),
    }
}

/// Where its own command line asks it, and which key that meets there.
fn door(config: &Config, identity: Option<&Identity>) -> Reach {
    Reach {
        address: config.door(),
        fingerprint: identity.map(|identity| identity.fingerprint.hex()),
    }
}

/// Says what works otherwise than somebody may think.
fn warn(config: &Config, identity: Option<&Identity>) {
    if config.is_in_clear() {
        tracing::warn!(address = %config.listen, "{IN_CLEAR}");
    }
    if config.oauth.id.is_empty() {
        tracing::warn!(
            "SYNCWARD_GOOGLE_CLIENT_ID is not set: no Google account can be connected, and calendars that are connected are not read"
        );
    }
    if let Some(Life::Ended(at)) = identity.map(|identity| identity.life(clock::now())) {
        tracing::warn!(ended_at = %at, "the certificate has ended, so nobody takes it: renew the files of SYNCWARD_TLS_CERT and SYNCWARD_TLS_KEY");
    }
}

/// Why the address could not be taken, with what heals it.
fn not_bound(address: SocketAddr, error: std::io::Error) -> anyhow::Error {
    let remedy = match error.kind() {
        ErrorKind::AddrInUse => "is another receiver running?",
        ErrorKind::AddrNotAvailable => {
            "this computer has no such address; write one that it has, or 0.0.0.0 for all"
        }
        ErrorKind::PermissionDenied => {
            "this user may not take that port; write one from 1024 on, such as 8480, and let a proxy take 443"
        }
        _ => "can it be taken?",
    };
    let told = format!("failed to listen on {address} (SYNCWARD_LISTEN): {remedy}");
    anyhow::Error::new(error).context(told)
}

async fn ask_to_stop(stop: CancellationToken, with_stdin: bool) {
    let stdin_ends = async {
        if !with_stdin {
            return std::future::pending().await;
        }
        let mut rest = Vec::new();
        let _ = tokio::io::stdin().read_to_end(&mut rest).await;
    };
    tokio::select! {
        () = signalled() => {}
        () = stdin_ends => {}
    }
    stop.cancel();
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signalled() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Where it answers goes to whoever started it; a closed pipe is no fault.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_to_be_had_is_told_with_its_own_remedy() {
        let address = SocketAddr::from(([192, 0, 2, 1], 443));
        for (kind, remedy) in [
            (ErrorKind::AddrInUse, "is another receiver running?"),
            (ErrorKind::AddrNotAvailable, "0.0.0.0 for all"),
            (ErrorKind::PermissionDenied, "from 1024 on"),
        ] {
            let told = format!("{:#}", not_bound(address, kind.into()));
            assert!(
                told.contains("SYNCWARD_LISTEN") && told.contains(remedy),
                "{told}"
            );
            assert_eq!(
                told.contains("another receiver"),
                kind == ErrorKind::AddrInUse,
                "{told}"
            );
        }
    }
}
