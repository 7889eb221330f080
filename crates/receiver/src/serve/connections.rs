//! Connections: bounded in number, in time to their headers, and in how long they hold up the end.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at the same time; one more waits in the kernel's queue.
const CONNECTIONS_MOST: usize = 4096;
/// Time for a TLS handshake, and again for a request's headers, so that slow senders hold no place.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Time for requests under way once asked to stop; live streams would go on for ever.
const END_WITHIN: Duration = Duration::from_secs(5);
/// Pause after the system had no socket to give.
const AFTER_FAULT: Duration = Duration::from_millis(100);

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Serves until asked to stop, then lets requests under way finish for a moment; over TLS where it is given.
pub async fn attend(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: CancellationToken,
) {
    let turns = Arc::new(Semaphore::new(CONNECTIONS_MOST));
    let tasks = TaskTracker::new();
    let accept = async {
        while let Ok(turn) = Arc::clone(&turns).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, from)) => {
                    let router = router.clone().layer(Extension(Peer(from.ip())));
                    let talk = receive(stream, tls.clone(), router, stop.clone());
                    tasks.spawn(async move {
                        talk.await;
                        drop(turn);
                    });
                }
                Err(error) => {
                    tracing::warn!(error = %error, "could not accept a connection");
                    tokio::time::sleep(AFTER_FAULT).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accept => {}
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(END_WITHIN, tasks.wait())
        .await
        .is_err()
    {
        tracing::info!(connections = tasks.len(), "ended with connections open");
    }
}

async fn receive(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: CancellationToken,
) {
    // Answers are small and must not wait for more.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return converse(stream, router, stop).await;
    };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HEADERS_WITHIN, tls.accept(stream)) => shaken,
        () = stop.cancelled() => return,
    };
    match shaken {
        Ok(Ok(stream)) => converse(stream, router, stop).await,
        Ok(Err(error)) => tracing::debug!(error = %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    stop: CancellationToken,
) {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN);
    let mut connection =
        pin!(server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %error, "a connection ended early");
    }
}
