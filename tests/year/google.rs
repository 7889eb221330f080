//! Google without sockets: the receiver's requests reach the simulator's model through the weather, and notifications
//! reach the receiver's own routes.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request as Post, StatusCode};
use jiff::SignedDuration;
use rand::Rng;
use serde_json::{Value, json};
use syncward_engine::{Failure, FailureClass};
use syncward_google::{Carried, Carrying, Wire};
use syncward_google_sim::api::{self, Answer, Request, call::Call};
use syncward_google_sim::model::fault::Action;
use syncward_google_sim::model::push::{Delivery, ResourceState};
use syncward_google_sim::model::query::Query;
use syncward_google_sim::model::refusal::Refusal;
use tower::ServiceExt;

use super::acts::Act;
use super::book::Hand;
use super::time;
use super::weather::{Fate, Post as PostFate};
use super::world::{Shared, World, lock};

/// The receiver gives up on a call after this, as its HTTPS client does.
const GIVEN_UP: Duration = Duration::from_secs(20);
/// An announced change is applied within this, when nothing stands in the way: sooner than a call that hangs is given up.
const APPLIED_WITHIN: SignedDuration = SignedDuration::from_secs(15);

/// Carries the receiver's requests into the model.
pub struct Simulated(pub Shared);

impl std::fmt::Debug for Simulated {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Simulated")
    }
}

impl Wire for Simulated {
    fn carry(&self, request: reqwest::Request) -> Carrying {
        let shared = self.0.clone();
        Box::pin(carry(shared, read(&request)))
    }
}

/// How an answer travels back.
struct Travelling {
    answer: Result<Carried, Failure>,
    takes: Duration,
    handshake_first: Option<u64>,
    /// The channel that a watch call was to open.
    opens: Option<String>,
}

async fn carry(shared: Shared, request: Request) -> Result<Carried, Failure> {
    let there = wait(&shared, 20..300);
    tokio::time::sleep_until(time::instant(time::now() + there)).await;
    let travelling = {
        let mut world = lock(&shared);
        match world.doom.is_dead() {
            true => None,
            false => Some(world.travel(&request)),
        }
    };
    let Some(travelling) = travelling else {
        return std::future::pending().await;
    };
    if let Some(id) = travelling.handshake_first {
        let delivery = lock(&shared).sim.outbox.take(id);
        if let Some(delivery) = delivery {
            let early = deliver(shared.clone(), delivery);
            let _ = tokio::time::timeout(Duration::from_secs(2), early).await;
        }
    }
    tokio::time::sleep_until(time::instant(time::now() + travelling.takes)).await;
    if let (Some(id), Ok(carried)) = (travelling.opens, &travelling.answer) {
        let mut world = lock(&shared);
        match carried.status.is_success()
            && carried.body.as_ref().is_ok_and(|body| body.ends_with(b"}"))
        {
            true => world.answered.insert(id),
            false => world.answered.remove(&id),
        };
    }
    travelling.answer
}

fn wait(shared: &Shared, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(lock(shared).rng.random_range(range))
}

