//! Calendar v3 as a function: a request and the time go in, Google's answer comes out.

pub mod call;
pub mod partial;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{
    World,
    calendar::{Change, Role},
    channel::Wanted,
    fault::{Action, Target},
    listing,
    oauth::Access,
    people::object,
    push::ResourceState,
    query::{Query, invalid_parameter},
    refusal::Refusal,
};
use call::Call;

/// One request to the Calendar API.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query.
    pub query: Query,
    /// The access token.
    pub bearer: Option<String>,
    /// `If-Match`.
    pub if_match: Option<String>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// One answer of the Calendar API.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body, if any.
    pub body: Option<Value>,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// A handshake that goes out before this answer.
    pub handshake_first: Option<u64>,
}

impl Answer {
    /// 200 with a body; its etag becomes the header.
    pub fn ok(body: Value) -> Self {
        let etag = body.get("etag").and_then(Value::as_str).map(str::to_owned);
        Self {
            status: 200,
            body: Some(body),
            etag,
            retry_after_s: None,
            handshake_first: None,
        }
    }

    /// An answer without a body.
    pub fn bare(status: u16) -> Self {
        Self {
            status,
            body: None,
            etag: None,
            retry_after_s: None,
            handshake_first: None,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let retry_after_s = refusal.retry_after_s;
        Self {
            retry_after_s,
            body: Some(refusal.body()),
            ..Self::bare(refusal.status)
        }
    }
}

/// What a request is, as far as fault rules look at it.
pub fn strike(world: &mut World, request: &Request, now: Timestamp) -> Vec<Action> {
    let call = Call::read(&request.method, &request.path);
    let access = world.access(request.bearer.as_deref(), now).ok();
    let account = access.as_ref().map(|access| access.account.as_str());
    let calendar = call.as_ref().and_then(Call::calendar);
    let calendar =
        calendar.map(|name| World::calendar_id(account.unwrap_or(name), name).to_owned());
    let posted: Option<Value> = serde_json::from_slice(&request.body).ok();
    let channel = posted
        .as_ref()
        .and_then(|body| body.get("id"))
        .and_then(Value::as_str);
    let operation = call.as_ref().map_or("unknown", Call::operation);
    world.strike(&Target {
        operation,
        method: &request.method,
        path: &request.path,
        account,
        calendar: calendar.as_deref(),
        channel: channel
            .filter(|_| matches!(call, Some(Call::EventsWatch { .. } | Call::ChannelsStop))),
    })
}

/// Answers one request; of `actions` only those that change the work itself are heeded here.
pub fn answer(world: &mut World, request: &Request, actions: &[Action], now: Timestamp) -> Answer {
    let answered = perform(world, request, actions, now).unwrap_or_else(Answer::from);
    partial::apply(answered, request.query.get("fields"))
}

fn perform(
    world: &mut World,
    request: &Request,
    actions: &[Action],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let call = Call::read(&request.method, &request.path).ok_or_else(Refusal::not_found)?;
    let access = world.access(request.bearer.as_deref(), now)?;
    if !access.scopes.iter().any(|scope| call.accepts(scope)) {
        return Err(Refusal::insufficient_scopes());
    }
    if let Some(alt) = request.query.get("alt").filter(|alt| *alt != "json") {
        return Err(invalid_parameter("alt", alt));
    }
    let account = access.account.as_str();
    match &call {
        Call::CalendarListList => calendar_list(world, account, &request.query),
        Call::CalendarListGet { calendar } => {
            let (kept, role) = world.calendar(account, calendar)?;
            Ok(unless_known(kept.entry(account, role), request))
        }
        Call::CalendarsGet { calendar } => Ok(unless_known(
            world.calendar(account, calendar)?.0.json(),
            request,
        )),
        Call::EventsList { calendar } => {
            let (kept, role) = readable(world, account, calendar)?;
            listing::list(
                kept,
                role,
                &request.query,
                now,
                actions.contains(&Action::EmptyPage),
            )
            .map(Answer::ok)
        }
        Call::EventsInstances { calendar, event } => {
            let (kept, role) = readable(world, account, calendar)?;
            listing::instances(kept, role, event, &request.query, now).map(Answer::ok)
        }
        Call::EventsGet { calendar, event } => {
            let fields = readable(world, account, calendar)?.0.get(event)?;
            Ok(unless_known(Value::Object(fields), request))
        }
        Call::EventsInsert { calendar } => insert(world, &access, calendar, request, now),
        Call::EventsPatch { calendar, event } => change(
            world,
            &access,
            (calendar, event, Change::Patch),
            request,
            now,
        ),
        Call::EventsUpdate { calendar, event } => change(
            world,
            &access,
            (calendar, event, Change::Replace),
            request,
            now,
        ),
        Call::EventsDelete { calendar, event } => {
            let kept = world.writable_calendar(account, calendar)?;
            kept.delete(event, request.if_match.as_deref(), now)?;
            let id = kept.id.clone();
            world.announce(&id, ResourceState::Exists, now);
            Ok(Answer::bare(204))
        }
        Call::EventsWatch { calendar } => watch(world, &access, calendar, request, actions, now),
        Call::ChannelsStop => {
            let body = json_body(request)?;
            let text = |name: &str| {
                body.get(name)
                    .and_then(Value::as_str)
                    .ok_or_else(|| Refusal::required("Required"))
            };
            world.stop(&access, text("id")?, text("resourceId")?, now)?;
            Ok(Answer::bare(204))
        }
    }
}

fn readable<'a>(
    world: &'a World,
    account: &str,
    name: &str,
) -> Result<(&'a crate::model::calendar::Calendar, Role), Refusal> {
    let (kept, role) = world.calendar(account, name)?;
    if role < Role::Reader {
        return Err(Refusal::new(
            403,
            "requiredAccessLevel",
            "You need to have reader access to this calendar.",
        ));
    }
    Ok((kept, role))
}

