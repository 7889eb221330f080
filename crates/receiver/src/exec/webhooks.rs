//! Outgoing webhooks: every change told to the clinic's own system, signed, in order per appointment, for three days.
//!
//! Follows Standard Webhooks (<https://www.standardwebhooks.com>): `webhook-id`, `webhook-timestamp`,
//! `webhook-signature`, any 2xx is an arrival, 410 turns the endpoint off, redirects are not followed.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, StatusCode, header};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use syncward_engine::Entropy;
use syncward_wire::appointment::{AppointmentStatus, Change};
use syncward_wire::webhook::WebhookPayload;
use url::Url;
use uuid::Uuid;

use crate::app::appointments::shown;
use crate::app::webhooks::is_loopback;
use crate::app::{App, Changed};
use crate::clock;
use crate::entropy::SystemEntropy;
use crate::store::sql::{self, Connection};
use crate::store::webhook_endpoint::{self, Endpoint, PLACE};
use crate::store::webhook_message::{self, Message};
use crate::store::{self, Result, StoreError};

/// Time for an endpoint's answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Waits between tries, jittered: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 20 h are three days.
const WAITS_S: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000];
/// An endpoint that failed is left alone for this long, whatever waits for it.
const BREATH: Duration = Duration::from_secs(5);

/// What an endpoint said to a message.
enum Said {
    Taken,
    /// 410: it wants no more.
    Gone,
    /// Anything else, in words without the endpoint's own.
    Failed(String, Option<Duration>),
}

/// Looks now and then, and whenever a change was announced, for messages that are due.
pub(super) async fn attend(app: &Arc<App>) {
    loop {
        let wait = match look(app).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(error = %error, "could not read the messages that wait");
                super::AFTER_FAULT
            }
        };
        tokio::select! {
            biased;
            () = app.exec.announced.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn look(app: &Arc<App>) -> Result<Duration> {
    if app.exec.is_held() {
        return Ok(app.look_every);
    }
    let now = clock::now();
    let (endpoints, next) = app
        .store
        .read(move |connection| webhook_message::due(connection, now))
        .await?;
    for endpoint_id in endpoints {
        begin(app, endpoint_id);
    }
    let until = next.map_or(app.look_every, |at| {
        Duration::try_from(at.duration_since(now)).unwrap_or_default()
    });
    Ok(until.clamp(Duration::from_millis(20), app.look_every))
}

/// Sends an endpoint's messages on a task of its own; one at a time per endpoint, so that a slow one delays no other.
fn begin(app: &Arc<App>, endpoint_id: Uuid) {
    let mut telling = app
        .exec
        .telling
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if telling.contains(&endpoint_id) {
        return;
    }
    let Some(claim) = app.claim(None) else {
        return;
    };
    telling.insert(endpoint_id);
    drop(telling);
    let (app, stop) = (Arc::clone(app), app.exec.stop.clone());
    app.exec.tasks.clone().spawn(async move {
        let _claim = claim;
        let told = tokio::select! {
            biased;
            () = stop.cancelled() => Ok(()),
            told = tell(&app, endpoint_id) => told,
        };
        if let Err(error) = told {
            tracing::error!(endpoint.id = %endpoint_id, error = %error, "could not tell an endpoint");
        }
        let mut telling = app.exec.telling.lock().unwrap_or_else(PoisonError::into_inner);
        telling.remove(&endpoint_id);
        drop(telling);
        // What came since the last look of this task.
        app.exec.announced.notify_one();
    });
}

async fn tell(app: &Arc<App>, endpoint_id: Uuid) -> Result<()> {
    while !app.exec.is_held() {
        let (now, seal) = (clock::now(), Arc::clone(&app.seal));
        let found = app.store.read(move |connection| {
            let message = webhook_message::next(connection, endpoint_id, now)?;
            let endpoint = webhook_endpoint::find(connection, endpoint_id)?;
            let Some((message, endpoint)) = message.zip(endpoint.filter(|one| one.enabled)) else {
                return Ok(None);
            };
            let payload = payload(connection, &seal, &message)?;
            Ok(Some((message, endpoint, payload)))
        });
        let Some((message, endpoint, payload)) = found.await? else {
            return Ok(());
        };
        let said = match &payload {
            Some(payload) => send(app, &endpoint, &message, payload).await?,
            None => Said::Failed("the change is no longer kept".to_owned(), None),
        };
        settle(app, message, endpoint, said, payload.is_some()).await?;
    }
    Ok(())
}

/// The change as it was made, which stays the same for every try; none when it is no longer kept.
fn payload(
    connection: &Connection,
    seal: &crate::seal::Seal,
    message: &Message,
) -> Result<Option<String>> {
    let Some((at, revision)) = store::appointment::change(connection, message.change_feed_id)?
    else {
        return Ok(None);
    };
    let Some(now) = store::appointment::find(connection, message.appointment_id)? else {
        return Ok(None);
    };
    let Some(then) = store::revision::as_of(connection, &now, revision)? else {
        return Ok(None);
    };
    let mut appointment = shown(connection, seal, &then)?;
    appointment.updated_at = at.into();
    let kind = match (appointment.status, revision) {
        (AppointmentStatus::Cancelled, _) => "appointment.cancelled",
        (AppointmentStatus::Confirmed | AppointmentStatus::Tentative, 1) => "appointment.created",
        (AppointmentStatus::Confirmed | AppointmentStatus::Tentative, _) => "appointment.changed",
    };
    let payload = WebhookPayload {
        kind: kind.to_owned(),
        timestamp: at.into(),
        data: Change {
            seq: message.change_feed_id,
            at: at.into(),
            appointment,
        },
    };
    Ok(Some(serde_json::to_string(&payload)?))
}

async fn send(app: &App, endpoint: &Endpoint, message: &Message, payload: &str) -> Result<Said> {
    let place = endpoint.webhook_endpoint_id.to_string();
    let secret = app.seal.open(PLACE, &place, &endpoint.secret)?;
    let timestamp = clock::now().as_second();
    let signature = Webhook::from_bytes(secret)
        .and_then(|webhook| {
            webhook.sign(&message.webhook_message_id, timestamp, payload.as_bytes())
        })
        .map_err(|_| StoreError::Sealed("an endpoint's secret"))?;
    let Ok(url) = Url::parse(&endpoint.url) else {
        return Ok(Said::Failed("its url can't be read".to_owned(), None));
    };
    let mut client = Client::builder()
        .timeout(ANSWER_WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("syncward-receiver/", env!("CARGO_PKG_VERSION")));
    if is_loopback(&url) {
        client = client.no_proxy();
    }
    let Ok(client) = client.build() else {
        return Ok(Said::Failed("no https client".to_owned(), None));
    };
    let sent = client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(HEADER_WEBHOOK_ID, &message.webhook_message_id)
        .header(HEADER_WEBHOOK_TIMESTAMP, timestamp)
        .header(HEADER_WEBHOOK_SIGNATURE, signature)
        .body(payload.to_owned())
        .send()
        .await;
    Ok(match sent {
        Ok(answer) if answer.status().is_success() => Said::Taken,
        Ok(answer) if answer.status() == StatusCode::GONE => Said::Gone,
        Ok(answer) => {
            let wait = answer
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|wait| wait.to_str().ok()?.parse().ok())
                .map(Duration::from_secs);
            Said::Failed(format!("it answered {}", answer.status().as_u16()), wait)
        }
        Err(fault) if fault.is_timeout() => {
            Said::Failed("it did not answer within 15 s".to_owned(), None)
        }
        Err(_) => Said::Failed("it could not be reached".to_owned(), None),
    })
}

