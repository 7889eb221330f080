//! A sync run: lists Google's changes and applies them; the cursor moves with the last page's changes, never before.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::lag::Legs;
use syncward_engine::reconcile::{Guard, guard, sweep};
use syncward_engine::rhythm::Verdict;
use syncward_engine::{Failure, FailureClass, Input, RunId, RunKind, RunReport, Trigger};
use syncward_google::{Event, ListQuery, ListStart, MAX_RESULTS};
use uuid::Uuid;

use super::apply::{self, Applied};
use super::google::{self, CallError};
use super::quota::Urgency;
use super::tally::Tally;
use super::{channels, near, turn};
use crate::app::{App, Changed};
use crate::clock;
use crate::store::cursor_step::Ran;
use crate::store::effect::Due;
use crate::store::link::Calendar;
use crate::store::sql;
use crate::store::sync_run::Attempt;
use crate::store::{self, Result};

/// Pages of one listing at the most: 2.5 million events.
const PAGES_MOST: usize = 1000;

/// Events applied in one transaction, so that a long listing keeps nobody's notification waiting.
const EVENTS_AT_ONCE: usize = 250;

/// A run under way.
struct Run {
    attempt: Attempt,
    fence: i64,
    tally: Tally,
    /// Where the listing began; none lists everything.
    cursor_in: Option<String>,
    full: bool,
    listed_from: Option<Timestamp>,
    listed: BTreeSet<String>,
    /// What stood at Google before a full listing was asked for: it may lack what came later, which is not gone.
    stood: BTreeSet<String>,
    /// Event ids and etags that Google says are cancelled.
    cancels: Vec<(String, Option<String>)>,
    /// A part of it is noted already.
    noted: bool,
}

/// Performs a run and feeds back how it ended.
pub async fn run(
    app: &Arc<App>,
    link: Arc<Calendar>,
    due: Due,
    run_id: RunId,
    kind: RunKind,
    trigger: Trigger,
) -> Result<()> {
    let started_at = clock::now();
    let link_id = link.link_id;
    let attempt = Attempt {
        sync_run_id: run_id.0,
        link_id,
        kind,
        trigger,
        started_at,
    };
    // A cursor that arrived since the effect was made (by the run before a crash) serves as well.
    let cursor = link.cursor.clone().filter(|_| kind == RunKind::Incremental);
    let listed_from = app.history.and_then(|history| {
        let back = SignedDuration::try_from(history).ok()?;
        started_at.checked_sub(back).ok()
    });
    let mut run = Run {
        attempt,
        fence: due.fence,
        tally: Tally::new(started_at, cursor.is_some(), trigger),
        cursor_in: cursor.clone(),
        full: cursor.is_none(),
        listed_from,
        listed: BTreeSet::new(),
        stood: match cursor {
            Some(_) => BTreeSet::new(),
            None => stood(app, link_id).await?,
        },
        cancels: Vec::new(),
        noted: false,
    };
    let mut page_token: Option<String> = None;
    for _ in 0..PAGES_MOST {
        let client = app.google.client.clone();
        let asked_at = clock::now();
        let shared = Arc::new((
            link.google_calendar_id.clone(),
            cursor.clone(),
            page_token.clone(),
        ));
        let page = google::seated(app, link.google_grant_id, Urgency::Prompt, move |access| {
            let (client, shared) = (client.clone(), Arc::clone(&shared));
            Box::pin(async move {
                let (calendar_id, cursor, page_token) = &*shared;
                let start = match cursor {
                    Some(cursor) => ListStart::Cursor(cursor),
                    None => ListStart::Everything { from: listed_from },
                };
                let page_token = page_token.as_deref();
                let query = ListQuery {
                    calendar_id,
                    start,
                    page_token,
                    max_results: Some(MAX_RESULTS),
                };
                client.events(&access, &query).await
            })
        })
        .await;
        let (mut page, _seat) = match page {
            Ok(answered) => answered,
            Err(CallError::Google(failure)) => {
                return fail(app, link, due, attempt, failure).await;
            }
            Err(CallError::Store(error)) => return Err(error),
        };
        app.google
            .hear_clock(page.served_at, asked_at, clock::now());
        let ends = (page.next_page_token.take(), page.next_sync_token.take());
        if ends == (None, None) {
            return fail(app, link, due, attempt, without_cursor()).await;
        }
        let mut events = page.events;
        while events.len() > EVENTS_AT_ONCE {
            let rest = events.split_off(EVENTS_AT_ONCE);
            run = apply_part(app, Arc::clone(&link), run, events).await?;
            events = rest;
        }
        match ends {
            (Some(next), _) => {
                run = apply_part(app, Arc::clone(&link), run, events).await?;
                page_token = Some(next);
                app.tell(vec![Changed::Link(link_id)]);
            }
            (None, cursor) => {
                let cursor = cursor.unwrap_or_default();
                return finish(app, link, due, run, events, cursor).await;
            }
        }
    }
    fail(app, link, due, attempt, without_cursor()).await
}

