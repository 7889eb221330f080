//! Over real sockets: odd requests get their answers, and the end of the receiver waits for nobody for long.

use std::net::SocketAddr;
use std::time::Duration;

use syncward_receiver::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{House, PATH, RESOURCE, seed};

/// Far beyond every limit of the receiver's.
const PATIENCE: Duration = Duration::from_secs(30);

async fn serving(house: &House) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let router = serve::router(&house.app, false);
    let served = tokio::spawn(serve::connections::attend(
        listener,
        None,
        router,
        stop.clone(),
    ));
    (address, stop, served)
}

async fn answer(address: SocketAddr, request: String) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer));
    read.await.unwrap().unwrap();
    answer
}

fn head(channel_id: &str, rest: &str) -> String {
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-GOOG-CHANNEL-ID: {channel_id}\r\n\
         x-goog-channel-token: {}\r\nX-Goog-Resource-ID: {RESOURCE}\r\nX-Goog-Resource-State: exists\r\n\
         X-Goog-Message-Number: 4\r\n{rest}\r\n",
        seed::TOKEN
    )
}

#[tokio::test]
async fn odd_requests_get_their_answers() {
    let house = House::new().await;
    let channel_id = house.channel("live").await;
    let (address, _stop, _served) = serving(&house).await;
    let no_length = answer(address, head(&channel_id, "")).await;
    assert!(no_length.starts_with("HTTP/1.1 200 "), "{no_length}");
    assert!(
        no_length.ends_with("{\"status\":\"accepted\"}"),
        "{no_length}"
    );
    let chunked = head(&channel_id, "Transfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n";
    let chunked = answer(address, chunked).await;
    assert!(chunked.ends_with("{\"status\":\"duplicate\"}"), "{chunked}");
    let announced = answer(address, head(&channel_id, "Content-Length: 999999999\r\n")).await;
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");
    let nonsense = answer(address, "nonsense\r\n\r\n".to_owned()).await;
    assert!(nonsense.starts_with("HTTP/1.1 400 "), "{nonsense}");
}

#[tokio::test]
async fn headers_and_bodies_that_never_end_are_given_up() {
    let house = House::new().await;
    let channel_id = house.channel("live").await;
    let (address, _stop, _served) = serving(&house).await;
    let headers = answer(address, format!("POST {PATH} HTTP/1.1\r\nHost: x\r\n"));
    let body = answer(address, head(&channel_id, "Content-Length: 10\r\n"));
    let (headers, body) = tokio::join!(headers, body);
    assert!(!headers.contains(" 200 "), "{headers}");
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
    assert_eq!(house.stored().await, 0);
}

#[tokio::test]
async fn the_end_waits_for_no_idle_connection() {
    let house = House::new().await;
    let (address, stop, served) = serving(&house).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stop.cancel();
    let ended = tokio::time::timeout(PATIENCE, served).await;
    assert!(ended.is_ok_and(|served| served.is_ok()));
}
