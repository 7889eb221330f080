//! An update address on loopback: announces version 9.9.9 and serves its package, signed in whichever way it is told.

use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minisign::KeyPair;

const PACKAGE: &[u8] = b"the bytes of a package";
/// As the path of the package names it.
pub const FILE: &str = "syncward_9.9.9_amd64.deb";

/// How the package is signed.
#[derive(Clone, Copy)]
pub enum Signed {
    ByStranger,
    /// With the key that the app trusts, as an old version that is offered as the newest.
    AsOlder,
    /// With that key, as no version.
    AsNone,
    Well,
}

/// The server; lives as long as the test's process.
pub struct Updates {
    pub address: String,
    /// The public key, as the app's configuration has it.
    pub key: String,
    signed: Arc<AtomicUsize>,
}

impl Updates {
    /// Serves packages of a stranger, until told otherwise.
    pub fn serve() -> Self {
        let pair = || KeyPair::generate_unencrypted_keypair().expect("a key pair");
        let (ours, strangers) = (pair(), pair());
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let root = format!("http://{}", listener.local_addr().expect("an address"));
        let key = ours.pk.to_box().expect("a key").to_string();
        let signed = Arc::new(AtomicUsize::new(Signed::ByStranger as usize));
        let signatures = [
            signature(&strangers, "version:9.9.9"),
            signature(&ours, "version:0.0.1"),
            signature(&ours, "a package"),
            signature(&ours, "version:9.9.9"),
        ];
        std::thread::spawn({
            let (root, signed) = (root.clone(), signed.clone());
            move || {
                for stream in listener.incoming().flatten() {
                    let signature = &signatures[signed.load(Ordering::SeqCst)];
                    let _ = answer(stream, &root, signature);
                }
            }
        });
        Self {
            address: format!("{root}/latest.json"),
            key: BASE64_STANDARD.encode(key),
            signed,
        }
    }

    /// From now on the package is signed this way.
    pub fn sign(&self, way: Signed) {
        self.signed.store(way as usize, Ordering::SeqCst);
    }
}

/// As Tauri's signer writes it, with what it knows of the package beside it.
fn signature(pair: &KeyPair, about: &str) -> String {
    let about = format!("timestamp:1700000000\tfile:{FILE}\t{about}");
    let package = Cursor::new(PACKAGE);
    let signed = minisign::sign(Some(&pair.pk), &pair.sk, package, Some(&about), None);
    BASE64_STANDARD.encode(signed.expect("a signature").to_string())
}

fn answer(mut stream: TcpStream, root: &str, signature: &str) -> std::io::Result<()> {
    let mut asked = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut asked)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let platform = serde_json::json!({"signature": signature, "url": format!("{root}/{FILE}")});
    let announced = serde_json::json!({
        "version": "9.9.9",
        "platforms": {"linux-x86_64": platform, "linux-aarch64": platform},
    });
    let body = match asked.contains("latest.json") {
        true => announced.to_string().into_bytes(),
        false => PACKAGE.to_vec(),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}