/// Applies a part that is not the last: the cursor stays, so a crash lists it again.
async fn apply_part(
    app: &Arc<App>,
    link: Arc<Calendar>,
    mut run: Run,
    events: Vec<Event>,
) -> Result<Run> {
    let shared = Arc::clone(app);
    let run = app
        .store
        .write_under(run.fence, move |tx| {
            take_events(tx, &shared, &link, &mut run, &events)?;
            store::sync_run::listed(tx, &run.attempt, run.tally.report.listed)?;
            run.noted = true;
            Ok(run)
        })
        .await?;
    app.exec.announced.notify_one();
    Ok(run)
}

async fn finish(
    app: &Arc<App>,
    link: Arc<Calendar>,
    due: Due,
    mut run: Run,
    events: Vec<Event>,
    cursor: String,
) -> Result<()> {
    let shared = Arc::clone(app);
    let vanished = vanished(app, &link, &mut run, &events).await?;
    let ((pending, told), report, legs) = app
        .store
        .write(move |tx| {
            take_events(tx, &shared, &link, &mut run, &events)?;
            let now = clock::now();
            run.cancels.extend(vanished);
            settle_cancellations(tx, &link, &mut run, now)?;
            let legs = run.tally.store(tx, link.link_id, now)?;
            let report = run.tally.report;
            store::link::finish_run(tx, link.link_id, &cursor, &report, run.tally.echoes, now)?;
            let ran = Ran {
                trigger: run.attempt.trigger,
                cursor_in: run.cursor_in.as_deref(),
                cursor_out: &cursor,
                report,
                started_at: run.attempt.started_at,
            };
            store::cursor_step::add(tx, link.link_id, &ran, now)?;
            if run.noted || !ran.is_quiet() {
                store::sync_run::finished(tx, &run.attempt, "done", &report, now)?;
            }
            store::effect::done(tx, due)?;
            let finished = Input::RunFinished {
                run: RunId(run.attempt.sync_run_id),
                report,
            };
            let Some(link) = store::link::find_any(tx, link.link_id)? else {
                return Ok((Default::default(), report, legs));
            };
            let mut inputs = vec![finished];
            inputs.extend(near::known(tx, &shared.settings, &link, now)?);
            // Whoever has just changed is not silent.
            let changed = report.created + report.changed + report.cancelled > 0;
            if !changed {
                inputs.extend(match store::rhythm::silence(tx, link.link_id, now)? {
                    Verdict::Usual => None,
                    Verdict::Unusual => Some(Input::SilenceUnusual),
                    Verdict::Unknown => Some(Input::SilenceUnknown),
                });
            }
            let taken = turn::take_read(tx, &shared, link, inputs, now)?;
            Ok((taken, report, legs))
        })
        .await?;
    count(app, &report, &legs);
    app.tell(told);
    super::start(app, pending);
    Ok(())
}

fn count(app: &App, report: &RunReport, legs: &[Legs]) {
    let meters = &app.meters;
    meters.runs_done.fetch_add(1, Ordering::Relaxed);
    let changes = report.created + report.changed + report.cancelled;
    meters
        .changes
        .fetch_add(u64::from(changes), Ordering::Relaxed);
    meters
        .missed_changes
        .fetch_add(u64::from(report.missed), Ordering::Relaxed);
    if changes > 0 {
        app.exec.announced.notify_one();
    }
    for legs in legs {
        meters
            .latencies
            .observe(Duration::from_millis(legs.latency_ms()));
    }
}

