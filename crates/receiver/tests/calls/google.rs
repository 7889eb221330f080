//! A Google that answers at once and remembers when it was asked by whom.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Request, StatusCode};
use serde_json::{Value, json};
use syncward_engine::Effect;
use syncward_google::{Carried, Carrying, Wire};
use syncward_receiver::store::{self, Store};
use tokio::time::Instant;

/// What Google answers a user's listings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Says {
    #[default]
    Well,
    Refused {
        status: u16,
        reason: &'static str,
        retry_after_s: Option<u64>,
    },
}

impl Says {
    /// This user makes too many calls.
    pub fn quota(retry_after_s: u64) -> Self {
        Self::Refused {
            status: 429,
            reason: "rateLimitExceeded",
            retry_after_s: Some(retry_after_s),
        }
    }

    fn answer(self, well: Value) -> (u16, Option<u64>, Value) {
        match self {
            Self::Well => (200, None, well),
            Self::Refused {
                status,
                reason,
                retry_after_s,
            } => {
                let errors = json!([{"reason": reason, "domain": "global"}]);
                let body = json!({"error": {"code": status, "errors": errors}});
                (status, retry_after_s, body)
            }
        }
    }
}

#[derive(Clone)]
pub struct Google {
    began: Instant,
    /// The receiver's store, in which each channel must lie before Google hears of it.
    pub store: Store,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    lists: BTreeMap<String, Vec<Duration>>,
    read: BTreeMap<String, usize>,
    says: BTreeMap<String, Says>,
    watches: Vec<Duration>,
    watch_says: Says,
    full: usize,
    intents: Vec<bool>,
}

impl Google {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            began: Instant::now(),
            book: Arc::default(),
        }
    }

    pub fn say(&self, user: &str, says: Says) {
        self.book.lock().unwrap().says.insert(user.to_owned(), says);
    }

    /// When the user's calendars were listed.
    pub fn lists(&self, user: &str) -> Vec<Duration> {
        self.book
            .lock()
            .unwrap()
            .lists
            .get(user)
            .cloned()
            .unwrap_or_default()
    }

    /// What a request to watch is answered.
    pub fn say_to_watch(&self, says: Says) {
        self.book.lock().unwrap().watch_says = says;
    }

    /// When channels were asked for.
    pub fn watches(&self) -> Vec<Duration> {
        self.book.lock().unwrap().watches.clone()
    }

    /// How many listings began without a cursor.
    pub fn full(&self) -> usize {
        self.book.lock().unwrap().full
    }

    /// How many listings were answered well.
    pub fn read(&self, user: &str) -> usize {
        self.book
            .lock()
            .unwrap()
            .read
            .get(user)
            .copied()
            .unwrap_or_default()
    }

    /// Whether the store holds the channel and the effect that is to open it.
    async fn look_for_intent(&self, request: &Request) {
        if !request.url().path().ends_with("/watch") {
            return;
        }
        let asked = asked(request);
        let id = asked["id"].as_str().unwrap().to_owned();
        let read = self.store.read(move |connection| {
            let sql = "select count(*) from channel where channel_id = ?";
            let rows: u32 = connection.query_row(sql, store::sql::params![id], |row| row.get(0))?;
            let effects = store::effect::mine(connection)?;
            let intended = effects.iter().any(|(_, _, effect)| {
                matches!(effect, Effect::OpenChannel { channel, .. } if channel.0 == id)
            });
            Ok(rows == 1 && intended)
        });
        let intended = read.await.unwrap();
        self.book.lock().unwrap().intents.push(intended);
    }

    /// Of each request to watch, whether it was written down before.
    pub fn intents(&self) -> Vec<bool> {
        self.book.lock().unwrap().intents.clone()
    }

    fn answer(&self, request: &Request) -> (u16, Option<u64>, Value) {
        let bearer = request.headers()["authorization"].to_str().unwrap();
        let user = bearer.trim_start_matches("Bearer ").to_owned();
        let mut book = self.book.lock().unwrap();
        let book = &mut *book;
        if request.url().path().ends_with("/watch") {
            book.watches.push(self.began.elapsed());
            let says = book.watch_says;
            let asked = asked(request);
            return says.answer(json!({"id": asked["id"], "resourceId": "resource", "expiration": asked["expiration"]}));
        }
        if request.method() == "POST" {
            let event = asked(request);
            return Says::Well
                .answer(json!({"id": event["id"], "etag": "\"1\"", "status": "confirmed"}));
        }
        let lists = book.lists.entry(user.clone()).or_default();
        lists.push(self.began.elapsed());
        book.full += usize::from(!request.url().as_str().contains("syncToken"));
        let says = book.says.get(&user).copied().unwrap_or(Says::Well);
        if says == Says::Well {
            *book.read.entry(user).or_default() += 1;
        }
        says.answer(json!({"kind": "calendar#events", "items": [], "nextSyncToken": "cursor"}))
    }
}

fn asked(request: &Request) -> Value {
    let body = request.body().and_then(|body| body.as_bytes());
    serde_json::from_slice(body.unwrap_or_default()).unwrap()
}

impl std::fmt::Debug for Google {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Google")
    }
}

impl Wire for Google {
    fn carry(&self, request: Request) -> Carrying {
        let google = self.clone();
        Box::pin(async move {
            google.look_for_intent(&request).await;
            let (status, retry_after_s, body) = google.answer(&request);
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut headers = HeaderMap::new();
            if let Some(seconds) = retry_after_s {
                headers.insert("retry-after", seconds.into());
            }
            Ok(Carried {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: Ok(body.to_string().into_bytes()),
            })
        })
    }
}