async fn settle(
    app: &Arc<App>,
    message: Message,
    mut endpoint: Endpoint,
    said: Said,
    kept: bool,
) -> Result<()> {
    let line = app
        .store
        .write_under(message.fence, move |tx| {
            let now = clock::now();
            let id = message.webhook_message_id.as_str();
            let failure = match said {
                Said::Taken => {
                    webhook_message::delivered(tx, id, now)?;
                    return Ok(None);
                }
                Said::Gone => {
                    endpoint.enabled = false;
                    webhook_endpoint::save(tx, &endpoint)?;
                    "it answered 410 and was turned off".to_owned()
                }
                Said::Failed(failure, wait) => match next_try(message.attempts, wait, now) {
                    Some(not_before) if kept => {
                        let breath = now.checked_add(BREATH).unwrap_or(now);
                        webhook_message::postpone(tx, &message, &failure, not_before, breath)?;
                        return Ok(None);
                    }
                    Some(_) | None => failure,
                },
            };
            webhook_message::dead(tx, id, &failure, now)?;
            give_up(tx, &message, &failure, now).map(Some)
        })
        .await?;
    if let Some(line) = line {
        app.tell(vec![Changed::Activity(line)]);
    }
    Ok(())
}

/// When to try again after `attempts` earlier tries; none after the last.
fn next_try(attempts: u32, wait: Option<Duration>, now: Timestamp) -> Option<Timestamp> {
    let place = usize::try_from(attempts).ok()?;
    let wait_s = *WAITS_S.get(place)?;
    // A tenth more at random, so that what failed together does not come back together.
    let jitter_ms = SystemEntropy.next_u64() % (wait_s * 100);
    let planned = Duration::from_secs(wait_s) + Duration::from_millis(jitter_ms);
    let longest = Duration::from_secs(WAITS_S[WAITS_S.len() - 1]);
    let wait = planned.max(wait.unwrap_or_default().min(longest));
    now.checked_add(wait).ok()
}

fn give_up(
    tx: &sql::Transaction<'_>,
    message: &Message,
    failure: &str,
    now: Timestamp,
) -> Result<i64> {
    let one = store::appointment::find(tx, message.appointment_id)?;
    let about = store::activity::About {
        link_id: one.as_ref().map(|one| one.link_id),
        clinic_id: one.as_ref().map(|one| one.clinic_id),
        operation_id: None,
    };
    let line = store::activity::Line {
        kind: "webhook_dead",
        tone: "warn",
        text: "The clinic's own system was not told of a change".to_owned(),
        detail: Some(format!("{failure}; it can be sent again")),
    };
    store::activity::insert(tx, about, &line, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_go_on_for_three_days_and_then_end() {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut tries = 1;
        while let Some(next) = next_try(tries - 1, None, now) {
            assert!(next > now);
            now = next;
            tries += 1;
        }
        let hours = now.as_second() / 3600;
        assert!((71..=79).contains(&hours), "{hours} h");
        assert_eq!(tries, 10);
    }

    #[test]
    fn an_endpoint_that_names_a_wait_gets_it_within_reason() {
        let now = Timestamp::UNIX_EPOCH;
        let at = |wait| next_try(0, Some(Duration::from_secs(wait)), now).map(|at| at.as_second());
        assert_eq!(at(600), Some(600));
        assert_eq!(at(10_000_000), Some(72_000));
    }
}