fn insert(
    world: &mut World,
    access: &Access,
    calendar: &str,
    request: &Request,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    check_send_updates(&request.query)?;
    let body = object(json_body(request)?);
    let fresh_id = world.fresh_event_id();
    let kept = world.writable_calendar(&access.account, calendar)?;
    let fields = kept.insert(&body, &fresh_id, &access.account, now)?;
    let id = kept.id.clone();
    world.announce(&id, ResourceState::Exists, now);
    Ok(Answer::ok(Value::Object(fields)))
}

fn change(
    world: &mut World,
    access: &Access,
    (calendar, event, change): (&str, &str, Change),
    request: &Request,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    check_send_updates(&request.query)?;
    let body = object(json_body(request)?);
    let kept = world.writable_calendar(&access.account, calendar)?;
    let fields = kept.change(
        event,
        change,
        &body,
        request.if_match.as_deref(),
        &access.account,
        now,
    )?;
    let id = kept.id.clone();
    world.announce(&id, ResourceState::Exists, now);
    Ok(Answer::ok(Value::Object(fields)))
}

fn watch(
    world: &mut World,
    access: &Access,
    calendar: &str,
    request: &Request,
    actions: &[Action],
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let wanted = Wanted::read(&json_body(request)?, now)?;
    let (channel, handshake) = world.watch(access, calendar, wanted, actions, now)?;
    let handshake_first = handshake.and_then(|(id, first)| first.then_some(id));
    Ok(Answer {
        handshake_first,
        ..Answer::ok(channel.json())
    })
}

fn calendar_list(world: &World, account: &str, query: &Query) -> Result<Answer, Refusal> {
    let size = query.count("maxResults", 100, 250)?;
    let etag = format!("\"p{}\"", world.list_revision);
    let sync_token = format!("CL{}", world.list_revision);
    if let Some(token) = query.get("syncToken") {
        if query.get("minAccessRole").is_some() {
            return Err(
                Refusal::new(400, "badRequest", "Bad Request").at_parameter("minAccessRole")
            );
        }
        if token != sync_token {
            return Err(Refusal::full_sync_required());
        }
    }
    let least = match query.get("minAccessRole") {
        None => Role::FreeBusyReader,
        Some(name) => serde_json::from_value(json!(name))
            .map_err(|_| invalid_parameter("minAccessRole", name))?,
    };
    let after = query.get("pageToken").unwrap_or_default();
    let mut entries: Vec<(&str, Value)> = world
        .calendars
        .values()
        .filter(|calendar| query.get("syncToken").is_none() && calendar.id.as_str() > after)
        .filter_map(|calendar| {
            let role = calendar.roles.get(account).filter(|role| **role >= least)?;
            Some((calendar.id.as_str(), calendar.entry(account, *role)))
        })
        .collect();
    let more = entries.len() > size;
    entries.truncate(size);
    let mut page = json!({ "kind": "calendar#calendarList", "etag": etag });
    match entries.last() {
        Some((last, _)) if more => page["nextPageToken"] = json!(last),
        _ => page["nextSyncToken"] = json!(sync_token),
    }
    page["items"] = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(Answer::ok(page))
}

/// 304 when the reader already has this version.
fn unless_known(body: Value, request: &Request) -> Answer {
    let answer = Answer::ok(body);
    if answer.etag.is_some() && answer.etag == request.if_none_match {
        Answer {
            etag: answer.etag,
            ..Answer::bare(304)
        }
    } else {
        answer
    }
}

fn json_body(request: &Request) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::new(400, "parseError", "Parse Error"))?;
    if body.is_object() {
        Ok(body)
    } else {
        Err(Refusal::new(400, "parseError", "Parse Error"))
    }
}

fn check_send_updates(query: &Query) -> Result<(), Refusal> {
    match query.get("sendUpdates") {
        None | Some("all" | "externalOnly" | "none") => Ok(()),
        Some(other) => Err(invalid_parameter("sendUpdates", other)),
    }
}
