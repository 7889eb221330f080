//! The live stream: server-sent events that resume by `Last-Event-ID` and never hold up the writer.
//!
//! Every reader has a task of its own that reads from the store; what a reader missed, by being away or by being slow,
//! is told again as it is now.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::auth::Caller;
use super::overview;
use super::problem::Answer;
use super::show::{self, Which};
use crate::app::{App, Changed};
use crate::{clock, store};

/// Messages that wait for a slow reader.
const WAITING_MOST: usize = 256;
/// A reader that takes nothing for so long is cut off, and resumes.
const SLOW_MOST: Duration = Duration::from_secs(5);
/// Changes of a link are told at most this often.
const GATHER: Duration = Duration::from_millis(100);
/// Lines read at once.
const LINES_MOST: u32 = 1000;
/// Operations told again after a gap.
const OPERATIONS_MOST: u32 = 1000;
/// A gap is taken to have begun a little earlier: clocks are read before commits.
const SLACK: SignedDuration = SignedDuration::from_secs(60);
/// Bits of an event's number that count what was told since the last line of activity.
const TOLD_BITS: u32 = 20;

/// Events `overview`, `link`, `activity` and `operation`, each with a growing id; resumes by `Last-Event-ID`.
#[utoipa::path(get, path = "/stream",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event seen.")),
    responses((status = 200, content_type = "text/event-stream", body = syncward_wire::StreamEvent)))]
