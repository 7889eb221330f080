//! The load: many kept-alive connections, each sending the next notification when the last is acknowledged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The part of each turn that is not measured.
const WARM_UP: Duration = Duration::from_secs(1);
/// An answer's head and body are far below this.
const ANSWER_LIMIT_BYTES: usize = 16 * 1024;

/// Where to post, and as which channel.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub channel_id: String,
    pub token: String,
    pub resource_id: String,
    /// The last number sent; no two requests of a run carry the same.
    pub number: Arc<AtomicU64>,
}

/// What one turn showed.
#[derive(Clone, Copy)]
pub struct Measured {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Target {
    /// The same notifications for another server.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    fn request(&self) -> String {
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let Self {
            address,
            channel_id,
            token,
            resource_id,
            ..
        } = self;
        format!(
            "POST /webhooks/calendar/google HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\
             User-Agent: APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)\r\n\
             X-Goog-Channel-ID: {channel_id}\r\nX-Goog-Channel-Token: {token}\r\nX-Goog-Resource-ID: {resource_id}\r\n\
             X-Goog-Resource-State: exists\r\nX-Goog-Message-Number: {number}\r\n\r\n"
        )
    }
}

/// Loads one server for `lasting`, after a warm-up.
pub async fn run(
    target: &Target,
    connections: usize,
    lasting: Duration,
) -> anyhow::Result<Measured> {
    let from = Instant::now() + WARM_UP;
    let until = from + lasting;
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        senders.spawn(send(target.clone(), from, until));
    }
    let mut latencies_us = Vec::new();
    while let Some(sent) = senders.join_next().await {
        latencies_us.extend(sent??);
    }
    if latencies_us.is_empty() {
        bail!("not one request was acknowledged");
    }
    latencies_us.sort_unstable();
    Ok(Measured {
        per_second: count(latencies_us.len()) / lasting.as_secs_f64(),
        p50_ms: percentile_ms(&latencies_us, 50),
        p99_ms: percentile_ms(&latencies_us, 99),
    })
}

/// The round in the middle by requests per second.
pub fn median(rounds: &[Measured]) -> Measured {
    let mut sorted = rounds.to_vec();
    sorted.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    sorted[sorted.len() / 2]
}

/// Posts one notification for each target, in order, over so many connections; how long all took.
pub async fn once(targets: &[Target], connections: usize) -> anyhow::Result<Measured> {
    let began = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let targets: Arc<[Target]> = targets.into();
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (targets, next) = (Arc::clone(&targets), Arc::clone(&next));
        senders.spawn(async move {
            let mut stream = TcpStream::connect(targets[0].address).await?;
            stream.set_nodelay(true)?;
            let (mut latencies_us, mut buffer) = (Vec::new(), Vec::with_capacity(1024));
            loop {
                let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed))?;
                let Some(target) = targets.get(index) else {
                    return anyhow::Ok(latencies_us);
                };
                let began = Instant::now();
                stream.write_all(target.request().as_bytes()).await?;
                acknowledged(&mut stream, &mut buffer).await?;
                latencies_us.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
        });
    }
    let mut latencies_us = Vec::with_capacity(targets.len());
    while let Some(sent) = senders.join_next().await {
        latencies_us.extend(sent??);
    }
    latencies_us.sort_unstable();
    Ok(Measured {
        per_second: count(latencies_us.len()) / began.elapsed().as_secs_f64(),
        p50_ms: percentile_ms(&latencies_us, 50),
        p99_ms: percentile_ms(&latencies_us, 99),
    })
}

async fn send(target: Target, from: Instant, until: Instant) -> anyhow::Result<Vec<u32>> {
    let mut stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    let mut latencies_us = Vec::new();
    let mut buffer = Vec::with_capacity(1024);
    loop {
        let began = Instant::now();
        if began >= until {
            return Ok(latencies_us);
        }
        stream.write_all(target.request().as_bytes()).await?;
        acknowledged(&mut stream, &mut buffer).await?;
        if began >= from {
            latencies_us.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
    }
}

/// Reads one answer to its end; anything but a 200 that says `accepted` ends the run.
async fn acknowledged(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        if buffer.len() > ANSWER_LIMIT_BYTES {
            bail!("the answer is too long");
        }
        let Some(head_bytes) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..head_bytes])
            .context("failed to read the answer's head")?;
        if buffer.len() < head_bytes + 4 + content_length(head)? {
            continue;
        }
        let body = &buffer[head_bytes + 4..];
        if head.starts_with("HTTP/1.1 200 ") && body.windows(8).any(|window| window == b"accepted")
        {
            return Ok(());
        }
        bail!("answered {head} {}", String::from_utf8_lossy(body));
    }
}

fn content_length(head: &str) -> anyhow::Result<usize> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("failed to find the answer's length")?
        .1
        .trim()
        .parse()
        .context("failed to read the answer's length")
}

fn percentile_ms(sorted_us: &[u32], percent: usize) -> f64 {
    let index = (sorted_us.len() * percent / 100).min(sorted_us.len() - 1);
    f64::from(sorted_us[index]) / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn count(requests: usize) -> f64 {
    requests as f64
}
