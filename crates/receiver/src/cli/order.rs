//! Orders to the running receiver that are waited for: each step on a line, then how it ended.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use syncward_wire::{Link, Operation, OperationState};
use tokio::time::Instant;
use uuid::Uuid;

use super::said::say;
use super::way::{Way, with_way};
use crate::config::Config;

/// What takes longer is left to the receiver.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOKS_EVERY: Duration = Duration::from_millis(200);

/// How an order is followed and told.
#[derive(Args, Clone, Copy)]
pub struct Manner {
    /// Don't wait for the outcome
    #[arg(long)]
    no_wait: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An order that was taken; the name tells it from others.
struct Order {
    operation: Uuid,
    name: Option<String>,
}

/// Renews a link, or all that are due.
pub async fn renew(config: Config, link: Option<Uuid>, manner: Manner) -> Result<ExitCode> {
    let done = with_way(&config, async |way| match link {
        Some(link) => one(way, &format!("links/{link}/renew"), manner).await,
        None => renew_due(way, manner).await,
    });
    Ok(code(done.await?))
}

/// Syncs a link.
pub async fn sync(config: Config, link: Uuid, manner: Manner) -> Result<ExitCode> {
    let path = format!("links/{link}/sync");
    let done = with_way(&config, async |way| one(way, &path, manner).await);
    Ok(code(done.await?))
}

/// Drills a link.
pub async fn fire_drill(config: Config, link: Uuid, manner: Manner) -> Result<ExitCode> {
    let path = format!("links/{link}/fire-drill");
    let done = with_way(&config, async |way| one(way, &path, manner).await);
    Ok(code(done.await?))
}

fn code(done: bool) -> ExitCode {
    match done {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Orders, and follows it to its end; whether it went well.
async fn one(way: &Way, path: &str, manner: Manner) -> Result<bool> {
    let Operation { operation } = way.post(path).await?;
    let name = None;
    follow(way, &[Order { operation, name }], manner).await
}

/// Renews one by one what is due, so that the outcome of each is told.
async fn renew_due(way: &Way, manner: Manner) -> Result<bool> {
    let links: Vec<Link> = way.list("links").await?;
    let due: Vec<&Link> = links
        .iter()
        .filter(|link| link.state.wants_renewal())
        .collect();
    if manner.no_wait || due.is_empty() {
        return one(way, "links/renew-due", manner).await;
    }
    let (mut orders, mut all_taken) = (Vec::new(), true);
    for link in due {
        let name = format!("{} · {}", link.clinic_name, link.calendar_name);
        match way.post(&format!("links/{}/renew", link.id)).await {
            Ok(Operation { operation }) => orders.push(Order {
                operation,
                name: Some(name),
            }),
            Err(error) if error.is::<reqwest::Error>() => return Err(error),
            Err(refusal) => {
                eprintln!("{name}: {refusal}");
                all_taken = false;
            }
        }
    }
    Ok(follow(way, &orders, manner).await? && all_taken)
}

/// Tells how each ends; whether all went well.
async fn follow(way: &Way, orders: &[Order], manner: Manner) -> Result<bool> {
    let until = Instant::now() + PATIENCE;
    let mut all_well = true;
    for order in orders {
        if manner.no_wait {
            match manner.json {
                true => say!("{}", serde_json::json!({ "operation": order.operation })),
                false => say!("Under way: {}", order.operation),
            }
            continue;
        }
        let state = outcome(way, order, until, manner).await?;
        match manner.json {
            true => {
                let mut told = serde_json::to_value(&state)?;
                told["operation"] = order.operation.to_string().into();
                say!("{told}");
            }
            false => say!("{}{}", order.prefix(), ending(&state)),
        }
        all_well &= state.is_settled() && !state.failed;
    }
    Ok(all_well)
}

/// The operation once it is settled, or as it is when there is no more time; its steps are told meanwhile.
async fn outcome(
    way: &Way,
    order: &Order,
    until: Instant,
    manner: Manner,
) -> Result<OperationState> {
    let path = format!("operations/{}", order.operation);
    let mut looks = tokio::time::interval(LOOKS_EVERY);
    let mut told = String::new();
    loop {
        looks.tick().await;
        let state: OperationState = way.get(&path, &[]).await?;
        if state.is_settled() || Instant::now() >= until {
            return Ok(state);
        }
        if told != state.step && !manner.json {
            say!("{}{}", order.prefix(), step(&state));
        }
        told = state.step;
    }
}

impl Order {
    fn prefix(&self) -> String {
        let name = self.name.as_ref();
        name.map(|name| format!("{name}: ")).unwrap_or_default()
    }
}

fn step(state: &OperationState) -> &str {
    match (state.step.as_str(), state.kind.as_str()) {
        ("asked", _) => "asked for",
        ("opening", _) => "opening a channel",
        ("proving", _) => "waiting for Google's handshake",
        ("stopping", "fire_drill") => "stopping the live channel",
        ("stopping", _) => "stopping the old channel",
        ("running", "fire_drill") => "reading the calendar without a channel",
        ("running", _) => "reading the calendar",
        (other, _) => other,
    }
}

/// How it ended, in a sentence.
fn ending(state: &OperationState) -> String {
    let (done, not_done) = match state.kind.as_str() {
        "renew" => ("Renewed.", "Not renewed:"),
        "renew_due" => return "Nothing was due.".to_owned(),
        "fire_drill" => ("Passed.", ""),
        _ => ("Synced.", "Not synced:"),
    };
    if !state.is_settled() {
        return "Not over after two minutes; the receiver goes on by itself.".to_owned();
    }
    match (state.failed, state.finished) {
        (true, _) => format!("{not_done} {}", state.message)
            .trim_start()
            .to_owned(),
        (false, true) => format!("{done} {}", state.message).trim_end().to_owned(),
        (false, false) => {
            format!("{done} The new channel is in charge; the old one lives on for the overlap.")
        }
    }
}