pub async fn stream(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let asked = headers
        .get("last-event-id")
        .and_then(|id| Place::read(id.to_str().ok()?));
    let changes = app.changed.subscribe();
    let newest = app.store.read(store::activity::newest).await?;
    let (send, receive) = mpsc::channel(WAITING_MOST);
    let telling = Telling {
        app,
        send,
        device_id: caller.0.id,
        // A number from elsewhere (a database brought back from a backup) says nothing.
        place: asked
            .filter(|asked| asked.line <= newest)
            .unwrap_or(Place::at(newest)),
        told_at: clock::now(),
    };
    tokio::spawn(telling.tell(changes, headers.contains_key("last-event-id")));
    Ok(Sse::new(ReceiverStream::new(receive))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

/// How far a reader has got: the newest line of activity, and how much was told since.
#[derive(Clone, Copy, Debug)]
struct Place {
    line: i64,
    told: i64,
}

impl Place {
    fn at(line: i64) -> Self {
        Self { line, told: 0 }
    }

    fn read(text: &str) -> Option<Self> {
        let number: i64 = text.parse().ok().filter(|number| *number >= 0)?;
        Some(Self {
            line: number >> TOLD_BITS,
            told: number & ((1 << TOLD_BITS) - 1),
        })
    }

    fn number(self) -> i64 {
        (self.line << TOLD_BITS) | self.told
    }

    fn next(&mut self) -> i64 {
        self.told = (self.told + 1).min((1 << TOLD_BITS) - 1);
        self.number()
    }
}

/// One reader being told.
struct Telling {
    app: Arc<App>,
    send: mpsc::Sender<Result<Event, Infallible>>,
    device_id: Uuid,
    place: Place,
    told_at: Timestamp,
}

/// What is to be told next.
#[derive(Default)]
struct News {
    links: BTreeSet<Uuid>,
    operations: BTreeSet<Uuid>,
    /// Something was missed: everything as it is now.
    gap: bool,
    /// There is something at all, if only a line of activity.
    any: bool,
}

impl News {
    fn add_all(&mut self, changes: &mut broadcast::Receiver<Changed>) {
        loop {
            match changes.try_recv() {
                Ok(changed) => self.add(changed),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {
                    (self.gap, self.any) = (true, true)
                }
                Err(_) => return,
            }
        }
    }

    fn add(&mut self, changed: Changed) {
        self.any = true;
        match changed {
            Changed::Link(id) => {
                self.links.insert(id);
            }
            Changed::Operation(id) => {
                self.operations.insert(id);
            }
            // Activity is read by number, the overview is told every time.
            Changed::Activity(_) | Changed::Overview => {}
            Changed::Everything => self.gap = true,
        }
    }
}

impl Telling {
    async fn tell(mut self, mut changes: broadcast::Receiver<Changed>, resumes: bool) {
        let mut news = News {
            gap: resumes,
            ..News::default()
        };
        // None: the reader is gone, too slow, or no longer welcome.
        while self.batch(&news).await.is_some() && self.overview(&mut changes).await.is_some() {
            news = News::default();
            match changes.recv().await {
                Ok(changed) => news.add(changed),
                Err(broadcast::error::RecvError::Lagged(_)) => news.gap = true,
                Err(broadcast::error::RecvError::Closed) => return,
            }
            tokio::time::sleep(GATHER).await;
            news.add_all(&mut changes);
        }
    }

    /// Tells the overview once it may be looked at again, and meanwhile what changes.
    async fn overview(&mut self, changes: &mut broadcast::Receiver<Changed>) -> Option<()> {
        let mut since = Instant::now();
        loop {
            let app = Arc::clone(&self.app);
            let look = async || overview::look(&app).await;
            if let Some(overview) = self.app.glance.since(since, look).await.ok()? {
                return self.put("overview", &*overview).await;
            }
            tokio::time::sleep(GATHER).await;
            let mut news = News::default();
            news.add_all(changes);
            if news.any {
                self.batch(&news).await?;
                since = Instant::now();
            }
        }
    }

    async fn batch(&mut self, news: &News) -> Option<()> {
        let (device_id, now) = (self.device_id, clock::now());
        let welcome = self
            .app
            .store
            .read(move |connection| store::device::is_welcome(connection, device_id, now));
        if !welcome.await.ok()? {
            return None;
        }
        let seen = self.place.line;
        self.lines().await?;
        for operation in self.operations(news, seen).await? {
            self.put("operation", &show::operation(operation)).await?;
        }
        let which = match news.gap {
            true => Which::All,
            false => Which::Named(news.links.iter().copied().collect()),
        };
        for link in show::links(&self.app, which).await.ok()? {
            self.put("link", &link).await?;
        }
        self.told_at = now;
        Some(())
    }

    async fn lines(&mut self) -> Option<()> {
        loop {
            let after = self.place.line;
            let read = self
                .app
                .store
                .read(move |connection| store::activity::since(connection, after, LINES_MOST));
            let lines = read.await.ok()?;
            let is_last = lines.len() < LINES_MOST as usize;
            for line in lines {
                self.place = Place::at(line.seq);
                self.send(self.place.number(), "activity", &line).await?;
            }
            if is_last {
                return Some(());
            }
        }
    }

    /// Those named, or after a gap those that moved since the line that was seen last.
    async fn operations(&self, news: &News, seen: i64) -> Option<Vec<store::operation::Operation>> {
        let ids: Vec<Uuid> = news.operations.iter().copied().collect();
        let (gap, told_at) = (news.gap, self.told_at);
        let read = self.app.store.read(move |connection| {
            if gap {
                let line_at = store::activity::at_of(connection, seen)?.unwrap_or(told_at);
                let since = line_at.min(told_at).checked_sub(SLACK).unwrap_or(line_at);
                return store::operation::since(connection, since, OPERATIONS_MOST);
            }
            let found = ids
                .iter()
                .filter_map(|id| store::operation::find(connection, *id).transpose());
            found.collect()
        });
        read.await.ok()
    }

    async fn put<T: Serialize>(&mut self, name: &str, value: &T) -> Option<()> {
        let number = self.place.next();
        self.send(number, name, value).await
    }

    async fn send<T: Serialize>(&self, number: i64, name: &str, value: &T) -> Option<()> {
        let event = Event::default()
            .id(number.to_string())
            .event(name)
            .json_data(value)
            .ok()?;
        let sent = tokio::time::timeout(SLOW_MOST, self.send.send(Ok(event))).await;
        sent.ok()?.ok()
    }
}
