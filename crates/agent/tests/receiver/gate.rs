//! TLS in front of a receiver: a certificate of its own that can be changed while it runs.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use syncward_wire::Fingerprint;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// A way in over TLS.
pub struct Gate {
    pub address: String,
    inner: Arc<Inner>,
    opened: tokio::task::JoinHandle<()>,
}

struct Inner {
    behind: SocketAddr,
    shown: Mutex<(TlsAcceptor, Fingerprint)>,
    /// Ends the connections of the certificate before.
    ended: Mutex<CancellationToken>,
    trusted: AtomicUsize,
}

impl Gate {
    /// In front of `http://host:port`, with a certificate that nobody vouches for.
    pub async fn before(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = Arc::new(Inner {
            behind: address.trim_start_matches("http://").parse().unwrap(),
            shown: Mutex::new(certificate()),
            ended: Mutex::default(),
            trusted: AtomicUsize::default(),
        });
        let address = format!("https://{}", listener.local_addr().unwrap());
        let opened = tokio::spawn(open(listener, inner.clone()));
        Self {
            address,
            inner,
            opened,
        }
    }

    /// Nothing answers there any more.
    pub fn close(&self) {
        self.opened.abort();
        self.change();
    }

    /// What the receiver's side would show to compare.
    pub fn fingerprint(&self) -> Fingerprint {
        self.inner.shown.lock().unwrap().1
    }

    /// Another certificate from now on; what is under way breaks.
    pub fn change(&self) -> Fingerprint {
        *self.inner.shown.lock().unwrap() = certificate();
        std::mem::take(&mut *self.inner.ended.lock().unwrap()).cancel();
        self.fingerprint()
    }

    /// Handshakes that the other side brought to an end; only after one is anything sent.
    pub fn trusted(&self) -> usize {
        self.inner.trusted.load(Ordering::SeqCst)
    }
}

async fn open(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((stream, _)) = listener.accept().await {
        let inner = inner.clone();
        let ended = inner.ended.lock().unwrap().clone();
        tokio::spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = pass(stream, &inner) => {}
            }
        });
    }
}

async fn pass(stream: TcpStream, inner: &Inner) {
    let acceptor = inner.shown.lock().unwrap().0.clone();
    let Ok(mut inside) = acceptor.accept(stream).await else {
        return;
    };
    inner.trusted.fetch_add(1, Ordering::SeqCst);
    let mut behind = TcpStream::connect(inner.behind).await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut inside, &mut behind).await;
}

fn certificate() -> (TlsAcceptor, Fingerprint) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let shown = made.cert.der().clone();
    let fingerprint = Fingerprint::of(&shown).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![shown], key)
        .unwrap();
    (Arc::new(server).into(), fingerprint)
}