fn read(request: &reqwest::Request) -> Request {
    let text = |name: &str| {
        let value = request.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let body = request.body().and_then(|body| body.as_bytes());
    Request {
        method: request.method().to_string(),
        path: request.url().path().to_owned(),
        query: Query::parse(request.url().query().unwrap_or_default()),
        bearer: text("authorization").and_then(|it| it.strip_prefix("Bearer ").map(str::to_owned)),
        if_match: text("if-match"),
        if_none_match: text("if-none-match"),
        body: body.unwrap_or_default().to_vec(),
    }
}

/// What the weather and the promises look at.
struct Target {
    operation: &'static str,
    office: Option<usize>,
    link: Option<usize>,
    /// The channel to stop, or the event to write.
    subject: Option<String>,
}

impl World {
    fn target(&self, request: &Request) -> Target {
        let now = time::now();
        if matches!(request.path.as_str(), "/token" | "/revoke") {
            let form = Query::parse(&String::from_utf8_lossy(&request.body));
            let account = self.sim.consents.account_of(&form);
            return Target {
                operation: "oauth.token",
                office: account.and_then(|account| self.by_account.get(&account).copied()),
                link: None,
                subject: None,
            };
        }
        let call = Call::read(&request.method, &request.path);
        let access = self.sim.access(request.bearer.as_deref(), now).ok();
        let account = access.map(|access| access.account);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let id = body["id"].as_str().map(str::to_owned);
        let calendar = match &call {
            Some(Call::ChannelsStop) => {
                let channel = id.as_ref().and_then(|id| self.sim.channels.by_id.get(id));
                channel.map(|channel| channel.calendar.clone())
            }
            Some(call) => call.calendar().map(|name| match (name, &account) {
                ("primary", Some(account)) => account.clone(),
                (name, _) => name.to_owned(),
            }),
            None => None,
        };
        let link = calendar.and_then(|calendar| self.by_calendar.get(&calendar).copied());
        let office = account.and_then(|account| self.by_account.get(&account).copied());
        let subject = match &call {
            Some(Call::EventsPatch { event, .. } | Call::EventsDelete { event, .. }) => {
                Some(event.clone())
            }
            _ => id,
        };
        Target {
            operation: call.as_ref().map_or("unknown", Call::operation),
            office: office.or_else(|| link.map(|link| self.places[link].office)),
            link,
            subject,
        }
    }

    fn travel(&mut self, request: &Request) -> Travelling {
        let target = self.target(request);
        self.counts.calls += 1;
        if let Some(link) = target.link {
            self.count_call(link, target.operation == "events.watch");
        }
        if let Some(office) = target.office
            && target.operation != "oauth.token"
        {
            self.judge_quota(office);
        }
        if target.operation == "channels.stop" {
            self.judge_stop(&target);
        }
        let fate = match target.office {
            Some(office) if self.weather.rough => {
                let (weather, rng) = (&self.weather, &mut self.rng);
                weather.call(target.operation, office, target.link, rng)
            }
            _ => Fate::Well,
        };
        let takes = Duration::from_millis(self.rng.random_range(20..300));
        let does = matches!(
            fate,
            Fate::Well
                | Fate::Truncated
                | Fate::EmptyPage
                | Fate::Lost { applied: true }
                | Fate::Refused { applied: true, .. }
        );
        let mut handshake_first = None;
        let answer = does.then(|| {
            let answer = self.perform(request, &target, fate == Fate::EmptyPage);
            handshake_first = answer.handshake_first;
            answer
        });
        let is_watching = matches!(target.operation, "events.watch" | "channels.stop");
        if fate != Fate::Well && !is_watching {
            match fate {
                // It pauses all links of the user, or of the project.
                Fate::Refused {
                    status: 403,
                    reason: "rateLimitExceeded",
                    ..
                } => self.trouble(None, None),
                Fate::Refused { status: 429, .. }
                | Fate::Refused {
                    reason: "userRateLimitExceeded",
                    ..
                } => self.trouble(target.office, None),
                _ => self.trouble(target.office, target.link),
            }
        }
        if let (Fate::Refused { reason, .. }, Some(link)) = (fate, target.link)
            && reason == "pushNotSupportedForRequestedResource"
        {
            self.places[link].pushless_at = Some(time::now());
        }
        if fate != Fate::Well {
            self.counts.refused += 1;
        }
        let status = answer.as_ref().map(|answer| answer.status);
        let line = format!(
            "{} {} -> {fate:?} {status:?}",
            target.operation,
            target.subject.as_deref().unwrap_or("")
        );
        if target.operation != "oauth.token" || fate != Fate::Well {
            self.tell(target.link, line);
        }
        let (answer, takes) = match fate {
            Fate::Well | Fate::EmptyPage => (
                carried(answer.unwrap_or_else(|| Answer::bare(500)), false),
                takes,
            ),
            Fate::Truncated => (
                carried(answer.unwrap_or_else(|| Answer::bare(500)), true),
                takes,
            ),
            Fate::Lost { .. } => {
                self.edit_beside(target.link);
                (Err(failure("timeout")), GIVEN_UP)
            }
            Fate::Unreachable => (Err(failure("unreachable")), takes),
            Fate::Html => (Ok(html()), takes),
            Fate::Refused {
                status,
                reason,
                retry_after_s,
                ..
            } => {
                let refusal = Refusal::injected(status, Some(reason), None, retry_after_s);
                (carried(Answer::from(refusal), false), takes)
            }
        };
        let opens = target
            .subject
            .filter(|_| target.operation == "events.watch");
        // A fresh cursor is gone before its first use.
        if let (Some(office), Some(link)) = (target.office, target.link)
            && target.operation == "events.list"
            && self.weather.forgets(office, link)
        {
            self.forget_cursors(link);
        }
        self.changed.notify_one();
        Travelling {
            answer,
            takes,
            handshake_first,
            opens,
        }
    }

    /// While one link's call hangs, somebody edits another's calendar.
    fn edit_beside(&mut self, link: Option<usize>) {
        let other = self.rng.random_range(0..self.places.len());
        if link != Some(other) && self.rng.random_bool(0.3) {
            let soon = SignedDuration::from_millis(self.rng.random_range(100..3_000));
            self.later(soon, Act::Again(other));
        }
    }

    pub fn forget_cursors(&mut self, link: usize) {
        self.trouble(None, Some(link));
        let calendar = self.places[link].calendar.clone();
        if let Some(calendar) = self.sim.calendars.get_mut(&calendar) {
            calendar.expire_sync_tokens();
        }
    }

    /// Does the work of a call.
    fn perform(&mut self, request: &Request, target: &Target, empty_page: bool) -> Answer {
        let now = time::now();
        if target.operation == "oauth.token" {
            let form = Query::parse(&String::from_utf8_lossy(&request.body));
            if request.path == "/revoke" {
                let _ = self
                    .sim
                    .consents
                    .revoke(form.get("token").unwrap_or_default(), now);
                return Answer::ok(json!({}));
            }
            return match self.sim.token(&form, None, now) {
                Ok(body) => Answer::ok(body),
                Err(fault) => Answer {
                    body: Some(fault.body()),
                    ..Answer::bare(fault.status)
                },
            };
        }
        let mut actions = Vec::new();
        if empty_page {
            actions.push(Action::EmptyPage);
        }
        if let (Some(office), Some(link), "events.watch") =
            (target.office, target.link, target.operation)
        {
            let birth = self.weather.birth(office, link, &mut self.rng);
            actions.extend(birth.no_handshake.then_some(Action::SilentHandshake));
            actions.extend(birth.mute.then_some(Action::SilentChannel));
            actions.extend(birth.life_s.map(|ttl_s| Action::Shorten { ttl_s }));
        }
        let answer = api::answer(&mut self.sim, request, &actions, now);
        if let Some(link) = target.link
            && answer.status < 300
        {
            self.judge_answer(link, target, &answer);
        }
        answer
    }

    /// What a good answer means for the promises.
    fn judge_answer(&mut self, link: usize, target: &Target, answer: &Answer) {
        let now = time::now();
        match target.operation {
            "events.list" => {
                let whole = answer
                    .body
                    .as_ref()
                    .is_some_and(|body| body.get("nextSyncToken").is_some());
                if whole {
                    self.places[link].listed_at = now;
                }
            }
            "events.watch" => {
                self.counts.channels += 1;
                self.later(SignedDuration::from_mins(1), Act::Channels(link));
            }
            "events.insert" | "events.patch" | "events.delete" => {
                let event = target.subject.clone().unwrap_or_default();
                let edits = self
                    .book
                    .story(link, &event)
                    .map_or(0, |story| story.by(Hand::System));
                let writes = self.places[link].writes.entry(event.clone()).or_default();
                *writes += 1;
                let writes = *writes;
                // Lost answers and merges repeat a write; an echo loop would not end.
                if edits == 0 || writes > 12 * edits {
                    self.breaks(
                        "every change applied once",
                        Some(link),
                        format!("{writes} writes of {event} for {edits} edits"),
                    );
                }
            }
            _ => {}
        }
    }

    /// A stop that makes room may overtake the call it makes room for, but no more.
    pub fn judge_channels(&mut self, link: usize) {
        let now = time::now();
        // By a stepped clock a channel may be over that still lives.
        let steady = now.duration_since(self.stepped_at) > SignedDuration::from_hours(4);
        let awake = now.duration_since(self.born_at) > SignedDuration::from_mins(2);
        if self.absent || !awake || !steady || !time::step().is_zero() {
            return;
        }
        let settled = now - SignedDuration::from_secs(55);
        let calendar = &self.places[link].calendar;
        let live = self.sim.channels.by_id.values().filter(|channel| {
            channel.calendar == *calendar
                && channel.is_live(now)
                && channel.opened_at < settled
                && !channel.id.starts_with("canary_")
                && !self.asked_to_stop.contains(&channel.id)
        });
        let live = live.count();
        if live > 2 {
            self.breaks(
                "at most two live channels",
                Some(link),
                format!("{live} live channels at Google"),
            );
        }
    }

    /// The old one is stopped only after its successor has proved itself.
    fn judge_stop(&mut self, target: &Target) {
        let now = time::now();
        let Some(id) = target.subject.clone() else {
            return;
        };
        let Some(channel) = self.sim.channels.by_id.get(&id).cloned() else {
            return;
        };
        self.asked_to_stop.insert(id.clone());
        if !id.starts_with("canary_") && self.is_drilled(target.link, &id) {
            return;
        }
        let proves = self.proven.contains(&id)
            && self.answered.contains(&id)
            && channel.is_live(now)
            && !channel.silent;
        if !proves || id.starts_with("canary_") {
            return;
        }
        let successor = self.sim.channels.by_id.values().any(|other| {
            other.calendar == channel.calendar
                && other.id != id
                && !self.asked_to_stop.contains(&other.id)
                && other.is_live(now)
                && self.proven.contains(&other.id)
        });
        if !successor {
            let what = format!("{id} is to be stopped and no successor has delivered anything");
            self.breaks("old stopped only after proof", target.link, what);
        }
    }

    /// The notifications that are due, with what becomes of each.
    pub fn due_posts(&mut self) -> Vec<Delivery> {
        let now = time::now();
        let mut sent = Vec::new();
        for delivery in self.sim.outbox.take_due(now) {
            let Some(channel) = self.sim.channels.by_id.get(&delivery.channel) else {
                continue;
            };
            let Some(&link) = self.by_calendar.get(&channel.calendar) else {
                continue;
            };
            let office = self.places[link].office;
            let fresh = delivery.attempts == 0 && !self.late.remove(&delivery.id);
            let fate = match fresh {
                true => self.weather.post(office, link, &mut self.rng),
                false => PostFate::Sent,
            };
            if fate != PostFate::Sent {
                self.tell(
                    Some(link),
                    format!("notification {} {fate:?}", delivery.channel),
                );
            }
            match fate {
                PostFate::Sent => sent.push(delivery),
                PostFate::Lost => {}
                PostFate::Doubled => sent.extend([delivery.clone(), delivery]),
                PostFate::Late { ms } => {
                    let mut delivery = delivery;
                    delivery.due_at = now + Duration::from_millis(ms);
                    self.late.insert(delivery.id);
                    self.sim.outbox.put(delivery);
                }
            }
        }
        sent
    }
}

/// Posts a notification to the receiver and does what Google does with the answer.
pub async fn deliver(shared: Shared, delivery: Delivery) {
    let (ear, post) = {
        let mut world = lock(&shared);
        world.counts.posts += 1;
        let Some(channel) = world.sim.channels.by_id.get(&delivery.channel) else {
            return;
        };
        let mut post = Post::post("/webhooks/calendar/google")
            .header("x-goog-channel-id", &channel.id)
            .header(
                "x-goog-channel-token",
                channel.token.as_deref().unwrap_or_default(),
            )
            .header("x-goog-resource-id", &channel.resource_id)
            .header("x-goog-resource-uri", &channel.resource_uri)
            .header("x-goog-resource-state", delivery.state.as_str())
            .header("x-goog-message-number", delivery.message_number)
            .header("content-length", 0);
        let expiration = channel
            .expires_at
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        post = post.header("x-goog-channel-expiration", expiration);
        // A receiver that dies over it may have stored it all the same.
        let (ear, id) = (world.ear.clone(), channel.id.clone());
        if ear.is_some() {
            world.proven.insert(id);
        }
        (ear, post.body(Body::empty()).unwrap())
    };
    let status = match ear {
        // In half of its absences a proxy answers in the receiver's place.
        None => {
            let mut world = lock(&shared);
            world.rng.random_bool(0.5).then_some(503)
        }
        Some(ear) => ear
            .oneshot(post)
            .await
            .ok()
            .map(|answer| answer.status().as_u16()),
    };
    lock(&shared).settle(delivery, status);
}

impl World {
    fn settle(&mut self, delivery: Delivery, status: Option<u16>) {
        let now = time::now();
        let Some(channel) = self.sim.channels.by_id.get(&delivery.channel).cloned() else {
            return;
        };
        let Some(&link) = self.by_calendar.get(&channel.calendar) else {
            return;
        };
        self.tell(
            Some(link),
            format!(
                "notification {} {:?} -> {status:?}",
                delivery.channel, delivery.state
            ),
        );
        let change = delivery.state == ResourceState::Exists;
        let policy = self.sim.retry_policy();
        self.sim
            .outbox
            .settle(delivery, &channel.calendar, status, now, policy);
        self.changed.notify_one();
        if status != Some(200) {
            if status.is_some_and(|status| status != 503) {
                self.proven.remove(&channel.id);
            }
            return;
        }
        let clear = self
            .clear_since(link)
            .is_some_and(|since| now.duration_since(since) > SignedDuration::from_hours(3));
        if change && clear {
            let revision = self.sim.calendars[&channel.calendar].revision;
            self.later(APPLIED_WITHIN, Act::Announced { link, revision });
        }
    }
}

fn carried(answer: Answer, truncated: bool) -> Result<Carried, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(seconds) = answer.retry_after_s {
        headers.insert("retry-after", HeaderValue::from(seconds));
    }
    let mut body = match &answer.body {
        Some(body) => serde_json::to_vec(body).unwrap(),
        None => Vec::new(),
    };
    if truncated {
        body.truncate(body.len() / 2);
    }
    Ok(Carried {
        status: StatusCode::from_u16(answer.status).unwrap(),
        headers,
        body: Ok(body),
    })
}

fn html() -> Carried {
    Carried {
        status: StatusCode::BAD_GATEWAY,
        headers: HeaderMap::new(),
        body: Ok(b"<!DOCTYPE html><title>Error 502 (Server Error)!!1</title>".to_vec()),
    }
}

fn failure(reason: &str) -> Failure {
    Failure {
        class: FailureClass::Transient { retry_after: None },
        reason: reason.to_owned(),
        status: None,
    }
}
