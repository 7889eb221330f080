//! The courier: sends notifications when they are due, with Google's headers, and only to this machine.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{Face, weather};
use crate::model::{
    channel::{Channel, is_loopback},
    fault::{Action, Target},
    push::{Delivery, Outcome, ResourceState},
};

const IDLE: Duration = Duration::from_secs(3600);

/// Sends what is due, for ever.
pub async fn run(face: Face) {
    loop {
        let (due, next) = {
            let mut world = face.world();
            let now = Timestamp::now() + world.clock_ahead;
            let due = world.outbox.take_due(now);
            let next = world.outbox.next_due().map(|at| at.duration_since(now));
            (due, next)
        };
        for delivery in due {
            let face = face.clone();
            tokio::spawn(async move { deliver(&face, delivery).await });
        }
        let pause = next
            .and_then(|span| Duration::try_from(span).ok())
            .map_or(IDLE, |span| span.max(Duration::from_millis(1)).min(IDLE));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = face.0.wake.notified() => {}
        }
    }
}

/// Sends one delivery before its time.
pub async fn deliver_now(face: &Face, id: u64) {
    let delivery = face.world().outbox.take(id);
    if let Some(delivery) = delivery {
        deliver(face, delivery).await;
    }
}

async fn deliver(face: &Face, delivery: Delivery) {
    let Some(channel) = face.world().channels.by_id.get(&delivery.channel).cloned() else {
        return;
    };
    let actions = face.step(|world, _| {
        world.strike(&Target {
            operation: operation(delivery.state),
            method: "POST",
            path: "",
            account: Some(&channel.account),
            calendar: Some(&channel.calendar),
            channel: Some(&channel.id),
        })
    });
    weather::wait(&actions).await;
    if actions
        .iter()
        .any(|action| matches!(action, Action::Drop { .. }))
    {
        return record(face, delivery, &channel, Outcome::Dropped);
    }
    if !Url::parse(&channel.address).is_ok_and(|address| is_loopback(&address)) {
        return record(face, delivery, &channel, Outcome::NotLoopback);
    }
    let copies: u32 = actions
        .iter()
        .map(|action| {
            if let Action::Duplicate { times } = action {
                *times
            } else {
                0
            }
        })
        .sum();
    for _ in 0..=copies {
        send(face, &delivery, &channel).await;
    }
}

fn operation(state: ResourceState) -> &'static str {
    match state {
        ResourceState::Sync => "push.handshake",
        ResourceState::Exists | ResourceState::NotExists => "push.change",
    }
}

fn record(face: &Face, delivery: Delivery, channel: &Channel, outcome: Outcome) {
    face.step(|world, now| {
        world
            .outbox
            .record(delivery, &channel.calendar, None, now, outcome)
    });
}

async fn send(face: &Face, delivery: &Delivery, channel: &Channel) {
    let sent = face
        .0
        .http
        .post(&channel.address)
        .headers(headers(delivery, channel))
        .send()
        .await;
    let status = match sent {
        Ok(response) => Some(response.status().as_u16()),
        Err(error) => {
            tracing::debug!(channel.id = %channel.id, error = %error, "a notification found nobody");
            None
        }
    };
    let outcome = face.step(|world, now| {
        let policy = world.retry_policy();
        world
            .outbox
            .settle(delivery.clone(), &channel.calendar, status, now, policy)
    });
    tracing::debug!(channel.id = %channel.id, number = delivery.message_number, ?status, ?outcome, "sent a notification");
}

/// Google's headers of one notification.
fn headers(delivery: &Delivery, channel: &Channel) -> HeaderMap {
    let expiration = channel
        .expires_at
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let number = delivery.message_number.to_string();
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("accept", "*/*");
    put("x-goog-channel-id", &channel.id);
    put("x-goog-channel-expiration", &expiration);
    put("x-goog-resource-state", delivery.state.as_str());
    put("x-goog-message-number", &number);
    put("x-goog-resource-id", &channel.resource_id);
    put("x-goog-resource-uri", &channel.resource_uri);
    if let Some(token) = &channel.token {
        put("x-goog-channel-token", token);
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers
}