async fn fail(
    app: &Arc<App>,
    link: Arc<Calendar>,
    due: Due,
    attempt: Attempt,
    failure: Failure,
) -> Result<()> {
    let run = RunId(attempt.sync_run_id);
    tracing::warn!(link.id = %link.link_id, sync_run.id = %run.0, reason = %failure.reason, "a sync run failed");
    app.meters.run_failed(failure.class);
    let reason = failure.reason.clone();
    let input = Input::RunFailed { run, failure };
    channels::finish(app, link, due, input, move |tx| {
        store::sync_run::finished(tx, &attempt, &reason, &Default::default(), clock::now())
    })
    .await
}

fn take_events(
    tx: &sql::Transaction<'_>,
    app: &App,
    link: &Calendar,
    run: &mut Run,
    events: &[Event],
) -> Result<()> {
    let now = clock::now();
    for event in events {
        run.tally.report.listed += 1;
        if run.full {
            run.listed.insert(event.id.clone());
        }
        let applied = apply::event(tx, &app.seal, link, event, now)?;
        if applied == Applied::Cancels {
            run.cancels.push((event.id.clone(), event.etag.clone()));
        }
        run.tally
            .count(tx, link.link_id, applied, event.updated, &app.settings)?;
    }
    Ok(())
}

/// Event ids of the appointments that stand and that Google knows.
async fn stood(app: &App, link_id: Uuid) -> Result<BTreeSet<String>> {
    app.store
        .read(move |connection| {
            let standing = store::appointment::standing(connection, link_id)?;
            Ok(standing.into_iter().map(|(event_id, _)| event_id).collect())
        })
        .await
}

/// After a full listing: what we hold and Google no longer has. All appointments are looked at, so nobody's write waits for it.
async fn vanished(
    app: &App,
    link: &Calendar,
    run: &mut Run,
    last: &[Event],
) -> Result<Vec<(String, Option<String>)>> {
    if !run.full {
        return Ok(Vec::new());
    }
    let (link_id, listed_from) = (link.link_id, run.listed_from);
    let stood = std::mem::take(&mut run.stood);
    let mut listed = std::mem::take(&mut run.listed);
    listed.extend(last.iter().map(|event| event.id.clone()));
    let vanished = app
        .store
        .read(move |connection| {
            let standing = store::appointment::standing(connection, link_id)?;
            let held = standing
                .iter()
                .filter(|(event_id, _)| stood.contains(event_id))
                .map(|(event_id, ends_at)| (event_id.as_str(), *ends_at));
            Ok(sweep(held, &listed, listed_from).vanished)
        })
        .await?;
    run.tally.report.cancelled += u32::try_from(vanished.len()).unwrap_or(u32::MAX);
    Ok(vanished
        .into_iter()
        .map(|event_id| (event_id, None))
        .collect())
}

/// Cancels what Google cancelled (and, after a full listing, what vanished), unless it is a mass: then it is held.
fn settle_cancellations(
    tx: &sql::Transaction<'_>,
    link: &Calendar,
    run: &mut Run,
    now: Timestamp,
) -> Result<()> {
    if run.cancels.is_empty() {
        return Ok(());
    }
    let future = store::appointment::future(tx, link.link_id, now)?;
    match guard(run.cancels.len(), future) {
        Guard::Apply => {
            for (event_id, etag) in &run.cancels {
                apply::cancel(tx, link.link_id, event_id, etag.as_deref(), now)?;
            }
        }
        Guard::Hold => {
            for (event_id, _) in &run.cancels {
                apply::hold(tx, link.link_id, event_id)?;
            }
            let held = u32::try_from(run.cancels.len()).unwrap_or(u32::MAX);
            run.tally.report.cancelled -= held.min(run.tally.report.cancelled);
            run.tally.report.held = held;
            let all = u32::try_from(store::appointment::held(tx, link.link_id)?.len())
                .unwrap_or(u32::MAX);
            store::link::set_held(tx, link.link_id, all)?;
        }
    }
    Ok(())
}

/// A listing whose last page has no cursor can't be trusted to be whole.
fn without_cursor() -> Failure {
    Failure {
        class: FailureClass::Transient { retry_after: None },
        reason: "malformed_answer".to_owned(),
        status: Some(200),
    }
}
