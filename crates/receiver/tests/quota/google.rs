//! A Google that answers at once and remembers when it was asked by whom.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Request, StatusCode};
use serde_json::{Value, json};
use syncward_google::{Carried, Carrying, Wire};
use tokio::time::Instant;

/// What Google answers a user's listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    Well,
    Quota { retry_after_s: u64 },
}

#[derive(Clone, Debug)]
pub struct Google {
    began: Instant,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    lists: BTreeMap<String, Vec<Duration>>,
    read: BTreeMap<String, usize>,
    says: BTreeMap<String, Says>,
}

impl Google {
    pub fn new() -> Self {
        Self {
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

    fn answer(&self, request: &Request) -> (u16, Option<u64>, Value) {
        let bearer = request.headers()["authorization"].to_str().unwrap();
        let user = bearer.trim_start_matches("Bearer ").to_owned();
        if request.url().path().ends_with("/watch") {
            let reason = json!({"reason": "webhookUrlUnauthorized"});
            return (
                401,
                None,
                json!({"error": {"code": 401, "errors": [reason]}}),
            );
        }
        let mut book = self.book.lock().unwrap();
        book.lists
            .entry(user.clone())
            .or_default()
            .push(self.began.elapsed());
        match book.says.get(&user) {
            Some(Says::Quota { retry_after_s }) => {
                let reason = json!({"reason": "rateLimitExceeded", "domain": "usageLimits"});
                (
                    429,
                    Some(*retry_after_s),
                    json!({"error": {"code": 429, "errors": [reason]}}),
                )
            }
            Some(Says::Well) | None => {
                *book.read.entry(user).or_default() += 1;
                (
                    200,
                    None,
                    json!({"kind": "calendar#events", "items": [], "nextSyncToken": "cursor"}),
                )
            }
        }
    }
}

impl Wire for Google {
    fn carry(&self, request: Request) -> Carrying {
        let google = self.clone();
        Box::pin(async move {
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
