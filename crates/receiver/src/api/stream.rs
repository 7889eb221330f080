//! The live stream: server-sent events that resume by `Last-Event-ID` and never hold up the writer.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::problem::Answer;
use super::{overview, show};
use crate::app::{App, Changed};
use crate::store;

/// Messages that wait for a slow reader; one that falls further behind is cut off and resumes.
const WAITING_MOST: usize = 256;
/// Changes of a link are told at most this often.
const GATHER: Duration = Duration::from_millis(100);
/// Lines caught up with at the most; older ones are in `/activity`.
const CATCH_UP_MOST: u32 = 1000;

/// Events `overview`, `link`, `activity` and `operation`, each with a growing id.
#[utoipa::path(get, path = "/stream", responses((status = 200, content_type = "text/event-stream", body = syncward_wire::StreamEvent)))]
pub async fn stream(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let asked = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse::<i64>().ok());
    let changes = app.changed.subscribe();
    let newest = app.store.read(store::activity::newest).await?;
    let (send, receive) = mpsc::channel(WAITING_MOST);
    tokio::spawn(tell(
        app,
        changes,
        send,
        asked.map_or(newest, |asked| asked.min(newest)),
    ));
    Ok(Sse::new(ReceiverStream::new(receive))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

type Sender = mpsc::Sender<Result<Event, Infallible>>;

/// What is to be told next.
#[derive(Default)]
struct News {
    links: BTreeSet<Uuid>,
    operations: BTreeSet<Uuid>,
}

async fn tell(
    app: Arc<App>,
    mut changes: broadcast::Receiver<Changed>,
    send: Sender,
    mut seen: i64,
) {
    let mut first = true;
    loop {
        let mut news = News::default();
        if !first {
            match changes.recv().await {
                Ok(changed) => news.add(changed),
                // Fallen behind: what is read below is the newest all the same.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
            tokio::time::sleep(GATHER).await;
            while let Ok(changed) = changes.try_recv() {
                news.add(changed);
            }
        }
        let told = batch(&app, &news, &send, &mut seen).await;
        if told.is_none() {
            return;
        }
        first = false;
    }
}

impl News {
    fn add(&mut self, changed: Changed) {
        match changed {
            Changed::Link(id) => {
                self.links.insert(id);
            }
            Changed::Operation(id) => {
                self.operations.insert(id);
            }
            // Activity is read by number, the overview is told every time.
            Changed::Activity(_) | Changed::Overview => {}
        }
    }
}

/// Tells a batch; none when the reader is gone or too slow.
async fn batch(app: &Arc<App>, news: &News, send: &Sender, seen: &mut i64) -> Option<()> {
    let after = *seen;
    let lines = app
        .store
        .read(move |connection| store::activity::since(connection, after, CATCH_UP_MOST))
        .await
        .ok()?;
    for line in lines {
        *seen = line.seq;
        put(send, *seen, "activity", &line)?;
    }
    for operation_id in &news.operations {
        let id = *operation_id;
        let found = app
            .store
            .read(move |connection| store::operation::find(connection, id))
            .await
            .ok()?;
        if let Some(operation) = found {
            put(send, *seen, "operation", &show::operation(operation))?;
        }
    }
    let which = Some(news.links.iter().copied().collect());
    for link in show::links(app, which).await.ok()? {
        put(send, *seen, "link", &link)?;
    }
    put(send, *seen, "overview", &overview::look(app).await.ok()?)
}

fn put<T: Serialize>(send: &Sender, id: i64, name: &str, value: &T) -> Option<()> {
    let event = Event::default()
        .id(id.to_string())
        .event(name)
        .json_data(value)
        .ok()?;
    send.try_send(Ok(event)).ok()
}
